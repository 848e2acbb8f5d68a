// PackConstants.cpp - store constants in the order in which their DRAM ports read them
// Why: a tile of a matrix is a short piece of every row; read so, it opens a DRAM row after the other and moves part
// bursts. What is known when the model is compiled can lie in DRAM as it will be read: one stream of whole bursts.
// Needs: DRAM ports with their accesses.
// Gives: for each port that reads a constant a buffer of its own, which it reads from the first word to the last; loops
// that read the same again stay. Constants that are also read in ways that cannot be packed are left alone.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Utils/ConstantBytes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPACKCONSTANTSPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

#define DEBUG_TYPE "fabric-pack-constants"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

namespace {

constexpr double mostGrowth = 1.25; // of a constant, by overhang and by ports that read the same

struct FabricPackConstants : fabric::impl::FabricPackConstantsPassBase<FabricPackConstants> {
  void runOnOperation() override;
};

/// Whether its elements can be moved one by one: in DRAM a bool has a byte, here perhaps a bit.
bool canMove(BufferOp buffer) {
  auto value = buffer.getValue();
  bool isBool = cast<RankedTensorType>(buffer.getType()).getElementType().isInteger(1);
  return value && !isBool && !buffer.getOrder() && !rawBytes(*value).empty();
}

/// The same firings with the lanes innermost: a vector level that stands outside of others is cut into whole vectors
/// and their lanes. Unchanged where a vector would be part full, or counters do not suffice.
AccessAttr withLanesInside(LoadOp load, const ArchSpec &spec) {
  AccessAttr access = load.getAccess();
  int64_t vector = access.getVectorLevel(), lanes = isWide(load) ? spec.wide().compute.lanes : spec.compute.lanes;
  size_t levels = access.getExtents().size();
  if (vector < 0 || vector + 1 == int64_t(levels) || access.getExtents()[vector] % lanes != 0 ||
      levels + 1 > spec.dramPort.counters || access.isIndexed() || access.getHandoverLevel() >= 0)
    return access;
  SmallVector<int64_t> extents(access.getExtents()), registers;
  extents[vector] /= lanes;
  extents.push_back(lanes);
  for (unsigned number = 0; number < access.getNumRegisters(); ++number) {
    SmallVector<int64_t> linear(access.getRegister(number));
    linear.push_back(linear[1 + vector]);
    linear[1 + vector] *= lanes;
    llvm::append_range(registers, linear);
  }
  return AccessAttr::get(access.getContext(), extents, int64_t(levels), registers, access.getOps(), access.getAddress(),
                         access.getElseValue(), access.getBroadcast(), AccessAttr::noIndex, -1);
}

/// Lanes have to lie side by side, and the `else` word, if one is read, has to be 0 in every element type.
bool canPack(AccessAttr access) {
  int64_t vector = access.getVectorLevel(), levels = access.getExtents().size();
  return !access.isIndexed() && !access.getBroadcast() && access.getElseValue() == 0 &&
         (vector < 0 || (vector + 1 == levels && access.movesWith(unsigned(vector))));
}

/// The same firings, from word 0 on.
AccessAttr packedAccess(AccessAttr access) {
  return AccessAttr::get(access.getContext(), access.getExtents(), access.getVectorLevel(), access.getPackedRegister(),
                         {}, 0, 0, false, AccessAttr::noIndex, access.getHandoverLevel());
}

void packConstant(BufferOp buffer, ArrayRef<LoadOp> loads, const ArchSpec &spec) {
  Type element = cast<RankedTensorType>(buffer.getType()).getElementType();
  OpBuilder b(buffer);
  llvm::SmallMapVector<AccessAttr, FlatSymbolRefAttr, 4> packed;
  for (LoadOp load : loads) {
    AccessAttr access = withLanesInside(load, spec);
    FlatSymbolRefAttr &symbol = packed[access];
    if (!symbol) {
      auto moved = cast<BufferOp>(b.clone(*buffer));
      moved.setSymName((buffer.getSymName() + "." + Twine(packed.size() - 1)).str());
      moved.setType(RankedTensorType::get({access.countWords()}, element));
      moved.setOrderAttr(access);
      symbol = FlatSymbolRefAttr::get(moved.getSymNameAttr());
    }
    load.setBufferAttr(symbol);
    load.setAccessAttr(packedAccess(access));
  }
  buffer.erase();
}

void FabricPackConstants::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  llvm::MapVector<StringAttr, SmallVector<LoadOp>> loadsOf;
  for (SectionOp section : sectionsOf(device))
    for (auto load : section.getBody().front().getOps<LoadOp>())
      loadsOf[load.getBufferAttr().getAttr()].push_back(load);
  uint64_t total = uint64_t(device.getDramBytes());
  SmallVector<BufferOp> buffers(device.getBody().front().getOps<BufferOp>());
  for (BufferOp buffer : buffers) {
    auto loads = loadsOf.find(buffer.getSymNameAttr());
    if (buffer.getKind() != "constant" || loads == loadsOf.end() || !canMove(buffer))
      continue;
    llvm::SmallSetVector<AccessAttr, 4> accesses;
    for (LoadOp load : loads->second)
      accesses.insert(withLanesInside(load, model->spec()));
    double words = 0;
    for (AccessAttr access : accesses)
      words += double(access.countWords());
    double had = double(cast<RankedTensorType>(buffer.getType()).getNumElements());
    uint64_t growth = uint64_t(std::max(0.0, words - had)) * 8 + accesses.size() * model->spec().dram.burstBytes;
    if (!llvm::all_of(accesses, canPack) || words > mostGrowth * had + 64 ||
        total + growth > model->spec().dram.capacityBytes)
      continue;
    total += growth;
    packConstant(buffer, loads->second, model->spec());
  }
}

} // namespace

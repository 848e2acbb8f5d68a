// Prefetch.cpp - bring what a section needs first while the section before it computes
// Why: weights that a section holds from its begin come from DRAM before anything is computed, while the DRAM idles
// behind the computation of the section before. Where each section's are brought by the one before, loads and
// computation of all sections overlap. Needs: sections with their memory units; homes of what is retained. Gives: loads
// of constants and inputs that fill memories once stand in the section before; these memories have homes.
#include "Homes.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPREFETCHPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-prefetch"

namespace {

constexpr double mostUsed = 0.9; // of the memory units and DRAM ports: full sections are hard to place and to route

struct FabricPrefetch : fabric::impl::FabricPrefetchPassBase<FabricPrefetch> {
  using FabricPrefetchPassBase::FabricPrefetchPassBase;
  void runOnOperation() override;

private:
  void countUnits(DeviceOp device);
  bool hasRoom(SectionOp section, int64_t more, const ArchSpec &limits) const;
  void prefetch(LoadOp load, SectionOp before, const ArchSpec &spec);

  llvm::DenseMap<Operation *, int64_t> memories, ports; ///< that each section takes
  unsigned number = 0;                                  ///< of the next home
};

/// A memory that is filled once, as a whole, and then read.
bool isFilledOnce(MemoryOp memory, Value data) {
  return memory.getData() == data && memory.getWrite() && memory.getRead() && !memory.getWriteIndex() &&
         !memory.getCascade() && !memory.getAccumulate() && !memory.getHome() && !memory.getFirstWord() &&
         memory.getBuffers() == 1 && memory.getWrite()->getHandoverLevel() < 0 &&
         memory.getRead()->getHandoverLevel() < 0;
}

/// Whether what `load` brings is there from the beginning and fills memories only.
bool canPrefetch(LoadOp load) {
  if (load.getIndex())
    return false;
  auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr());
  if (!buffer || (buffer.getKind() != "constant" && buffer.getKind() != "input"))
    return false;
  return !load.getData().use_empty() && llvm::all_of(load.getData().getUsers(), [&](Operation *user) {
    auto memory = dyn_cast<MemoryOp>(user);
    return memory && isFilledOnce(memory, load.getData());
  });
}

void FabricPrefetch::countUnits(DeviceOp device) {
  memories.clear();
  ports.clear();
  SectionOrder order(device);
  llvm::DenseMap<Operation *, llvm::SmallDenseSet<StringAttr>> homes;
  for (SectionOp section : order.sections())
    for (Operation &op : section.getBody().front()) {
      ports[section] += isa<LoadOp, fabric::StoreOp>(op);
      auto memory = dyn_cast<MemoryOp>(op);
      if (memory && memory.getHome())
        homes[section].insert(memory.getHomeAttr());
      else
        memories[section] += bool(memory);
    }
  for (auto &[home, range] : rangesOfHomes(device))
    for (unsigned s = range.first; s <= range.last; ++s)
      homes[order.sections()[s]].insert(home);
  for (auto &[section, names] : homes)
    memories[section] += int64_t(names.size());
}

bool FabricPrefetch::hasRoom(SectionOp section, int64_t more, const ArchSpec &limits) const {
  auto fill = section->getAttrOfType<FloatAttr>(fillAttr);
  double share = std::min(mostUsed, fill ? fill.getValueAsDouble() : 1.0);
  return double(memories.lookup(section) + more) <= share * double(limits.numMemoryUnits()) &&
         double(ports.lookup(section) + 1) <= share * double(limits.dramPort.count);
}

/// Moves the load into the section before; predictions follow.
void FabricPrefetch::prefetch(LoadOp load, SectionOp before, const ArchSpec &spec) {
  auto section = load->getParentOfType<SectionOp>();
  OpBuilder b(load.getContext());
  load->moveBefore(&before.getBody().front(), before.getBody().front().end());
  b.setInsertionPointAfter(load);
  for (Operation *user : llvm::make_early_inc_range(load.getData().getUsers())) {
    auto memory = cast<MemoryOp>(user);
    StringAttr home = b.getStringAttr("prefetched." + Twine(number++));
    auto half = [&](Value data, AccessAttr write, AccessAttr read, Value readIndex) -> Value {
      return MemoryOp::create(b, memory.getLoc(), memory.getType(), data, write, Value(), read, readIndex, Value(),
                              memory.getWordsAttr(), memory.getBuffersAttr(), StringAttr(), memory.getInitAttr(),
                              IntegerAttr(), home, DenseI64ArrayAttr(), StringAttr());
    };
    half(load.getData(), *memory.getWrite(), {}, {});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(memory);
    memory.getResult().replaceAllUsesWith(half({}, {}, *memory.getRead(), memory.getReadIndex()));
    memory.erase();
    ++memories[before];
  }
  ++ports[before];
  --ports[section];
  if (std::optional<uint64_t> predicted = section.getPredictedCycles()) // a lower bound is left for fabric-predict
    section.setPredictedCycles(int64_t(std::max(0.0, double(*predicted) - dramCycles(load.getAccess(), spec))));
}

void FabricPrefetch::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  const ArchSpec &spec = model->spec();
  FailureOr<UnitBudget> read = readBudget(device, budget, spec);
  if (failed(read))
    return signalPassFailure();
  const ArchSpec limits = limitedTo(*read, spec);
  countUnits(device);
  number = 0;
  for (auto section : device.getBody().front().getOps<SectionOp>()) {
    auto before = dyn_cast_or_null<SectionOp>(section->getPrevNode());
    if (!before || before.getWide() || section.getWide()) // a wide section has other words
      continue;
    for (auto load : llvm::to_vector(section.getBody().front().getOps<LoadOp>()))
      if (canPrefetch(load) && hasRoom(before, llvm::range_size(load.getData().getUsers()), limits))
        prefetch(load, before, spec);
  }
}

} // namespace

// ArrangeConstants.cpp - bring the values of constants into their order
// Why: the order was chosen where mappings are compared (fabric-pack-constants); the values move once.
// Needs: nothing.
// Gives: constants without an order; addresses one after another.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Utils/ConstantBytes.h"

#include "mlir/IR/DialectResourceBlobManager.h"

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICARRANGECONSTANTSPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

#define DEBUG_TYPE "fabric-arrange-constants"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

namespace {

struct FabricArrangeConstants : fabric::impl::FabricArrangeConstantsPassBase<FabricArrangeConstants> {
  void runOnOperation() override;
};

/// The elements of `from` in the order of the access.
AsmResourceBlob arranged(AccessAttr access, unsigned numRegisters, ArrayRef<char> from, size_t width) {
  SmallVector<unsigned> levels; // that move
  for (unsigned level = 0; level < access.getExtents().size(); ++level)
    if (access.movesWith(level))
      levels.push_back(level);
  int64_t words = access.countWords(), size = int64_t(from.size() / width);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(size_t(words) * width, width, /*dataIsMutable=*/true);
  char *out = blob.getMutableData().data();
  SmallVector<int64_t> counters(access.getExtents().size(), 0);
  for (int64_t word = 0; word < words; ++word, out += width) {
    std::optional<int64_t> address = access.evaluate(counters, numRegisters);
    if (address && *address >= 0 && *address < size)
      std::memcpy(out, from.data() + size_t(*address) * width, width);
    else
      std::memset(out, 0, width);
    for (unsigned level : llvm::reverse(levels)) {
      if (++counters[level] < access.getExtents()[level])
        break;
      counters[level] = 0;
    }
  }
  return blob;
}

LogicalResult arrange(BufferOp buffer, const ArchSpec &spec) {
  auto type = cast<RankedTensorType>(buffer.getType());
  ArrayRef<char> from = rawBytes(*buffer.getValue());
  if (from.empty() || type.getElementType().isInteger(1))
    return buffer.emitError() << "constant '" << buffer.getSymName()
                              << "' has elements that cannot be moved one by one; expected no order";
  buffer.setValueAttr(
      DenseResourceElementsAttr::get(type, buffer.getSymName(),
                                     arranged(*buffer.getOrder(), spec.dramPort.addressRegisters, from,
                                              elementBytes(*fabricElementType(type.getElementType())))));
  buffer.removeOrderAttr();
  return success();
}

/// Addresses one after another, on burst boundaries.
void layOut(DeviceOp device, uint64_t burst) {
  uint64_t address = 0;
  for (auto buffer : device.getBody().front().getOps<BufferOp>()) {
    buffer.setAddress(int64_t(address));
    address += sizeInDram(cast<RankedTensorType>(buffer.getType()), burst);
  }
  device.setDramBytes(int64_t(std::max(address, burst))); // empty tensors have an address too
}

void FabricArrangeConstants::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  for (auto buffer : device.getBody().front().getOps<BufferOp>())
    if (buffer.getOrder() && failed(arrange(buffer, model->spec())))
      return signalPassFailure();
  layOut(device, model->spec().dram.burstBytes);
  if (failed(checkDramCapacity(device, model->spec(), /*withTemporaries=*/true)))
    signalPassFailure();
}

} // namespace

// CompulsoryBytes.cpp - count the elements of inputs and weights that reads can touch
#include "CompulsoryBytes.h"

#include "Loops.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// Types below a byte take a whole one in DRAM.
int64_t bytesOf(RankedTensorType type) { return int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8)); }

/// Trips of the loops around `op`. What data decides counts as one trip.
int64_t tripsAround(Operation *op) {
  int64_t trips = 1;
  for (auto loop = op->getParentOfType<pat::IterateOp>(); loop; loop = loop->getParentOfType<pat::IterateOp>())
    if (!conditionTensor(loop))
      trips = llvm::SaturatingMultiply(uint64_t(trips), uint64_t(maxTrips(loop)));
  return trips;
}

/// How many different coordinates `read` can have, from the indices that they are computed from.
uint64_t countCoordinates(pat::AtOp read) {
  llvm::SetVector<Value> seen(read.getIndices().begin(), read.getIndices().end());
  uint64_t points = 1;
  bool differsByTrip = false;
  for (size_t i = 0; i < seen.size(); ++i) { // grows while it is walked
    Value value = seen[i];
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      differsByTrip |= isa<pat::IterateOp>(argument.getOwner()->getParentOp());
      if (std::optional<int64_t> extent = pat::extentOfIndex(argument))
        points = llvm::SaturatingMultiply(points, uint64_t(*extent));
      continue;
    }
    Operation *op = value.getDefiningOp();
    differsByTrip |= isa<pat::AtOp>(op);
    for (Value operand : op->getOperands())
      if (!isa<TensorType>(operand.getType()))
        seen.insert(operand);
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    for (Value above : captured)
      if (!isa<TensorType>(above.getType()))
        seen.insert(above);
  }
  return differsByTrip ? llvm::SaturatingMultiply(points, uint64_t(tripsAround(read))) : points;
}

/// Bytes of `tensor`, an input or a weight, that are read.
int64_t usedBytes(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  uint64_t all = uint64_t(type.getNumElements()), used = 0;
  for (Operation *user : tensor.getUsers()) {
    if (auto read = dyn_cast<pat::AtOp>(user))
      used = llvm::SaturatingAdd(used, countCoordinates(read));
    else if (!isa<func::ReturnOp>(user)) // what the program returns counts as an output
      used = all;
  }
  return int64_t(std::min(used, all)) * bytesOf(type);
}

} // namespace

int64_t jacquard::compulsoryBytes(func::FuncOp function) {
  int64_t bytes = 0;
  for (Value input : function.getArguments())
    if (isa<RankedTensorType>(input.getType()))
      bytes += usedBytes(input);
  function.walk([&](Operation *op) {
    DenseElementsAttr value;
    bool isWeight = op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
                    matchPattern(op, m_Constant()) && !(matchPattern(op, m_Constant(&value)) && value.isSplat());
    if (isWeight) // one number can be made on the chip
      bytes += usedBytes(op->getResult(0));
  });
  for (Value output : function.getBody().front().getTerminator()->getOperands())
    if (auto type = dyn_cast<RankedTensorType>(output.getType()))
      bytes += type.getNumElements() * bytesOf(type);
  return bytes;
}

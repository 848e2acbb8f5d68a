// WordSize.cpp - intervals of the integers of a pattern, op by op in the order of the text
#include "WordSize.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"

using namespace mlir;
using namespace jacquard;

namespace {

class Intervals {
public:
  /// Walks the body of a pattern over `domain`; false when a value was found that 32 bits do not hold.
  bool fitsBody(Block &block, ArrayRef<int64_t> domain);

private:
  bool fits(Operation &op);
  bool fitsFold(pat::FoldOp fold);
  bool fitsValue(Value value);
  bool fitsUnsigned(Operation &op);
  ConstantIntRanges rangeOf(Value value);

  llvm::DenseMap<Value, ConstantIntRanges> ranges;
};

ConstantIntRanges Intervals::rangeOf(Value value) {
  if (auto it = ranges.find(value); it != ranges.end())
    return it->second;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return ConstantIntRanges::constant(constant);
  return ConstantIntRanges::maxRange(ConstantIntRanges::getStorageBitwidth(value.getType()));
}

bool isWideInteger(Type type) { return type.isInteger(64); }

bool fitsWord(const ConstantIntRanges &range) {
  return range.smin().isSignedIntN(32) && range.smax().isSignedIntN(32);
}

bool Intervals::fitsValue(Value value) {
  Type type = value.getType();
  if (type.isF64())
    return false;
  if (!isWideInteger(type) || fitsWord(rangeOf(value)))
    return true;
  return value.getDefiningOp<pat::AtOp>() &&
         llvm::all_of(value.getUsers(), [](Operation *user) { return isa<arith::IndexCastOp>(user); });
}

/// A negative i64 in a 32-bit word lacks the upper bits that an unsigned reading sees.
bool Intervals::fitsUnsigned(Operation &op) {
  if (!isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp, arith::ShRUIOp, arith::UIToFPOp, arith::IndexCastUIOp>(op))
    return true;
  return llvm::all_of(op.getOperands(), [&](Value operand) {
    return !isWideInteger(operand.getType()) || rangeOf(operand).smin().isNonNegative();
  });
}

/// The sum of as many values as the domain has points; the least and greatest of values stay among them.
bool Intervals::fitsFold(pat::FoldOp fold) {
  if (!fitsBody(*fold.getBody(), fold.getDomain()))
    return false;
  int64_t points = pat::numPoints(fold.getDomain());
  for (auto [i, result] : llvm::enumerate(fold.getResults())) {
    if (result.getType().isF64())
      return false;
    if (!isWideInteger(result.getType()))
      continue;
    Operation *combiner = pat::matchSimpleCombiner(*fold.getCombiner(), i);
    ConstantIntRanges values = rangeOf(fold.getBodyYield()->getOperand(i)), init = rangeOf(fold.getInits()[i]);
    if (!fitsWord(values) || !fitsWord(init))
      return false;
    if (isa_and_nonnull<arith::AddIOp>(combiner)) {
      bool overflowed[2];
      APInt low = values.smin().smul_ov(APInt(64, points), overflowed[0]);
      APInt high = values.smax().smul_ov(APInt(64, points), overflowed[1]);
      if (overflowed[0] || overflowed[1])
        return false;
      bool sums[2];
      ranges.try_emplace(result, ConstantIntRanges::fromSigned(low.sadd_ov(init.smin(), sums[0]),
                                                               high.sadd_ov(init.smax(), sums[1])));
      if (sums[0] || sums[1])
        return false;
    } else if (isa_and_nonnull<arith::MinSIOp, arith::MaxSIOp>(combiner)) {
      ranges.try_emplace(result, values.rangeUnion(init));
    } else {
      return false;
    }
  }
  return true;
}

bool Intervals::fitsBody(Block &block, ArrayRef<int64_t> domain) {
  for (auto [extent, index] : llvm::zip(domain, block.getArguments()))
    ranges.try_emplace(index, ConstantIntRanges::fromSigned(APInt(64, 0), APInt(64, std::max<int64_t>(extent - 1, 0))));
  return llvm::all_of(block, [&](Operation &op) { return fits(op); });
}

bool Intervals::fits(Operation &op) {
  if (auto fold = dyn_cast<pat::FoldOp>(op)) {
    if (!fitsFold(fold))
      return false;
  } else if (auto inferrable = dyn_cast<InferIntRangeInterface>(op)) {
    SmallVector<ConstantIntRanges> operands;
    for (Value operand : op.getOperands())
      operands.push_back(isa<IntegerType, IndexType>(operand.getType()) ? rangeOf(operand)
                                                                        : ConstantIntRanges::maxRange(1));
    inferrable.inferResultRanges(operands, [&](Value result, const ConstantIntRanges &range) {
      ranges.try_emplace(result, range);
    });
  }
  return fitsUnsigned(op) && llvm::all_of(op.getOperands(), [&](Value operand) { return fitsValue(operand); }) &&
         llvm::all_of(op.getResults(), [&](Value result) {
           return isa<ShapedType>(result.getType()) || fitsValue(result);
         });
}

} // namespace

bool jacquard::needsWideWords(Operation *pattern) {
  Intervals intervals;
  if (auto map = dyn_cast<pat::MapOp>(pattern))
    return !intervals.fitsBody(*map.getBody(), map.getDomain());
  auto group = cast<pat::GroupByOp>(pattern);
  auto combinesWide = [](Value init) { return isWideInteger(init.getType()) || init.getType().isF64(); };
  return llvm::any_of(group.getInits(), combinesWide) || !intervals.fitsBody(*group.getBody(), group.getDomain());
}

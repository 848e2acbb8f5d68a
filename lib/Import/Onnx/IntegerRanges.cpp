// IntegerRanges.cpp - interval arithmetic over `pat` programs
#include "IntegerRanges.h"

#include "jacquard/Operators/Tensors.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// Scalar ops that are looked at for one answer.
static constexpr int64_t mostSteps = 20000;
/// Points of a fold, and elements of a constant, that are looked at one by one.
static constexpr int64_t mostPoints = 256;
/// Maps that read one another.
static constexpr int mostNestedMaps = 200;

namespace {

using Range = ConstantIntRanges;
/// A dimension's index in an access.
using Place = pat::IndexRange;

class RangeFinder {
public:
  /// Of the elements of `tensor` at `places`, one for each of its dimensions.
  Range elements(Value tensor, ArrayRef<Place> places) {
    DenseElementsAttr constant;
    if (matchPattern(tensor, m_Constant(&constant)))
      return elements(constant, places);
    if (auto map = tensor.getDefiningOp<pat::MapOp>();
        map && map.getRank() == places.size() && depth < mostNestedMaps) {
      llvm::SaveAndRestore<int> deeper(depth, depth + 1);
      return body(map, places, map.getBodyYield().getOperand(cast<OpResult>(tensor).getResultNumber()));
    }
    return anything(ops::elementOf(tensor));
  }

private:
  static Range anything(Type type) { return Range::maxRange(Range::getStorageBitwidth(type)); }

  static Range fromPlace(Place place) {
    return Range::fromSigned(APInt(64, place.min, true), APInt(64, place.max, true));
  }

  static Range elements(DenseElementsAttr constant, ArrayRef<Place> places) {
    Type type = constant.getElementType();
    if (!type.isInteger() || constant.empty() || (constant.getNumElements() > mostPoints && !constant.isSplat()))
      return anything(type);
    int64_t flat = 0;
    bool isOne = true;
    for (auto [place, extent] : llvm::zip(places, constant.getType().getShape())) {
      isOne &= place.min == place.max && place.min >= 0 && place.min < extent;
      flat = flat * extent + place.min;
    }
    if (isOne)
      return Range::constant(constant.getValues<APInt>()[flat]);
    std::optional<Range> all;
    for (const APInt &value : constant.getValues<APInt>())
      all = all ? all->rangeUnion(Range::constant(value)) : Range::constant(value);
    return *all;
  }

  /// Of `yielded` when the body's indices are in `places`.
  template <typename Pattern> Range body(Pattern op, ArrayRef<Place> places, Value yielded) {
    for (auto [index, place] : llvm::zip(op.getIndices(), places))
      known.insert_or_assign(index, fromPlace(place));
    return block(*op.getBody(), yielded);
  }

  Range block(Block &block, Value yielded) {
    for (Operation &op : block.without_terminator())
      run(op);
    return of(yielded);
  }

  Range of(Value value) const {
    auto it = known.find(value);
    return it == known.end() ? outer(value) : it->second;
  }

  /// Scalars from outside of the bodies that are looked at: only counts are known.
  static Range outer(Value value) {
    if (auto filter = value.getDefiningOp<pat::FilterOp>(); filter && value.getType().isIndex())
      return fromPlace({0, int64_t(filter.getCapacity())});
    if (auto flat = value.getDefiningOp<pat::FlatMapOp>(); flat && value.getType().isIndex())
      return fromPlace({0, int64_t(flat.getCapacity())});
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)))
      return Range::constant(constant);
    return anything(value.getType());
  }

  void run(Operation &op) {
    for (Value result : op.getResults())
      known.insert_or_assign(result, outer(result));
    if (++steps > mostSteps)
      return;
    if (auto at = dyn_cast<pat::AtOp>(op))
      return known.insert_or_assign(at.getResult(), access(at)), void();
    if (auto fold = dyn_cast<pat::FoldOp>(op))
      return runFold(fold);
    auto infer = dyn_cast<InferIntRangeInterface>(op);
    bool isOfIntegers = infer && llvm::all_of(op.getOperandTypes(), [](Type type) { return type.isIntOrIndex(); });
    if (!isOfIntegers || op.getNumRegions() != 0)
      return;
    SmallVector<Range> operands;
    for (Value operand : op.getOperands())
      operands.push_back(of(operand));
    infer.inferResultRanges(operands, [&](Value result, const Range &range) { known.insert_or_assign(result, range); });
  }

  Range access(pat::AtOp at) {
    if (!at.getType().isIntOrIndex())
      return anything(at.getType());
    SmallVector<std::optional<Place>> dims;
    for (Value index : at.getIndices()) {
      Range range = of(index);
      dims.push_back(Place{range.smin().getSExtValue(), range.smax().getSExtValue()});
      // Far from the bounds, sums of indices would overflow.
      if (dims.back()->min < INT32_MIN || dims.back()->max > INT32_MAX)
        dims.back().reset();
    }
    SmallVector<Place> places;
    for (auto [expr, extent] : llvm::zip(at.getAccessMap().getResults(), at.getTensorType().getShape()))
      places.push_back(pat::rangeOf(expr, dims).value_or(Place{0, std::max<int64_t>(extent - 1, 0)}));
    Range inside = elements(at.getTensor(), places);
    return at.getElseValue() ? inside.rangeUnion(of(at.getElseValue())) : inside;
  }

  /// Point by point, if there are few.
  void runFold(pat::FoldOp fold) {
    ArrayRef<int64_t> domain = fold.getDomain();
    if (fold.getInits().size() != 1 || fold.getNumPoints() > mostPoints)
      return;
    Range sum = of(fold.getInits()[0]);
    for (int64_t flat = 0; flat < fold.getNumPoints() && steps <= mostSteps; ++flat) {
      SmallVector<Place> point(domain.size());
      for (int64_t d = int64_t(domain.size()), rest = flat; d-- > 0; rest /= domain[d])
        point[d] = {rest % domain[d], rest % domain[d]};
      Range next = body(fold, point, fold.getBodyYield().getOperand(0));
      known.insert_or_assign(fold.getLhsArguments()[0], sum);
      known.insert_or_assign(fold.getRhsArguments()[0], next);
      sum = block(*fold.getCombiner(), fold.getCombinerYield().getOperand(0));
    }
    known.insert_or_assign(fold.getResult(0), steps <= mostSteps ? sum : anything(fold.getResult(0).getType()));
  }

  llvm::DenseMap<Value, Range> known;
  int64_t steps = 0;
  int depth = 0;
};

} // namespace

pat::IndexRange importer::integerRange(Value tensor) {
  SmallVector<Place> places;
  for (int64_t extent : ops::shapeOf(tensor))
    places.push_back({0, std::max<int64_t>(extent - 1, 0)});
  if (!ops::elementOf(tensor).isInteger())
    return {INT64_MIN, INT64_MAX};
  Range range = RangeFinder().elements(tensor, places);
  return {range.smin().getSExtValue(), range.smax().getSExtValue()};
}

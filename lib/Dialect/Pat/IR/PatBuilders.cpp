// PatBuilders.cpp - reading tensors, recognising combiners, and ranges of index arithmetic
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace jacquard::pat;

Value jacquard::pat::at(OpBuilder &b, Location loc, Value tensor, ValueRange indices) {
  return AtOp::create(b, loc, tensor, indices);
}

Value jacquard::pat::at(OpBuilder &b, Location loc, Value tensor, AffineMap map, ValueRange operands,
                        Value elseValue) {
  return AtOp::create(b, loc, tensor, map, operands, elseValue);
}

Operation *jacquard::pat::matchSimpleCombiner(Block &combiner, unsigned i) {
  unsigned count = combiner.getNumArguments() / 2;
  Operation *yield = combiner.getTerminator();
  if (i >= count || i >= yield->getNumOperands())
    return nullptr;
  Operation *op = yield->getOperand(i).getDefiningOp();
  if (!op || op->getBlock() != &combiner || op->getNumOperands() != 2)
    return nullptr;
  if (!isa<arith::AddFOp, arith::MulFOp, arith::MinimumFOp, arith::MaximumFOp, arith::MinNumFOp, arith::MaxNumFOp,
           arith::AddIOp, arith::MulIOp, arith::MinSIOp, arith::MaxSIOp, arith::MinUIOp, arith::MaxUIOp, arith::AndIOp,
           arith::OrIOp, arith::XOrIOp>(op))
    return nullptr;
  Value lhs = combiner.getArgument(i), rhs = combiner.getArgument(count + i);
  bool straight = op->getOperand(0) == lhs && op->getOperand(1) == rhs;
  bool swapped = op->getOperand(0) == rhs && op->getOperand(1) == lhs;
  return straight || swapped ? op : nullptr;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Coordinates beyond this are not tracked: sums and products of tracked ones then never overflow.
static constexpr int64_t limit = int64_t(1) << 31;

static std::optional<IndexRange> makeRange(int64_t min, int64_t max) {
  if (min < -limit || max > limit || min > max)
    return std::nullopt;
  return IndexRange{min, max};
}

static std::optional<IndexRange> product(IndexRange a, IndexRange b) {
  int64_t corners[] = {a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max};
  auto [low, high] = std::minmax_element(std::begin(corners), std::end(corners));
  return makeRange(*low, *high);
}

std::optional<IndexRange> jacquard::pat::rangeOf(AffineExpr expr, ArrayRef<std::optional<IndexRange>> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return makeRange(constant.getValue(), constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition() < dims.size() ? dims[dim.getPosition()] : std::nullopt;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<IndexRange> rhs = rangeOf(binary.getRHS(), dims), lhs = rangeOf(binary.getLHS(), dims);
  // x mod c is in [0, c) whatever x is.
  bool positive = rhs && rhs->min == rhs->max && rhs->min > 0;
  if (expr.getKind() == AffineExprKind::Mod && positive && (!lhs || lhs->min < 0 || lhs->max >= rhs->min))
    return IndexRange{0, rhs->min - 1};
  if (!lhs || !rhs)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return makeRange(lhs->min + rhs->min, lhs->max + rhs->max);
  case AffineExprKind::Mul:
    return product(*lhs, *rhs);
  case AffineExprKind::Mod:
    return positive ? lhs : std::nullopt;
  case AffineExprKind::FloorDiv:
    return positive ? makeRange(llvm::divideFloorSigned(lhs->min, rhs->min), llvm::divideFloorSigned(lhs->max, rhs->min))
                    : std::nullopt;
  case AffineExprKind::CeilDiv:
    return positive ? makeRange(llvm::divideCeilSigned(lhs->min, rhs->min), llvm::divideCeilSigned(lhs->max, rhs->min))
                    : std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<int64_t> jacquard::pat::extentOfIndex(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  Operation *parent = argument ? argument.getOwner()->getParentOp() : nullptr;
  // The combiner's arguments are values, not indices.
  if (!parent || argument.getParentRegion()->getRegionNumber() != 0 ||
      !isa<MapOp, FoldOp, GroupByOp, FilterOp, FlatMapOp, ScanOp>(parent))
    return std::nullopt;
  auto domain = parent->getAttrOfType<DenseI64ArrayAttr>("domain");
  if (!domain || argument.getArgNumber() >= domain.size())
    return std::nullopt;
  return domain[argument.getArgNumber()];
}

static std::optional<IndexRange> rangeOfArgument(BlockArgument argument) {
  if (auto iterate = dyn_cast_or_null<IterateOp>(argument.getOwner()->getParentOp()))
    return argument.getArgNumber() == 0 ? makeRange(0, int64_t(iterate.getMax()) - 1) : std::nullopt;
  std::optional<int64_t> extent = extentOfIndex(argument);
  return extent ? makeRange(0, *extent - 1) : std::nullopt;
}

static std::optional<IndexRange> rangeOfOperation(Operation *op, unsigned depth);

static std::optional<IndexRange> rangeAt(Value value, unsigned depth) {
  IntegerAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant.getValue().getSignificantBits() <= 64 ? makeRange(constant.getInt(), constant.getInt())
                                                          : std::nullopt;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return rangeOfArgument(argument);
  // A few levels are enough for what importers write, and bound the work.
  return depth < 8 ? rangeOfOperation(value.getDefiningOp(), depth + 1) : std::nullopt;
}

static std::optional<IndexRange> rangeOfOperation(Operation *op, unsigned depth) {
  if (isa<arith::IndexCastOp>(op))
    return rangeAt(op->getOperand(0), depth);
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    auto a = rangeAt(select.getTrueValue(), depth), b = rangeAt(select.getFalseValue(), depth);
    return a && b ? makeRange(std::min(a->min, b->min), std::max(a->max, b->max)) : std::nullopt;
  }
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::MinSIOp, arith::MaxSIOp>(op))
    return std::nullopt;
  auto a = rangeAt(op->getOperand(0), depth), b = rangeAt(op->getOperand(1), depth);
  if (!a || !b)
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return makeRange(a->min + b->min, a->max + b->max);
  if (isa<arith::SubIOp>(op))
    return makeRange(a->min - b->max, a->max - b->min);
  if (isa<arith::MulIOp>(op))
    return product(*a, *b);
  if (isa<arith::MaxSIOp>(op))
    return makeRange(std::max(a->min, b->min), std::max(a->max, b->max));
  return makeRange(std::min(a->min, b->min), std::min(a->max, b->max));
}

std::optional<IndexRange> jacquard::pat::indexRangeOf(Value value) { return rangeAt(value, 0); }

/// The ranges of the coordinates of an access.
static SmallVector<std::optional<IndexRange>> coordinateRanges(AtOp op) {
  SmallVector<std::optional<IndexRange>> dims, coordinates;
  for (Value index : op.getIndices())
    dims.push_back(indexRangeOf(index));
  for (AffineExpr expr : op.getAccessMap().getResults())
    coordinates.push_back(rangeOf(expr, dims));
  return coordinates;
}

SmallVector<unsigned> jacquard::pat::uncertainCoordinates(AtOp op) {
  SmallVector<unsigned> uncertain;
  for (auto [k, range, extent] : llvm::enumerate(coordinateRanges(op), op.getTensorType().getShape()))
    if (!range || range->min < 0 || range->max >= extent)
      uncertain.push_back(unsigned(k));
  return uncertain;
}

bool jacquard::pat::isProvablyInBounds(AtOp op) { return uncertainCoordinates(op).empty(); }

Value jacquard::pat::testInBounds(OpBuilder &b, AtOp op, function_ref<Value(unsigned)> positionOf) {
  Value inside;
  for (unsigned k : uncertainCoordinates(op)) {
    Value extent = arith::ConstantIndexOp::create(b, op.getLoc(), op.getTensorType().getDimSize(k));
    Value fits = arith::CmpIOp::create(b, op.getLoc(), arith::CmpIPredicate::ult, positionOf(k), extent);
    inside = inside ? arith::AndIOp::create(b, op.getLoc(), inside, fits).getResult() : fits;
  }
  return inside;
}

bool jacquard::pat::isProvablyOutOfBounds(AtOp op) {
  return llvm::any_of(llvm::zip(coordinateRanges(op), op.getTensorType().getShape()), [](auto pair) {
    auto [range, extent] = pair;
    return range && (range->max < 0 || range->min >= extent);
  });
}

// AtCanonicalize.cpp - folds of pat.at: one canonical access, no needless bounds
// The canonical access has plain indices where every coordinate is one operand; otherwise a simplified map of distinct
// operands that all matter and are not index arithmetic themselves.
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace jacquard::pat;

/// An access under rewriting: expressions of the dimensions d0.. that stand for `operands`.
namespace {
struct Access {
  SmallVector<AffineExpr> results;
  SmallVector<Value> operands;

  explicit Access(AtOp op)
      : results(op.getAccessMap().getResults()), operands(op.getIndices().begin(), op.getIndices().end()) {}

  /// The dimension that stands for `value`, which is added if it is new.
  AffineExpr dimOf(Value value) {
    auto it = llvm::find(operands, value);
    unsigned position = it - operands.begin();
    if (it == operands.end())
      operands.push_back(value);
    return getAffineDimExpr(position, value.getContext());
  }

  /// The results with `expr` in the place of dimension `position`.
  void replaceDim(unsigned position, AffineExpr expr) {
    AffineExpr dim = getAffineDimExpr(position, expr.getContext());
    for (AffineExpr &result : results)
      result = result.replace(dim, expr);
  }
};
} // namespace

static std::optional<int64_t> constantOf(Value value) {
  IntegerAttr constant;
  if (matchPattern(value, m_Constant(&constant)) && constant.getValue().getSignificantBits() <= 64)
    return constant.getInt();
  return std::nullopt;
}

/// `op` = lhs / rhs or lhs % rhs with rhs a positive constant; unsigned and truncating forms only where lhs is known not to
/// be negative, since affine division rounds down.
static AffineExpr composeDivision(Operation *op, Access &access) {
  std::optional<int64_t> divisor = constantOf(op->getOperand(1));
  if (!divisor || *divisor <= 0)
    return {};
  Value lhs = op->getOperand(0);
  if (isa<arith::FloorDivSIOp>(op))
    return access.dimOf(lhs).floorDiv(*divisor);
  if (isa<arith::CeilDivSIOp>(op))
    return access.dimOf(lhs).ceilDiv(*divisor);
  std::optional<IndexRange> range = indexRangeOf(lhs);
  if (!range || range->min < 0)
    return {};
  if (isa<arith::DivSIOp, arith::DivUIOp>(op))
    return access.dimOf(lhs).floorDiv(*divisor);
  return access.dimOf(lhs) % *divisor;
}

static AffineExpr composeApply(affine::AffineApplyOp op, Access &access) {
  AffineMap map = op.getAffineMap();
  SmallVector<AffineExpr> operands;
  for (Value operand : op.getMapOperands())
    operands.push_back(access.dimOf(operand));
  return map.getResult(0).replaceDimsAndSymbols(ArrayRef(operands).take_front(map.getNumDims()),
                                                ArrayRef(operands).drop_front(map.getNumDims()));
}

/// The value of `operand` as an affine expression of the access's operands; null if it is no index arithmetic.
static AffineExpr compose(Value operand, Access &access) {
  if (std::optional<int64_t> constant = constantOf(operand))
    return getAffineConstantExpr(*constant, operand.getContext());
  Operation *op = operand.getDefiningOp();
  if (!op)
    return {};
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return composeApply(apply, access);
  if (isa<arith::AddIOp>(op)) {
    AffineExpr lhs = access.dimOf(op->getOperand(0));
    return lhs + access.dimOf(op->getOperand(1));
  }
  if (isa<arith::SubIOp>(op)) {
    AffineExpr lhs = access.dimOf(op->getOperand(0));
    return lhs - access.dimOf(op->getOperand(1));
  }
  if (isa<arith::MulIOp>(op)) {
    for (unsigned side : {0, 1})
      if (std::optional<int64_t> factor = constantOf(op->getOperand(1 - side)))
        return access.dimOf(op->getOperand(side)) * *factor;
    return {};
  }
  if (isa<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(op))
    return composeDivision(op, access);
  return {};
}

/// Replaces operands by what they compute until none is index arithmetic. Terminates: definitions are acyclic.
static void composeOperands(Access &access) {
  for (unsigned position = 0; position < access.operands.size(); ++position) {
    AffineExpr dim = getAffineDimExpr(position, access.operands[position].getContext());
    bool used = llvm::any_of(access.results, [&](AffineExpr result) { return result.isFunctionOfDim(position); });
    if (!used)
      continue;
    if (AffineExpr expr = compose(access.operands[position], access); expr && expr != dim)
      access.replaceDim(position, expr);
  }
}

/// Equal operands become one, unused ones none.
static void uniqueOperands(Access &access) {
  SmallVector<Value> operands;
  SmallVector<AffineExpr> dims;
  for (auto [position, operand] : llvm::enumerate(access.operands)) {
    bool used = llvm::any_of(access.results, [&, p = position](AffineExpr e) { return e.isFunctionOfDim(p); });
    auto it = llvm::find(operands, operand);
    dims.push_back(getAffineDimExpr(it - operands.begin(), operand.getContext()));
    if (used && it == operands.end())
      operands.push_back(operand);
  }
  for (AffineExpr &result : access.results)
    result = simplifyAffineExpr(result.replaceDims(dims), operands.size(), 0);
  access.operands = operands;
}

namespace {

/// Before: %j = arith.addi %i, %c1; pat.at %x[%j]
/// After:  pat.at %x map affine_map<(d0) -> (d0 + 1)> (%i)
struct CanonicalizeAccess : OpRewritePattern<AtOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AtOp op, PatternRewriter &rewriter) const override {
    if (op.getIndices().empty() && !op.getMap())
      return rewriter.notifyMatchFailure(op, "no index");
    Access access(op);
    composeOperands(access);
    uniqueOperands(access);
    AffineMapAttr attr;
    if (llvm::all_of(access.results, llvm::IsaPred<AffineDimExpr>)) {
      SmallVector<Value> plain;
      for (AffineExpr result : access.results)
        plain.push_back(access.operands[cast<AffineDimExpr>(result).getPosition()]);
      access.operands = plain;
    } else {
      attr = AffineMapAttr::get(AffineMap::get(access.operands.size(), 0, access.results, op.getContext()));
    }
    if (attr == op.getMapAttr() && ValueRange(access.operands) == ValueRange(op.getIndices()))
      return rewriter.notifyMatchFailure(op, "access is canonical");
    rewriter.modifyOpInPlace(op, [&] {
      op.getIndicesMutable().assign(access.operands);
      op.setMapAttr(attr);
    });
    return success();
  }
};

/// Before: pat.at %x[%i] else %zero, with %i an index of a domain not larger than %x
/// After:  pat.at %x[%i]
struct DropNeedlessElse : OpRewritePattern<AtOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AtOp op, PatternRewriter &rewriter) const override {
    if (!op.getElseValue())
      return rewriter.notifyMatchFailure(op, "no else value");
    if (!isProvablyInBounds(op))
      return rewriter.notifyMatchFailure(op, "access may be out of bounds");
    rewriter.modifyOpInPlace(op, [&] { op.getElseValueMutable().clear(); });
    return success();
  }
};

} // namespace

void AtOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<CanonicalizeAccess, DropNeedlessElse>(context);
}

OpFoldResult AtOp::fold(FoldAdaptor adaptor) {
  // Always outside: the else value.
  if (getElseValue() && isProvablyOutOfBounds(*this))
    return getElseValue();
  // An element of a splat, wherever it is.
  auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getTensor());
  if (splat && !getElseValue())
    return splat.getSplatValue<Attribute>();
  return {};
}

// PatCanonicalize.cpp - folds of patterns: empty domains, extents of one, constants, unused results
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace jacquard::pat;

static Value splatConstant(PatternRewriter &rewriter, Location loc, Type tensor, Attribute element) {
  return arith::ConstantOp::create(rewriter, loc, DenseElementsAttr::get(cast<ShapedType>(tensor), element));
}

static Value zeroConstant(PatternRewriter &rewriter, Location loc, Type type) {
  return arith::ConstantOp::create(rewriter, loc, cast<TypedAttr>(rewriter.getZeroAttr(type)));
}

namespace {

//===----------------------------------------------------------------------===//
// Empty domains
//===----------------------------------------------------------------------===//

/// Before: pat.map (%i, %j) in [0, 3] {...} : tensor<0x3xf32>
/// After:  arith.constant dense<> : tensor<0x3xf32>
/// Likewise filter and flat_map (zeros, count 0) and scan (no element).
template <typename Op>
struct EmptyDomainToZeros : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (op.getNumPoints() != 0)
      return rewriter.notifyMatchFailure(op, "domain has points");
    SmallVector<Value> zeros;
    for (Type type : op->getResultTypes())
      zeros.push_back(zeroConstant(rewriter, op.getLoc(), type));
    rewriter.replaceOp(op, zeros);
    return success();
  }
};

/// Before: pat.fold (%i) in [0] init (%a : f32) {...} combine (...) {...} : f32
/// After:  %a
struct EmptyFoldToInits : OpRewritePattern<FoldOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(FoldOp op, PatternRewriter &rewriter) const override {
    if (op.getNumPoints() != 0)
      return rewriter.notifyMatchFailure(op, "domain has points");
    rewriter.replaceOp(op, op.getInits());
    return success();
  }
};

/// Before: pat.group_by (%i) in [0] keys [4] init (%zero : i32) ..., with %zero constant
/// After:  arith.constant dense<0> : tensor<4xi32>
struct EmptyGroupByToInits : OpRewritePattern<GroupByOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GroupByOp op, PatternRewriter &rewriter) const override {
    if (op.getNumPoints() != 0)
      return rewriter.notifyMatchFailure(op, "domain has points");
    SmallVector<Attribute> inits;
    for (Value init : op.getInits())
      if (!matchPattern(init, m_Constant(&inits.emplace_back())))
        return rewriter.notifyMatchFailure(op, "init is not constant");
    SmallVector<Value> results;
    for (auto [type, init] : llvm::zip(op->getResultTypes(), inits))
      results.push_back(splatConstant(rewriter, op.getLoc(), type, init));
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// Before: pat.iterate (%n) max 0 carry (%x = %a : f32) {...}
/// After:  %a
struct NoIterationToInits : OpRewritePattern<IterateOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(IterateOp op, PatternRewriter &rewriter) const override {
    if (op.getMax() != 0)
      return rewriter.notifyMatchFailure(op, "may run");
    rewriter.replaceOp(op, op.getInits());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Extents of one
//===----------------------------------------------------------------------===//

/// Before: pat.map (%i, %j) in [1, 8] { ... %i ... }
/// After:  pat.map (%i, %j) in [1, 8] { ... %c0 ... }
template <typename Op>
struct ReplaceUnitIndex : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    SmallVector<BlockArgument> units;
    for (auto [index, extent] : llvm::zip(op.getIndices(), op.getDomain()))
      if (extent == 1 && !index.use_empty())
        units.push_back(index);
    if (units.empty())
      return rewriter.notifyMatchFailure(op, "no index of extent 1 is used");
    Value zero = zeroConstant(rewriter, op.getLoc(), rewriter.getIndexType());
    for (BlockArgument unit : units)
      rewriter.replaceAllUsesWith(unit, zero);
    return success();
  }
};

/// Before: pat.fold (%i, %k) in [1, 8] ..., %i unused
/// After:  pat.fold (%k) in [8] ...
struct DropUnitExtents : OpRewritePattern<FoldOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(FoldOp op, PatternRewriter &rewriter) const override {
    if (op.getNumPoints() == 1 || !llvm::is_contained(op.getDomain(), 1))
      return rewriter.notifyMatchFailure(op, "no extent of 1 beside others");
    BitVector dropped(op.getRank());
    SmallVector<int64_t> kept;
    for (auto [dim, extent] : llvm::enumerate(op.getDomain())) {
      dropped[dim] = extent == 1;
      if (extent != 1)
        kept.push_back(extent);
      else if (!op.getBody()->getArgument(dim).use_empty())
        return rewriter.notifyMatchFailure(op, "index of extent 1 is still used");
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getBody()->eraseArguments(dropped);
      op.setDomain(kept);
    });
    return success();
  }
};

/// Before: pat.fold (%i) in [1] init (%a : f32) { ... yield %v } combine (...) {...} : f32
/// After:  ... %v, since the init is the combiner's identity
struct InlineUnitFold : OpRewritePattern<FoldOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(FoldOp op, PatternRewriter &rewriter) const override {
    if (op.getNumPoints() != 1)
      return rewriter.notifyMatchFailure(op, "domain has not one point");
    Value zero = zeroConstant(rewriter, op.getLoc(), rewriter.getIndexType());
    YieldOp yield = op.getBodyYield();
    rewriter.inlineBlockBefore(op.getBody(), op, SmallVector<Value>(op.getRank(), zero));
    SmallVector<Value> values(yield->getOperands());
    rewriter.eraseOp(yield);
    rewriter.replaceOp(op, values);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

/// Before: pat.map (%i) in [8] { pat.yield %c : f32 }, with %c constant
/// After:  arith.constant dense<c> : tensor<8xf32>
struct ConstantMapToSplat : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  /// The one element of `value`, a constant scalar or splat; null otherwise.
  static Attribute elementOf(Value value) {
    Attribute constant;
    if (!matchPattern(value, m_Constant(&constant)))
      return {};
    if (auto splat = dyn_cast<SplatElementsAttr>(constant))
      return splat.getSplatValue<Attribute>();
    return isa<IntegerAttr, FloatAttr>(constant) ? constant : Attribute();
  }

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    bool changed = false;
    for (auto [result, value] : llvm::zip(op.getResults(), op.getBodyYield()->getOperands())) {
      Attribute element = elementOf(value);
      if (result.use_empty() || !element)
        continue;
      rewriter.replaceAllUsesWith(result, splatConstant(rewriter, op.getLoc(), result.getType(), element));
      changed = true;
    }
    return changed ? success() : rewriter.notifyMatchFailure(op, "no used result is constant");
  }
};

/// Before: %a, %b = pat.map ... { pat.yield %x, %y }, with %b unused
/// After:  %a = pat.map ... { pat.yield %x }
struct DropUnusedResults : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> used, yielded;
    for (auto [result, value] : llvm::zip(op.getResults(), op.getBodyYield()->getOperands()))
      if (!result.use_empty()) {
        used.push_back(result);
        yielded.push_back(value);
      }
    if (used.empty() || used.size() == op.getNumResults())
      return rewriter.notifyMatchFailure(op, "all or no results are used");
    auto map = MapOp::create(rewriter, op.getLoc(), ValueRange(used).getTypes(), op.getDomain());
    map->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.modifyOpInPlace(op.getBodyYield(), [&] { op.getBodyYield()->setOperands(yielded); });
    rewriter.inlineRegionBefore(op.getBodyRegion(), map.getBodyRegion(), map.getBodyRegion().end());
    for (auto [before, after] : llvm::zip(used, map.getResults()))
      rewriter.replaceAllUsesWith(before, after);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void MapOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyDomainToZeros<MapOp>, ReplaceUnitIndex<MapOp>, ConstantMapToSplat, DropUnusedResults>(context);
}

void FoldOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyFoldToInits, ReplaceUnitIndex<FoldOp>, DropUnitExtents, InlineUnitFold>(context);
}

void GroupByOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyGroupByToInits, ReplaceUnitIndex<GroupByOp>>(context);
}

void FilterOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyDomainToZeros<FilterOp>, ReplaceUnitIndex<FilterOp>>(context);
}

void FlatMapOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyDomainToZeros<FlatMapOp>, ReplaceUnitIndex<FlatMapOp>>(context);
}

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<EmptyDomainToZeros<ScanOp>, ReplaceUnitIndex<ScanOp>>(context);
}

void IterateOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<NoIterationToInits>(context);
}

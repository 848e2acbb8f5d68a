// ExpandScan.cpp - turn scans into logarithmic steps of maps
// Why: the fabric has no scan; prefixes by doubling need nothing but maps, at log n times the work.
// Needs: valid `pat`.
// Gives: no `pat.scan` in a scope; the flat form where it was.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_EXPANDSCANPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-expand-scan"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// One scan while it is replaced.
class Expansion {
public:
  Expansion(OpBuilder &b, ScanOp scan) : b(b), scan(scan) {}
  void run();

private:
  MapOp buildPoints();
  MapOp buildStep(MapOp values, int64_t distance);
  MapOp buildShift(MapOp values);
  SmallVector<Value> readEarlier(MapOp values, int64_t distance, ValueRange indices, Location loc);

  OpBuilder &b;
  ScanOp scan;
};

MapOp Expansion::buildPoints() {
  return MapOp::create(b, scan.getLoc(), scan.getDomain(), [&](OpBuilder &, Location, ValueRange indices) {
    IRMapping mapping;
    for (auto [old, index] : llvm::zip(scan.getIndices(), indices))
      mapping.map(old, index);
    for (Operation &op : scan.getBody()->without_terminator())
      b.clone(op, mapping);
    return llvm::map_to_vector(scan.getBodyYield().getOperands(), [&](Value v) { return mapping.lookupOrDefault(v); });
  });
}

/// The values `distance` points before this one in the order of the scan; the identity before the first.
SmallVector<Value> Expansion::readEarlier(MapOp values, int64_t distance, ValueRange indices, Location loc) {
  SmallVector<AffineExpr> results;
  for (size_t i = 0; i < scan.getDomain().size(); ++i)
    results.push_back(b.getAffineDimExpr(i));
  AffineExpr &along = results[scan.getDim()];
  along = scan.getReverse() ? along + distance : along - distance;
  AffineMap map = AffineMap::get(results.size(), 0, results, b.getContext());
  SmallVector<Value> read;
  for (auto [result, init] : llvm::zip(values->getResults(), scan.getInits()))
    read.push_back(at(b, loc, result, map, indices, init));
  return read;
}

MapOp Expansion::buildStep(MapOp values, int64_t distance) {
  return MapOp::create(b, scan.getLoc(), scan.getDomain(), [&](OpBuilder &, Location loc, ValueRange indices) {
    IRMapping mapping;
    mapping.map(scan.getLhsArguments(), readEarlier(values, distance, indices, loc));
    mapping.map(scan.getRhsArguments(),
                llvm::map_to_vector(values->getResults(), [&](Value result) { return at(b, loc, result, indices); }));
    for (Operation &op : scan.getCombiner()->without_terminator())
      b.clone(op, mapping);
    return llvm::map_to_vector(scan.getCombinerYield().getOperands(),
                               [&](Value v) { return mapping.lookupOrDefault(v); });
  });
}

MapOp Expansion::buildShift(MapOp values) {
  return MapOp::create(b, scan.getLoc(), scan.getDomain(), [&](OpBuilder &, Location loc, ValueRange indices) {
    return readEarlier(values, 1, indices, loc);
  });
}

void Expansion::run() {
  b.setInsertionPoint(scan);
  MapOp values = buildPoints();
  for (int64_t distance = 1; distance < scan.getDomain()[scan.getDim()]; distance *= 2)
    values = buildStep(values, distance);
  if (scan.getExclusive())
    values = buildShift(values);
  scan.replaceAllUsesWith(values->getResults());
  scan.erase();
}

struct ExpandScanPass : impl::ExpandScanPassBase<ExpandScanPass> {
  void runOnOperation() override;
};

void ExpandScanPass::runOnOperation() {
  SmallVector<ScanOp> scans;
  forEachScope(getOperation(), [&](Block &scope) { llvm::append_range(scans, scope.getOps<ScanOp>()); });
  OpBuilder b(&getContext());
  for (ScanOp scan : scans)
    Expansion(b, scan).run();
}

} // namespace
} // namespace jacquard::pat

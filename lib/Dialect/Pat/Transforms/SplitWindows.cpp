// SplitWindows.cpp - let results that are read in windows lie window by window
// Why: units share the outermost dimensions, so that what each of them writes lies together. Four gates in one product
// are the innermost dimension of its result; as the outermost one, each gate has units of its own.
// Needs: flat form.
// Gives: flat form; maps with a fold whose results are read in windows have these as their outermost dimension.
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_SPLITWINDOWSPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

using namespace mlir;

namespace jacquard::pat {
namespace {

struct SplitWindowsPass : impl::SplitWindowsPassBase<SplitWindowsPass> {
  void runOnOperation() override;
};

/// A dimension that every reader walks in windows of `size`, which do not overlap.
struct Windows {
  unsigned dim = 0;
  int64_t size = 0;
};

/// A position that is one index, plus a constant.
struct Walk {
  AffineDimExpr index;
  int64_t begin;
};

std::optional<Walk> walkOf(AffineExpr position) {
  int64_t begin = 0;
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(position); sum && sum.getKind() == AffineExprKind::Add)
    if (auto constant = dyn_cast<AffineConstantExpr>(sum.getRHS())) {
      begin = constant.getValue();
      position = sum.getLHS();
    }
  auto index = dyn_cast<AffineDimExpr>(position);
  return index ? std::optional(Walk{index, begin}) : std::nullopt;
}

/// How all reads of the map's results walk dimension `dim`; size 0 if not in windows.
Windows windowsOf(MapOp map, unsigned dim) {
  int64_t size = 0;
  bool several = false;
  for (Operation *user : map->getUsers()) {
    auto read = dyn_cast<AtOp>(user);
    if (!read || read.getElseValue())
      return {};
    std::optional<Walk> walk = walkOf(read.getAccessMap().getResult(dim));
    std::optional<int64_t> extent =
        walk ? extentOfIndex(read.getIndices()[walk->index.getPosition()]) : std::optional<int64_t>();
    if (!extent || (size != 0 && *extent != size) || walk->begin % *extent != 0)
      return {};
    size = *extent;
    several |= walk->begin != 0;
  }
  bool divides = several && size > 1 && map.getDomain()[dim] % size == 0;
  return divides ? Windows{dim, size} : Windows();
}

/// The same map with the number of the window in front.
MapOp rebuild(MapOp map, const Windows &windows) {
  SmallVector<int64_t> domain = {map.getDomain()[windows.dim] / windows.size};
  llvm::append_range(domain, map.getDomain());
  domain[1 + windows.dim] = windows.size;
  OpBuilder b(map);
  return MapOp::create(b, map.getLoc(), domain, [&](OpBuilder &inner, Location, ValueRange indices) {
    SmallVector<AffineExpr> exprs;
    for (unsigned d = 0; d < map.getRank(); ++d)
      exprs.push_back(inner.getAffineDimExpr(1 + d));
    exprs[windows.dim] = inner.getAffineDimExpr(0) * windows.size + exprs[windows.dim];
    Access images{AffineMap::get(unsigned(indices.size()), 0, exprs, inner.getContext()), llvm::to_vector(indices)};
    BodyCopier copier(inner, llvm::to_vector(map.getIndices()), images);
    for (Operation &op : map.getBody()->without_terminator())
      copier.copy(&op);
    return llvm::map_to_vector(map.getBodyYield()->getOperands(), [&](Value value) { return copier.lookup(value); });
  });
}

/// Reads the element in its window.
void redirect(AtOp read, Value rebuilt, const Windows &windows) {
  AffineMap access = read.getAccessMap();
  Walk walk = *walkOf(access.getResult(windows.dim));
  SmallVector<AffineExpr> positions = {getAffineConstantExpr(walk.begin / windows.size, read.getContext())};
  llvm::append_range(positions, access.getResults());
  positions[1 + windows.dim] = walk.index;
  read.getTensorMutable().assign(rebuilt);
  read.setMapAttr(AffineMapAttr::get(AffineMap::get(access.getNumDims(), 0, positions, read.getContext())));
}

void split(MapOp map, const Windows &windows) {
  MapOp rebuilt = rebuild(map, windows);
  rebuilt.walk([](AtOp read) { // in the fold the index is code
    Access access = accessOf(read);
    access.normalize();
    read.getIndicesMutable().assign(access.operands);
    read.setMapAttr(AffineMapAttr::get(access.map));
  });
  eraseDeadCode(*rebuilt.getBody());
  for (auto [before, after] : llvm::zip(map.getResults(), rebuilt.getResults()))
    for (Operation *user : llvm::to_vector(before.getUsers()))
      redirect(cast<AtOp>(user), after, windows);
  map.erase();
}

void SplitWindowsPass::runOnOperation() {
  SmallVector<MapOp> maps;
  forEachScope(getOperation(), [&](Block &scope) { llvm::append_range(maps, scope.getOps<MapOp>()); });
  for (MapOp map : maps) {
    if (map.getBody()->getOps<FoldOp>().empty()) // nothing that many units would share
      continue;
    for (unsigned dim = 0; dim < map.getRank(); ++dim)
      if (Windows windows = windowsOf(map, dim); windows.size > 0) {
        split(map, windows);
        break;
      }
  }
}

} // namespace
} // namespace jacquard::pat

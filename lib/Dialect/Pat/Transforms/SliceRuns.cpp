// SliceRuns.cpp - compute runs of maps slice by slice where whole tensors do not fit on chip
// Why: the intermediates of one image stay in scratchpads where those of a batch go through DRAM.
// Needs: flat patterns; dimensions in their final order.
// Gives: flat patterns and the same values; some maps are one copy for each slice of their outermost dimension.
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"
#include "jacquard/Dialect/Pat/Transforms/Runs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_SLICERUNSPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-slice-runs"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// Boxes of what sections load, and what is lost where tensors are cut for several units that write them, take the rest.
constexpr double shareForTensors = 0.45;

struct SliceRunsPass : impl::SliceRunsPassBase<SliceRunsPass> {
  using SliceRunsPassBase::SliceRunsPassBase;
  void runOnOperation() override;
};

/// Replaces the maps of one run.
class Slicer {
public:
  /// `number`: of the first map among all that are copied.
  Slicer(const Run &run, int64_t number) : run(run), number(number), b(run.maps.back()) {
    b.setInsertionPointAfter(run.maps.back());
  }
  void slice();

private:
  void addSlice(int64_t begin, int64_t end);
  bool isReadElsewhere(Value result) const;
  Value join(Value whole);

  const Run &run;
  int64_t number;
  OpBuilder b;
  llvm::DenseMap<Value, SmallVector<Value>> parts; ///< of the results of the run's maps
};

/// Adds `offset` to what the body of `map` takes for its index `dim`; but not where it reads maps of `sliced`, which
/// begin at the same point of the dimension that is given for each.
void shiftIndex(MapOp map, unsigned dim, int64_t offset, const llvm::DenseMap<Operation *, unsigned> &sliced) {
  Value index = map.getIndices()[dim];
  map.walk([&](AtOp read) {
    SmallVector<AffineExpr> dims;
    for (auto [number, operand] : llvm::enumerate(read.getIndices())) {
      AffineExpr expr = getAffineDimExpr(unsigned(number), map.getContext());
      dims.push_back(operand == index ? expr + offset : expr);
    }
    AffineMap access = read.getAccessMap(), shifted = access.replaceDimsAndSymbols(dims, {}, access.getNumDims(), 0);
    SmallVector<AffineExpr> positions(shifted.getResults());
    if (auto part = sliced.find(read.getTensor().getDefiningOp()); part != sliced.end())
      positions[part->second] = access.getResult(part->second);
    shifted = AffineMap::get(access.getNumDims(), 0, positions, map.getContext());
    if (shifted != access)
      read.setMapAttr(AffineMapAttr::get(shifted));
  });
  auto isValue = [](OpOperand &use) { return !isa<AtOp>(use.getOwner()); };
  if (llvm::none_of(index.getUses(), isValue))
    return;
  OpBuilder b = OpBuilder::atBlockBegin(map.getBody());
  Value begin = arith::ConstantIndexOp::create(b, map.getLoc(), offset);
  Value sum = arith::AddIOp::create(b, map.getLoc(), index, begin);
  index.replaceUsesWithIf(sum, [&](OpOperand &use) { return isValue(use) && use.getOwner() != sum.getDefiningOp(); });
}

void Slicer::addSlice(int64_t begin, int64_t end) {
  IRMapping mapping;
  llvm::DenseMap<Operation *, unsigned> copies; // with their outermost dimensions
  int64_t copied = number;
  for (MapOp map : run.maps) {
    auto copy = cast<MapOp>(b.clone(*map, mapping));
    copy->setAttr(copiesAttr, b.getI64IntegerAttr(copied++));
    unsigned dim = *outermostDim(map);
    SmallVector<int64_t> domain(map.getDomain());
    domain[dim] = end - begin;
    copy.setDomain(domain);
    for (auto [whole, part] : llvm::zip(map.getResults(), copy.getResults())) {
      part.setType(cast<RankedTensorType>(part.getType()).clone(domain));
      parts[whole].push_back(part);
    }
    if (begin > 0)
      shiftIndex(copy, dim, begin, copies);
    copies[copy] = dim;
  }
}

bool Slicer::isReadElsewhere(Value result) const {
  return llvm::any_of(result.getUsers(), [&](Operation *user) {
    return llvm::none_of(run.maps, [&](MapOp map) { return map->isAncestor(user); });
  });
}

/// The parts of `whole` side by side.
Value Slicer::join(Value whole) {
  auto map = whole.getDefiningOp<MapOp>();
  unsigned dim = *outermostDim(map);
  Location loc = map.getLoc();
  Value outside = zeroOf(b, loc, cast<RankedTensorType>(whole.getType()).getElementType());
  auto joined = MapOp::create(b, loc, map.getDomain(), [&](OpBuilder &b, Location loc, ValueRange point) {
    Value element = outside;
    int64_t offset = run.extent;
    for (Value part : llvm::reverse(parts[whole])) {
      offset -= cast<RankedTensorType>(part.getType()).getDimSize(dim);
      SmallVector<AffineExpr> position;
      for (unsigned d = 0; d < point.size(); ++d)
        position.push_back(b.getAffineDimExpr(d) - (d == dim ? offset : 0));
      AffineMap access = AffineMap::get(unsigned(point.size()), 0, position, b.getContext());
      element = at(b, loc, part, access, point, element);
    }
    return SmallVector<Value>{element};
  });
  return joined->getResult(0);
}

void Slicer::slice() {
  for (int64_t begin = 0; begin < run.extent; begin += run.thickness)
    addSlice(begin, std::min(begin + run.thickness, run.extent));
  for (MapOp map : run.maps)
    for (Value whole : map.getResults())
      if (isReadElsewhere(whole))
        whole.replaceAllUsesWith(join(whole)); // of the run's own maps as well, which go
  for (MapOp map : llvm::reverse(run.maps))
    map.erase();
}

void explain(const Run &run) {
  auto options = remark::RemarkOpts::name("sliced").category(DEBUG_TYPE);
  if (auto remark = remark::passed(MapOp(run.maps.front()).getLoc(), options))
    remark << remark::metric("Maps", run.maps.size()) << remark::metric("Points", run.extent)
           << remark::metric("Thickness", run.thickness);
}

void SliceRunsPass::runOnOperation() {
  if (chipBytes == 0)
    return;
  SliceCosts costs{int64_t(double(chipBytes) * shareForTensors), int64_t(startBytes)};
  SmallVector<Block *> scopes;
  forEachScope(getOperation(), [&](Block &scope) { scopes.push_back(&scope); });
  int64_t copied = 0;
  for (Block *scope : scopes)
    for (const Run &run : planRuns(*scope, costs)) {
      explain(run);
      Slicer(run, copied).slice();
      copied += int64_t(run.maps.size());
    }
}

} // namespace
} // namespace jacquard::pat

// FetchRows.cpp - what a trip reads at its number is fetched while it computes something else
//
// Such a read waits for the number of the trip, for the addresses that are computed from it, and for the words to pass
// through all memory units that hold the tensor. A reader that waits for another map of the same trip has its row ready
// when that is through.
#include "FetchRows.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// Points of what a reader waits for, for each element of a row: both then take about as long, as one unit fetches.
constexpr int64_t pointsPerElement = 32;

/// Of which tensor which row: per dimension of the tensor the position as an expression of the trip's number (d0), or
/// null where the row has all of it.
using Row = std::pair<Value, SmallVector<AffineExpr>>;

/// The row that a read is of, if it is of one.
std::optional<Row> rowOf(pat::AtOp read, pat::IterateOp loop) {
  Value tensor = read.getTensor(), iteration = loop.getIteration();
  if (read.getElseValue() || !tensor.getParentRegion()->isProperAncestor(&loop.getBodyRegion()))
    return std::nullopt;
  Row row = {tensor, {}};
  MLIRContext *context = read.getContext();
  bool isOne = false;
  for (AffineExpr expr : read.getAccessMap().getResults()) {
    bool atTrip = false, atOther = false;
    SmallVector<AffineExpr> trip;
    for (auto [d, operand] : llvm::enumerate(read.getIndices())) {
      (operand == iteration ? atTrip : atOther) |= expr.isFunctionOfDim(unsigned(d));
      trip.push_back(getAffineDimExpr(0, context));
    }
    if (atTrip && atOther)
      return std::nullopt;
    isOne |= atTrip;
    row.second.push_back(atTrip ? expr.replaceDims(trip) : AffineExpr());
  }
  return isOne ? std::optional(row) : std::nullopt;
}

SmallVector<int64_t> shapeOf(const Row &row) {
  SmallVector<int64_t> shape;
  for (auto [extent, position] : llvm::zip(cast<RankedTensorType>(row.first.getType()).getShape(), row.second))
    if (!position)
      shape.push_back(extent);
  return shape;
}

int64_t pointsOf(pat::MapOp map) {
  int64_t points = map.getNumPoints();
  for (pat::FoldOp fold : map.getBody()->getOps<pat::FoldOp>())
    points *= fold.getNumPoints();
  return points;
}

/// The map of the same trip with the most points whose result `reader` reads; null when there is none.
pat::MapOp longestBefore(pat::MapOp reader) {
  pat::MapOp longest;
  reader.walk([&](pat::AtOp read) {
    auto writer = read.getTensor().getDefiningOp<pat::MapOp>();
    bool isHere = writer && writer->getBlock() == reader->getBlock();
    if (isHere && (!longest || pointsOf(writer) > pointsOf(longest)))
      longest = writer;
  });
  return longest;
}

/// A map that fetches the row at the trip `iteration`.
pat::MapOp fetch(OpBuilder &builder, Location loc, const Row &row, Value iteration) {
  SmallVector<int64_t> shape = shapeOf(row);
  return pat::MapOp::create(builder, loc, shape, [&](OpBuilder &b, Location inner, ValueRange indices) {
    SmallVector<AffineExpr> positions;
    unsigned next = 0;
    for (AffineExpr position : row.second)
      positions.push_back(position ? position.replaceDims({b.getAffineDimExpr(indices.size())})
                                   : b.getAffineDimExpr(next++));
    SmallVector<Value> operands(indices);
    operands.push_back(iteration);
    AffineMap map = AffineMap::get(operands.size(), 0, positions, b.getContext());
    return SmallVector<Value>{pat::at(b, inner, row.first, map, operands)};
  });
}

/// The same read of the fetched row: its positions but those that the trip decides.
void readFetched(pat::AtOp read, const Row &row, Value fetched) {
  SmallVector<AffineExpr> kept, renamed;
  for (auto [expr, position] : llvm::zip(read.getAccessMap().getResults(), row.second))
    if (!position)
      kept.push_back(expr);
  SmallVector<Value> operands;
  OpBuilder b(read);
  for (unsigned d = 0; d < read.getIndices().size(); ++d) {
    bool used = llvm::any_of(kept, [&](AffineExpr expr) { return expr.isFunctionOfDim(d); });
    renamed.push_back(used ? b.getAffineDimExpr(operands.size()) : b.getAffineConstantExpr(0));
    if (used)
      operands.push_back(read.getIndices()[d]);
  }
  for (AffineExpr &expr : kept)
    expr = expr.replaceDims(renamed);
  AffineMap map = AffineMap::get(operands.size(), 0, kept, b.getContext());
  read.replaceAllUsesWith(pat::at(b, read.getLoc(), fetched, map, operands));
  read.erase();
}

} // namespace

void jacquard::fetchRows(pat::IterateOp loop, const ArchSpec &arch) {
  for (auto reader : llvm::make_early_inc_range(loop.getBody()->getOps<pat::MapOp>())) {
    pat::MapOp before = longestBefore(reader);
    if (!before)
      continue;
    llvm::MapVector<Row, SmallVector<pat::AtOp>> rows;
    for (auto read : reader.getBody()->getOps<pat::AtOp>())
      if (std::optional<Row> row = rowOf(read, loop))
        rows[*row].push_back(read);
    for (auto &[row, reads] : rows) {
      int64_t elements = computeProduct(shapeOf(row));
      bool wantsAll = elements <= pointsOf(reader) * int64_t(reads.size());
      bool fits = uint64_t(elements) <= arch.memory.bytes() / 4;
      if (!wantsAll || !fits || elements > pointsOf(before) / pointsPerElement)
        continue;
      OpBuilder builder(before);
      pat::MapOp fetching = fetch(builder, reads.front().getLoc(), row, loop.getIteration());
      fetching->setAttr(fetchAttr, builder.getUnitAttr());
      for (pat::AtOp read : reads)
        readFetched(read, row, fetching->getResult(0));
    }
  }
}

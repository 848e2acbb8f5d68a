// JoinParts.cpp - lets patterns write their results where a concatenation wants them
//
// A concatenation computes nothing, but costs a pass over all of its parts. When nothing else needs a part before the
// whole is there, the pattern that computes it can write it into the whole, and other readers find it there.
#include "JoinParts.h"

#include "Nest.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Concat.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <numeric>

using namespace mlir;
using namespace jacquard;

namespace {

class Joiner {
public:
  Joiner(unsigned mostLoops, const SharedBuffers &shared, WholeTensors &wholes, DonePatterns &done)
      : mostLoops(mostLoops), shared(shared), wholes(wholes), done(done) {}

  void join(pat::MapOp map);

private:
  bool canWriteInPlace(Value part, pat::MapOp map) const;
  void moveReads(Value part, Value whole, unsigned dim, int64_t offset);

  int64_t grainOf(ArrayRef<Operation *> producers, int64_t size) const;

  unsigned mostLoops;
  const SharedBuffers &shared;
  WholeTensors &wholes;
  DonePatterns &done;
};

/// Whether the pattern that computes `part` can write it into the result of `map`, and whether all others that read it
/// come later and can read it there.
bool Joiner::canWriteInPlace(Value part, pat::MapOp map) const {
  auto producer = part.getDefiningOp<pat::MapOp>();
  if (!producer || producer->getBlock() != map->getBlock() || producer.getNumResults() != 1 || shared.contains(part) ||
      wholes.contains(part) || done.contains(producer))
    return false;
  unsigned reads = 0;
  for (Operation *user : part.getUsers()) {
    auto read = dyn_cast<pat::AtOp>(user);
    Operation *reader = read ? map->getBlock()->findAncestorOpInBlock(*read) : nullptr;
    if (!reader)
      return false;
    if (reader == map) {
      ++reads;
      continue;
    }
    if (!map->isBeforeInBlock(reader) || (read.getElseValue() && !pat::isProvablyInBounds(read)))
      return false;
  }
  return reads == 1;
}

void Joiner::moveReads(Value part, Value whole, unsigned dim, int64_t offset) {
  for (Operation *user : llvm::make_early_inc_range(part.getUsers())) {
    auto read = cast<pat::AtOp>(user);
    if (whole.getDefiningOp()->isAncestor(read))
      continue;
    SmallVector<AffineExpr> positions(read.getAccessMap().getResults());
    positions[dim] = positions[dim] + offset;
    read.setMapAttr(
        AffineMapAttr::get(AffineMap::get(read.getAccessMap().getNumDims(), 0, positions, read.getContext())));
    read.getTensorMutable().assign(whole);
  }
}

/// Elements of a whole of `size` between the places where all of its writers can be cut; 0 where there are none.
int64_t Joiner::grainOf(ArrayRef<Operation *> producers, int64_t size) const {
  int64_t common = 0;
  for (Operation *producer : producers) {
    Nest nest = analyseNest(producer, mostLoops);
    auto outermost = llvm::find_if(nest.dims, [](const NestDim &dim) { return dim.extent > 1; });
    if (outermost == nest.dims.end() ||
        outermost->extent * nest.result.strideAlong(unsigned(outermost - nest.dims.begin())) != size)
      return 0;
    common = std::gcd(common, outermost->extent);
  }
  return common > 1 ? size / common : 0;
}

void Joiner::join(pat::MapOp map) {
  Value whole = map->getResult(0);
  std::optional<pat::Concat> concat = pat::matchConcat(map);
  if (!concat || shared.contains(whole))
    return;
  int64_t inPlace = 0;
  for (pat::Concat::Part &part : concat->parts)
    if (canWriteInPlace(part.read.getTensor(), map))
      inPlace += part.read.getTensorType().getNumElements();
  if (2 * inPlace < map.getNumPoints())
    return;
  OpBuilder b(map);
  SmallVector<int64_t> strides = computeStrides(map.getDomain());
  SmallVector<Operation *> producers;
  for (pat::Concat::Part &part : concat->parts) {
    if (!canWriteInPlace(part.read.getTensor(), map))
      part.read.getTensorMutable().assign(copyOf(b, part.read.getTensor())->getResult(0));
    Value tensor = part.read.getTensor();
    moveReads(tensor, whole, concat->dim, part.offset);
    SmallVector<int64_t> place = {part.offset * strides[concat->dim]};
    llvm::append_range(place, map.getDomain());
    tensor.getDefiningOp()->setAttr(partAttr, b.getDenseI64ArrayAttr(place));
    wholes[tensor] = whole;
    producers.push_back(tensor.getDefiningOp());
  }
  if (int64_t grain = grainOf(producers, map.getNumPoints()))
    for (Operation *producer : producers)
      if (producer->getRegion(0).front().getOps<pat::FoldOp>().empty()) // others have slots and members to fit
        producer->setAttr(partGrainAttr, b.getI64IntegerAttr(grain));
  done.insert(map);
}

} // namespace

void jacquard::joinParts(Operation *root, unsigned mostLoops, const SharedBuffers &shared, WholeTensors &wholes,
                         DonePatterns &done) {
  SmallVector<pat::MapOp> maps;
  root->walk([&](pat::MapOp map) {
    if (pat::isWorthJoining(map))
      maps.push_back(map);
  });
  Joiner joiner(mostLoops, shared, wholes, done);
  for (pat::MapOp map : maps)
    joiner.join(map);
}

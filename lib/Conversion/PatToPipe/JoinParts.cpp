// JoinParts.cpp - lets patterns write their results where a concatenation wants them
//
// A concatenation computes nothing, but costs a pass over all of its parts. When nothing else needs a part before the
// whole is there, the pattern that computes it can write it into the whole, and other readers find it there.
#include "JoinParts.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Concat.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace jacquard;

namespace {

class Joiner {
public:
  Joiner(const SharedBuffers &shared, WholeTensors &wholes) : shared(shared), wholes(wholes) {}

  void join(pat::MapOp map);
  /// Concatenations for which nothing is left to do.
  const llvm::SmallPtrSet<Operation *, 8> &done() const { return joined; }

private:
  bool canWriteInPlace(Value part, pat::MapOp map) const;
  void moveReads(Value part, Value whole, unsigned dim, int64_t offset);

  const SharedBuffers &shared;
  WholeTensors &wholes;
  llvm::SmallPtrSet<Operation *, 8> joined;
};

/// Whether the pattern that computes `part` can write it into the result of `map`, and whether all others that read it
/// come later and can read it there.
bool Joiner::canWriteInPlace(Value part, pat::MapOp map) const {
  auto producer = part.getDefiningOp<pat::MapOp>();
  if (!producer || producer->getBlock() != map->getBlock() || producer.getNumResults() != 1 || shared.contains(part) ||
      wholes.contains(part) || joined.contains(producer))
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
  for (pat::Concat::Part &part : concat->parts) {
    if (!canWriteInPlace(part.read.getTensor(), map))
      part.read.getTensorMutable().assign(copyOf(b, part.read.getTensor())->getResult(0));
    Value tensor = part.read.getTensor();
    moveReads(tensor, whole, concat->dim, part.offset);
    SmallVector<int64_t> place = {part.offset * strides[concat->dim]};
    llvm::append_range(place, map.getDomain());
    tensor.getDefiningOp()->setAttr(partAttr, b.getDenseI64ArrayAttr(place));
    wholes[tensor] = whole;
  }
  joined.insert(map);
}

} // namespace

llvm::SmallPtrSet<Operation *, 8> jacquard::joinParts(Operation *root, const SharedBuffers &shared,
                                                      WholeTensors &wholes) {
  SmallVector<pat::MapOp> maps;
  root->walk([&](pat::MapOp map) {
    if (pat::isWorthJoining(map))
      maps.push_back(map);
  });
  Joiner joiner(shared, wholes);
  for (pat::MapOp map : maps)
    joiner.join(map);
  return joiner.done();
}

// Fuse.cpp - substitute producers into their consumers
// Why: a tensor that is not made need not be stored and read; data movement becomes address arithmetic.
// Needs: pat-verify-flat holds.
// Gives: pat-verify-flat holds; the same scalar ops in the same order for every result.
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"
#include "jacquard/Dialect/Pat/Transforms/Concat.h"
#include "jacquard/Dialect/Pat/Transforms/MergeEqual.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_FUSEPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-fuse"

using namespace mlir;

namespace jacquard::pat {
namespace {

//===----------------------------------------------------------------------===//
// What a producer costs and who reads it
//===----------------------------------------------------------------------===//

/// The code behind one yielded value of a map without fold.
struct Cost {
  unsigned reads = 0, otherOps = 0; ///< other than index arithmetic
  bool expensive = false;
  bool dividesIntegers = false; ///< undefined for a zero that a guarded read may bring in
};

Cost costOf(const Slice &slice) {
  Cost cost;
  for (Operation *op : slice.ops) {
    cost.reads += isa<AtOp>(op);
    cost.otherOps += !isa<AtOp>(op) && !op->getResult(0).getType().isIndex();
    cost.expensive |= isExpensive(op);
    cost.dividesIntegers |= isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::FloorDivSIOp,
                                arith::CeilDivSIOp, arith::CeilDivUIOp>(op) &&
                            !matchPattern(op->getOperand(1), m_Constant());
  }
  return cost;
}

/// All reads of a producer's results in bodies; reads in the scope itself and other uses need the tensor.
struct Uses {
  SmallVector<AtOp> reads;
  bool onlyReads = true;
};

/// Scalar code of flat patterns stays in bodies: a read that stands in the scope is not replaced by the code it reads.
bool standsInBody(AtOp read) {
  Operation *parent = read->getParentOp();
  return isPattern(parent) && !isa<IterateOp>(parent);
}

Uses usesOf(MapOp producer) {
  Uses uses;
  for (OpOperand &use : producer->getUses()) {
    auto read = dyn_cast<AtOp>(use.getOwner());
    if (read && standsInBody(read))
      uses.reads.push_back(read);
    else
      uses.onlyReads = false;
  }
  return uses;
}

/// How often `op` runs per run of the block `scope`; saturates.
int64_t runsPerScope(Operation *op, Block *scope) {
  constexpr int64_t many = int64_t(1) << 60;
  int64_t runs = 1;
  for (; op->getBlock() != scope; op = op->getParentOp()) {
    Operation *parent = op->getParentOp();
    int64_t factor = numPoints(domainOf(parent));
    if (auto iterate = dyn_cast<IterateOp>(parent))
      factor = static_cast<int64_t>(iterate.getMax());
    if (factor != 0 && runs > many / factor)
      return many;
    runs *= factor;
  }
  return runs;
}

/// What a unit program has to hold: reads and scalar ops other than index arithmetic, in `op` and its regions.
struct Size {
  unsigned reads = 0, ops = 0;
};

Size sizeOf(Operation *op) {
  Size size;
  op->walk([&](Operation *inner) {
    if (isa<AtOp>(inner))
      ++size.reads;
    else if (isScalarCode(inner) && !inner->hasTrait<OpTrait::ConstantLike>() &&
             !inner->getResult(0).getType().isIndex())
      ++size.ops;
  });
  return size;
}

/// The pattern of the scope that `op` belongs to.
Operation *patternAround(Operation *op, Block *scope) {
  while (op->getBlock() != scope)
    op = op->getParentOp();
  return op;
}

//===----------------------------------------------------------------------===//
// Reads beyond the bounds of the producer
//===----------------------------------------------------------------------===//

/// The dimensions of a read that are not proved to lie inside.
SmallVector<unsigned> openDims(AtOp read, const Access &access) {
  IndexRanges ranges = rangesOf(access.operands);
  SmallVector<unsigned> open;
  for (auto [i, extent] : llvm::enumerate(read.getTensorType().getShape())) {
    std::optional<IndexRange> range = rangeOf(access.map.getResult(i), ranges);
    if (!range || range->min < 0 || range->max >= extent)
      open.push_back(i);
  }
  return open;
}

/// dim + constant
std::optional<std::pair<unsigned, int64_t>> asShiftedDim(AffineExpr expr) {
  int64_t shift = 0;
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr); sum && sum.getKind() == AffineExprKind::Add)
    if (auto constant = dyn_cast<AffineConstantExpr>(sum.getRHS())) {
      shift = constant.getValue();
      expr = sum.getLHS();
    }
  auto dim = dyn_cast<AffineDimExpr>(expr);
  if (!dim)
    return std::nullopt;
  return std::make_pair(dim.getPosition(), shift);
}

bool sameConstant(Value a, Value b) {
  Attribute x, y;
  return a == b || (matchPattern(a, m_Constant(&x)) && matchPattern(b, m_Constant(&y)) && x == y);
}

/// True if `inner`, the only read of a producer, is itself out of bounds wherever the outer read leaves the producer's
/// domain in one of the dimensions `open`, so that one `else` speaks for both.
bool elseCombines(AtOp inner, MapOp producer, Value otherwise, ArrayRef<unsigned> open) {
  if (inner.getElseValue() && !sameConstant(inner.getElseValue(), otherwise))
    return false;
  AffineMap map = inner.getAccessMap();
  for (unsigned dim : open) {
    BlockArgument index = producer.getIndices()[dim];
    bool covered = false;
    for (auto [j, expr] : llvm::enumerate(map.getResults())) {
      auto shifted = asShiftedDim(expr);
      covered |= shifted && inner.getIndices()[shifted->first] == index && shifted->second <= 0 &&
                 producer.getDomain()[dim] + shifted->second >= inner.getTensorType().getDimSize(j);
    }
    if (!covered)
      return false;
  }
  return true;
}

/// 0 <= coordinate < extent in every open dimension.
Value inBounds(OpBuilder &b, Location loc, AtOp read, const Access &access, ArrayRef<unsigned> open) {
  Value all;
  for (unsigned dim : open) {
    Value coordinate = materializeIndex(b, loc, access.map.getResult(dim), access.operands);
    // One unsigned comparison: negative coordinates are large numbers.
    Value extent = arith::ConstantIndexOp::create(b, loc, read.getTensorType().getDimSize(dim));
    Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, coordinate, extent);
    all = all ? Value(arith::AndIOp::create(b, loc, all, inside)) : inside;
  }
  return all;
}

//===----------------------------------------------------------------------===//
// The fuser of one scope
//===----------------------------------------------------------------------===//

class Fuser {
public:
  Fuser(MLIRContext *context, Block &scope, Size limit) : b(context), scope(scope), limit(limit) {}
  bool run();

private:
  bool fuse(MapOp producer);
  bool fuseMovement(MapOp producer);
  bool fuseScalars(MapOp producer);
  bool fuseEpilogue(MapOp producer);
  bool substitute(AtOp read, MapOp producer, const Slice &slice);
  void addLocation(AtOp read, MapOp producer);
  bool fits(AtOp read, Size added);
  bool worthComputing(MapOp producer, const Uses &uses, ArrayRef<Slice> slices);

  OpBuilder b;
  Block &scope;
  Size limit; ///< of one pattern
};

unsigned resultNumber(AtOp read) { return cast<OpResult>(read.getTensor()).getResultNumber(); }

/// The code behind result `i`; fails when a fold is in it.
FailureOr<Slice> sliceOfResult(MapOp producer, unsigned i) {
  Slice slice;
  if (failed(addToSlice(producer.getBodyYield().getOperand(i), producer, slice)))
    return failure();
  return slice;
}

/// The pattern around `read` computes what the node of `producer` stands for as well.
void Fuser::addLocation(AtOp read, MapOp producer) {
  constexpr size_t mostNodes = 16; // of one pattern: locations are for people
  Operation *pattern = patternAround(read, &scope);
  auto fused = dyn_cast<FusedLoc>(pattern->getLoc());
  if (!fused || fused.getLocations().size() < mostNodes)
    pattern->setLoc(FusedLoc::get(pattern->getContext(), {producer.getLoc(), pattern->getLoc()}));
}

/// at %producer[f]  ->  the producer's code at f
bool Fuser::substitute(AtOp read, MapOp producer, const Slice &slice) {
  b.setInsertionPoint(read);
  Location loc = read.getLoc();
  Value yielded = producer.getBodyYield().getOperand(resultNumber(read));
  Access access = accessOf(read);
  access.normalize();
  SmallVector<unsigned> open;
  if (read.getElseValue())
    open = openDims(read, access);
  auto inner = yielded.getDefiningOp<AtOp>();
  bool combined = !open.empty() && slice.ops.size() == 1 && inner && slice.ops.contains(inner) &&
                  elseCombines(inner, producer, read.getElseValue(), open);
  bool guarded = !open.empty() && !combined;
  if (guarded && costOf(slice).dividesIntegers)
    return false;
  SmallVector<BlockArgument> indices(producer.getIndices().begin(), producer.getIndices().end());
  BodyCopier copier(b, indices, access);
  if (guarded)
    copier.setGuarded();
  for (Operation *op : slice.ops)
    copier.copy(op);
  Value value = copier.lookup(yielded);
  if (combined)
    cast<AtOp>(value.getDefiningOp()).getElseValueMutable().assign(read.getElseValue());
  if (guarded) {
    Value inside = inBounds(b, loc, read, access, open);
    value = arith::SelectOp::create(b, loc, inside, value, read.getElseValue());
  }
  read.replaceAllUsesWith(value);
  read.erase();
  return true;
}

/// Index arithmetic and at most one read, or neither reads nor other work.
bool isMovement(MapOp producer, unsigned i, const Slice &slice) {
  Cost cost = costOf(slice);
  if (cost.expensive || cost.reads > 1)
    return false;
  Operation *last = producer.getBodyYield().getOperand(i).getDefiningOp();
  if (cost.reads == 1)
    return cost.otherOps == 0 && isa_and_nonnull<AtOp>(last);
  return cost.otherOps <= 1; // a constant, or an index cast to a number
}

/// Whether what `read` reads should be written in place, as part of a concatenation.
bool isJoined(AtOp read) {
  auto map = dyn_cast<MapOp>(read->getParentOp());
  return map && isWorthJoining(map);
}

/// Reads of data movement are always replaced, but for those of concatenations that are worth joining.
bool Fuser::fuseMovement(MapOp producer) {
  bool changed = false;
  for (unsigned i = 0; i < producer.getNumResults(); ++i) {
    FailureOr<Slice> slice = sliceOfResult(producer, i);
    if (failed(slice) || !isMovement(producer, i, *slice))
      continue;
    for (Operation *user : llvm::make_early_inc_range(producer->getResult(i).getUsers()))
      if (auto read = dyn_cast<AtOp>(user); read && standsInBody(read) && !isJoined(read))
        changed |= substitute(read, producer, *slice);
  }
  return changed;
}

/// True if the pattern around `read` stays within the limits when the code replaces the read.
bool Fuser::fits(AtOp read, Size added) {
  Size size = sizeOf(patternAround(read, &scope));
  return size.reads + added.reads <= limit.reads + 1 && size.ops + added.ops <= limit.ops;
}

/// No element is computed more often than before; a few cheap ops may be computed twice.
bool Fuser::worthComputing(MapOp producer, const Uses &uses, ArrayRef<Slice> slices) {
  int64_t points = producer.getNumPoints(), runs = 0;
  bool trivial = true;
  for (AtOp read : uses.reads) {
    Cost cost = costOf(slices[resultNumber(read)]);
    trivial &= !cost.expensive && cost.otherOps <= 3 && cost.reads <= 2;
    runs += runsPerScope(read, &scope);
    if (runs > 2 * points || !fits(read, {cost.reads, cost.otherOps}))
      return false;
    if (read.getElseValue() && cost.dividesIntegers)
      return false;
  }
  return runs <= points || trivial;
}

/// Scalar code goes into all of its consumers or stays.
bool Fuser::fuseScalars(MapOp producer) {
  Uses uses = usesOf(producer);
  if (!uses.onlyReads || uses.reads.empty() || llvm::any_of(uses.reads, isJoined) || isWorthJoining(producer))
    return false;
  SmallVector<Slice> slices;
  for (unsigned i = 0; i < producer.getNumResults(); ++i) {
    FailureOr<Slice> slice = sliceOfResult(producer, i);
    if (failed(slice))
      return false;
    slices.push_back(*slice);
  }
  if (!worthComputing(producer, uses, slices))
    return false;
  for (AtOp read : uses.reads) {
    addLocation(read, producer);
    substitute(read, producer, slices[resultNumber(read)]);
  }
  return true;
}

/// True if `access` takes the points of `consumer` one to one to those of `producer`: dimensions in any order, and zero
/// where the extent is one.
bool isRenaming(const Access &access, MapOp consumer, MapOp producer) {
  llvm::SmallDenseSet<Value, 8> seen;
  for (auto [expr, extent] : llvm::zip(access.map.getResults(), producer.getDomain())) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr); constant && constant.getValue() == 0 && extent == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    auto index = dim ? dyn_cast<BlockArgument>(access.operands[dim.getPosition()]) : BlockArgument();
    if (!index || index.getOwner() != consumer.getBody() || !seen.insert(index).second ||
        consumer.getDomain()[index.getArgNumber()] != extent)
      return false;
  }
  return producer.getNumPoints() == consumer.getNumPoints();
}

/// %s = map { fold; post }; map { f(at %s[i]) }  ->  map { fold; post; f }
bool Fuser::fuseEpilogue(MapOp producer) {
  Uses uses = usesOf(producer);
  if (!uses.onlyReads || uses.reads.empty())
    return false;
  auto consumer = dyn_cast<MapOp>(uses.reads.front()->getParentOp());
  if (!consumer || consumer->getBlock() != &scope || !consumer.getBody()->getOps<FoldOp>().empty())
    return false;
  Access access = accessOf(uses.reads.front());
  access.normalize();
  AtOp first = uses.reads.front();
  for (AtOp read : uses.reads) {
    Access other = accessOf(read);
    other.normalize();
    if (read->getParentOp() != consumer || other.map != access.map || other.operands != access.operands)
      return false;
    if (read->isBeforeInBlock(first))
      first = read;
  }
  if (!isRenaming(access, consumer, producer) || !fits(first, sizeOf(producer)))
    return false;
  addLocation(first, producer);
  b.setInsertionPoint(first);
  SmallVector<BlockArgument> indices(producer.getIndices().begin(), producer.getIndices().end());
  BodyCopier copier(b, indices, access);
  for (Operation &op : producer.getBody()->without_terminator())
    copier.copy(&op);
  for (AtOp read : uses.reads) {
    read.replaceAllUsesWith(copier.lookup(producer.getBodyYield().getOperand(resultNumber(read))));
    read.erase();
  }
  return true;
}

bool Fuser::fuse(MapOp producer) {
  bool changed = fuseMovement(producer);
  if (producer.use_empty())
    return changed;
  if (producer.getBody()->getOps<FoldOp>().empty())
    return fuseScalars(producer) || changed;
  return fuseEpilogue(producer) || changed;
}

bool Fuser::run() {
  bool changed = false;
  for (MapOp producer : llvm::to_vector(scope.getOps<MapOp>()))
    if (!producer.use_empty())
      changed |= fuse(producer);
  return changed;
}

struct FusePass : impl::FusePassBase<FusePass> {
  using FusePassBase::FusePassBase;
  void runOnOperation() override;
  void mergeEqualAndEraseDead();
};

void FusePass::mergeEqualAndEraseDead() {
  for (Block &block : getOperation().getFunctionBody())
    eraseDeadCode(block);
  mergeEqual(getOperation());
}

void FusePass::runOnOperation() {
  bool changed = true;
  while (changed) {
    mergeEqualAndEraseDead();
    changed = false;
    SmallVector<Block *> scopes;
    forEachScope(getOperation(), [&](Block &scope) { scopes.push_back(&scope); });
    for (Block *scope : scopes)
      changed |= Fuser(&getContext(), *scope, {maxReads, maxOps}).run();
  }
}

} // namespace
} // namespace jacquard::pat

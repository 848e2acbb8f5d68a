// CutPatterns.cpp - cut patterns that need more units than the machine has, through tensors in DRAM
//
// A body is brought into depth-first order, so that whatever was computed is soon used, and cut between two of its
// operations. The first half becomes a map over the same points that yields what crosses the cut. A fold's body is cut
// in the same way, over the points of the map and the fold. Reads at plain positions do not cross: both halves have
// their own, and what the second half would only pass on is taken from the first. A map of more results than there are
// ports becomes two of fewer results, which share no computation.
#include "CutPatterns.h"

#include "Mapping.h"
#include "WordSize.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Bodies.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace jacquard;

namespace {

/// Elements at most of a tensor that cutting a fold makes.
constexpr int64_t maxStored = int64_t(1) << 26;

/// What a piece of a body takes of the machine.
struct Need {
  int64_t stages = 0; ///< of all compute units together
  int64_t ports = 0;  ///< to DRAM: reads and results
  Need operator+(Need other) const { return {stages + other.stages, ports + other.ports}; }
  Need operator-(Need other) const { return {stages - other.stages, ports - other.ports}; }
};

/// Where to cut: the body (of the pattern or its fold), and how many of its operations go into the first half.
struct Cut {
  Block *body = nullptr;
  unsigned numFirst = 0;
  int64_t larger = 0; ///< size of the larger half
};

class Cutter {
public:
  Cutter(const ArchSpec &arch, unsigned share)
      : numStages(std::max<int64_t>(1, int64_t(arch.numComputeUnits()) * arch.compute.stages / share)),
        numPorts(std::max<int64_t>(1, arch.dramPort.count)), most(numStages * numPorts) {}
  void run(Operation *whole);

private:
  int64_t sizeOf(Need need) const { return std::max(need.stages * numPorts, need.ports * numStages); }
  Need needOf(Operation &op);
  Need needOf(Block &body);
  int64_t sizeOf(Operation *pattern) { return sizeOf(needOf(pattern->getRegion(0).front())); }
  Need needOf(Block &body, ValueRange results);
  SmallVector<Value> crossing(ArrayRef<Operation *> first, const llvm::SmallPtrSetImpl<Operation *> &isFirst);
  void findCut(Block &body, Need before, Cut &best);
  Cut chooseCut(Operation *pattern);
  pat::MapOp apply(Operation *pattern, const Cut &cut);
  int64_t sizeOfSplit(Operation *pattern);
  SmallVector<Operation *> divide(Operation *pattern);

  int64_t numStages; ///< that a pattern may have
  int64_t numPorts;
  int64_t most; ///< size up to which nothing is cut
};

bool isIndexOrConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || op->hasTrait<OpTrait::ConstantLike>();
}

/// Reads that each half may have for itself: their positions are not computed.
bool isPlainRead(Operation &op) {
  auto at = dyn_cast<pat::AtOp>(op);
  return at && llvm::all_of(at.getIndices(), isIndexOrConstant) &&
         (!at.getElseValue() || isIndexOrConstant(at.getElseValue()));
}

/// What both halves compute rather than pass on: constants, plain reads and conversions of these.
bool isRepeated(Operation &op) {
  if (op.hasTrait<OpTrait::ConstantLike>() || isPlainRead(op))
    return true;
  if (!isa<arith::IndexCastOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(op))
    return false;
  Operation *source = op.getOperand(0).getDefiningOp();
  return !source || isRepeated(*source);
}

/// Stages and ports that an operation takes.
Need Cutter::needOf(Operation &op) {
  if (auto at = dyn_cast<pat::AtOp>(op))
    return {isPlainRead(op) ? 0 : int64_t(addressStages(at)), 1};
  if (op.hasTrait<OpTrait::ConstantLike>())
    return {};
  if (op.hasTrait<OpTrait::IsTerminator>())
    return {0, isa<pat::FoldOp>(op.getParentOp()) ? 0 : op.getNumOperands()};
  Need need = {pat::isExpensive(&op) ? 4 : 2, 0}; // two stages an operation: a unit is seldom full
  for (Region &region : op.getRegions())
    need = need + needOf(region.front());
  return need;
}

Need Cutter::needOf(Block &body) {
  Need need;
  for (Operation &op : body)
    need = need + needOf(op);
  return need;
}

/// What `op` reads, its regions included.
SmallVector<Value> operandsOf(Operation &op) {
  llvm::SetVector<Value> values(op.operand_begin(), op.operand_end());
  getUsedValuesDefinedAbove(op.getRegions(), values);
  return values.takeVector();
}

/// What `body` takes if it yields these values alone.
Need Cutter::needOf(Block &body, ValueRange results) {
  Need need = {0, int64_t(results.size())};
  llvm::SetVector<Operation *> ops;
  auto add = [&](Value value) {
    if (Operation *op = value.getDefiningOp(); op && op->getBlock() == &body)
      ops.insert(op);
  };
  llvm::for_each(results, add);
  for (size_t i = 0; i < ops.size(); ++i) {
    need = need + needOf(*ops[i]);
    llvm::for_each(operandsOf(*ops[i]), add);
  }
  return need;
}

/// Brings the operations of a block into depth-first order from what it yields.
void orderDepthFirst(Block &body) {
  llvm::SetVector<Operation *> ordered;
  SmallVector<std::pair<Operation *, bool>> stack = {{body.getTerminator(), false}};
  while (!stack.empty()) {
    auto [op, isDone] = stack.pop_back_val();
    if (isDone) {
      ordered.insert(op);
      continue;
    }
    if (ordered.contains(op))
      continue;
    stack.push_back({op, true});
    SmallVector<Value> operands = operandsOf(*op);
    for (Value value : llvm::reverse(operands))
      if (Operation *producer = value.getDefiningOp(); producer && producer->getBlock() == &body)
        stack.push_back({producer, false});
  }
  for (Operation *op : ordered.getArrayRef().drop_back())
    op->moveBefore(body.getTerminator());
}

/// Values of the first half that the rest of the block reads.
SmallVector<Value> Cutter::crossing(ArrayRef<Operation *> first, const llvm::SmallPtrSetImpl<Operation *> &isFirst) {
  SmallVector<Value> values;
  for (Operation *op : first) {
    if (isRepeated(*op))
      continue;
    Block *body = op->getBlock();
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !isFirst.contains(body->findAncestorOpInBlock(*user)); }))
        values.push_back(result);
  }
  return values;
}

/// Counts what crosses a cut that moves down a block.
class Frontier {
public:
  explicit Frontier(Block &body) : body(body) {}
  void pass(Operation &op);

  int64_t crossed = 0;  ///< values that the rest reads from the first half
  int64_t repeated = 0; ///< reads that the rest has as well

private:
  void count(Operation &op, int64_t change) {
    if (isPlainRead(op))
      repeated += change;
    else if (!isRepeated(op))
      crossed += change;
  }

  Block &body;
  llvm::DenseMap<Value, unsigned> readersAhead;
};

/// `op` is now the last of the first half.
void Frontier::pass(Operation &op) {
  for (Value value : operandsOf(op))
    if (auto it = readersAhead.find(value); it != readersAhead.end() && --it->second == 0)
      count(*value.getDefiningOp(), -1);
  for (Value result : op.getResults()) {
    llvm::SmallPtrSet<Operation *, 4> readers;
    for (Operation *user : result.getUsers())
      readers.insert(body.findAncestorOpInBlock(*user));
    if (readers.empty())
      continue;
    readersAhead[result] = readers.size();
    count(op, 1);
  }
}

/// The best cut of `body`; `before` is what the first half has to compute besides.
void Cutter::findCut(Block &body, Need before, Cut &best) {
  orderDepthFirst(body);
  Frontier frontier(body);
  unsigned numFirst = 0;
  Need firstNeed = before, restNeed = needOf(body);
  for (Operation &op : body.without_terminator()) {
    ++numFirst;
    frontier.pass(op);
    firstNeed = firstNeed + needOf(op);
    restNeed = restNeed - needOf(op);
    int64_t larger = std::max(sizeOf(firstNeed + Need{0, frontier.crossed}),
                              sizeOf(restNeed + Need{0, frontier.crossed + frontier.repeated}));
    if (!best.body || larger < best.larger)
      best = {&body, numFirst, larger};
  }
}

/// Erases what nothing reads.
void eraseDead(Block &body) {
  SmallVector<Operation *> ops;
  for (Operation &op : body)
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (isOpTriviallyDead(op))
      op->erase();
}

/// Tensors hold no index values; what a pattern of 32-bit words holds in 64 bits fits 32, which its reader could not
/// prove.
Type storedType(Value value, bool isWide) {
  bool isWord = value.getType().isIndex() || value.getType().isInteger(64);
  return isWord ? IntegerType::get(value.getContext(), isWide ? 64 : 32) : value.getType();
}

Value castTo(OpBuilder &b, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (value.getType().isIndex() || type.isIndex())
    return b.createOrFold<arith::IndexCastOp>(value.getLoc(), type, value);
  if (type.getIntOrFloatBitWidth() < value.getType().getIntOrFloatBitWidth())
    return b.createOrFold<arith::TruncIOp>(value.getLoc(), type, value);
  return b.createOrFold<arith::ExtSIOp>(value.getLoc(), type, value);
}

/// The map of the first half; the pattern reads its results from then on.
pat::MapOp Cutter::apply(Operation *pattern, const Cut &cut) {
  Block &outer = pattern->getRegion(0).front();
  bool inFold = cut.body != &outer;
  SmallVector<int64_t> domain(pat::domainOf(pattern));
  SmallVector<Value> indices(outer.getArguments());
  SmallVector<Operation *> copied, first;
  if (inFold) {
    Operation *fold = cut.body->getParentOp();
    llvm::append_range(domain, pat::domainOf(fold));
    llvm::append_range(indices, cut.body->getArguments());
    for (Operation &op : llvm::make_range(outer.begin(), fold->getIterator()))
      copied.push_back(&op);
  }
  for (Operation &op : llvm::make_range(cut.body->begin(), std::next(cut.body->begin(), cut.numFirst)))
    first.push_back(&op);
  llvm::append_range(copied, first);
  llvm::SmallPtrSet<Operation *, 32> isFirst(first.begin(), first.end());
  SmallVector<Value> values = crossing(first, isFirst);
  bool isWide = needsWideWords(pattern);

  OpBuilder b(pattern);
  auto map = pat::MapOp::create(b, pattern->getLoc(), domain, [&](OpBuilder &inside, Location, ValueRange points) {
    IRMapping mapping;
    mapping.map(indices, points);
    for (Operation *op : copied)
      inside.clone(*op, mapping);
    return llvm::map_to_vector(
        values, [&](Value value) { return castTo(inside, mapping.lookup(value), storedType(value, isWide)); });
  });
  map->setDiscardableAttrs(pattern->getDiscardableAttrDictionary());
  eraseDead(*map.getBody());
  b.setInsertionPoint(&*std::next(cut.body->begin(), cut.numFirst));
  for (auto [value, tensor] : llvm::zip(values, map->getResults())) {
    Value read = castTo(b, pat::at(b, value.getLoc(), tensor, indices), value.getType());
    value.replaceUsesWithIf(
        read, [&](OpOperand &use) { return !isFirst.contains(cut.body->findAncestorOpInBlock(*use.getOwner())); });
  }
  eraseDead(*cut.body);
  eraseDead(outer);
  return map;
}

/// Spells out computed positions and bounds checks, so that a cut can go between them.
void expandRead(pat::AtOp at) {
  bool isGather = !llvm::all_of(at.getIndices(), isIndexOrConstant);
  bool selects = at.getElseValue() && !isIndexOrConstant(at.getElseValue());
  AffineMap map = at.getAccessMap();
  if (!selects && !(isGather && !map.isPermutation()))
    return;
  OpBuilder b(at);
  Location loc = at.getLoc();
  SmallVector<Value> positions;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    positions.push_back(affine::AffineApplyOp::create(b, loc, map.getSubMap({i}), at.getIndices()));
  auto type = cast<RankedTensorType>(at.getTensor().getType());
  Value inside = selects ? pat::testInBounds(b, at, [&](unsigned k) { return positions[k]; }) : Value();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type.getElementType()));
  Value oldElse = at.getElseValue();
  SmallVector<Value> operands = isGather ? positions : SmallVector<Value>(at.getIndices());
  AffineMap newMap = isGather ? b.getMultiDimIdentityMap(positions.size()) : map;
  Value read = pat::at(b, loc, at.getTensor(), newMap, operands, selects ? zero : oldElse);
  if (inside)
    read = arith::SelectOp::create(b, loc, inside, read, oldElse);
  at.getResult().replaceAllUsesWith(read);
  at.erase();
}

/// Where `pattern` is best cut; no body where nothing gets smaller.
Cut Cutter::chooseCut(Operation *pattern) {
  Block &body = pattern->getRegion(0).front();
  Cut best;
  findCut(body, {}, best);
  for (auto fold : body.getOps<pat::FoldOp>()) {
    if (best.body && best.larger <= most)
      break; // all points of a fold that is cut go through DRAM: only where nothing else helps
    if (pat::numPoints(pat::domainOf(pattern)) > maxStored / pat::numPoints(pat::domainOf(fold)))
      continue;
    Need before;
    for (Operation &op : llvm::make_range(body.begin(), fold->getIterator()))
      before = before + needOf(op);
    Cut inside;
    findCut(*fold.getBody(), before, inside);
    if (inside.body && (!best.body || inside.larger < best.larger))
      best = inside;
  }
  return best.larger < sizeOf(pattern) ? best : Cut();
}

/// Results in the first of two maps that `map` is split into.
unsigned halfOf(pat::MapOp map) { return map.getNumResults() / 2; }

/// Size of the larger of these maps; more than that of the pattern where there is no such split.
int64_t Cutter::sizeOfSplit(Operation *pattern) {
  auto map = dyn_cast<pat::MapOp>(pattern);
  if (!map || map.getNumResults() < 2)
    return sizeOf(pattern) + 1;
  Block &body = *map.getBody();
  OperandRange results = map.getBodyYield().getOperands();
  return std::max(sizeOf(needOf(body, results.take_front(halfOf(map)))),
                  sizeOf(needOf(body, results.drop_front(halfOf(map)))));
}

/// A map of some of the results, which it replaces.
pat::MapOp takeResults(pat::MapOp map, ArrayRef<unsigned> which) {
  OpBuilder b(map);
  auto part =
      pat::MapOp::create(b, map.getLoc(), pat::domainOf(map), [&](OpBuilder &inside, Location, ValueRange points) {
        IRMapping mapping;
        mapping.map(map.getBody()->getArguments(), points);
        for (Operation &op : map.getBody()->without_terminator())
          inside.clone(op, mapping);
        return llvm::map_to_vector(
            which, [&](unsigned i) { return mapping.lookupOrDefault(map.getBodyYield().getOperand(i)); });
      });
  part->setDiscardableAttrs(map->getDiscardableAttrDictionary());
  eraseDead(*part.getBody());
  for (auto [i, result] : llvm::zip(which, part.getResults()))
    map.getResult(i).replaceAllUsesWith(result);
  return part;
}

/// Takes what `rest` only passes on from the map `first` in front of it from there, so that it needs no ports for it.
/// The map of the other results, which replaces `rest`; null if there are none.
Operation *forwardResults(Operation *rest, pat::MapOp first) {
  auto map = dyn_cast<pat::MapOp>(rest);
  if (!map)
    return rest;
  SmallVector<unsigned> others;
  llvm::SmallPtrSet<Value, 8> forwarded; // once each: tensors that leave a program or a loop are different ones
  for (auto [i, value] : llvm::enumerate(map.getBodyYield().getOperands())) {
    auto at = value.getDefiningOp<pat::AtOp>();
    bool isPassedOn = at && at.getTensor().getDefiningOp() == first && !at.getElseValue() &&
                      at.getTensor().getType() == map.getResult(i).getType() && at.getAccessMap().isIdentity() &&
                      llvm::equal(at.getIndices(), map.getBody()->getArguments());
    if (isPassedOn && forwarded.insert(at.getTensor()).second)
      map.getResult(i).replaceAllUsesWith(at.getTensor());
    else
      others.push_back(i);
  }
  if (forwarded.empty())
    return rest;
  Operation *part = others.empty() ? nullptr : takeResults(map, others).getOperation();
  map.erase();
  return part;
}

/// The two parts of `pattern`, which is erased if they are of its results; none where nothing gets smaller.
SmallVector<Operation *> Cutter::divide(Operation *pattern) {
  Cut cut = chooseCut(pattern);
  bool isEnough = cut.body && cut.larger <= most;
  if (int64_t size = sizeOfSplit(pattern); !isEnough && size < (cut.body ? cut.larger : sizeOf(pattern))) {
    auto map = cast<pat::MapOp>(pattern);
    auto all = llvm::to_vector(llvm::seq<unsigned>(0, map.getNumResults()));
    ArrayRef<unsigned> first = ArrayRef(all).take_front(halfOf(map)), second = ArrayRef(all).drop_front(halfOf(map));
    SmallVector<Operation *> parts = {takeResults(map, first), takeResults(map, second)};
    map.erase();
    return parts;
  }
  if (!cut.body)
    return {};
  pat::MapOp first = apply(pattern, cut);
  SmallVector<Operation *> parts = {first};
  if (Operation *rest = forwardResults(pattern, first))
    parts.push_back(rest);
  return parts;
}

/// Sizes are estimates, so halves that did not get smaller after all are left alone, and there is a limit.
void Cutter::run(Operation *whole) {
  if (sizeOf(whole) > most)
    whole->walk([](pat::AtOp at) { expandRead(at); });
  SmallVector<Operation *> work = {whole};
  int64_t cuts = 0, maxCuts = 4 * (sizeOf(whole) / most + 1);
  while (!work.empty()) {
    Operation *pattern = work.pop_back_val();
    int64_t size = sizeOf(pattern);
    if (size <= most || ++cuts > maxCuts)
      continue;
    for (Operation *part : divide(pattern))
      if (sizeOf(part) < size)
        work.push_back(part);
  }
}

} // namespace

void jacquard::cutPattern(Operation *pattern, const ArchSpec &arch, unsigned share) {
  Cutter(arch, share).run(pattern);
}

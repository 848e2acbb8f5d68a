// Loops.cpp - one buffer per carried tensor
//
// The next value of a carried tensor may be written over the present one where nothing reads the present one any more.
// Inside the pattern that makes it, that is so when every element is read at its own position only: the value at a
// point waits for the read at that point.
#include "Loops.h"

#include "FetchRows.h"
#include "RowUpdate.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard;

pat::MapOp jacquard::copyOf(OpBuilder &builder, Value value) {
  return pat::MapOp::create(builder, value.getLoc(), cast<RankedTensorType>(value.getType()).getShape(),
                            [&](OpBuilder &b, Location loc, ValueRange indices) {
                              return SmallVector<Value>{pat::at(b, loc, value, indices)};
                            });
}

namespace {

/// A pattern that stands in `block` and computes `value` in DRAM.
Operation *producerIn(Value value, Block *block) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<pat::MapOp, pat::GroupByOp>(op) && op->getBlock() == block ? op : nullptr;
}

/// True if the read takes the element at the point of the map that it stands in.
bool readsOwnPoint(pat::AtOp read, Operation *pattern) {
  auto map = dyn_cast<pat::MapOp>(pattern);
  return map && read.getAccessMap().isIdentity() && llvm::equal(read.getIndices(), map.getIndices());
}

/// True if `producer` may write its result over `carried`, an argument of the block in which it stands.
bool canOverwrite(Operation *producer, BlockArgument carried) {
  Block *body = carried.getOwner();
  return llvm::all_of(carried.getUsers(), [&](Operation *user) {
    Operation *reader = body->findAncestorOpInBlock(*user);
    if (reader != producer)
      return isa<pat::MapOp, pat::GroupByOp, pat::IterateOp>(reader) && reader->isBeforeInBlock(producer);
    auto read = dyn_cast<pat::AtOp>(user);
    return read && readsOwnPoint(read, producer);
  });
}

/// How `map` gives `carried` with another row, if it does.
std::optional<RowUpdate> rowUpdateOf(pat::MapOp map, BlockArgument carried) {
  std::optional<RowUpdate> update = matchRowUpdate(map);
  auto before = update ? update->before.getDefiningOp<pat::AtOp>() : pat::AtOp();
  return before && before.getTensor() == carried && readsOwnPoint(before, map) ? update : std::nullopt;
}

/// Whether `row` takes every value below `extent` while `iteration` does: it counts up or down.
bool visitsAll(Value row, Value iteration, int64_t extent) {
  auto down = row.getDefiningOp<arith::SubIOp>();
  APInt last;
  return row == iteration || (down && down.getRhs() == iteration && matchPattern(down.getLhs(), m_ConstantInt(&last)) &&
                              last.getSExtValue() == extent - 1);
}

class LoopPreparation {
public:
  LoopPreparation(pat::IterateOp loop, SharedBuffers &shared, DonePatterns &done, int64_t &bytesToKeep)
      : loop(loop), yield(loop.getBodyYield()), body(loop.getBody()), shared(shared), done(done),
        bytesToKeep(bytesToKeep) {}

  LogicalResult run() {
    for (Type type : loop->getResultTypes())
      if (!isa<RankedTensorType>(type))
        return loop.emitError() << "carries a scalar of type " << type << "; run pat-carry-tensors before";
    prepareCondition();
    prepareInvariants();
    prepareInits();
    prepareNext();
    return success();
  }

private:
  void prepareCondition();
  void prepareInvariants();
  void prepareInits();
  void prepareNext();
  bool replacesAllRows(BlockArgument argument, Value next);

  pat::IterateOp loop;
  pat::YieldOp yield;
  Block *body;
  SharedBuffers &shared;
  DonePatterns &done;
  int64_t &bytesToKeep; ///< that invariants may still take on chip
};

/// Carried tensors have changed when the condition is read: it needs a tensor of its own.
void LoopPreparation::prepareCondition() {
  Value tensor = conditionTensor(loop);
  if (!tensor || producerIn(tensor, body))
    return;
  OpBuilder builder(yield);
  Value copy = copyOf(builder, tensor)->getResult(0);
  yield->setOperand(0, pat::at(builder, yield.getLoc(), copy, {}));
}

/// Constants and inputs that several trips read are copied in front of the loop: the copy is an intermediate, which can
/// stay on chip.
void LoopPreparation::prepareInvariants() {
  constexpr int64_t leastBytes = 1024; // less is not worth a section that copies it
  if (maxTrips(loop) < 2)
    return;
  llvm::MapVector<Value, SmallVector<pat::AtOp>> reads;
  loop.walk([&](pat::AtOp read) {
    Value tensor = read.getTensor();
    auto argument = dyn_cast<BlockArgument>(tensor);
    if (argument ? isa<FunctionOpInterface>(argument.getOwner()->getParentOp()) : matchPattern(tensor, m_Constant()))
      reads[tensor].push_back(read);
  });
  OpBuilder builder(loop);
  for (auto &[tensor, readers] : reads) {
    auto type = cast<RankedTensorType>(tensor.getType());
    int64_t bytes = type.getNumElements() * llvm::divideCeilSigned(type.getElementTypeBitWidth(), 8);
    if (bytes < leastBytes || bytes > bytesToKeep)
      continue;
    bytesToKeep -= bytes;
    Value copy = copyOf(builder, tensor)->getResult(0);
    for (pat::AtOp read : readers)
      read.getTensorMutable().assign(copy);
  }
}

/// Whether the trips write every row of a carried tensor, one each, and nobody in the loop reads it.
bool LoopPreparation::replacesAllRows(BlockArgument argument, Value next) {
  auto map = next.getDefiningOp<pat::MapOp>();
  if (!map || !producerIn(next, body) || !argument.hasOneUse() || !next.hasOneUse() || conditionTensor(loop))
    return false;
  std::optional<RowUpdate> update = rowUpdateOf(map, argument);
  if (!update)
    return false;
  int64_t rows = map.getDomain()[update->dim];
  return maxTrips(loop) == rows && visitsAll(update->row, loop.getIteration(), rows);
}

void LoopPreparation::prepareInits() {
  OpBuilder builder(loop);
  for (auto [operand, argument, result, next] :
       llvm::zip(loop->getOpOperands(), loop.getCarried(), loop.getResults(), yield->getOperands().drop_front())) {
    if (replacesAllRows(argument, next)) { // nobody sees how it began
      shared[argument] = result;
      continue;
    }
    Value init = operand.get();
    if (!producerIn(init, loop->getBlock()) || !init.hasOneUse()) {
      init = copyOf(builder, init)->getResult(0);
      operand.set(init);
    }
    shared[init] = shared[argument] = result;
  }
}

void LoopPreparation::prepareNext() {
  OpBuilder builder(yield);
  auto nextOf = [&](unsigned k) -> OpOperand & { return yield->getOpOperand(k + 1); };
  // First whatever still reads carried tensors, then what overwrites them.
  SmallVector<unsigned> copied;
  for (auto [k, argument] : llvm::enumerate(loop.getCarried())) {
    Value next = nextOf(k).get();
    if (next == argument)
      continue;
    Operation *producer = producerIn(next, body);
    if (producer && !shared.contains(next) && canOverwrite(producer, argument)) {
      shared[next] = loop.getResult(k);
      if (auto map = dyn_cast<pat::MapOp>(producer); map && rowUpdateOf(map, argument)) {
        shared[computeRowOnly(map)->getResult(0)] = loop.getResult(k);
        done.insert(map);
      }
      continue;
    }
    copied.push_back(k);
    if (llvm::is_contained(loop.getCarried(), next))
      nextOf(k).set(copyOf(builder, next)->getResult(0));
  }
  for (unsigned k : copied) {
    Value copy = copyOf(builder, nextOf(k).get())->getResult(0);
    nextOf(k).set(copy);
    shared[copy] = loop.getResult(k);
  }
}

} // namespace

Value jacquard::conditionTensor(pat::IterateOp loop) {
  auto read = loop.getBodyYield().getOperand(0).getDefiningOp<pat::AtOp>();
  return read ? read.getTensor() : Value();
}

int64_t jacquard::maxTrips(pat::IterateOp loop) {
  bool stops = matchPattern(loop.getBodyYield().getOperand(0), m_Zero());
  return stops ? 1 : int64_t(loop.getMax());
}

int64_t jacquard::runsOf(Operation *op) {
  uint64_t runs = 1;
  for (auto loop = op->getParentOfType<pat::IterateOp>(); loop; loop = loop->getParentOfType<pat::IterateOp>())
    if (!conditionTensor(loop))
      runs = llvm::SaturatingMultiply(runs, uint64_t(maxTrips(loop)));
  return int64_t(std::min<uint64_t>(runs, std::numeric_limits<int64_t>::max()));
}

LogicalResult jacquard::prepareLoops(Operation *root, const ArchSpec &arch, SharedBuffers &shared,
                                     DonePatterns &done) {
  constexpr double shareToKeep = 0.4; // of the scratchpads; the rest is left to what changes
  auto bytesToKeep = int64_t(shareToKeep * double(arch.memory.bytes()) * double(arch.numMemoryUnits()));
  SmallVector<pat::IterateOp> loops;
  root->walk<WalkOrder::PreOrder>([&](pat::IterateOp loop) { loops.push_back(loop); });
  for (pat::IterateOp loop : loops) {
    Value condition = loop.getBodyYield().getOperand(0);
    if (!conditionTensor(loop) && !matchPattern(condition, m_Constant()))
      return loop.emitError() << "has a condition that no tensor of its body holds; run pat-carry-tensors before";
    fetchRows(loop, arch);
    if (failed(LoopPreparation(loop, shared, done, bytesToKeep).run()))
      return failure();
  }
  return success();
}

// Schedule.cpp - choose the order of patterns, so that large tensors live short
// Why: what is written is kept on chip until the last reader has run, in place of other tensors. A map that makes
// little of much should follow those that make it, one that makes much of little should wait for those that read it.
// Needs: flat form.
// Gives: the same patterns in an order in which fewer bytes are kept for fewer patterns.
#include "jacquard/Dialect/Pat/IR/PatOps.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_SCHEDULEPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-schedule"

using namespace mlir;

namespace jacquard::pat {
namespace {

struct SchedulePass : impl::SchedulePassBase<SchedulePass> {
  using SchedulePassBase::SchedulePassBase;
  void runOnOperation() override;
};

/// A tensor that patterns of the run read.
struct Tensor {
  int64_t bytes = 0;
  SmallVector<unsigned> readers = {}; ///< patterns of the run
  bool isReadLater = false;           ///< behind the run as well, or leaves the function
};

struct Pattern {
  Operation *op;
  SmallVector<unsigned> reads = {};           ///< tensors
  SmallVector<unsigned> writes = {};          ///< tensors
  llvm::SmallDenseSet<unsigned> sources = {}; ///< patterns of the run that must come before
};

/// Patterns that follow one another in a block, and orders of them. Orders change by swaps of neighbours: then only
/// what is kept between the two changes.
class Run {
public:
  explicit Run(ArrayRef<Operation *> ops);
  /// Bytes that are kept, summed over the places between two patterns.
  int64_t cost() const;
  bool improve();
  void settle();
  void apply() const;

private:
  unsigned tensorOf(Value value, llvm::DenseMap<Value, unsigned> &numbers);
  bool mayMeet(unsigned place) const { return !patterns[order[place + 1]].sources.contains(order[place]); }
  int64_t keptBy(unsigned pattern, unsigned other) const;
  int64_t costOfSwap(unsigned place) const {
    return keptBy(order[place + 1], order[place]) - keptBy(order[place], order[place + 1]);
  }
  void swap(unsigned place);
  bool move(unsigned pattern, int step);

  std::vector<Pattern> patterns; ///< in their first order
  std::vector<Tensor> tensors;
  std::vector<unsigned> order;  ///< patterns
  std::vector<unsigned> places; ///< of patterns in `order`
};

int64_t bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return llvm::divideCeil(tensor.getNumElements() * tensor.getElementTypeBitWidth(), 8);
}

unsigned Run::tensorOf(Value value, llvm::DenseMap<Value, unsigned> &numbers) {
  auto [found, isNew] = numbers.insert({value, unsigned(tensors.size())});
  if (isNew)
    tensors.push_back({bytesOf(value.getType())});
  return found->second;
}

Run::Run(ArrayRef<Operation *> ops) {
  llvm::DenseMap<Operation *, unsigned> numberOf;
  for (auto [number, op] : llvm::enumerate(ops)) {
    numberOf[op] = unsigned(number);
    patterns.push_back({op});
  }
  llvm::DenseMap<Value, unsigned> numbers;
  for (auto [number, op] : llvm::enumerate(ops)) {
    llvm::SetVector<Value> read(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), read);
    for (Value value : read) {
      Operation *source = value.getDefiningOp();
      // What the host provides lies in DRAM, whoever reads it.
      if (!isa_and_nonnull<MapOp, GroupByOp, IterateOp>(source) || !isa<RankedTensorType>(value.getType()))
        continue;
      unsigned tensor = tensorOf(value, numbers);
      patterns[number].reads.push_back(tensor);
      tensors[tensor].readers.push_back(unsigned(number));
      if (auto own = numberOf.find(source); own != numberOf.end())
        patterns[number].sources.insert(own->second);
    }
    for (Value result : op->getResults())
      patterns[number].writes.push_back(tensorOf(result, numbers));
  }
  for (auto [value, number] : numbers)
    tensors[number].isReadLater = llvm::any_of(value.getUsers(), [&](Operation *user) {
      Operation *reader = ops.front()->getBlock()->findAncestorOpInBlock(*user);
      return !reader || !numberOf.contains(reader);
    });
  for (unsigned number = 0; number < patterns.size(); ++number) {
    order.push_back(number);
    places.push_back(number);
  }
}

int64_t Run::cost() const {
  int64_t total = 0;
  std::vector<int64_t> begins(tensors.size(), 0);
  for (unsigned place = 0; place < order.size(); ++place)
    for (unsigned tensor : patterns[order[place]].writes)
      begins[tensor] = place;
  for (auto [begin, tensor] : llvm::zip(begins, tensors)) {
    int64_t end = tensor.isReadLater ? int64_t(order.size()) : begin;
    for (unsigned reader : tensor.readers)
      end = std::max<int64_t>(end, places[reader]);
    total += tensor.bytes * (end - begin);
  }
  return total;
}

/// How many bytes more are kept behind `pattern` than in front of it, if `other` follows at once.
int64_t Run::keptBy(unsigned pattern, unsigned other) const {
  int64_t kept = 0;
  for (unsigned tensor : patterns[pattern].writes)
    if (tensors[tensor].isReadLater || !tensors[tensor].readers.empty())
      kept += tensors[tensor].bytes;
  unsigned last = std::max(places[pattern], places[other]);
  for (unsigned tensor : patterns[pattern].reads) {
    bool isLast = !tensors[tensor].isReadLater && llvm::all_of(tensors[tensor].readers, [&](unsigned reader) {
      return reader != other && places[reader] <= last;
    });
    kept -= isLast ? tensors[tensor].bytes : 0;
  }
  return kept;
}

void Run::swap(unsigned place) {
  std::swap(order[place], order[place + 1]);
  places[order[place]] = place;
  places[order[place + 1]] = place + 1;
}

/// Moves a pattern to the best place of those that it can reach by swaps in one direction; of equal ones to the
/// farthest, as others may then follow. Whether anything moved.
bool Run::move(unsigned pattern, int step) {
  unsigned begin = places[pattern], best = begin;
  int64_t cost = 0, least = 0;
  auto next = [&](unsigned at) { return step > 0 ? at : at - 1; }; // the place of the swap
  unsigned at = begin;
  while (step > 0 ? at + 1 < order.size() : at > 0) {
    if (!mayMeet(next(at)))
      break;
    cost += costOfSwap(next(at));
    swap(next(at));
    at += step;
    if (cost <= least) {
      least = cost;
      best = at;
    }
  }
  for (; at != best; at -= step)
    swap(step > 0 ? at - 1 : at);
  return best != begin;
}

/// Whether the last patterns, moved back, and the first ones, moved forward, cost less then.
bool Run::improve() {
  int64_t before = cost();
  std::vector<unsigned> ordered = order, placed = places;
  for (unsigned pattern : llvm::reverse(ordered))
    move(pattern, 1);
  for (unsigned pattern : std::vector<unsigned>(order))
    move(pattern, -1);
  if (cost() < before)
    return true;
  order = std::move(ordered);
  places = std::move(placed);
  return false;
}

/// Neighbours that may stand either way stand as they stood at first.
void Run::settle() {
  for (bool changed = true; std::exchange(changed, false);)
    for (unsigned place = 0; place + 1 < order.size(); ++place)
      if (order[place] > order[place + 1] && mayMeet(place) && costOfSwap(place) <= 0) {
        swap(place);
        changed = true;
      }
}

/// All of them stand in the end where the last one stood, behind the constants between them.
void Run::apply() const {
  Operation *behind = patterns.back().op->getNextNode();
  for (unsigned pattern : order)
    patterns[pattern].op->moveBefore(behind);
}

/// Runs of patterns of a block. Loops stay where they are: what they carry is written over.
SmallVector<SmallVector<Operation *>> runsOf(Block &block) {
  SmallVector<SmallVector<Operation *>> runs(1);
  for (Operation &op : block)
    if (isa<MapOp, GroupByOp>(op))
      runs.back().push_back(&op);
    else if (!op.hasTrait<OpTrait::ConstantLike>())
      runs.emplace_back();
  return runs;
}

void SchedulePass::runOnOperation() {
  constexpr unsigned mostSweeps = 8;
  constexpr double worthMoving = 0.95; // of what was kept before
  Block &block = getOperation().getBody().front();
  for (ArrayRef<Operation *> ops : runsOf(block)) {
    if (ops.size() < 3)
      continue;
    Run run(ops);
    int64_t before = run.cost();
    for (unsigned sweep = 0; sweep < mostSweeps && run.improve(); ++sweep)
      ;
    run.settle();
    int64_t after = run.cost();
    if (double(after) > worthMoving * double(before))
      continue;
    run.apply();
    if (auto remark = remark::passed(ops.front()->getLoc(), remark::RemarkOpts::name("ordered").category(DEBUG_TYPE)))
      remark << remark::metric("Patterns", ops.size()) << remark::metric("Kept", after)
             << remark::metric("Before", before);
  }
}

} // namespace
} // namespace jacquard::pat

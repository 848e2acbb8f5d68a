// Loop.cpp - repeat a body: copies of it, or a pat.iterate
#include "Loop.h"

#include "IntegerRanges.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

/// Loops of fewer iterations are copied rather than iterated.
static constexpr int64_t shortTrips = 16;
/// Loops without a trip count whose end is not found within so many copies are iterated.
static constexpr int64_t mostTried = 1000;
/// A trip count beyond this is no bound for what a loop stacks.
static constexpr int64_t mostStacked = int64_t(1) << 24;

namespace {

enum class Outcome {
  Done,
  EndsByData, ///< whether to go on after an iteration is not known while importing
  Failed
};

class LoopBuilder {
public:
  LoopBuilder(Node &node, const LoopPlan &plan) : n(node), plan(plan), b(node.b), loc(node.loc) {}
  Result<LoopResult> build();

private:
  struct Iteration {
    Value condition; ///< null: go on
    SmallVector<Item> carried, stacked;
  };

  Outcome fail(std::string text) {
    error = std::move(text);
    return Outcome::Failed;
  }
  bool isUnrolledFirst() const;
  std::optional<Iteration> importBody(const LoopStep &step, ArrayRef<Item> carried);
  Outcome noIterations();
  Outcome unroll(bool predicated);
  Outcome iterate();
  bool keepsTypes(const Iteration &iteration);
  bool finishUnrolled(ArrayRef<SmallVector<Item>> stacked);
  /// The most iterations that the trip count allows.
  int64_t mostTrips() const {
    return plan.runtimeTrips ? integerRange(plan.runtimeTrips).max : plan.trips.value_or(INT64_MAX);
  }
  std::optional<int64_t> stackCapacity(bool endsByData);
  Value goOn(const Iteration &iteration, Value number);
  Value countRuns(Value number, Value goesOn, int64_t most);
  Value startsAtAll();

  Node &n;
  const LoopPlan &plan;
  OpBuilder &b;
  Location loc;
  LoopResult result;
  std::string error;
};

} // namespace

//===----------------------------------------------------------------------===//
// One iteration
//===----------------------------------------------------------------------===//

/// 0 everywhere.
static Value zerosLike(OpBuilder &b, Location loc, Value tensor) {
  return ops::fill(b, loc, ops::shapeOf(tensor), ops::constantScalar(b, loc, ops::elementOf(tensor), 0));
}

/// The body's results for a step; none after an error.
std::optional<LoopBuilder::Iteration> LoopBuilder::importBody(const LoopStep &step, ArrayRef<Item> carried) {
  Result<SmallVector<Item>> items = plan.body.import(plan.inputs(step, carried));
  if (!items)
    return fail(items.error()), std::nullopt;
  Iteration iteration;
  ArrayRef<Item> rest = *items;
  if (plan.givesCondition) {
    iteration.condition = rest.front().value;
    if (!iteration.condition || !ops::elementOf(iteration.condition).isInteger(1) ||
        pat::numPoints(ops::shapeOf(iteration.condition)) != 1)
      return fail("the body's condition is not one bool"), std::nullopt;
    rest = rest.drop_front();
  }
  iteration.carried.assign(rest.begin(), rest.begin() + carried.size());
  iteration.stacked.assign(rest.begin() + carried.size(), rest.end());
  for (const Item &item : iteration.stacked)
    if (!item.value)
      return fail("the body stacks a value that is not a tensor"), std::nullopt;
  if (!plan.counts)
    return iteration;
  Value counts = plan.counts(step);
  for (auto [fresh, old] : llvm::zip(iteration.carried, carried)) {
    Result<Item> kept = selectItem(b, loc, counts, fresh, old);
    if (!kept)
      return fail("a carried value would be " + kept.error()), std::nullopt;
    fresh = *kept;
  }
  for (Item &item : iteration.stacked)
    item = *selectItem(b, loc, counts, item, {zerosLike(b, loc, item.value), item.type}); // equal shapes always fit
  return iteration;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Joins what iterations stacked.
bool LoopBuilder::finishUnrolled(ArrayRef<SmallVector<Item>> stacked) {
  for (size_t i = 0; i < plan.numStacks; ++i) {
    SmallVector<Value> slices;
    for (const SmallVector<Item> &items : stacked) {
      Shape shape(ops::shapeOf(items[i].value));
      shape.insert(shape.begin(), 1);
      slices.push_back(ops::reshape(b, loc, items[i].value, shape));
    }
    Result<Value> joined = ops::concat(b, loc, slices, 0);
    if (!joined)
      return fail("values of different iterations cannot be stacked: " + joined.error()), false;
    result.stacks.push_back({*joined, stacked.front()[i].type});
  }
  return true;
}

/// Nothing runs; the body is looked at for the shapes of what it would stack.
Outcome LoopBuilder::noIterations() {
  result.carried = plan.initial;
  if (plan.numStacks == 0)
    return Outcome::Done;
  Attempt attempt(n.graph);
  std::optional<Iteration> iteration = importBody({0, Scalars(b, loc).index(0)}, plan.initial);
  if (!iteration)
    return Outcome::Failed;
  attempt.makeSpeculative();
  for (const Item &item : iteration->stacked) {
    Shape shape(ops::shapeOf(item.value));
    shape.insert(shape.begin(), 0);
    Value zero = ops::constantScalar(b, loc, ops::elementOf(item.value), 0);
    result.stacks.push_back({ops::fill(b, loc, shape, zero), item.type});
  }
  return Outcome::Done;
}

/// A copy of the body per iteration. `predicated`: those after the end that data decides on run as well, but leave the
/// carried items as they are.
Outcome LoopBuilder::unroll(bool predicated) {
  Attempt all(n.graph);
  Value live = plan.start; // null: known to be true
  SmallVector<Item> carried = plan.initial;
  SmallVector<SmallVector<Item>> stacked;
  for (int64_t i = 0; !plan.trips || i < *plan.trips; ++i) {
    if (!plan.trips && i >= mostTried)
      return fail("the loop does not end within " + std::to_string(mostTried) + " iterations");
    std::optional<Iteration> iteration = importBody({i, Scalars(b, loc).index(i)}, carried);
    if (!iteration)
      return Outcome::Failed;
    for (auto [fresh, old] : llvm::zip(iteration->carried, carried)) {
      Result<Item> kept = live ? selectItem(b, loc, live, fresh, old) : Result<Item>(fresh);
      if (!kept)
        return fail("a carried value would be " + kept.error());
      old = *kept;
    }
    stacked.push_back(iteration->stacked);
    ElementsAttr known = iteration->condition ? n.graph.evaluator().evaluate(iteration->condition) : ElementsAttr();
    if (known && !*known.getValues<bool>().begin())
      break;
    if (!iteration->condition || known)
      continue;
    if (!predicated || plan.numStacks > 0)
      return Outcome::EndsByData;
    live = live ? *ops::elementwise(b, loc, {live, iteration->condition},
                                    [](Scalars &s, ValueRange x) { return s.both(x[0], x[1]); })
                : iteration->condition;
  }
  if (live)
    all.makeSpeculative();
  result.carried = carried;
  return stacked.empty() ? noIterations() : finishUnrolled(stacked) ? Outcome::Done : Outcome::Failed;
}

//===----------------------------------------------------------------------===//
// pat.iterate
//===----------------------------------------------------------------------===//

/// Carried values must be tensors of the same shape and type in every iteration.
bool LoopBuilder::keepsTypes(const Iteration &iteration) {
  for (auto [next, before] : llvm::zip(iteration.carried, plan.initial))
    if (!next.value || next.value.getType() != before.value.getType() || next.type != before.type)
      return fail("a carried value changes its shape or type from iteration to iteration"), false;
  return true;
}

/// How many iterations can stack something where data decides on the end; nullopt, with an error, where that is not
/// known.
std::optional<int64_t> LoopBuilder::stackCapacity(bool endsByData) {
  int64_t most = mostTrips();
  if (!endsByData)
    return most;
  bool isGiven = false;
  for (size_t i = 0; i < plan.numStacks; ++i)
    if (std::optional<int64_t> given = n.capacity(plan.initial.size() + i)) {
      most = std::min(most, *given);
      isGiven = true;
    }
  if (isGiven || most <= mostStacked)
    return std::max<int64_t>(most, 1);
  std::string name = n.outputName(plan.initial.size());
  return fail(tag(Diag::UnknownDimension) +
              "data decides how often the loop runs, and so how many positions dimension "
              "0 of '" +
              name + "' has; bound it by --capacity " + name + "=N"),
         std::nullopt;
}

/// How many iterations there were at the end of this one, a tensor<i64>. One that would be the first beyond the
/// capacity counts as well, so that what is missing is not taken for the whole.
Value LoopBuilder::countRuns(Value number, Value goesOn, int64_t most) {
  return ops::mapOver(b, loc, {}, [&](OpBuilder &b, ValueRange) {
    Scalars s(b, loc);
    Value runs = s.add(s.cast(number, b.getI64Type()), s.integer(b.getI64Type(), 1));
    return most < mostTrips() ? s.add(runs, s.cast(goesOn, b.getI64Type())) : runs;
  });
}

/// The condition that a loop yields, an i1.
Value LoopBuilder::goOn(const Iteration &iteration, Value number) {
  Scalars s(b, loc);
  Value go = iteration.condition ? readOnly(b, loc, iteration.condition) : s.boolean(true);
  if (plan.runtimeTrips) {
    Value trips = s.cast(readOnly(b, loc, plan.runtimeTrips), b.getIndexType());
    go = s.both(go, s.less(s.add(number, s.index(1)), trips));
  }
  if (plan.start)
    go = s.both(go, readOnly(b, loc, plan.start));
  return go;
}

/// Whether there is a first iteration, a tensor with one i1.
Value LoopBuilder::startsAtAll() {
  return ops::mapOver(b, loc, {}, [&](OpBuilder &b, ValueRange) {
    Scalars s(b, loc);
    Value starts = plan.start ? readOnly(b, loc, plan.start) : s.boolean(true);
    if (!plan.runtimeTrips)
      return starts;
    Value trips = readOnly(b, loc, plan.runtimeTrips);
    return s.both(starts, s.less(s.integer(trips.getType(), 0), trips));
  });
}

/// Erases an op that has not been finished, unless that has happened.
static void discard(GraphImporter &graph, pat::IterateOp op, Block *outside) {
  graph.builder().setInsertionPointToEnd(outside);
  graph.evaluator().erase(op);
}

/// A pat.iterate. It runs at least once, also where the loop would not: its result is then not selected.
Outcome LoopBuilder::iterate() {
  if (plan.initial.empty() && plan.numStacks == 0)
    return fail("the loop has no results");
  SmallVector<Value> inits;
  for (const Item &item : plan.initial)
    inits.push_back(item.value);
  int64_t most = plan.trips.value_or(std::numeric_limits<int32_t>::max());
  Block *outside = b.getInsertionBlock();

  // The body is built in an op of its own, since what it stacks is known only then.
  OperationState draftState(loc, pat::IterateOp::getOperationName());
  draftState.addOperands(inits);
  draftState.addTypes(ValueRange(inits).getTypes());
  draftState.addRegion()->emplaceBlock();
  auto draft = cast<pat::IterateOp>(b.create(draftState));
  draft.setMax(most);
  Block &body = draft.getRegion().front();
  Value number = body.addArgument(b.getIndexType(), loc);
  SmallVector<Item> carried = plan.initial;
  for (Item &item : carried)
    item.value = body.addArgument(item.value.getType(), loc);
  b.setInsertionPointToEnd(&body);
  Attempt inside(n.graph);
  std::optional<Iteration> iteration = importBody({std::nullopt, number}, carried);
  if (!iteration || !keepsTypes(*iteration))
    return discard(n.graph, draft, outside), Outcome::Failed;
  ElementsAttr known = iteration->condition ? n.graph.evaluator().evaluate(iteration->condition) : ElementsAttr();
  if (known && !*known.getValues<bool>().begin())
    return discard(n.graph, draft, outside), fail("the loop ends after one iteration");
  if (known)
    iteration->condition = {};
  bool countsStacks = plan.numStacks > 0 && (iteration->condition || plan.startsByData() || !plan.trips);
  if (plan.numStacks > 0) {
    std::optional<int64_t> capacity = stackCapacity(countsStacks);
    if (!capacity)
      return discard(n.graph, draft, outside), Outcome::Failed;
    most = *capacity;
  }
  if (plan.startsByData())
    inside.makeSpeculative();

  SmallVector<Value> yielded = {goOn(*iteration, number)};
  for (const Item &item : iteration->carried)
    yielded.push_back(item.value);
  for (const Item &item : iteration->stacked) {
    Shape shape(ops::shapeOf(item.value));
    shape.insert(shape.begin(), most);
    Value stack = body.addArgument(RankedTensorType::get(shape, ops::elementOf(item.value)), loc);
    yielded.push_back(ops::mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
      Scalars s(b, loc);
      return s.select(s.equal(p[0], number), pat::at(b, loc, item.value, p.drop_front()), pat::at(b, loc, stack, p));
    }));
  }
  if (countsStacks) {
    body.addArgument(RankedTensorType::get({}, b.getI64Type()), loc);
    yielded.push_back(countRuns(number, yielded[0], most));
  }
  pat::YieldOp::create(b, loc, yielded);

  b.setInsertionPointToEnd(outside);
  for (Value stack : body.getArguments().drop_front(1 + inits.size()))
    inits.push_back(zerosLike(b, loc, stack));
  OperationState state(loc, pat::IterateOp::getOperationName());
  state.addOperands(inits);
  state.addTypes(ValueRange(inits).getTypes());
  state.addRegion()->takeBody(draft.getRegion());
  auto loop = cast<pat::IterateOp>(b.create(state));
  loop.setMax(most);
  n.graph.evaluator().erase(draft);

  Value starts = plan.startsByData() ? startsAtAll() : Value();
  for (auto [i, item] : llvm::enumerate(plan.initial)) {
    Item last{loop.getResult(i), item.type};
    result.carried.push_back(starts ? *selectItem(b, loc, starts, last, item) : last); // types were compared
  }
  Value count = countsStacks ? Value(loop->getResults().back()) : Value();
  if (count && starts)
    count = selectItem(b, loc, starts, {count, 0}, {zerosLike(b, loc, count), 0})->value; // both are tensor<i64>
  if (count && most < mostTrips() && !n.graph.assumeAtMost(count, most, true))
    return fail("the capacity of what the loop stacks cannot be checked inside of another loop"), Outcome::Failed;
  for (auto [i, item] : llvm::enumerate(iteration->stacked)) {
    result.stacks.push_back({loop.getResult(plan.initial.size() + i), item.type});
    if (count)
      result.stacks.back().bounds = {{0, count}};
  }
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

bool LoopBuilder::isUnrolledFirst() const {
  if (plan.runtimeTrips)
    return false;
  return !plan.trips || *plan.trips <= shortTrips;
}

Result<LoopResult> LoopBuilder::build() {
  size_t expected = plan.givesCondition + plan.initial.size() + plan.numStacks;
  if (plan.body.numOutputs() != expected)
    return Error{"the body has " + std::to_string(plan.body.numOutputs()) + " outputs; expected " +
                 std::to_string(expected)};
  if (plan.trips && *plan.trips <= 0)
    return noIterations() == Outcome::Done ? Result<LoopResult>(result) : Result<LoopResult>(Error{error});
  bool canIterate = llvm::all_of(plan.initial, [](const Item &item) { return bool(item.value); });
  bool canUnroll = !plan.runtimeTrips;
  // In the order of preference; the last one that is possible is the one whose problems are told.
  SmallVector<std::function<Outcome()>> ways;
  if (canUnroll && (isUnrolledFirst() || !canIterate))
    ways.push_back([&] { return unroll(false); });
  if (canIterate)
    ways.push_back([&] { return iterate(); });
  if (canUnroll && canIterate && !isUnrolledFirst())
    ways.push_back([&] { return unroll(false); });
  if (canUnroll && plan.trips && *plan.trips <= shortTrips)
    ways.push_back([&] { return unroll(true); });
  Attempt::Problems problems;
  for (auto &way : ways) {
    Attempt attempt(n.graph);
    Outcome outcome = way();
    if (outcome == Outcome::Done)
      return result;
    if (outcome == Outcome::EndsByData)
      error = "data decides when the loop ends" +
              std::string(plan.numStacks > 0 ? ", and so on the shape of what it stacks" : "");
    problems = attempt.undo();
    result = {};
  }
  if (!problems.nodes.empty())
    Attempt(n.graph).report(problems);
  return Error{error};
}

Result<LoopResult> importer::buildLoop(Node &node, const LoopPlan &plan) { return LoopBuilder(node, plan).build(); }

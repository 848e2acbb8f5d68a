// LoopOps.cpp - Loop and Scan
#include "Loop.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t int64Type = 7, boolType = 9;

static const onnx::GraphProto *bodyOf(Node &n) {
  const auto *body = n.findAttr("body");
  if (body && body->has_g())
    return &body->g();
  n.fail("attribute 'body' is missing");
  return nullptr;
}

static void setResults(Node &n, ArrayRef<Item> carried, ArrayRef<Item> stacks) {
  for (auto [i, item] : llvm::enumerate(carried))
    n.result(i, item);
  for (auto [i, item] : llvm::enumerate(stacks))
    n.result(carried.size() + i, item);
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// The iteration's number as the body sees it.
static Item numberItem(Node &n, const LoopStep &step) {
  if (step.number)
    return {ops::constantTensor(n.b, n.loc, {}, *step.number), int64Type};
  return {ops::mapOver(n.b, n.loc, {},
                       [&](OpBuilder &b, ValueRange) { return Scalars(b, n.loc).cast(step.index, b.getI64Type()); }),
          int64Type};
}

/// Fails unless input i is absent or has one element of an integer type of this width.
static void requireOne(Node &n, size_t i, unsigned width, const char *expected) {
  if (n.has(i) && (!n.input(i) || !n.element(i).isInteger(width) || pat::numPoints(n.shape(i)) != 1))
    n.fail("input '" + n.inputName(i) + "' is " + (n.input(i) ? elementTypeName(n.type(i)) : "no tensor") +
           (n.input(i) ? ops::describe(n.shape(i)) : "") + "; expected " + expected);
}

/// How often the loop runs: inputs 0 and 1.
static void readEnd(Node &n, LoopPlan &plan) {
  requireOne(n, 0, 64, "one int64");
  requireOne(n, 1, 1, "one bool");
  if (n.failed())
    return;
  if (n.has(0)) {
    if (ElementsAttr trips = n.graph.evaluator().evaluate(n.input(0)))
      plan.trips = std::max<int64_t>(*trips.getValues<int64_t>().begin(), 0);
    else
      plan.runtimeTrips = n.input(0);
  }
  if (!n.has(1))
    return;
  if (ElementsAttr start = n.graph.evaluator().evaluate(n.input(1)))
    plan.trips = *start.getValues<bool>().begin() ? plan.trips : 0;
  else
    plan.start = n.input(1);
}

static void buildLoopNode(Node &n) {
  const onnx::GraphProto *graph = bodyOf(n);
  if (!graph)
    return;
  Subgraph body(n.graph, *graph);
  LoopPlan plan(body);
  readEnd(n, plan);
  plan.givesCondition = true;
  for (size_t i = 2; i < n.numInputs(); ++i)
    plan.initial.push_back(n.item(i));
  for (size_t i = 2; i < n.numInputs(); ++i)
    if (!n.has(i))
      n.fail("input " + llvm::Twine(i) + " is missing");
  size_t given = 1 + plan.initial.size();
  if (!n.failed() && (body.numInputs() != given + 1 || body.numOutputs() < given))
    n.fail("the body has " + llvm::Twine(body.numInputs()) + " inputs and " + llvm::Twine(body.numOutputs()) +
           " outputs; expected " + llvm::Twine(given + 1) + " and at least " + llvm::Twine(given));
  if (n.failed())
    return;
  plan.numStacks = body.numOutputs() - given;
  // An iteration that runs sees a condition that holds.
  plan.inputs = [&](const LoopStep &step, ArrayRef<Item> carried) {
    SmallVector<Item> items = {numberItem(n, step), {ops::constantScalar(n.b, n.loc, n.b.getI1Type(), 1), boolType}};
    items.append(carried.begin(), carried.end());
    return items;
  };
  Result<LoopResult> result = buildLoop(n, plan);
  if (!result)
    return n.failFor(result.error(), {0, 1});
  setResults(n, result->carried, result->stacks);
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

/// The slice of a tensor at a step along an axis, counted from the other end if `isReverse`.
static Value sliceAt(Node &n, Value tensor, int64_t axis, bool isReverse, const LoopStep &step) {
  ArrayRef<int64_t> from = ops::shapeOf(tensor);
  Shape shape(from);
  shape.erase(shape.begin() + axis);
  return ops::mapOver(n.b, n.loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<Value> operands(point);
    AffineExpr place = step.number ? b.getAffineConstantExpr(*step.number) : b.getAffineDimExpr(operands.size());
    if (!step.number)
      operands.push_back(step.index);
    SmallVector<AffineExpr> exprs;
    for (unsigned i = 0; i < shape.size(); ++i)
      exprs.push_back(b.getAffineDimExpr(i));
    exprs.insert(exprs.begin() + axis, isReverse ? from[axis] - 1 - place : place);
    return ops::read(b, n.loc, tensor, exprs, operands);
  });
}

/// A stack [steps, ..] with its steps along `axis`, in reverse order if `isReverse`.
static Value orderStack(Node &n, Value stack, int64_t axis, bool isReverse) {
  ArrayRef<int64_t> from = ops::shapeOf(stack);
  if (axis == 0 && !isReverse)
    return stack;
  Shape shape(from.drop_front());
  shape.insert(shape.begin() + axis, from[0]);
  return ops::mapOver(n.b, n.loc, shape, [&](OpBuilder &b, ValueRange point) {
    SmallVector<AffineExpr> exprs;
    for (unsigned i = 0; i < shape.size(); ++i)
      exprs.push_back(b.getAffineDimExpr(i));
    AffineExpr step = exprs[axis];
    exprs.erase(exprs.begin() + axis);
    exprs.insert(exprs.begin(), isReverse ? from[0] - 1 - step : step);
    return ops::read(b, n.loc, stack, exprs, point);
  });
}

namespace {

/// The attributes of a Scan: axes and directions of what is taken apart and of what is stacked.
struct ScanSpec {
  size_t numInputs = 0, numStates = 0, numStacks = 0;
  SmallVector<int64_t> inputAxes, inputDirections, stackAxes, stackDirections;
};

} // namespace

/// A list with one entry per item; zeros where it is left out.
static SmallVector<int64_t> listAttr(Node &n, StringRef name, size_t size) {
  std::optional<Shape> list = n.intsAttr(name);
  if (list && list->size() != size)
    n.fail("attribute '" + name + "' has " + llvm::Twine(list->size()) + " entries; expected " + llvm::Twine(size));
  return list && list->size() == size ? *list : SmallVector<int64_t>(size, 0);
}

/// `first`: number of the node's first state.
static ScanSpec readScan(Node &n, const Subgraph &body, size_t first) {
  ScanSpec spec;
  int64_t count = n.intAttr("num_scan_inputs", 0), given = int64_t(n.numInputs() - first);
  if (count < 1 || count > given) {
    n.fail("attribute 'num_scan_inputs' is " + llvm::Twine(count) + "; expected 1 to " + llvm::Twine(given));
    return spec;
  }
  spec.numInputs = size_t(count);
  spec.numStates = size_t(given - count);
  if (body.numInputs() != size_t(given) || body.numOutputs() < spec.numStates) {
    n.fail("the body has " + llvm::Twine(body.numInputs()) + " inputs and " + llvm::Twine(body.numOutputs()) +
           " outputs; expected " + llvm::Twine(given) + " and at least " + llvm::Twine(spec.numStates));
    return spec;
  }
  spec.numStacks = body.numOutputs() - spec.numStates;
  for (size_t i = first; i < n.numInputs(); ++i)
    if (!n.has(i) || !n.input(i))
      n.fail("input " + llvm::Twine(i) + " is not a tensor; expected states and inputs to scan");
  return spec;
}

/// Builds the loop over `steps` steps of the scanned tensors.
static Result<LoopResult> runScan(Node &n, Subgraph &body, const ScanSpec &spec, ArrayRef<Item> states,
                                  ArrayRef<Item> scanned, int64_t steps,
                                  std::function<Value(const LoopStep &)> counts = {}) {
  LoopPlan plan(body);
  plan.initial.assign(states.begin(), states.end());
  plan.numStacks = spec.numStacks;
  plan.trips = steps;
  plan.counts = std::move(counts);
  plan.inputs = [&](const LoopStep &step, ArrayRef<Item> carried) {
    SmallVector<Item> items(carried);
    for (auto [i, item] : llvm::enumerate(scanned))
      items.push_back({sliceAt(n, item.value, spec.inputAxes[i], spec.inputDirections[i], step), item.type});
    return items;
  };
  Result<LoopResult> result = buildLoop(n, plan);
  if (!result)
    return result;
  for (auto [i, item] : llvm::enumerate(result->stacks)) {
    Result<int64_t> axis = ops::normalizeAxis(spec.stackAxes[i], ops::rankOf(item.value));
    if (!axis)
      return axis.takeError();
    item.value = orderStack(n, item.value, *axis, spec.stackDirections[i]);
  }
  return result;
}

static void buildScan(Node &n) {
  const onnx::GraphProto *graph = bodyOf(n);
  if (!graph)
    return;
  Subgraph body(n.graph, *graph);
  ScanSpec spec = readScan(n, body, 0);
  if (n.failed())
    return;
  spec.inputAxes = listAttr(n, "scan_input_axes", spec.numInputs);
  spec.inputDirections = listAttr(n, "scan_input_directions", spec.numInputs);
  spec.stackAxes = listAttr(n, "scan_output_axes", spec.numStacks);
  spec.stackDirections = listAttr(n, "scan_output_directions", spec.numStacks);
  SmallVector<Item> states, scanned;
  std::optional<int64_t> steps;
  for (size_t i = 0; i < n.numInputs(); ++i) {
    if (i < spec.numStates) {
      states.push_back(n.item(i));
      continue;
    }
    int64_t &axis = spec.inputAxes[i - spec.numStates];
    axis = n.normalizeAxis(axis, n.rank(i));
    if (n.failed())
      return;
    if (steps && *steps != n.shape(i)[axis])
      return n.fail("input '" + n.inputName(i) + "' has " + llvm::Twine(n.shape(i)[axis]) + " steps along axis " +
                    llvm::Twine(axis) + "; expected " + llvm::Twine(*steps) + " as the first one");
    steps = n.shape(i)[axis];
    scanned.push_back(n.item(i));
  }
  if (n.failed())
    return;
  Result<LoopResult> result = runScan(n, body, spec, states, scanned, *steps);
  if (!result)
    return n.fail(result.error());
  setResults(n, result->carried, result->stacks);
}

/// Version 8: states [batch, ..], inputs [batch, steps, ..], and how many steps each of the batch has (input 0). Every
/// element of the batch is a scan of its own.
static void buildBatchedScan(Node &n) {
  const onnx::GraphProto *graph = bodyOf(n);
  if (!graph)
    return;
  Subgraph body(n.graph, *graph);
  ScanSpec spec = readScan(n, body, 1);
  if (n.failed())
    return;
  spec.inputAxes.assign(spec.numInputs, 0);
  spec.stackAxes.assign(spec.numStacks, 0);
  spec.stackDirections.assign(spec.numStacks, 0);
  spec.inputDirections = listAttr(n, "directions", spec.numInputs);
  size_t firstScanned = 1 + spec.numStates;
  if (n.rank(firstScanned) < 2)
    n.fail("input '" + n.inputName(firstScanned) + "' has rank " + llvm::Twine(n.rank(firstScanned)) +
           "; expected batch and steps");
  if (n.failed())
    return;
  int64_t batch = n.shape(firstScanned)[0], steps = n.shape(firstScanned)[1];
  for (size_t i = 1; i < n.numInputs(); ++i)
    if (n.rank(i) < 1 || n.shape(i)[0] != batch || (i >= firstScanned && (n.rank(i) < 2 || n.shape(i)[1] != steps)))
      return n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected batch " +
                    llvm::Twine(batch) + (i >= firstScanned ? " and " + std::to_string(steps) + " steps" : ""));
  if (n.has(0) && (!n.input(0) || !n.element(0).isInteger(64) || n.shape(0) != ArrayRef<int64_t>(batch)))
    return n.fail("sequence lengths are not int64[" + llvm::Twine(batch) + "]");
  if (batch == 0)
    return n.fail("the batch is empty; expected at least one element");
  SmallVector<SmallVector<Value>> parts(spec.numStates + spec.numStacks);
  SmallVector<int32_t> types(parts.size());
  for (int64_t row = 0; row < batch; ++row) {
    LoopStep at{row, {}};
    SmallVector<Item> states, scanned;
    for (size_t i = 1; i < n.numInputs(); ++i)
      (i < firstScanned ? states : scanned).push_back({sliceAt(n, n.input(i), 0, false, at), n.type(i)});
    std::function<Value(const LoopStep &)> counts;
    if (n.has(0))
      counts = [&](const LoopStep &step) {
        return ops::mapOver(n.b, n.loc, {}, [&](OpBuilder &b, ValueRange) {
          Scalars s(b, n.loc);
          Value length = pat::at(b, n.loc, n.input(0), s.index(row));
          return s.less(s.cast(step.index, length.getType()), length);
        });
      };
    Result<LoopResult> result = runScan(n, body, spec, states, scanned, steps, counts);
    if (!result)
      return n.fail(result.error());
    SmallVector<Item> items = result->carried;
    llvm::append_range(items, result->stacks);
    for (auto [i, item] : llvm::enumerate(items)) {
      Shape shape(ops::shapeOf(item.value));
      shape.insert(shape.begin(), 1);
      parts[i].push_back(ops::reshape(n.b, n.loc, item.value, shape));
      types[i] = item.type;
    }
  }
  for (auto [i, part] : llvm::enumerate(parts)) {
    Value joined = n.take(ops::concat(n.b, n.loc, part, 0));
    if (!n.failed())
      n.result(i, joined, types[i]);
  }
}

ArrayRef<Operator> importer::loopOperators() {
  static const Operator table[] = {
      {"Loop", 1, newest, 0, anyNumber, Takes::Items, buildLoopNode},
      {"Scan", 8, 8, 0, anyNumber, Takes::Items, buildBatchedScan},
      {"Scan", 9, newest, 1, anyNumber, Takes::Items, buildScan},
  };
  return table;
}

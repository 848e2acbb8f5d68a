// Recurrent.cpp - recurrent networks: one contraction for all inputs, then a cell per step
#include "jacquard/Operators/Recurrent.h"

#include "jacquard/Operators/Movement.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <vector>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// Sequences of more steps than this become a loop.
static constexpr int64_t mostUnrolled = 16;

static Value activate(Scalars &s, const Activation &activation, Value x) {
  using Kind = Activation::Kind;
  Type type = x.getType();
  Value zero = s.constant(type, 0), one = s.constant(type, 1);
  Value alpha = s.constant(type, activation.alpha), beta = s.constant(type, activation.beta);
  switch (activation.kind) {
  case Kind::Relu:
    return s.max(x, zero);
  case Kind::Tanh:
    return s.tanh(x);
  case Kind::Sigmoid:
    return s.sigmoid(x);
  case Kind::Affine:
    return s.add(s.mul(alpha, x), beta);
  case Kind::LeakyRelu:
    return s.select(s.less(x, zero), s.mul(alpha, x), x);
  case Kind::ThresholdedRelu:
    return s.select(s.less(x, alpha), zero, x);
  case Kind::ScaledTanh:
    return s.mul(alpha, s.tanh(s.mul(beta, x)));
  case Kind::HardSigmoid:
    return s.clamp(s.add(s.mul(alpha, x), beta), zero, one);
  case Kind::Elu:
    return s.select(s.less(x, zero), s.mul(alpha, s.sub(s.exp(x), one)), x);
  case Kind::Softsign:
    return s.div(x, s.add(one, s.abs(x)));
  case Kind::Softplus:
    return s.softplus(x);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

namespace {

struct Extents {
  int64_t steps, batch, inputs, states, passes, gates;
};

/// A tensor that must have a shape.
struct Expected {
  const char *name;
  Value tensor; ///< null: absent
  Shape shape;
};

} // namespace

static int64_t gatesOf(RecurrentCell cell) {
  return cell == RecurrentCell::Rnn ? 1 : cell == RecurrentCell::Gru ? 3 : 4;
}

static Result<Extents> extentsOf(const RecurrentNetwork &net) {
  if (rankOf(net.input) != 3 || rankOf(net.weights) != 3 || rankOf(net.recurrence) != 3)
    return Error{"input, weights and recurrence weights have ranks " + std::to_string(rankOf(net.input)) + ", " +
                 std::to_string(rankOf(net.weights)) + " and " + std::to_string(rankOf(net.recurrence)) +
                 "; expected 3 each"};
  ArrayRef<int64_t> input = shapeOf(net.input);
  Extents e;
  e.steps = input[net.isBatchFirst ? 1 : 0];
  e.batch = input[net.isBatchFirst ? 0 : 1];
  e.inputs = input[2];
  e.states = shapeOf(net.recurrence)[2];
  e.passes = int64_t(net.passes.size());
  e.gates = gatesOf(net.cell);
  int64_t rows = e.gates * e.states;
  Shape state = net.isBatchFirst ? Shape{e.batch, e.passes, e.states} : Shape{e.passes, e.batch, e.states};
  const Expected all[] = {{"weights", net.weights, {e.passes, rows, e.inputs}},
                          {"recurrence weights", net.recurrence, {e.passes, rows, e.states}},
                          {"bias", net.bias, {e.passes, 2 * rows}},
                          {"sequence lengths", net.lengths, {e.batch}},
                          {"initial state", net.initialState, state},
                          {"initial cell", net.initialCell, state},
                          {"peepholes", net.peepholes, {e.passes, 3 * e.states}}};
  for (const Expected &one : all)
    if (one.tensor && shapeOf(one.tensor) != ArrayRef<int64_t>(one.shape))
      return Error{"the " + std::string(one.name) + " have shape " + describe(shapeOf(one.tensor)) + "; expected " +
                   describe(one.shape) + " for input of shape " + describe(input)};
  return e;
}

//===----------------------------------------------------------------------===//
// The cells of several passes
//===----------------------------------------------------------------------===//

namespace {

/// What cells carry from step to step, [P, N, H] each.
struct State {
  Value hidden, cell;
};

/// The cells of P passes with the same functions, side by side: a step of all of them is one step. Values are computed in
/// `type`. Step s of a reverse pass looks at time T - 1 - s.
class Stack {
public:
  Stack(Location loc, const RecurrentNetwork &net, const Extents &e, unsigned first, unsigned count)
      : loc(loc), net(net), e(e), functions(net.passes[first].activations), first(first), count(count),
        element(elementOf(net.input)), type(accumulatorType(element)) {}

  /// What does not depend on the states.
  void prepare(OpBuilder &b);
  State initial(OpBuilder &b) const;
  /// The next state; `output`, if given, becomes what the step gives, [P, N, H] of the network's type.
  State next(OpBuilder &b, Value step, const State &state, Value *output) const;
  /// [T, P, N, H] in the order of time, from what the steps gave one after another.
  Value inOrderOfTime(OpBuilder &b, Value steps) const;
  int64_t size() const { return count; }

private:
  bool isReverse(int64_t pass) const { return net.passes[first + pass].isReverse; }
  Value time(OpBuilder &b, Value step, Value pass) const;
  AffineExpr timeExpr(OpBuilder &b, int64_t pass) const;
  Value passBy(OpBuilder &b, int64_t axis, llvm::function_ref<Value(int64_t pass)> build) const;
  Value readStack(OpBuilder &b, Value tensor, ValueRange point) const;
  Value readRows(OpBuilder &b, Value tensor, int64_t row, Value pass, Value index) const;
  Value ownInputProduct(OpBuilder &b, int64_t pass) const;
  Value inputProduct(OpBuilder &b, int64_t pass, ValueRange p) const;
  Value ownProduct(OpBuilder &b, Value argument, int64_t pass) const;
  Value product(OpBuilder &b, Value argument, int64_t firstGate, int64_t gates) const;
  Value fromInput(OpBuilder &b, Value step, ValueRange point, int64_t gate) const;
  Value apply(Scalars &s, unsigned function, Value x) const;

  State nextRnn(OpBuilder &b, Value step, const State &state, Value live) const;
  State nextGru(OpBuilder &b, Value step, const State &state, Value live) const;
  State nextLstm(OpBuilder &b, Value step, const State &state, Value live) const;
  /// The new value where the step lies within the sequence, else the old one.
  Value keep(OpBuilder &b, Value live, ValueRange point, Value fresh, Value old) const {
    return live ? Scalars(b, loc).select(pat::at(b, loc, live, point.take_front(2)), fresh, old) : fresh;
  }

  Location loc;
  const RecurrentNetwork &net;
  const Extents &e;
  ArrayRef<Activation> functions;
  int64_t first, count; ///< of the network's passes
  Type element, type;
  Value projection; ///< [P, T, N, G*H] in the order of steps: input times weights, and biases
};

} // namespace

/// The time that is looked at in a step.
Value Stack::time(OpBuilder &b, Value step, Value pass) const {
  Scalars s(b, loc);
  Value backward = s.sub(s.index(e.steps - 1), step), result = isReverse(0) ? backward : step;
  for (int64_t p = 1; p < count; ++p)
    if (isReverse(p) != isReverse(0))
      result = s.select(s.equal(pass, s.index(p)), isReverse(p) ? backward : step, result);
  return result;
}

/// The time of step d0.
AffineExpr Stack::timeExpr(OpBuilder &b, int64_t pass) const {
  AffineExpr step = b.getAffineDimExpr(0);
  return isReverse(pass) ? e.steps - 1 - step : step;
}

/// Joins what `build` makes of each pass along `axis`.
Value Stack::passBy(OpBuilder &b, int64_t axis, llvm::function_ref<Value(int64_t pass)> build) const {
  SmallVector<Value> parts;
  for (int64_t pass = 0; pass < count; ++pass)
    parts.push_back(build(pass));
  return count == 1 ? parts.front() : *concat(b, loc, parts, axis); // equal shapes always fit
}

/// Element row + index of a pass's row of the biases, or of another tensor [D, ..].
Value Stack::readRows(OpBuilder &b, Value tensor, int64_t row, Value pass, Value index) const {
  return Scalars(b, loc).cast(
      read(b, loc, tensor, {b.getAffineDimExpr(0) + first, b.getAffineDimExpr(1) + row}, {pass, index}), type);
}

/// [1, T, N, G*H] in the order of time: a pass's product of the input where the network has its own way.
Value Stack::ownInputProduct(OpBuilder &b, int64_t pass) const {
  Value input = net.isBatchFirst ? transpose(b, loc, net.input, {1, 0, 2}) : net.input;
  Value rows = net.product(b, reshape(b, loc, input, {e.steps * e.batch, e.inputs}), unsigned(first + pass),
                           /*ofInput=*/true);
  return reshape(b, loc, rows, {1, e.steps, e.batch, e.gates * e.states});
}

/// Element [t, n, j] of a pass's product of the input.
Value Stack::inputProduct(OpBuilder &b, int64_t pass, ValueRange p) const {
  return sumOver(b, loc, e.inputs, type, [&](OpBuilder &b, ValueRange k) {
    Scalars s(b, loc);
    SmallVector<AffineExpr> place = {timeExpr(b, pass), b.getAffineDimExpr(1), b.getAffineDimExpr(2)};
    if (net.isBatchFirst)
      std::swap(place[0], place[1]);
    Value x = read(b, loc, net.input, place, {p[1], p[2], k[0]});
    Value w = read(b, loc, net.weights,
                   {b.getAffineConstantExpr(first + pass), b.getAffineDimExpr(0), b.getAffineDimExpr(1)}, {p[3], k[0]});
    return s.mul(s.cast(x, type), s.cast(w, type));
  });
}

void Stack::prepare(OpBuilder &b) {
  int64_t rows = e.gates * e.states;
  Value bias;
  if (net.bias)
    bias = mapOver(b, loc, {count, rows}, [&](OpBuilder &b, ValueRange p) {
      Scalars s(b, loc);
      Value ofInput = readRows(b, net.bias, 0, p[0], p[1]), both = s.add(ofInput, readRows(b, net.bias, rows, p[0], p[1]));
      // Behind the reset gate, the recurrence's bias of the last gate is added with its product.
      return net.resetsBehind ? s.select(s.less(p[1], s.index(2 * e.states)), both, ofInput) : both;
    });
  projection = passBy(b, 0, [&](int64_t pass) {
    Value own = net.product ? ownInputProduct(b, pass) : Value();
    return mapOver(b, loc, {1, e.steps, e.batch, rows}, [&](OpBuilder &b, ValueRange p) {
      SmallVector<AffineExpr> place = {b.getAffineConstantExpr(0), timeExpr(b, pass), b.getAffineDimExpr(1),
                                       b.getAffineDimExpr(2)};
      Value sum = own ? read(b, loc, own, place, p.drop_front()) : inputProduct(b, pass, p);
      if (!bias)
        return sum;
      Value ofPass = read(b, loc, bias, {b.getAffineConstantExpr(pass), b.getAffineDimExpr(0)}, p[3]);
      return Scalars(b, loc).add(sum, ofPass);
    });
  });
}

/// The element of a tensor [D, N, H] (or [N, D, H]), or 0 where there is no tensor.
Value Stack::readStack(OpBuilder &b, Value tensor, ValueRange point) const {
  Scalars s(b, loc);
  if (!tensor)
    return s.constant(type, 0);
  SmallVector<AffineExpr> place = {b.getAffineDimExpr(0) + first, b.getAffineDimExpr(1), b.getAffineDimExpr(2)};
  if (net.isBatchFirst)
    std::swap(place[0], place[1]);
  return s.cast(read(b, loc, tensor, place, point), type);
}

State Stack::initial(OpBuilder &b) const {
  auto build = [&](Value tensor) {
    return mapOver(b, loc, {count, e.batch, e.states},
                   [&](OpBuilder &b, ValueRange p) { return readStack(b, tensor, p); });
  };
  State state{build(net.initialState), {}};
  if (net.cell == RecurrentCell::Lstm)
    state.cell = build(net.initialCell);
  return state;
}

/// [1, N, G*H]: a pass's product of its argument, in the network's own way.
Value Stack::ownProduct(OpBuilder &b, Value argument, int64_t pass) const {
  Value rows = mapOver(b, loc, {e.batch, e.states}, [&](OpBuilder &b, ValueRange p) {
    return read(b, loc, argument, {b.getAffineConstantExpr(pass), b.getAffineDimExpr(0), b.getAffineDimExpr(1)}, p);
  });
  return reshape(b, loc, net.product(b, rows, unsigned(first + pass), /*ofInput=*/false),
                 {1, e.batch, e.gates * e.states});
}

/// [P, N, gates * H]: the argument times the recurrence weights of some gates.
Value Stack::product(OpBuilder &b, Value argument, int64_t firstGate, int64_t gates) const {
  if (net.product)
    return passBy(b, 0, [&](int64_t pass) { return ownProduct(b, argument, pass); });
  return mapOver(b, loc, {count, e.batch, gates * e.states}, [&](OpBuilder &b, ValueRange p) {
    return sumOver(b, loc, e.states, type, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      Value w = read(b, loc, net.recurrence,
                     {b.getAffineDimExpr(0) + first, b.getAffineDimExpr(1) + firstGate * e.states, b.getAffineDimExpr(2)},
                     {p[0], p[2], k[0]});
      return s.mul(pat::at(b, loc, argument, {p[0], p[1], k[0]}), s.cast(w, type));
    });
  });
}

/// The gate's share of the input at a step, biases included.
Value Stack::fromInput(OpBuilder &b, Value step, ValueRange point, int64_t gate) const {
  return read(
      b, loc, projection,
      {b.getAffineDimExpr(0), b.getAffineDimExpr(1), b.getAffineDimExpr(2), b.getAffineDimExpr(3) + gate * e.states},
      {point[0], step, point[1], point[2]});
}

Value Stack::apply(Scalars &s, unsigned function, Value x) const {
  if (net.clip)
    x = s.clamp(x, s.constant(type, -*net.clip), s.constant(type, *net.clip));
  return activate(s, functions[function], x);
}

/// Element [pass, n, offset + j] of a product.
static Value gateOf(OpBuilder &b, Location loc, Value product, ValueRange point, int64_t offset) {
  return read(b, loc, product, {b.getAffineDimExpr(0), b.getAffineDimExpr(1), b.getAffineDimExpr(2) + offset}, point);
}

State Stack::nextRnn(OpBuilder &b, Value step, const State &state, Value live) const {
  Value recurrent = product(b, state.hidden, 0, 1);
  return {mapOver(b, loc, {count, e.batch, e.states},
                  [&](OpBuilder &b, ValueRange p) {
                    Scalars s(b, loc);
                    Value sum = s.add(fromInput(b, step, p, 0), pat::at(b, loc, recurrent, p));
                    return keep(b, live, p, apply(s, 0, sum), pat::at(b, loc, state.hidden, p));
                  }),
          {}};
}

State Stack::nextGru(OpBuilder &b, Value step, const State &state, Value live) const {
  int64_t h = e.states;
  Value gates = product(b, state.hidden, 0, net.resetsBehind ? 3 : 2);
  auto gate = [&](OpBuilder &b, ValueRange p, int64_t number) {
    Scalars s(b, loc);
    return apply(s, 0, s.add(fromInput(b, step, p, number), gateOf(b, loc, gates, p, number * h)));
  };
  // What the last gate gets from the recurrence.
  Value candidate;
  if (net.resetsBehind) {
    candidate = mapOver(b, loc, {count, e.batch, h}, [&](OpBuilder &b, ValueRange p) {
      Scalars s(b, loc);
      Value inner = gateOf(b, loc, gates, p, 2 * h);
      if (net.bias)
        inner = s.add(inner, readRows(b, net.bias, 5 * h, p[0], p[2]));
      return s.mul(gate(b, p, 1), inner);
    });
  } else {
    Value reset = mapOver(b, loc, {count, e.batch, h}, [&](OpBuilder &b, ValueRange p) {
      return Scalars(b, loc).mul(gate(b, p, 1), pat::at(b, loc, state.hidden, p));
    });
    candidate = product(b, reset, 2, 1);
  }
  return {mapOver(b, loc, {count, e.batch, h},
                  [&](OpBuilder &b, ValueRange p) {
                    Scalars s(b, loc);
                    Value update = gate(b, p, 0), old = pat::at(b, loc, state.hidden, p);
                    Value fresh = apply(s, 1, s.add(fromInput(b, step, p, 2), pat::at(b, loc, candidate, p)));
                    Value mixed = s.add(s.mul(s.sub(s.constant(type, 1), update), fresh), s.mul(update, old));
                    return keep(b, live, p, mixed, old);
                  }),
          {}};
}

State Stack::nextLstm(OpBuilder &b, Value step, const State &state, Value live) const {
  enum Gate { Input, Output, Forget, Candidate };
  Value gates = product(b, state.hidden, 0, 4);
  auto map = pat::MapOp::create(b, loc, {count, e.batch, e.states}, [&](OpBuilder &b, Location, ValueRange p) {
    Scalars s(b, loc);
    Value old = pat::at(b, loc, state.cell, p);
    auto sum = [&](Gate gate) { return s.add(fromInput(b, step, p, gate), gateOf(b, loc, gates, p, gate * e.states)); };
    // Peepholes are stored in the order of the gates, without the candidate.
    auto peep = [&](Gate gate, Value argument, Value cell) {
      if (!net.peepholes)
        return argument;
      Value weight = readRows(b, net.peepholes, gate * e.states, p[0], p[2]);
      return s.add(argument, s.mul(weight, cell));
    };
    Value input = apply(s, 0, peep(Input, sum(Input), old));
    Value forget = net.couplesForget ? s.sub(s.constant(type, 1), input) : apply(s, 0, peep(Forget, sum(Forget), old));
    Value cell = s.add(s.mul(forget, old), s.mul(input, apply(s, 1, sum(Candidate))));
    Value output = apply(s, 0, peep(Output, sum(Output), cell));
    Value hidden = s.mul(output, activate(s, functions[2], cell));
    return SmallVector<Value>{keep(b, live, p, hidden, pat::at(b, loc, state.hidden, p)), keep(b, live, p, cell, old)};
  });
  return {map->getResult(0), map->getResult(1)};
}

State Stack::next(OpBuilder &b, Value step, const State &state, Value *output) const {
  Value live; // [P, N]: which sequences have this step
  if (net.lengths)
    live = mapOver(b, loc, {count, e.batch}, [&](OpBuilder &b, ValueRange p) {
      Scalars s(b, loc);
      Value length = s.cast(pat::at(b, loc, net.lengths, p[1]), b.getIndexType());
      return s.less(time(b, step, p[0]), length);
    });
  State state1 = net.cell == RecurrentCell::Rnn   ? nextRnn(b, step, state, live)
                 : net.cell == RecurrentCell::Gru ? nextGru(b, step, state, live)
                                                  : nextLstm(b, step, state, live);
  if (!output)
    return state1;
  *output = state1.hidden;
  if (live)
    *output = mapOver(b, loc, {count, e.batch, e.states}, [&](OpBuilder &b, ValueRange p) {
      return keep(b, live, p, pat::at(b, loc, state1.hidden, p), Scalars(b, loc).constant(type, 0));
    });
  *output = convert(b, loc, *output, element);
  return state1;
}

Value Stack::inOrderOfTime(OpBuilder &b, Value steps) const {
  bool allForward = true;
  for (int64_t pass = 0; pass < count; ++pass)
    allForward &= !isReverse(pass);
  if (allForward)
    return steps;
  return passBy(b, 1, [&](int64_t pass) {
    return mapOver(b, loc, {e.steps, 1, e.batch, e.states}, [&](OpBuilder &b, ValueRange p) {
      SmallVector<AffineExpr> place = {timeExpr(b, pass), b.getAffineConstantExpr(pass), b.getAffineDimExpr(2),
                                       b.getAffineDimExpr(3)};
      return read(b, loc, steps, place, p);
    });
  });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

namespace {

/// All stacks: their states, and what their steps gave ([T, P, N, H] each; none when not wanted).
struct Walk {
  SmallVector<State> states;
  SmallVector<Value> sequences;
};

} // namespace

/// A copy of the cells per step.
static Walk unrollSteps(OpBuilder &b, Location loc, ArrayRef<Stack> stacks, const Extents &e, bool wantsSequence) {
  Walk walk;
  for (const Stack &stack : stacks) {
    State state = stack.initial(b);
    SmallVector<Value> outputs;
    for (int64_t step = 0; step < e.steps; ++step) {
      Value output;
      state = stack.next(b, Scalars(b, loc).index(step), state, wantsSequence ? &output : nullptr);
      if (wantsSequence)
        outputs.push_back(reshape(b, loc, output, {1, stack.size(), e.batch, e.states}));
    }
    walk.states.push_back(state);
    if (wantsSequence && e.steps > 0)
      walk.sequences.push_back(*concat(b, loc, outputs, 0)); // equal shapes always fit
  }
  return walk;
}

/// One loop over the steps.
static Walk iterateSteps(OpBuilder &b, Location loc, ArrayRef<Stack> stacks, const Extents &e, Type element,
                         bool wantsSequence) {
  SmallVector<Value> carried;
  for (const Stack &stack : stacks) {
    State state = stack.initial(b);
    carried.push_back(state.hidden);
    if (state.cell)
      carried.push_back(state.cell);
    if (wantsSequence)
      carried.push_back(fill(b, loc, {e.steps, stack.size(), e.batch, e.states}, constantScalar(b, loc, element, 0)));
  }
  size_t perStack = carried.size() / stacks.size();
  bool hasCell = perStack > size_t(wantsSequence) + 1;
  auto stateAt = [&](ValueRange values, size_t stack) {
    return State{values[stack * perStack], hasCell ? values[stack * perStack + 1] : Value()};
  };
  auto loop = pat::IterateOp::create(b, loc, e.steps, carried, [&](OpBuilder &b, Location, ValueRange arguments) {
    Value step = arguments.front();
    SmallVector<Value> yielded = {Scalars(b, loc).boolean(true)};
    for (auto [i, stack] : llvm::enumerate(stacks)) {
      Value output;
      State state = stack.next(b, step, stateAt(arguments.drop_front(), i), wantsSequence ? &output : nullptr);
      yielded.push_back(state.hidden);
      if (hasCell)
        yielded.push_back(state.cell);
      if (!wantsSequence)
        continue;
      Value before = arguments[1 + (i + 1) * perStack - 1];
      yielded.push_back(mapOver(b, loc, shapeOf(before), [&](OpBuilder &b, ValueRange p) {
        Scalars s(b, loc);
        return s.select(s.equal(p[0], step), pat::at(b, loc, output, p.drop_front()), pat::at(b, loc, before, p));
      }));
    }
    return yielded;
  });
  Walk walk;
  for (size_t i = 0; i < stacks.size(); ++i) {
    walk.states.push_back(stateAt(loop.getResults(), i));
    if (wantsSequence)
      walk.sequences.push_back(loop.getResult((i + 1) * perStack - 1));
  }
  return walk;
}

/// Passes with the same functions, neighbours in the network, share a stack.
static std::vector<Stack> stackPasses(Location loc, const RecurrentNetwork &net, const Extents &e) {
  std::vector<Stack> stacks;
  for (size_t first = 0, next; first < net.passes.size(); first = next) {
    next = first + 1;
    while (next < net.passes.size() && net.passes[next].activations == net.passes[first].activations)
      ++next;
    stacks.emplace_back(loc, net, e, first, next - first);
  }
  return stacks;
}

/// [.., D, N, H] of the network's type from one tensor [.., P, N, H] per stack, with N in front where it is first.
static Value joinStacks(OpBuilder &b, Location loc, const RecurrentNetwork &net, ArrayRef<Value> tensors) {
  SmallVector<Value> parts;
  for (Value tensor : tensors)
    parts.push_back(convert(b, loc, tensor, elementOf(net.input)));
  int64_t rank = rankOf(parts.front()), axis = rank - 3;
  Value joined = parts.size() == 1 ? parts.front() : *concat(b, loc, parts, axis); // equal shapes always fit
  if (!net.isBatchFirst)
    return joined;
  SmallVector<int64_t> order = {rank - 2};
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != rank - 2)
      order.push_back(dim);
  return transpose(b, loc, joined, order);
}

Result<RecurrentResult> ops::recurrent(OpBuilder &b, Location loc, const RecurrentNetwork &net, bool wantsSequence) {
  Result<Extents> extents = extentsOf(net);
  if (!extents)
    return extents.takeError();
  const Extents &e = *extents;
  std::vector<Stack> stacks = stackPasses(loc, net, e);
  for (Stack &stack : stacks)
    stack.prepare(b);
  Walk walk = e.steps <= mostUnrolled ? unrollSteps(b, loc, stacks, e, wantsSequence)
                                      : iterateSteps(b, loc, stacks, e, elementOf(net.input), wantsSequence);
  RecurrentResult result;
  SmallVector<Value> hidden, cells, sequences;
  for (const State &state : walk.states) {
    hidden.push_back(state.hidden);
    cells.push_back(state.cell);
  }
  result.state = joinStacks(b, loc, net, hidden);
  if (net.cell == RecurrentCell::Lstm)
    result.cell = joinStacks(b, loc, net, cells);
  for (auto [stack, steps] : llvm::zip(stacks, walk.sequences))
    sequences.push_back(stack.inOrderOfTime(b, steps));
  if (!sequences.empty()) {
    result.sequence = joinStacks(b, loc, net, sequences);
  } else if (wantsSequence) {
    Shape none = net.isBatchFirst ? Shape{e.batch, 0, e.passes, e.states} : Shape{0, e.passes, e.batch, e.states};
    result.sequence = fill(b, loc, none, constantScalar(b, loc, elementOf(net.input), 0));
  }
  return result;
}

Result<Value> ops::reverseSequence(OpBuilder &b, Location loc, Value tensor, Value lengths, int64_t timeAxis,
                                   int64_t batchAxis) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  if (shapeOf(lengths) != shape.slice(batchAxis, 1))
    return Error{"sequence lengths have shape " + describe(shapeOf(lengths)) + "; expected " +
                 describe(shape.slice(batchAxis, 1))};
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    SmallVector<Value> place(p);
    Value length = s.cast(pat::at(b, loc, lengths, p[batchAxis]), b.getIndexType());
    Value mirrored = s.sub(s.sub(length, s.index(1)), p[timeAxis]);
    place[timeAxis] = s.select(s.less(mirrored, s.index(0)), p[timeAxis], mirrored);
    return pat::at(b, loc, tensor, place);
  });
}

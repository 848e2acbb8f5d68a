// Recurrent.cpp - recurrent networks: one contraction for all inputs, then a cell per step
#include "jacquard/Operators/Recurrent.h"

#include "jacquard/Operators/Movement.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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
// One pass
//===----------------------------------------------------------------------===//

namespace {

/// What a cell carries from step to step, [N, H] each.
struct State {
  Value hidden, cell;
};

/// The cells of one pass. Values are computed in `type`.
class Pass {
public:
  Pass(Location loc, const RecurrentNetwork &net, const Extents &e, unsigned number)
      : loc(loc), net(net), e(e), spec(net.passes[number]), number(number), element(elementOf(net.input)),
        type(accumulatorType(element)) {}

  /// What does not depend on the states.
  void prepare(OpBuilder &b);
  State initial(OpBuilder &b) const;
  /// The next state; `output`, if given, becomes what the step gives, [N, H] of the network's type.
  State next(OpBuilder &b, Value step, const State &state, Value *output) const;
  /// The time that is looked at in a step.
  Value time(OpBuilder &b, Value step) const {
    Scalars s(b, loc);
    return spec.isReverse ? s.sub(s.index(e.steps - 1), step) : step;
  }
  int64_t time(int64_t step) const { return spec.isReverse ? e.steps - 1 - step : step; }

private:
  Value readStack(OpBuilder &b, Value tensor, Value n, Value j) const;
  Value ownProduct(OpBuilder &b) const;
  Value inputProduct(OpBuilder &b, ValueRange p) const;
  Value product(OpBuilder &b, Value argument, int64_t firstGate, int64_t gates) const;
  Value fromInput(OpBuilder &b, Value step, ValueRange point, int64_t gate) const;
  Value apply(Scalars &s, unsigned function, Value x) const;
  Value biasAt(OpBuilder &b, AffineExpr place, ValueRange operands) const;

  State nextRnn(OpBuilder &b, Value step, const State &state, Value live) const;
  State nextGru(OpBuilder &b, Value step, const State &state, Value live) const;
  State nextLstm(OpBuilder &b, Value step, const State &state, Value live) const;
  /// The new value where the step lies within the sequence, else the old one.
  Value keep(OpBuilder &b, Value live, ValueRange point, Value fresh, Value old) const {
    return live ? Scalars(b, loc).select(pat::at(b, loc, live, point[0]), fresh, old) : fresh;
  }

  Location loc;
  const RecurrentNetwork &net;
  const Extents &e;
  const RecurrentPass &spec;
  unsigned number;
  Type element, type;
  Value projection; ///< [T, N, G*H]: input times weights, and biases
};

} // namespace

/// Element j of row `number` of the biases, or of another tensor [D, ..].
Value Pass::biasAt(OpBuilder &b, AffineExpr place, ValueRange operands) const {
  return Scalars(b, loc).cast(read(b, loc, net.bias, {b.getAffineConstantExpr(number), place}, operands), type);
}

/// [T, N, G*H]: the input times its weights, where the network has its own way.
Value Pass::ownProduct(OpBuilder &b) const {
  if (!net.product)
    return {};
  Value input = net.isBatchFirst ? transpose(b, loc, net.input, {1, 0, 2}) : net.input;
  Value rows = net.product(b, reshape(b, loc, input, {e.steps * e.batch, e.inputs}), number, /*ofInput=*/true);
  return reshape(b, loc, rows, {e.steps, e.batch, e.gates * e.states});
}

/// Element [t, n, j] of the input times its weights.
Value Pass::inputProduct(OpBuilder &b, ValueRange p) const {
  return sumOver(b, loc, e.inputs, type, [&](OpBuilder &b, ValueRange k) {
    Scalars s(b, loc);
    Value x =
        pat::at(b, loc, net.input, net.isBatchFirst ? ValueRange{p[1], p[0], k[0]} : ValueRange{p[0], p[1], k[0]});
    Value w = read(b, loc, net.weights,
                   {b.getAffineConstantExpr(number), b.getAffineDimExpr(0), b.getAffineDimExpr(1)}, {p[2], k[0]});
    return s.mul(s.cast(x, type), s.cast(w, type));
  });
}

void Pass::prepare(OpBuilder &b) {
  int64_t rows = e.gates * e.states;
  Value bias;
  if (net.bias)
    bias = mapOver(b, loc, rows, [&](OpBuilder &b, ValueRange j) {
      Scalars s(b, loc);
      AffineExpr row = b.getAffineDimExpr(0);
      Value ofInput = biasAt(b, row, j), both = s.add(ofInput, biasAt(b, row + rows, j));
      // Behind the reset gate, the recurrence's bias of the last gate is added with its product.
      return net.resetsBehind ? s.select(s.less(j[0], s.index(2 * e.states)), both, ofInput) : both;
    });
  Value own = ownProduct(b);
  projection = mapOver(b, loc, {e.steps, e.batch, rows}, [&](OpBuilder &b, ValueRange p) {
    Value sum = own ? pat::at(b, loc, own, p) : inputProduct(b, p);
    return bias ? Scalars(b, loc).add(sum, pat::at(b, loc, bias, p[2])) : sum;
  });
}

/// The pass's element of a tensor [D, N, H] (or [N, D, H]), or 0 where there is no tensor.
Value Pass::readStack(OpBuilder &b, Value tensor, Value n, Value j) const {
  Scalars s(b, loc);
  if (!tensor)
    return s.constant(type, 0);
  AffineExpr pass = b.getAffineConstantExpr(number), row = b.getAffineDimExpr(0), column = b.getAffineDimExpr(1);
  SmallVector<AffineExpr> place = {pass, row, column};
  if (net.isBatchFirst)
    std::swap(place[0], place[1]);
  return s.cast(read(b, loc, tensor, place, {n, j}), type);
}

State Pass::initial(OpBuilder &b) const {
  auto build = [&](Value tensor) {
    return mapOver(b, loc, {e.batch, e.states},
                   [&](OpBuilder &b, ValueRange p) { return readStack(b, tensor, p[0], p[1]); });
  };
  State state{build(net.initialState), {}};
  if (net.cell == RecurrentCell::Lstm)
    state.cell = build(net.initialCell);
  return state;
}

/// [N, gates * H]: the argument times the recurrence weights of some gates.
Value Pass::product(OpBuilder &b, Value argument, int64_t firstGate, int64_t gates) const {
  if (net.product)
    return net.product(b, argument, number, /*ofInput=*/false);
  return mapOver(b, loc, {e.batch, gates * e.states}, [&](OpBuilder &b, ValueRange p) {
    return sumOver(b, loc, e.states, type, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      AffineExpr row = b.getAffineDimExpr(0) + firstGate * e.states;
      Value w =
          read(b, loc, net.recurrence, {b.getAffineConstantExpr(number), row, b.getAffineDimExpr(1)}, {p[1], k[0]});
      return s.mul(pat::at(b, loc, argument, {p[0], k[0]}), s.cast(w, type));
    });
  });
}

/// The gate's share of the input at a step, biases included.
Value Pass::fromInput(OpBuilder &b, Value step, ValueRange point, int64_t gate) const {
  AffineExpr at = b.getAffineDimExpr(0);
  return read(b, loc, projection,
              {spec.isReverse ? e.steps - 1 - at : at, b.getAffineDimExpr(1), b.getAffineDimExpr(2) + gate * e.states},
              {step, point[0], point[1]});
}

Value Pass::apply(Scalars &s, unsigned function, Value x) const {
  if (net.clip)
    x = s.clamp(x, s.constant(type, -*net.clip), s.constant(type, *net.clip));
  return activate(s, spec.activations[function], x);
}

/// Element [n, gate * H + j] of a product.
static Value gateOf(OpBuilder &b, Location loc, Value product, ValueRange point, int64_t offset) {
  return read(b, loc, product, {b.getAffineDimExpr(0), b.getAffineDimExpr(1) + offset}, point);
}

State Pass::nextRnn(OpBuilder &b, Value step, const State &state, Value live) const {
  Value recurrent = product(b, state.hidden, 0, 1);
  return {mapOver(b, loc, {e.batch, e.states},
                  [&](OpBuilder &b, ValueRange p) {
                    Scalars s(b, loc);
                    Value sum = s.add(fromInput(b, step, p, 0), pat::at(b, loc, recurrent, p));
                    return keep(b, live, p, apply(s, 0, sum), pat::at(b, loc, state.hidden, p));
                  }),
          {}};
}

State Pass::nextGru(OpBuilder &b, Value step, const State &state, Value live) const {
  int64_t h = e.states;
  Value gates = product(b, state.hidden, 0, net.resetsBehind ? 3 : 2);
  auto gate = [&](OpBuilder &b, ValueRange p, int64_t number) {
    Scalars s(b, loc);
    return apply(s, 0, s.add(fromInput(b, step, p, number), gateOf(b, loc, gates, p, number * h)));
  };
  // What the last gate gets from the recurrence.
  Value candidate;
  if (net.resetsBehind) {
    candidate = mapOver(b, loc, {e.batch, h}, [&](OpBuilder &b, ValueRange p) {
      Scalars s(b, loc);
      Value inner = gateOf(b, loc, gates, p, 2 * h);
      if (net.bias)
        inner = s.add(inner, biasAt(b, b.getAffineDimExpr(0) + 5 * h, p[1]));
      return s.mul(gate(b, p, 1), inner);
    });
  } else {
    Value reset = mapOver(b, loc, {e.batch, h}, [&](OpBuilder &b, ValueRange p) {
      return Scalars(b, loc).mul(gate(b, p, 1), pat::at(b, loc, state.hidden, p));
    });
    candidate = product(b, reset, 2, 1);
  }
  return {mapOver(b, loc, {e.batch, h},
                  [&](OpBuilder &b, ValueRange p) {
                    Scalars s(b, loc);
                    Value update = gate(b, p, 0), old = pat::at(b, loc, state.hidden, p);
                    Value fresh = apply(s, 1, s.add(fromInput(b, step, p, 2), pat::at(b, loc, candidate, p)));
                    Value mixed = s.add(s.mul(s.sub(s.constant(type, 1), update), fresh), s.mul(update, old));
                    return keep(b, live, p, mixed, old);
                  }),
          {}};
}

State Pass::nextLstm(OpBuilder &b, Value step, const State &state, Value live) const {
  enum Gate { Input, Output, Forget, Candidate };
  Value gates = product(b, state.hidden, 0, 4);
  auto map = pat::MapOp::create(b, loc, {e.batch, e.states}, [&](OpBuilder &b, Location, ValueRange p) {
    Scalars s(b, loc);
    Value old = pat::at(b, loc, state.cell, p);
    auto sum = [&](Gate gate) { return s.add(fromInput(b, step, p, gate), gateOf(b, loc, gates, p, gate * e.states)); };
    // Peepholes are stored in the order of the gates, without the candidate.
    auto peep = [&](Gate gate, Value argument, Value cell) {
      if (!net.peepholes)
        return argument;
      AffineExpr place = b.getAffineDimExpr(0) + gate * e.states;
      Value weight = s.cast(read(b, loc, net.peepholes, {b.getAffineConstantExpr(number), place}, p[1]), type);
      return s.add(argument, s.mul(weight, cell));
    };
    Value input = apply(s, 0, peep(Input, sum(Input), old));
    Value forget = net.couplesForget ? s.sub(s.constant(type, 1), input) : apply(s, 0, peep(Forget, sum(Forget), old));
    Value cell = s.add(s.mul(forget, old), s.mul(input, apply(s, 1, sum(Candidate))));
    Value output = apply(s, 0, peep(Output, sum(Output), cell));
    Value hidden = s.mul(output, activate(s, spec.activations[2], cell));
    return SmallVector<Value>{keep(b, live, p, hidden, pat::at(b, loc, state.hidden, p)), keep(b, live, p, cell, old)};
  });
  return {map->getResult(0), map->getResult(1)};
}

State Pass::next(OpBuilder &b, Value step, const State &state, Value *output) const {
  Value live; // [N]: which sequences have this step
  if (net.lengths)
    live = mapOver(b, loc, e.batch, [&](OpBuilder &b, ValueRange n) {
      Scalars s(b, loc);
      Value length = s.cast(pat::at(b, loc, net.lengths, n), b.getIndexType());
      return s.less(time(b, step), length);
    });
  State state1 = net.cell == RecurrentCell::Rnn   ? nextRnn(b, step, state, live)
                 : net.cell == RecurrentCell::Gru ? nextGru(b, step, state, live)
                                                  : nextLstm(b, step, state, live);
  if (!output)
    return state1;
  *output = state1.hidden;
  if (live)
    *output = mapOver(b, loc, {e.batch, e.states}, [&](OpBuilder &b, ValueRange p) {
      return keep(b, live, p, pat::at(b, loc, state1.hidden, p), Scalars(b, loc).constant(type, 0));
    });
  *output = convert(b, loc, *output, element);
  return state1;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

namespace {

/// All passes: their states, and what they gave ([T, N, H] each; null when not wanted).
struct Walk {
  SmallVector<State> states;
  SmallVector<Value> sequences;
};

} // namespace

/// A copy of the cells per step.
static Walk unrollSteps(OpBuilder &b, Location loc, ArrayRef<Pass> passes, const Extents &e, bool wantsSequence) {
  Walk walk;
  for (const Pass &pass : passes) {
    State state = pass.initial(b);
    SmallVector<Value> outputs(e.steps);
    for (int64_t step = 0; step < e.steps; ++step) {
      Value output;
      state = pass.next(b, Scalars(b, loc).index(step), state, wantsSequence ? &output : nullptr);
      if (wantsSequence)
        outputs[pass.time(step)] = reshape(b, loc, output, {1, e.batch, e.states});
    }
    walk.states.push_back(state);
    if (wantsSequence && e.steps > 0)
      walk.sequences.push_back(*concat(b, loc, outputs, 0)); // equal shapes always fit
  }
  return walk;
}

/// One loop over the steps.
static Walk iterateSteps(OpBuilder &b, Location loc, ArrayRef<Pass> passes, const Extents &e, Type element,
                         bool wantsSequence) {
  SmallVector<Value> carried;
  for (const Pass &pass : passes) {
    State state = pass.initial(b);
    carried.push_back(state.hidden);
    if (state.cell)
      carried.push_back(state.cell);
    if (wantsSequence)
      carried.push_back(fill(b, loc, {e.steps, e.batch, e.states}, constantScalar(b, loc, element, 0)));
  }
  size_t perPass = carried.size() / passes.size();
  bool hasCell = perPass > size_t(wantsSequence) + 1;
  auto stateAt = [&](ValueRange values, size_t pass) {
    return State{values[pass * perPass], hasCell ? values[pass * perPass + 1] : Value()};
  };
  auto loop = pat::IterateOp::create(b, loc, e.steps, carried, [&](OpBuilder &b, Location, ValueRange arguments) {
    Value step = arguments.front();
    SmallVector<Value> yielded = {Scalars(b, loc).boolean(true)};
    for (auto [i, pass] : llvm::enumerate(passes)) {
      Value output;
      State state = pass.next(b, step, stateAt(arguments.drop_front(), i), wantsSequence ? &output : nullptr);
      yielded.push_back(state.hidden);
      if (hasCell)
        yielded.push_back(state.cell);
      if (!wantsSequence)
        continue;
      Value now = pass.time(b, step), before = arguments[1 + (i + 1) * perPass - 1];
      yielded.push_back(mapOver(b, loc, shapeOf(before), [&](OpBuilder &b, ValueRange p) {
        Scalars s(b, loc);
        return s.select(s.equal(p[0], now), pat::at(b, loc, output, p.drop_front()), pat::at(b, loc, before, p));
      }));
    }
    return yielded;
  });
  Walk walk;
  for (size_t i = 0; i < passes.size(); ++i) {
    walk.states.push_back(stateAt(loop.getResults(), i));
    if (wantsSequence)
      walk.sequences.push_back(loop.getResult((i + 1) * perPass - 1));
  }
  return walk;
}

/// Joins one tensor per pass, [N, H] or [T, N, H], along a new dimension: [.., D, N, H], or [N, .., D, H].
static Value joinPasses(OpBuilder &b, Location loc, const RecurrentNetwork &net, ArrayRef<Value> tensors) {
  SmallVector<Value> parts;
  int64_t rank = rankOf(tensors.front()), axis = net.isBatchFirst ? rank - 1 : rank - 2;
  for (Value tensor : tensors) {
    Value part = convert(b, loc, tensor, elementOf(net.input));
    if (net.isBatchFirst && rank == 3)
      part = transpose(b, loc, part, {1, 0, 2});
    Shape shape(shapeOf(part));
    shape.insert(shape.begin() + axis, 1);
    parts.push_back(reshape(b, loc, part, shape));
  }
  return *concat(b, loc, parts, axis); // equal shapes always fit
}

Result<RecurrentResult> ops::recurrent(OpBuilder &b, Location loc, const RecurrentNetwork &net, bool wantsSequence) {
  Result<Extents> extents = extentsOf(net);
  if (!extents)
    return extents.takeError();
  const Extents &e = *extents;
  SmallVector<Pass> passes;
  for (unsigned i = 0; i < net.passes.size(); ++i) {
    passes.emplace_back(loc, net, e, i);
    passes.back().prepare(b);
  }
  Walk walk = e.steps <= mostUnrolled ? unrollSteps(b, loc, passes, e, wantsSequence)
                                      : iterateSteps(b, loc, passes, e, elementOf(net.input), wantsSequence);
  RecurrentResult result;
  SmallVector<Value> hidden, cells;
  for (const State &state : walk.states) {
    hidden.push_back(state.hidden);
    cells.push_back(state.cell);
  }
  result.state = joinPasses(b, loc, net, hidden);
  if (net.cell == RecurrentCell::Lstm)
    result.cell = joinPasses(b, loc, net, cells);
  if (wantsSequence && e.steps > 0) {
    result.sequence = joinPasses(b, loc, net, walk.sequences);
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

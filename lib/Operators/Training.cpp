// Training.cpp - statistics of a batch, losses, optimizers
#include "jacquard/Operators/Training.h"

#include "Between.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

//===----------------------------------------------------------------------===//
// Batch normalization
//===----------------------------------------------------------------------===//

/// Parts of two statistics, elementwise, as a parameter.
static Value runOn(OpBuilder &b, Location loc, Value old, Value now, double momentum) {
  Type element = elementOf(old), type = elementOf(now);
  return *elementwise(b, loc, {old, now}, [&](Scalars &s, ValueRange x) {
    Value kept = s.mul(s.cast(x[0], type), s.constant(type, momentum));
    return s.cast(s.add(kept, s.mul(x[1], s.constant(type, 1 - momentum))), element);
  });
}

Result<BatchNormTraining> ops::batchNormTraining(OpBuilder &b, Location loc, const BatchNormOperands &x,
                                                 const BatchNormOptions &options) {
  ArrayRef<int64_t> shape = shapeOf(x.input);
  if (shape.size() < 2)
    return Error{"input has shape " + describe(shape) + "; expected batch and channels at least"};
  Shape parameters(options.perChannel ? shape.slice(1, 1) : shape.drop_front());
  for (Value parameter : {x.scale, x.bias, x.mean, x.variance})
    if (shapeOf(parameter) != ArrayRef<int64_t>(parameters))
      return Error{"a parameter has shape " + describe(shapeOf(parameter)) + "; expected " + describe(parameters)};
  Shape axes = {0}, aligned = parameters;
  for (size_t i = 2; i < shape.size() && options.perChannel; ++i) {
    axes.push_back(i);
    aligned.push_back(1);
  }
  Type element = elementOf(x.input), type = accumulatorType(element);
  Value input = convert(b, loc, x.input, type);
  Value mean = reduce(b, loc, Reduction::Mean, input, axes, /*keepAxes=*/true);
  Value squares =
      *elementwise(b, loc, {input, mean}, [](Scalars &s, ValueRange x) { return s.square(s.sub(x[0], x[1])); });
  Value variance = reduce(b, loc, Reduction::Mean, squares, axes, /*keepAxes=*/true);
  Value scale = reshape(b, loc, x.scale, aligned), bias = reshape(b, loc, x.bias, aligned);
  BatchNormTraining result;
  result.result = *elementwise(b, loc, {input, mean, variance, scale, bias}, [&](Scalars &s, ValueRange v) {
    Value deviation = s.sqrt(s.add(v[2], s.constant(type, options.epsilon)));
    Value normal = s.div(s.sub(v[0], v[1]), deviation);
    return s.cast(s.add(s.mul(normal, s.cast(v[3], type)), s.cast(v[4], type)), element);
  });
  result.mean = reshape(b, loc, mean, parameters);
  result.variance = reshape(b, loc, variance, parameters);
  result.runningMean = runOn(b, loc, x.mean, result.mean, options.momentum);
  result.runningVariance = runOn(b, loc, x.variance, result.variance, options.momentum);
  return result;
}

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

/// The weight of the loss at a position of `target`, and the loss itself.
static std::pair<Value, Value> lossAt(OpBuilder &b, Location loc, Value input, Value target, Value weights,
                                      ValueRange point, const LossOptions &options) {
  Scalars s(b, loc);
  Type type = accumulatorType(elementOf(input));
  Value zero = s.constant(type, 0), chosen = pat::at(b, loc, target, point);
  Value index = s.cast(chosen, b.getIndexType());
  Value weight = s.constant(type, 1);
  if (weights)
    weight = s.cast(readOr(b, loc, weights, index, s.integer(elementOf(weights), 0)), type);
  SmallVector<Value> at = {point[0], index};
  at.append(point.begin() + 1, point.end());
  Value x = s.cast(readOr(b, loc, input, at, s.integer(elementOf(input), 0)), type);
  Value loss = s.neg(s.mul(weight, x));
  if (!options.ignored)
    return {weight, loss};
  Value counts = s.negate(s.equal(chosen, s.integer(chosen.getType(), *options.ignored)));
  return {s.select(counts, weight, zero), s.select(counts, loss, zero)};
}

Result<Value> ops::negativeLogLikelihood(OpBuilder &b, Location loc, Value input, Value target, Value weights,
                                         const LossOptions &options) {
  ArrayRef<int64_t> from = shapeOf(input), by = shapeOf(target);
  if (from.size() < 2 || from[1] < 1 || by.size() + 1 != from.size() || by[0] != from[0] ||
      by.drop_front() != from.drop_front(2))
    return Error{"a target of shape " + describe(by) + " does not fit an input of shape " + describe(from) +
                 "; expected the input's shape without its second dimension"};
  if (weights && shapeOf(weights) != from.slice(1, 1))
    return Error{"weights have shape " + describe(shapeOf(weights)) + "; expected one for each of " +
                 std::to_string(from[1]) + " classes"};
  Type element = elementOf(input), type = accumulatorType(element);
  auto sum = [&](OpBuilder &b, bool ofWeights) {
    return sumOver(b, loc, by, type, [&](OpBuilder &b, ValueRange point) {
      auto [weight, loss] = lossAt(b, loc, input, target, weights, point, options);
      return ofWeights ? weight : loss;
    });
  };
  bool each = options.reduction == LossReduction::None;
  return mapOver(b, loc, each ? by : ArrayRef<int64_t>(), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    if (each)
      return s.cast(lossAt(b, loc, input, target, weights, point, options).second, element);
    Value loss = sum(b, false);
    return s.cast(options.reduction == LossReduction::Mean ? s.div(loss, sum(b, true)) : loss, element);
  });
}

//===----------------------------------------------------------------------===//
// Optimizers
//===----------------------------------------------------------------------===//

/// The gradient of the loss and of the regularization.
static Value regularized(Scalars &s, Value parameter, Value gradient, double factor) {
  return s.add(s.mul(s.constant(parameter.getType(), factor), parameter), gradient);
}

/// 1 - base^count
static Value remainder(Scalars &s, double base, Value count) {
  Type type = count.getType();
  return s.sub(s.constant(type, 1), s.pow(s.constant(type, base), count));
}

Result<Adagrad> ops::adagrad(OpBuilder &b, Location loc, const OptimizerStep &step, Value squares, double decay,
                             double epsilon) {
  Result<Value> sums = elementwise(b, loc, {step.parameter, step.gradient, squares}, [&](Scalars &s, ValueRange x) {
    return s.add(x[2], s.square(regularized(s, x[0], x[1], step.regularization)));
  });
  if (!sums)
    return sums.takeError();
  Result<Value> next =
      elementwise(b, loc, {step.parameter, step.gradient, *sums, step.rate, step.count}, [&](Scalars &s, ValueRange x) {
        Type type = x[0].getType();
        Value slowed = s.add(s.constant(type, 1), s.mul(s.cast(x[4], type), s.constant(type, decay)));
        Value rate = s.div(s.cast(x[3], type), slowed);
        Value scale = s.add(s.sqrt(x[2]), s.constant(type, epsilon));
        return s.sub(x[0], s.div(s.mul(rate, regularized(s, x[0], x[1], step.regularization)), scale));
      });
  if (!next)
    return next.takeError();
  return Adagrad{*next, *sums};
}

Result<Momentum> ops::momentum(OpBuilder &b, Location loc, const OptimizerStep &step, Value momentum, double alpha,
                               double beta, bool nesterov) {
  Result<Value> moved =
      elementwise(b, loc, {step.parameter, step.gradient, momentum, step.count}, [&](Scalars &s, ValueRange x) {
        Type type = x[0].getType();
        // The first gradient counts in full.
        Value later = s.less(s.integer(x[3].getType(), 0), x[3]);
        Value share = s.select(later, s.constant(type, beta), s.constant(type, 1));
        Value fresh = s.mul(share, regularized(s, x[0], x[1], step.regularization));
        return s.add(s.mul(s.constant(type, alpha), x[2]), fresh);
      });
  if (!moved)
    return moved.takeError();
  Result<Value> next =
      elementwise(b, loc, {step.parameter, step.gradient, *moved, step.rate}, [&](Scalars &s, ValueRange x) {
        Type type = x[0].getType();
        Value way = x[2];
        if (nesterov)
          way = s.add(regularized(s, x[0], x[1], step.regularization), s.mul(s.constant(type, alpha), x[2]));
        return s.sub(x[0], s.mul(s.cast(x[3], type), way));
      });
  if (!next)
    return next.takeError();
  return Momentum{*next, *moved};
}

Result<Adam> ops::adam(OpBuilder &b, Location loc, const OptimizerStep &step, Value momentum, Value squares,
                       const AdamOptions &o) {
  // Moving averages of the gradient and of its square.
  auto average = [&](Value old, double kept, bool square) {
    return elementwise(b, loc, {step.parameter, step.gradient, old}, [&](Scalars &s, ValueRange x) {
      Type type = x[0].getType();
      Value fresh = regularized(s, x[0], x[1], step.regularization);
      return s.add(s.mul(s.constant(type, kept), x[2]),
                   s.mul(s.constant(type, 1 - kept), square ? s.square(fresh) : fresh));
    });
  };
  Result<Value> moved = average(momentum, o.alpha, false), spread = average(squares, o.beta, true);
  if (!moved || !spread)
    return moved ? spread.takeError() : moved.takeError();
  Result<Value> next =
      elementwise(b, loc, {step.parameter, *moved, *spread, step.rate, step.count}, [&](Scalars &s, ValueRange x) {
        Type type = x[0].getType();
        Value rate = s.cast(x[3], type), count = s.cast(x[4], type);
        // Averages that start at 0 are too small in the beginning.
        Value corrected = s.div(s.mul(rate, s.sqrt(remainder(s, o.beta, count))), remainder(s, o.alpha, count));
        rate = s.select(s.less(s.integer(x[4].getType(), 0), x[4]), corrected, rate);
        Value scale = s.add(s.sqrt(x[2]), s.constant(type, o.epsilon));
        Value moved = s.sub(x[0], s.mul(rate, s.div(x[1], scale)));
        return s.mul(s.constant(type, 1 - o.shrink), moved);
      });
  if (!next)
    return next.takeError();
  return Adam{*next, *moved, *spread};
}

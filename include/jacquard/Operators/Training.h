// Training.h - what training adds to inference: statistics of a batch, losses, optimizers
#ifndef JACQUARD_OPERATORS_TRAINING_H
#define JACQUARD_OPERATORS_TRAINING_H

#include "jacquard/Operators/Tensors.h"

#include <optional>

namespace jacquard::ops {

/// (x - mean) / sqrt(variance + epsilon) * scale + bias with mean and variance of the batch: over all dimensions but
/// channels of [N, C, ..] (`perChannel`, parameters [C]), or over the batch alone (parameters [C, ..]). The running
/// values are `momentum` parts old and the rest new. Variances are those of a population.
struct BatchNormOperands {
  Value input, scale, bias, mean, variance;
};
struct BatchNormOptions {
  double epsilon = 1e-5, momentum = 0.9;
  bool perChannel = true;
};
struct BatchNormTraining {
  Value result, mean, variance, runningMean, runningVariance;
};
Result<BatchNormTraining> batchNormTraining(OpBuilder &b, Location loc, const BatchNormOperands &operands,
                                            const BatchNormOptions &options);

/// -weights[t] * x[n, t, ..] for the class t that `target` [N, ..] names, for a tensor [N, C, ..]; 0 where t is
/// `ignored`. `weights` [C] may be null. Mean divides by the sum of the weights that count.
enum class LossReduction { None, Sum, Mean };
struct LossOptions {
  LossReduction reduction = LossReduction::Mean;
  std::optional<int64_t> ignored;
};
Result<Value> negativeLogLikelihood(OpBuilder &b, Location loc, Value input, Value target, Value weights,
                                    const LossOptions &options);

/// One step of an optimizer. `rate` and `count` (the number of steps before) are scalars; the state's tensors have the
/// parameter's shape.
struct OptimizerStep {
  Value rate, count, parameter, gradient;
  double regularization = 0; ///< this much of the parameter is added to its gradient
};
struct Adagrad {
  Value parameter, squares;
};
Result<Adagrad> adagrad(OpBuilder &b, Location loc, const OptimizerStep &step, Value squares, double decay,
                        double epsilon);
struct Momentum {
  Value parameter, momentum;
};
Result<Momentum> momentum(OpBuilder &b, Location loc, const OptimizerStep &step, Value momentum, double alpha,
                          double beta, bool nesterov);
struct AdamOptions {
  double alpha = 0.9, beta = 0.999, epsilon = 1e-6, shrink = 0; ///< the new parameter is (1 - shrink) of itself
};
struct Adam {
  Value parameter, momentum, squares;
};
Result<Adam> adam(OpBuilder &b, Location loc, const OptimizerStep &step, Value momentum, Value squares,
                  const AdamOptions &options);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_TRAINING_H

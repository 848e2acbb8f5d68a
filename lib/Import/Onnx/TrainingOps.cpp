// TrainingOps.cpp - losses and optimizers
#include "Node.h"

#include "jacquard/Operators/Normalize.h"
#include "jacquard/Operators/Training.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t int32Type = 6, int64Type = 7;

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

static ops::LossOptions readLoss(Node &n) {
  ops::LossOptions options;
  std::string reduction = n.stringAttr("reduction", "mean");
  if (reduction == "none")
    options.reduction = ops::LossReduction::None;
  else if (reduction == "sum")
    options.reduction = ops::LossReduction::Sum;
  else if (reduction != "mean")
    n.fail("attribute 'reduction' is '" + reduction + "'; expected none, sum or mean");
  if (n.hasAttr("ignore_index"))
    options.ignored = n.intAttr("ignore_index", 0);
  if (n.has(1) && n.type(1) != int32Type && n.type(1) != int64Type)
    n.fail("target has element type " + elementTypeName(n.type(1)) + "; expected int32 or int64");
  if (n.has(2) && n.type(2) != n.type(0))
    n.fail("weights have element type " + elementTypeName(n.type(2)) + "; expected " + elementTypeName(n.type(0)));
  if (n.rank() < 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected batch and classes at least");
  return options;
}

static void buildNegativeLogLikelihoodLoss(Node &n) {
  ops::LossOptions options = readLoss(n);
  if (!n.failed())
    n.result(ops::negativeLogLikelihood(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), options));
}

static void buildSoftmaxCrossEntropyLoss(Node &n) {
  ops::LossOptions options = readLoss(n);
  if (n.failed())
    return;
  Value logits = ops::softmax(n.b, n.loc, n.input(0), 1, /*logarithm=*/true);
  n.result(ops::negativeLogLikelihood(n.b, n.loc, logits, n.input(1), n.optionalInput(2), options));
  n.result(1, logits);
}

//===----------------------------------------------------------------------===//
// Optimizers
//===----------------------------------------------------------------------===//

/// Inputs are the rate, the number of steps, all parameters, all gradients, and `states` lists of the optimizer's own;
/// outputs are new parameters and states in the same order. `step` takes a parameter's states and gives its results.
static void optimize(Node &n, size_t states,
                     llvm::function_ref<Result<SmallVector<Value>>(ops::OptimizerStep, ArrayRef<Value>)> step) {
  size_t lists = 2 + states, count = (n.numInputs() - 2) / lists;
  if (n.numInputs() != 2 + lists * count || count == 0)
    n.fail("there are " + llvm::Twine(n.numInputs()) + " inputs; expected 2 and " + llvm::Twine(lists) +
           " for each parameter");
  for (size_t i = 0; i < n.numInputs() && !n.failed(); ++i) {
    if (!n.has(i))
      n.fail("input " + llvm::Twine(i) + " is missing");
    else if (i != 1)
      n.requireFloat(i);
    if (!n.failed() && i >= 2 &&
        (n.type(i) != n.type(2 + (i - 2) % count) || n.shape(i) != n.shape(2 + (i - 2) % count)))
      n.fail("input '" + n.inputName(i) + "' is not like the parameter that it belongs to");
  }
  if (!n.failed() && (pat::numPoints(n.shape(0)) != 1 || n.rank(0) > 1 || pat::numPoints(n.shape(1)) != 1 ||
                      n.rank(1) > 1 || n.type(1) != int64Type))
    n.fail("expected the rate, a number, and the number of steps, an int64, first");
  ops::OptimizerStep one;
  one.regularization = n.floatAttr("norm_coefficient", 0);
  for (size_t i = 0; i < count && !n.failed(); ++i) {
    auto input = [&](size_t list) { return n.input(2 + list * count + i); };
    one.rate = n.input(0), one.count = n.input(1), one.parameter = input(0), one.gradient = input(1);
    SmallVector<Value> own;
    for (size_t list = 2; list < lists; ++list)
      own.push_back(input(list));
    Result<SmallVector<Value>> results = step(one, own);
    if (!results)
      return n.fail(results.error());
    for (auto [list, value] : llvm::enumerate(*results))
      n.result(list * count + i, value, n.type(2 + i));
  }
}

static void buildAdagrad(Node &n) {
  double decay = n.floatAttr("decay_factor", 0), epsilon = n.floatAttr("epsilon", 1e-6f);
  optimize(n, 1, [&](const ops::OptimizerStep &step, ArrayRef<Value> states) -> Result<SmallVector<Value>> {
    Result<ops::Adagrad> next = ops::adagrad(n.b, n.loc, step, states[0], decay, epsilon);
    if (!next)
      return next.takeError();
    return SmallVector<Value>{next->parameter, next->squares};
  });
}

static void buildMomentum(Node &n) {
  double alpha = n.floatAttr("alpha", 0), beta = n.floatAttr("beta", 0);
  std::string mode = n.stringAttr("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    n.fail("attribute 'mode' is '" + mode + "'; expected standard or nesterov");
  optimize(n, 1, [&](const ops::OptimizerStep &step, ArrayRef<Value> states) -> Result<SmallVector<Value>> {
    Result<ops::Momentum> next = ops::momentum(n.b, n.loc, step, states[0], alpha, beta, mode == "nesterov");
    if (!next)
      return next.takeError();
    return SmallVector<Value>{next->parameter, next->momentum};
  });
}

static void buildAdam(Node &n) {
  ops::AdamOptions options;
  options.alpha = n.floatAttr("alpha", 0.9f);
  options.beta = n.floatAttr("beta", 0.999f);
  options.epsilon = n.floatAttr("epsilon", 1e-6f);
  options.shrink = n.floatAttr("norm_coefficient_post", 0);
  optimize(n, 2, [&](const ops::OptimizerStep &step, ArrayRef<Value> states) -> Result<SmallVector<Value>> {
    Result<ops::Adam> next = ops::adam(n.b, n.loc, step, states[0], states[1], options);
    if (!next)
      return next.takeError();
    return SmallVector<Value>{next->parameter, next->momentum, next->squares};
  });
}

ArrayRef<Operator> importer::trainingOperators() {
  static constexpr const char *preview = "ai.onnx.preview.training";
  static const Operator table[] = {
      {"Adagrad", 1, newest, 5, anyNumber, Takes::Float, buildAdagrad, preview},
      {"Adam", 1, newest, 6, anyNumber, Takes::Float, buildAdam, preview},
      {"Momentum", 1, newest, 5, anyNumber, Takes::Float, buildMomentum, preview},
      {"NegativeLogLikelihoodLoss", 12, newest, 2, 3, Takes::Float, buildNegativeLogLikelihoodLoss},
      {"SoftmaxCrossEntropyLoss", 12, newest, 2, 3, Takes::Float, buildSoftmaxCrossEntropyLoss},
  };
  return table;
}

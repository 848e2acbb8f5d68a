// RecurrentOps.cpp - RNN, GRU, LSTM, and ReverseSequence
#include "RecurrentOps.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Activation;
using ops::RecurrentCell;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

namespace {

struct ActivationInfo {
  const char *name;
  Activation::Kind kind;
  bool takesAlpha, takesBeta;
  double alpha, beta; ///< where the model gives none
};

const ActivationInfo activationTable[] = {
    {"Relu", Activation::Kind::Relu, false, false, 0, 0},
    {"Tanh", Activation::Kind::Tanh, false, false, 0, 0},
    {"Sigmoid", Activation::Kind::Sigmoid, false, false, 0, 0},
    {"Affine", Activation::Kind::Affine, true, true, 1, 0},
    {"LeakyRelu", Activation::Kind::LeakyRelu, true, false, 0.01, 0},
    {"ThresholdedRelu", Activation::Kind::ThresholdedRelu, true, false, 1, 0},
    {"ScaledTanh", Activation::Kind::ScaledTanh, true, true, 1, 1},
    {"HardSigmoid", Activation::Kind::HardSigmoid, true, true, 0.2, 0.5},
    {"Elu", Activation::Kind::Elu, true, false, 1, 0},
    {"Softsign", Activation::Kind::Softsign, false, false, 0, 0},
    {"Softplus", Activation::Kind::Softplus, false, false, 0, 0},
};

} // namespace

static const ActivationInfo *findActivation(StringRef name) {
  for (const ActivationInfo &info : activationTable)
    if (name.equals_insensitive(info.name))
      return &info;
  return nullptr;
}

/// The functions of all passes in the model's order; alphas and betas belong, in order, to those that take one.
static SmallVector<Activation> readActivations(Node &n, ArrayRef<const char *> defaults, size_t passes) {
  SmallVector<std::string> names = n.stringsAttr("activations").value_or(SmallVector<std::string>());
  if (names.empty())
    for (size_t i = 0; i < passes; ++i)
      names.append(defaults.begin(), defaults.end());
  if (names.size() != passes * defaults.size())
    n.fail("attribute 'activations' has " + llvm::Twine(names.size()) + " entries; expected " +
           llvm::Twine(passes * defaults.size()));
  auto alphas = n.floatsAttr("activation_alpha").value_or(SmallVector<double>());
  auto betas = n.floatsAttr("activation_beta").value_or(SmallVector<double>());
  SmallVector<Activation> result;
  size_t nextAlpha = 0, nextBeta = 0;
  for (const std::string &name : names) {
    const ActivationInfo *info = findActivation(name);
    if (!info) {
      n.fail("activation '" + name + "' is unknown; expected one of ONNX's (Relu, Tanh, Sigmoid, Affine, ...)");
      return {};
    }
    Activation activation{info->kind, info->alpha, info->beta};
    if (info->takesAlpha && nextAlpha < alphas.size())
      activation.alpha = alphas[nextAlpha++];
    if (info->takesBeta && nextBeta < betas.size())
      activation.beta = betas[nextBeta++];
    result.push_back(activation);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

/// Passes by `direction`, each with its share of the activations.
static void readPasses(Node &n, ops::RecurrentNetwork &net, ArrayRef<const char *> defaults) {
  std::string direction = n.stringAttr("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return n.fail("attribute 'direction' is '" + direction + "'; expected forward, reverse or bidirectional");
  size_t count = direction == "bidirectional" ? 2 : 1;
  SmallVector<Activation> activations = readActivations(n, defaults, count);
  if (n.failed())
    return;
  for (size_t i = 0; i < count; ++i) {
    ops::RecurrentPass pass;
    pass.isReverse = direction == "reverse" || i == 1;
    llvm::append_range(pass.activations, ArrayRef(activations).slice(i * defaults.size(), defaults.size()));
    net.passes.push_back(std::move(pass));
  }
}

void importer::buildRecurrent(Node &n, ops::RecurrentNetwork net, ArrayRef<const char *> defaultActivations) {
  readPasses(n, net, defaultActivations);
  if (n.hasAttr("clip"))
    net.clip = n.floatAttr("clip", 0);
  if (net.clip && !(*net.clip >= 0))
    n.fail("attribute 'clip' is " + llvm::Twine(std::to_string(*net.clip)) + "; expected at least 0");
  net.isBatchFirst = n.intAttr("layout", 0) != 0;
  net.input = n.input(0);
  bool hasWeights = bool(net.weights);
  if (!hasWeights) {
    net.weights = n.input(1);
    net.recurrence = n.input(2);
  }
  net.bias = n.optionalInput(3);
  net.lengths = n.optionalInput(4);
  net.initialState = n.optionalInput(5);
  for (size_t i : {1, 2, 3, 5, 6, 7})
    if (n.has(i) && n.type(i) != n.type(0) && !(hasWeights && i <= 2))
      n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) + "; expected " +
             elementTypeName(n.type(0)));
  if (n.has(4) && (!n.element(4).isInteger() || n.element(4).isInteger(1)))
    n.fail("sequence lengths have element type " + elementTypeName(n.type(4)) + "; expected int32");
  if (n.failed())
    return;
  ArrayRef<int64_t> recurrence = ops::shapeOf(net.recurrence);
  if (int64_t hidden = n.intAttr("hidden_size", 0); hidden != 0 && recurrence.size() == 3 && recurrence[2] != hidden)
    return n.fail("recurrence weights have shape " + ops::describe(n.shape(2)) + "; expected " + llvm::Twine(hidden) +
                  (hasWeights ? " rows" : " columns") + ", as attribute 'hidden_size' says");
  Result<ops::RecurrentResult> result = ops::recurrent(n.b, n.loc, net, n.wants(0));
  if (!result)
    return n.fail(result.error());
  n.result(0, result->sequence);
  n.result(1, result->state);
  n.result(2, result->cell);
}

static void buildRNN(Node &n) { buildRecurrent(n, {}, {"Tanh"}); }

static void buildGRU(Node &n) {
  ops::RecurrentNetwork net;
  net.cell = RecurrentCell::Gru;
  net.resetsBehind = n.intAttr("linear_before_reset", 0) != 0;
  buildRecurrent(n, net, {"Sigmoid", "Tanh"});
}

void importer::buildLSTM(Node &n, ops::RecurrentNetwork net) {
  net.cell = RecurrentCell::Lstm;
  net.couplesForget = n.intAttr("input_forget", 0) != 0;
  net.initialCell = n.optionalInput(6);
  net.peepholes = n.optionalInput(7);
  buildRecurrent(n, std::move(net), {"Sigmoid", "Tanh", "Tanh"});
}

static void buildPlainLSTM(Node &n) { buildLSTM(n, {}); }

static void buildReverseSequence(Node &n) {
  int64_t time = n.axisAttr("time_axis", 0, n.rank()), batch = n.axisAttr("batch_axis", 1, n.rank());
  if (!n.failed() && time == batch)
    n.fail("attributes 'time_axis' and 'batch_axis' are both " + llvm::Twine(time) + "; expected different axes");
  if (!n.failed() && !n.element(1).isInteger(64))
    n.fail("sequence lengths have element type " + elementTypeName(n.type(1)) + "; expected int64");
  if (!n.failed())
    n.result(ops::reverseSequence(n.b, n.loc, n.input(0), n.input(1), time, batch));
}

ArrayRef<Operator> importer::recurrentOperators() {
  static const Operator table[] = {
      {"GRU", 7, newest, 3, 6, Takes::Float, buildGRU},
      {"LSTM", 7, newest, 3, 8, Takes::Float, buildPlainLSTM},
      {"RNN", 7, newest, 3, 6, Takes::Float, buildRNN},
      {"ReverseSequence", 10, newest, 2, 2, Takes::Any, buildReverseSequence},
  };
  return table;
}

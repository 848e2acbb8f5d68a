// ClassicOps.cpp - operators of domain ai.onnx.ml without trees: linear models, feature preparation
#include "ClassicOps.h"

#include "GraphImporter.h"

#include "jacquard/Operators/Contract.h"
#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Reduce.h"

#include "onnx/onnx_pb.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;
using ops::ScoreTransform;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

SmallVector<double> importer::tensorNumbers(Node &n, StringRef name) {
  const auto *attribute = n.findAttr(name);
  if (!attribute)
    return {};
  Value value = attribute->has_t() ? n.graph.constant(n, attribute->t()) : Value();
  if (!value || !isa<FloatType, IntegerType>(ops::elementOf(value))) {
    n.fail("attribute '" + name + "' is no tensor of numbers");
    return {};
  }
  bool isUnsigned = isUnsignedType(attribute->t().data_type());
  Value wide = ops::convert(n.b, n.loc, value, n.b.getF64Type(), isUnsigned);
  ElementsAttr constant = n.graph.evaluator().evaluate(wide);
  std::optional<Tensor> tensor = constant ? constantToTensor(constant) : std::nullopt;
  if (!tensor) {
    n.fail("attribute '" + name + "' cannot be read");
    return {};
  }
  return SmallVector<double>(tensor->data<double>(), tensor->data<double>() + tensor->numElements());
}

SmallVector<double> importer::numbersAttr(Node &n, StringRef name) {
  if (n.hasAttr(name))
    return n.floatsAttr(name).value_or(SmallVector<double>());
  return tensorNumbers(n, (name + "_as_tensor").str());
}

ScoreTransform importer::transformAttr(Node &n) {
  std::string name = n.stringAttr("post_transform", "NONE");
  auto kind = llvm::StringSwitch<std::optional<ScoreTransform>>(name)
                  .Case("NONE", ScoreTransform::None)
                  .Case("SOFTMAX", ScoreTransform::Softmax)
                  .Case("LOGISTIC", ScoreTransform::Logistic)
                  .Case("SOFTMAX_ZERO", ScoreTransform::SoftmaxZero)
                  .Case("PROBIT", ScoreTransform::Probit)
                  .Default(std::nullopt);
  if (!kind)
    n.fail("attribute 'post_transform' is '" + name + "'; expected NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT");
  return kind.value_or(ScoreTransform::None);
}

Value importer::floatFeatures(Node &n) {
  Type type = n.element().isF64() ? n.element() : n.b.getF32Type();
  return ops::convert(n.b, n.loc, n.input(0), type, n.isUnsigned());
}

Shape importer::integerLabels(Node &n, StringRef name, StringRef strings) {
  if (n.hasAttr(strings))
    n.fail("the classes are named by strings (attribute '" + strings +
           "'), which are not supported; give integers in '" + name + "'");
  return n.intsAttr(name).value_or(Shape());
}

void importer::setClasses(Node &n, Value places, ArrayRef<int64_t> labels, Value scores) {
  Value table = ops::constantTensor(n.b, n.loc, int64_t(labels.size()), labels);
  n.result(0, ops::gather(n.b, n.loc, table, places, 0), onnx::TensorProto::INT64);
  n.result(1, ops::convert(n.b, n.loc, scores, n.b.getF32Type()), onnx::TensorProto::FLOAT);
}

Value importer::matrixAttr(Node &n, StringRef name, int64_t rows, int64_t columns, Type type) {
  SmallVector<double> values = n.floatsAttr(name).value_or(SmallVector<double>());
  if (rows < 1 || columns < 1 || int64_t(values.size()) / rows != columns || int64_t(values.size()) % rows) {
    n.fail("attribute '" + name + "' has " + llvm::Twine(values.size()) + " entries; expected " + llvm::Twine(rows) +
           " x " + llvm::Twine(columns));
    return {};
  }
  return ops::constantTensor(n.b, n.loc, {rows, columns}, type, values);
}

void importer::setFloat(Node &n, Value value) {
  if (value)
    n.result(0, ops::convert(n.b, n.loc, value, n.b.getF32Type()), onnx::TensorProto::FLOAT);
}

bool importer::requireMatrix(Node &n) {
  if (n.rank() != 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected [rows, features]");
  return !n.failed();
}

//===----------------------------------------------------------------------===//
// Linear models
//===----------------------------------------------------------------------===//

/// features * coefficients^T + intercepts, [rows, targets]; intercepts may be missing.
static Value linearScores(Node &n, int64_t targets) {
  if (targets < 1)
    n.fail("there are " + llvm::Twine(targets) + " targets; expected at least 1");
  if (!requireMatrix(n))
    return {};
  Value features = floatFeatures(n);
  Type type = ops::elementOf(features);
  Value coefficients = matrixAttr(n, "coefficients", targets, n.shape()[1], type);
  Value intercepts = n.hasAttr("intercepts") ? matrixAttr(n, "intercepts", 1, targets, type) : Value();
  if (n.failed())
    return {};
  ops::GemmOptions options;
  options.transposeRhs = true;
  return n.take(ops::gemm(n.b, n.loc, features, coefficients, intercepts, options));
}

static void buildLinearRegressor(Node &n) {
  ScoreTransform transform = transformAttr(n);
  Value scores = linearScores(n, n.intAttr("targets", 1));
  if (scores && !n.failed())
    setFloat(n, ops::transformScores(n.b, n.loc, scores, transform));
}

Value importer::bestClass(Node &n, Value scores) {
  ops::ArgOptions options;
  options.keepAxis = false;
  return n.take(ops::argExtreme(n.b, n.loc, scores, 1, options));
}

/// 1 in rows whose only score is positive, else 0.
static Value isPositive(Node &n, Value scores) {
  return ops::mapOver(n.b, n.loc, ops::shapeOf(scores)[0], [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, scores, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    Type type = b.getI64Type();
    return s.select(s.less(s.constant(x.getType(), 0), x), s.integer(type, 1), s.integer(type, 0));
  });
}

static void buildLinearClassifier(Node &n) {
  ScoreTransform transform = transformAttr(n);
  Shape labels = integerLabels(n, "classlabels_ints", "classlabels_strings");
  if (n.failed() || !requireMatrix(n))
    return;
  size_t coefficients = n.floatsAttr("coefficients").value_or(SmallVector<double>()).size();
  int64_t classes = int64_t(coefficients) / std::max<int64_t>(n.shape()[1], 1);
  bool isBinary = classes == 1 && labels.size() == 2;
  if (!isBinary && (classes < 2 || int64_t(labels.size()) != classes))
    return n.fail("there are coefficients for " + llvm::Twine(classes) + " classes and " + llvm::Twine(labels.size()) +
                  " labels; expected as many, or one for two");
  Value scores = linearScores(n, classes);
  if (!scores)
    return;
  if (!isBinary) {
    Value best = bestClass(n, scores);
    return n.failed() ? void() : setClasses(n, best, labels, ops::transformScores(n.b, n.loc, scores, transform));
  }
  // The other class has the opposite score before a logistic function, else, as in ONNX Runtime, what is missing to 1,
  // and nothing is transformed.
  bool isLogistic = transform == ScoreTransform::Logistic;
  Value both = ops::mapOver(n.b, n.loc, {n.shape()[0], 2}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, n.loc);
    Value x = ops::read(b, n.loc, scores, {b.getAffineDimExpr(0), b.getAffineConstantExpr(0)}, p);
    Value other = isLogistic ? s.neg(x) : s.sub(s.constant(x.getType(), 1), x);
    return s.select(s.equal(p[1], s.index(0)), other, x);
  });
  setClasses(n, isPositive(n, scores), labels, isLogistic ? ops::transformScores(n.b, n.loc, both, transform) : both);
}

//===----------------------------------------------------------------------===//
// Features
//===----------------------------------------------------------------------===//

/// Numbers per feature (the last dimension), or one for all.
static Value featureRow(Node &n, StringRef name, double otherwise, Type type) {
  SmallVector<double> values = n.floatsAttr(name).value_or(SmallVector<double>{otherwise});
  int64_t count = int64_t(values.size());
  if (count != 1 && (n.rank() == 0 || count != n.shape().back()))
    n.fail("attribute '" + name + "' has " + llvm::Twine(count) + " entries for an input of shape " +
           ops::describe(n.shape()) + "; expected one, or one per feature");
  return n.failed() ? Value() : ops::constantTensor(n.b, n.loc, count, type, values);
}

static void buildScaler(Node &n) {
  Value features = floatFeatures(n);
  Value offset = featureRow(n, "offset", 0, ops::elementOf(features));
  Value scale = featureRow(n, "scale", 1, ops::elementOf(features));
  if (!n.failed())
    setFloat(n, n.take(ops::elementwise(n.b, n.loc, {features, offset, scale},
                                        [](Scalars &s, ValueRange x) { return s.mul(s.sub(x[0], x[1]), x[2]); })));
}

static void buildNormalizer(Node &n) {
  std::string norm = n.stringAttr("norm", "MAX");
  if (norm != "MAX" && norm != "L1" && norm != "L2")
    n.fail("attribute 'norm' is '" + norm + "'; expected MAX, L1 or L2");
  if (n.rank() < 1 || n.rank() > 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected [features] or [rows, features]");
  if (n.failed())
    return;
  Value features = floatFeatures(n);
  int64_t axis = n.rank() - 1;
  Value sizes = ops::elementwise(n.b, n.loc, features, [](Scalars &s, ValueRange x) { return s.abs(x[0]); });
  Value total = norm == "MAX" ? ops::reduce(n.b, n.loc, ops::Reduction::Max, sizes, axis, true)
                              : ops::reduce(n.b, n.loc, norm == "L1" ? ops::Reduction::L1 : ops::Reduction::L2,
                                            features, axis, true);
  setFloat(n, n.take(ops::elementwise(n.b, n.loc, {features, total}, [](Scalars &s, ValueRange x) {
    return s.div(x[0], s.max(x[1], s.constant(x[1].getType(), 1e-30)));
  })));
}

static void buildImputer(Node &n) {
  bool isFloat = isa<FloatType>(n.element());
  double replaced = isFloat ? n.floatAttr("replaced_value_float", 0) : double(n.intAttr("replaced_value_int64", 0));
  if (!n.hasAttr(isFloat ? "imputed_value_floats" : "imputed_value_int64s"))
    return n.fail("attribute 'imputed_value_" + llvm::Twine(isFloat ? "floats" : "int64s") + "' is missing");
  Value imputed;
  if (isFloat) {
    imputed = featureRow(n, "imputed_value_floats", 0, n.element());
  } else {
    Shape values = n.intsAttr("imputed_value_int64s").value_or(Shape());
    int64_t count = int64_t(values.size());
    if (count < 1 || (count != 1 && (n.rank() == 0 || count != n.shape().back())))
      return n.fail("attribute 'imputed_value_int64s' has " + llvm::Twine(count) + " entries for an input of shape " +
                    ops::describe(n.shape()) + "; expected one, or one per feature");
    imputed = ops::convert(n.b, n.loc, ops::constantTensor(n.b, n.loc, count, values), n.element());
  }
  if (!n.failed())
    n.result(ops::elementwise(n.b, n.loc, {n.input(0), imputed}, [&](Scalars &s, ValueRange x) {
      Value isMissing = std::isnan(replaced) ? s.isNaN(x[0]) : s.equal(x[0], s.constant(x[0].getType(), replaced));
      return s.select(isMissing, x[1], x[0]);
    }));
}

static void buildBinarizer(Node &n) {
  double threshold = n.floatAttr("threshold", 0);
  if (!n.failed())
    n.result(0, ops::elementwise(n.b, n.loc, n.input(0), [&](Scalars &s, ValueRange x) {
               Type type = x[0].getType(), wide = isa<FloatType>(type) ? type : Type(n.b.getF64Type());
               Value isAbove = s.less(s.constant(wide, threshold), s.cast(x[0], wide));
               return s.select(isAbove, s.integer(type, 1), s.integer(type, 0));
             }));
}

/// Columns of the last dimension; a vector is one row.
static void buildArrayFeatureExtractor(Node &n) {
  if (n.rank() == 0 || !n.element(1).isInteger(64))
    return n.fail("input and indices are " + elementTypeName(n.type(0)) + ops::describe(n.shape(0)) + " and " +
                  elementTypeName(n.type(1)) + ops::describe(n.shape(1)) + "; expected features and int64 indices");
  Value indices = ops::reshape(n.b, n.loc, n.input(1), {pat::numPoints(n.shape(1))});
  Value columns = ops::gather(n.b, n.loc, n.input(0), indices, n.rank() - 1);
  if (n.rank() == 1)
    columns = ops::reshape(n.b, n.loc, columns, {1, ops::shapeOf(columns)[0]});
  n.result(0, columns);
}

static void buildFeatureVectorizer(Node &n) {
  Shape widths = n.intsAttr("inputdimensions").value_or(Shape());
  if (widths.size() != n.numInputs())
    return n.fail("attribute 'inputdimensions' has " + llvm::Twine(widths.size()) + " entries; expected " +
                  llvm::Twine(n.numInputs()) + ", one per input");
  SmallVector<Value> parts;
  for (auto [i, width] : llvm::enumerate(widths)) {
    if (!n.has(i) || n.rank(i) < 1 || n.rank(i) > 2 || width < 0 || width > INT32_MAX)
      return n.fail("input " + llvm::Twine(i) + " of width " + llvm::Twine(width) +
                    " is missing or has no rows; expected [rows] or [rows, features]");
    Value part = ops::convert(n.b, n.loc, n.input(i), n.b.getF32Type(), n.isUnsigned(i));
    if (n.rank(i) == 1)
      part = ops::reshape(n.b, n.loc, part, {n.shape(i)[0], 1});
    Value fitted =
        n.take(ops::pad(n.b, n.loc, part, {0, 0}, {0, width - ops::shapeOf(part)[1]}, ops::PadMode::Constant));
    if (!fitted)
      return;
    parts.push_back(fitted);
  }
  setFloat(n, n.take(ops::concat(n.b, n.loc, parts, 1)));
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

namespace {

/// Keys or values of a LabelEncoder as a constant vector; null: strings, or none.
struct CodeList {
  Value values;
  int32_t type = 0;
};

} // namespace

static CodeList codeList(Node &n, const std::string &prefix) {
  if (const auto *tensor = n.findAttr(prefix + "_tensor"); tensor && tensor->has_t()) {
    if (tensor->t().data_type() == onnx::TensorProto::STRING)
      return {};
    Value value = n.graph.constant(n, tensor->t());
    if (!value)
      return {};
    return {ops::reshape(n.b, n.loc, value, {pat::numPoints(ops::shapeOf(value))}), tensor->t().data_type()};
  }
  if (auto list = n.intsAttr(prefix + "_int64s"))
    return {ops::constantTensor(n.b, n.loc, int64_t(list->size()), *list), onnx::TensorProto::INT64};
  if (auto list = n.floatsAttr(prefix + "_floats"))
    return {ops::constantTensor(n.b, n.loc, int64_t(list->size()), n.b.getF32Type(), *list), onnx::TensorProto::FLOAT};
  return {};
}

/// What stands for keys that are not in the list, of the values' type.
static Value defaultCode(Node &n, const CodeList &values) {
  Type type = ops::elementOf(values.values);
  if (const auto *tensor = n.findAttr("default_tensor"); tensor && tensor->has_t()) {
    Value value = n.graph.constant(n, tensor->t());
    if (value && (ops::elementOf(value) != type || pat::numPoints(ops::shapeOf(value)) != 1))
      n.fail("attribute 'default_tensor' is not one element of the values' type");
    return value && !n.failed() ? ops::reshape(n.b, n.loc, value, {}) : Value();
  }
  bool isFloat = isa<FloatType>(type);
  double number = isFloat ? n.floatAttr("default_float", -0.0) : double(n.intAttr("default_int64", -1));
  return ops::constantScalar(n.b, n.loc, type, number);
}

/// The value whose key the element equals (the last of equal keys), else the default.
static void buildLabelEncoder(Node &n) {
  CodeList keys = codeList(n, "keys"), values = codeList(n, "values");
  if (!n.failed() && (!keys.values || !values.values))
    n.fail("keys or values are strings or missing; only numbers are supported");
  if (n.failed())
    return;
  int64_t count = ops::shapeOf(keys.values)[0];
  if (ops::elementOf(keys.values) != n.element() || count != ops::shapeOf(values.values)[0] || count < 1)
    return n.fail("keys are " + elementTypeName(keys.type) + ops::describe(ops::shapeOf(keys.values)) + " and values " +
                  elementTypeName(values.type) + ops::describe(ops::shapeOf(values.values)) +
                  "; expected as many, and keys of the input's type");
  Value otherwise = defaultCode(n, values);
  if (n.failed())
    return;
  // Where the key stands, counted from 1; 0: nowhere. NaN equals NaN since version 4.
  Value place = ops::mapOver(n.b, n.loc, n.shape(), [&](OpBuilder &b, ValueRange p) {
    Type type = b.getI64Type();
    auto hit = [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, n.loc);
      Value x = pat::at(b, n.loc, n.input(0), p), key = pat::at(b, n.loc, keys.values, k);
      Value same = s.equal(x, key);
      if (n.opset >= 4 && isa<FloatType>(x.getType()))
        same = s.either(same, s.both(s.isNaN(x), s.isNaN(key)));
      return s.select(same, s.add(s.cast(k[0], type), s.integer(type, 1)), s.integer(type, 0));
    };
    return ops::foldOver(
        b, n.loc, count, Scalars(b, n.loc).integer(type, 0), hit,
        [](Scalars &s, Value x, Value y) { return s.max(x, y); }, /*isUnsigned=*/true);
  });
  n.result(0,
           ops::mapOver(n.b, n.loc, n.shape(),
                        [&](OpBuilder &b, ValueRange p) {
                          Scalars s(b, n.loc);
                          Value at = s.sub(s.cast(pat::at(b, n.loc, place, p), b.getIndexType()), s.index(1));
                          Value missing = pat::at(b, n.loc, otherwise, ValueRange{});
                          return pat::at(b, n.loc, values.values, b.getMultiDimIdentityMap(1), at, missing);
                        }),
           values.type);
}

static void buildOneHotEncoder(Node &n) {
  Shape categories = n.intsAttr("cats_int64s").value_or(Shape());
  if (categories.empty())
    return n.fail("the categories are strings or missing; expected integers in attribute 'cats_int64s'");
  Value table = ops::constantTensor(n.b, n.loc, int64_t(categories.size()), categories);
  Shape shape(n.shape());
  shape.push_back(int64_t(categories.size()));
  setFloat(n, ops::mapOver(n.b, n.loc, shape, [&](OpBuilder &b, ValueRange p) {
             Scalars s(b, n.loc, n.isUnsigned());
             Type type = b.getI64Type(), result = b.getF32Type();
             Value x = s.cast(pat::at(b, n.loc, n.input(0), p.drop_back()), type);
             Value isThis = s.equal(x, pat::at(b, n.loc, table, p.back()));
             return s.select(isThis, s.constant(result, 1), s.constant(result, 0));
           }));
}

ArrayRef<Operator> importer::classicOperators() {
  static const Operator table[] = {
      {"ArrayFeatureExtractor", 1, newest, 2, 2, Takes::Any, buildArrayFeatureExtractor, classicDomain},
      {"Binarizer", 1, newest, 1, 1, Takes::Number, buildBinarizer, classicDomain},
      {"FeatureVectorizer", 1, newest, 1, anyNumber, Takes::Number, buildFeatureVectorizer, classicDomain},
      {"Imputer", 1, newest, 1, 1, Takes::Number, buildImputer, classicDomain},
      {"LabelEncoder", 2, newest, 1, 1, Takes::Number, buildLabelEncoder, classicDomain},
      {"LinearClassifier", 1, newest, 1, 1, Takes::Number, buildLinearClassifier, classicDomain},
      {"LinearRegressor", 1, newest, 1, 1, Takes::Number, buildLinearRegressor, classicDomain},
      {"Normalizer", 1, newest, 1, 1, Takes::Number, buildNormalizer, classicDomain},
      {"OneHotEncoder", 1, newest, 1, 1, Takes::Number, buildOneHotEncoder, classicDomain},
      {"SVMClassifier", 1, newest, 1, 1, Takes::Number, buildSVMClassifier, classicDomain},
      {"SVMRegressor", 1, newest, 1, 1, Takes::Number, buildSVMRegressor, classicDomain},
      {"Scaler", 1, newest, 1, 1, Takes::Number, buildScaler, classicDomain},
  };
  return table;
}

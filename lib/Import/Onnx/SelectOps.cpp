// SelectOps.cpp - NonZero, Compress, Unique, NonMaxSuppression: results with as many elements as data decides
#include "Node.h"

#include "jacquard/Operators/Select.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t int64Type = 7;

static void buildNonZero(Node &n) {
  ops::Counted found = ops::nonZero(n.b, n.loc, n.input(0));
  n.boundedResult(0, found.values, 1, found.count, int64Type);
}

static std::optional<int64_t> optionalAxis(Node &n) {
  if (!n.hasAttr("axis"))
    return std::nullopt;
  return n.axisAttr("axis", 0, n.rank());
}

static void buildCompress(Node &n) {
  std::optional<int64_t> axis = optionalAxis(n);
  if (n.rank(1) != 1 || !n.element(1).isInteger(1))
    return n.fail("input 'condition' is " + elementTypeName(n.type(1)) + ops::describe(n.shape(1)) +
                  "; expected a list of bool");
  if (n.failed())
    return;
  ops::Counted kept = ops::compress(n.b, n.loc, n.input(0), n.input(1), axis);
  n.boundedResult(0, kept.values, axis.value_or(0), kept.count);
}

static void buildUnique(Node &n) {
  std::optional<int64_t> axis = optionalAxis(n);
  bool sorted = n.intAttr("sorted", 1);
  if (n.failed())
    return;
  ops::Unique found = ops::unique(n.b, n.loc, n.input(0), axis, sorted, n.isUnsigned());
  n.boundedResult(0, found.values, axis.value_or(0), found.count);
  n.boundedResult(1, found.positions, 0, found.count, int64Type);
  n.result(2, found.inverse, int64Type);
  n.boundedResult(3, found.repeats, 0, found.count, int64Type);
}

/// The largest number of boxes per class that the model may ask for: that of the boxes where it is not a constant.
static int64_t mostPerClass(Node &n, int64_t boxes, ops::SuppressionOptions &options) {
  if (!n.has(2))
    return 0;
  if (ElementsAttr value = n.knownValue(2)) {
    std::optional<double> number = n.constantNumber(2);
    return number ? std::clamp<int64_t>(int64_t(*number), 0, boxes) : 0;
  }
  options.limit = n.input(2);
  return boxes;
}

static void buildNonMaxSuppression(Node &n) {
  bool fits = n.rank(0) == 3 && n.rank(1) == 3 && n.shape(0)[2] == 4 && n.shape(0)[0] == n.shape(1)[0] &&
              n.shape(0)[1] == n.shape(1)[2];
  if (!fits)
    return n.fail("boxes " + ops::describe(n.shape(0)) + " do not fit scores " + ops::describe(n.shape(1)) +
                  "; expected [batches, boxes, 4] and [batches, classes, boxes]");
  for (size_t i = 2; i < n.numInputs(); ++i)
    if (n.has(i) && pat::numPoints(n.shape(i)) != 1)
      return n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected one number");
  ops::SuppressionOptions options;
  options.centred = n.intAttr("center_point_box", 0);
  options.mostPerClass = mostPerClass(n, n.shape(0)[1], options);
  options.overlap = n.optionalInput(3);
  options.score = n.optionalInput(4);
  if (n.failed())
    return;
  ops::Counted rows = ops::suppressNonMaxima(n.b, n.loc, n.input(0), n.input(1), options);
  n.boundedResult(0, rows.values, 0, rows.count, int64Type);
}

ArrayRef<Operator> importer::selectOperators() {
  static const Operator table[] = {
      {"Compress", 9, newest, 2, 2, Takes::Any, buildCompress},
      {"NonMaxSuppression", 10, newest, 2, 5, Takes::Float, buildNonMaxSuppression},
      {"NonZero", 9, newest, 1, 1, Takes::Any, buildNonZero},
      {"Unique", 11, newest, 1, 1, Takes::Any, buildUnique},
  };
  return table;
}

// ReduceOps.cpp - reductions, searches along an axis, prefix sums
#include "Node.h"

#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Reduction;

static constexpr int32_t int64Type = 7;

/// The axes: an attribute before version `asInput`, an input since. Absent: all, or none with noop_with_empty_axes.
static std::optional<Shape> readAxes(Node &n, int64_t asInput) {
  std::optional<Shape> given;
  if (n.opset < asInput)
    given = n.intsAttr("axes");
  else if (n.has(1))
    given = n.constantInts(1);
  if (n.failed())
    return std::nullopt;
  if (!given || given->empty()) {
    if (n.intAttr("noop_with_empty_axes", 0))
      return Shape();
    return llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  }
  Result<Shape> axes = ops::normalizeAxes(*given, n.rank());
  if (axes)
    return *axes;
  n.fail(axes.error());
  return std::nullopt;
}

template <Reduction kind, int64_t axesAsInput> static void buildReduce(Node &n) {
  std::optional<Shape> axes = readAxes(n, axesAsInput);
  bool keep = n.intAttr("keepdims", 1);
  bool isLogarithm = kind == Reduction::LogSum || kind == Reduction::LogSumExp;
  if (n.element().isInteger(1) && kind != Reduction::Max && kind != Reduction::Min)
    n.fail("reductions of bool are supported by ReduceMax and ReduceMin only");
  if (n.failed())
    return;
  Type element = n.element();
  if (!isLogarithm || isa<FloatType>(element))
    return n.result(0, ops::reduce(n.b, n.loc, kind, n.input(0), *axes, keep, n.isUnsigned()));
  // Logarithms of integers are cut off behind the point.
  Value floats = ops::convert(n.b, n.loc, n.input(0), n.b.getF64Type(), n.isUnsigned());
  Value logarithm = ops::reduce(n.b, n.loc, kind, floats, *axes, keep);
  n.result(0, ops::convert(n.b, n.loc, logarithm, element, false, n.isUnsigned()));
}

template <bool smallest> static void buildArg(Node &n) {
  ops::ArgOptions options;
  options.smallest = smallest;
  options.last = n.intAttr("select_last_index", 0);
  options.keepAxis = n.intAttr("keepdims", 1);
  options.isUnsigned = n.isUnsigned();
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  if (!n.failed())
    n.result(ops::argExtreme(n.b, n.loc, n.input(0), axis, options), int64Type);
}

static void buildTopK(Node &n) {
  int64_t axis = n.axisAttr("axis", -1, n.rank());
  bool smallest = !n.intAttr("largest", 1);
  int64_t count = 0;
  bool isKnown = n.opset < 10 || n.knownValue(1);
  if (n.opset < 10) {
    count = n.intAttr("k", 0);
  } else if (!isKnown) {
    if (pat::numPoints(n.shape(1)) != 1 || !n.element(1).isInteger(64))
      return n.fail("input 'k' is " + elementTypeName(n.type(1)) + ops::describe(n.shape(1)) + "; expected one int64");
    count = n.failed() ? 0 : n.shape()[axis];
  } else {
    Shape k = n.constantInts(1);
    if (!n.failed() && k.size() != 1)
      n.fail("input 'k' has " + llvm::Twine(k.size()) + " elements; expected one");
    count = k.empty() ? 0 : k[0];
  }
  if (n.failed())
    return;
  Result<ops::TopK> top = ops::topK(n.b, n.loc, n.input(0), axis, count, smallest, n.isUnsigned());
  if (!top)
    return n.fail(top.error());
  if (!isKnown) {
    // All are ordered, the first k are meant.
    Value k = ops::mapOver(n.b, n.loc, {}, [&](OpBuilder &b, ValueRange) {
      return pat::at(b, n.loc, n.input(1), SmallVector<Value>(n.rank(1), ops::Scalars(b, n.loc).index(0)));
    });
    n.boundedResult(0, top->values, axis, k);
    n.boundedResult(1, top->positions, axis, k, int64Type);
    return;
  }
  n.result(0, top->values);
  n.result(1, top->positions, int64Type);
}

template <bool product> static void buildCumulative(Node &n) {
  std::optional<double> axis = n.constantNumber(1);
  bool exclusive = n.intAttr("exclusive", 0), reverse = n.intAttr("reverse", 0);
  int64_t dim = axis ? n.normalizeAxis(int64_t(*axis), n.rank()) : 0;
  if (!n.failed())
    n.result(0, ops::cumulative(n.b, n.loc, n.input(0), dim, product, exclusive, reverse));
}

ArrayRef<Operator> importer::reduceOperators() {
  static const Operator table[] = {
      {"ArgMax", 1, newest, 1, 1, Takes::Number, buildArg<false>},
      {"ArgMin", 1, newest, 1, 1, Takes::Number, buildArg<true>},
      {"CumProd", 26, newest, 2, 2, Takes::Number, buildCumulative<true>},
      {"CumSum", 11, newest, 2, 2, Takes::Number, buildCumulative<false>},
      {"ReduceL1", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::L1, 18>},
      {"ReduceL2", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::L2, 18>},
      {"ReduceLogSum", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::LogSum, 18>},
      {"ReduceLogSumExp", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::LogSumExp, 18>},
      {"ReduceMax", 1, newest, 1, 2, Takes::Any, buildReduce<Reduction::Max, 18>},
      {"ReduceMean", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::Mean, 18>},
      {"ReduceMin", 1, newest, 1, 2, Takes::Any, buildReduce<Reduction::Min, 18>},
      {"ReduceProd", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::Prod, 18>},
      {"ReduceSum", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::Sum, 13>},
      {"ReduceSumSquare", 1, newest, 1, 2, Takes::Number, buildReduce<Reduction::SumSquare, 18>},
      {"TopK", 1, 9, 1, 1, Takes::Number, buildTopK},
      {"TopK", 10, newest, 2, 2, Takes::Number, buildTopK},
  };
  return table;
}

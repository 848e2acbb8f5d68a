// GatherOps.cpp - reading and writing at computed indices
#include "ShapedByData.h"

#include "jacquard/Operators/Gather.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::ScatterKind;

/// Fails unless input i holds indices.
static void requireIndices(Node &n, size_t i) {
  if (n.has(i) && n.type(i) != 6 && n.type(i) != 7)
    n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) +
           "; expected int64 or int32");
}

static void requireDims(Node &n) {
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
}

static void buildGather(Node &n) {
  requireIndices(n, 1);
  requireDims(n);
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  if (n.failed())
    return;
  if (n.shape()[axis] == 0 && pat::numPoints(n.shape(1)) != 0)
    return n.fail("there is nothing to gather from: shape " + ops::describe(n.shape()));
  n.result(0, ops::gather(n.b, n.loc, n.input(0), n.input(1), axis));
}

static void buildGatherElements(Node &n) {
  requireIndices(n, 1);
  requireDims(n);
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  if (!n.failed())
    n.result(ops::gatherElements(n.b, n.loc, n.input(0), n.input(1), axis));
}

static void buildGatherND(Node &n) {
  requireIndices(n, 1);
  int64_t batch = n.intAttr("batch_dims", 0);
  if (!n.failed())
    n.result(ops::gatherND(n.b, n.loc, n.input(0), n.input(1), batch));
}

static ScatterKind scatterKind(Node &n) {
  std::string name = n.stringAttr("reduction", "none");
  if (name == "add")
    return ScatterKind::Add;
  if (name == "mul")
    return ScatterKind::Mul;
  if (name == "max")
    return ScatterKind::Max;
  if (name == "min")
    return ScatterKind::Min;
  if (name != "none")
    n.fail("attribute 'reduction' is '" + name + "'; expected none, add, mul, max or min");
  return ScatterKind::Replace;
}

static void checkUpdates(Node &n) {
  requireIndices(n, 1);
  requireDims(n);
  if (n.type(2) != n.type(0))
    n.fail("data and updates have element types " + elementTypeName(n.type(0)) + " and " + elementTypeName(n.type(2)) +
           "; expected equal ones");
}

static void buildScatterElements(Node &n) {
  checkUpdates(n);
  ScatterKind kind = scatterKind(n);
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  if (!n.failed())
    n.result(ops::scatterElements(n.b, n.loc, n.input(0), n.input(1), n.input(2), axis, kind, n.isUnsigned()));
}

static void buildScatterND(Node &n) {
  checkUpdates(n);
  ScatterKind kind = scatterKind(n);
  if (!n.failed())
    n.result(ops::scatterND(n.b, n.loc, n.input(0), n.input(1), n.input(2), kind, n.isUnsigned()));
}

static void buildOneHot(Node &n) {
  bool isKnown = !n.hasBounds() && !decidesByData(n, 1);
  std::optional<double> depth = isKnown ? n.constantNumber(1) : std::nullopt;
  int64_t axis = n.axisAttr("axis", -1, n.rank() + 1);
  if (n.rank(2) != 1 || n.shape(2)[0] != 2)
    n.fail("values have shape " + ops::describe(n.shape(2)) + "; expected [2]: off and on");
  if (depth && (*depth < 1 || *depth > 1e12))
    n.fail("depth is " + std::to_string(*depth) + "; expected a positive number");
  if (!n.failed() && !isKnown)
    return buildOneHotByData(n, axis);
  if (!n.failed())
    n.result(0, ops::oneHot(n.b, n.loc, n.input(0), n.input(2), int64_t(*depth), axis), n.type(2));
}

ArrayRef<Operator> importer::gatherOperators() {
  static const Operator table[] = {
      {"Gather", 1, newest, 2, 2, Takes::Any, buildGather},
      {"GatherElements", 11, newest, 2, 2, Takes::Any, buildGatherElements},
      {"GatherND", 11, newest, 2, 2, Takes::Any, buildGatherND},
      {"OneHot", 9, newest, 3, 3, Takes::Number, buildOneHot},
      {"Scatter", 9, 10, 3, 3, Takes::Any, buildScatterElements},
      {"ScatterElements", 11, newest, 3, 3, Takes::Any, buildScatterElements},
      {"ScatterND", 11, newest, 3, 3, Takes::Any, buildScatterND},
  };
  return table;
}

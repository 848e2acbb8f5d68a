// QuantisedRecurrentOps.cpp - com.microsoft's DynamicQuantizeLSTM: products in integers, the cells in floats
//
// The input of all steps is quantised by its own range, the state by its range in every step, as DynamicQuantizeLinear
// does. Weights have their scales and zero points, one per pass or one per pass and row of a gate.
#include "Quantize.h"
#include "RecurrentOps.h"

#include "jacquard/Operators/Movement.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr int32_t floatType = 1, uint8Type = 2, int8Type = 3;

namespace {

/// Weights [D, K, G*H] with scales and zero points [D] or [D, G*H].
struct Weights {
  Value values, scale, zero;
  int32_t type;

  Quantised ofPass(OpBuilder &b, Location loc, unsigned pass) const {
    return {slice(b, loc, values, pass), type, slice(b, loc, zero, pass), slice(b, loc, scale, pass)};
  }

private:
  /// Without the leading dimension.
  static Value slice(OpBuilder &b, Location loc, Value tensor, unsigned pass) {
    return ops::mapOver(b, loc, ops::shapeOf(tensor).drop_front(), [&](OpBuilder &b, ValueRange point) {
      SmallVector<AffineExpr> place = {b.getAffineConstantExpr(pass)};
      for (unsigned i = 0; i < point.size(); ++i)
        place.push_back(b.getAffineDimExpr(i));
      return ops::read(b, loc, tensor, place, point);
    });
  }
};

} // namespace

/// Input i with scale j and zero point j + 1.
static Weights readWeights(Node &n, size_t i, size_t j) {
  if (n.type(i) != uint8Type && n.type(i) != int8Type)
    n.fail("input '" + n.inputName(i) + "' has element type " + elementTypeName(n.type(i)) +
           "; expected int8 or uint8");
  if (n.rank(i) != 3)
    n.fail("input '" + n.inputName(i) + "' has shape " + ops::describe(n.shape(i)) + "; expected three dimensions");
  if (n.type(j) != floatType || n.type(j + 1) != n.type(i))
    n.fail("inputs '" + n.inputName(j) + "' and '" + n.inputName(j + 1) + "' have element types " +
           elementTypeName(n.type(j)) + " and " + elementTypeName(n.type(j + 1)) + "; expected float and " +
           elementTypeName(n.type(i)));
  if (n.failed())
    return {};
  for (size_t k : {j, j + 1})
    if (n.shape(k) != n.shape(i).take_front() && n.shape(k) != ArrayRef<int64_t>{n.shape(i)[0], n.shape(i)[2]})
      n.fail("input '" + n.inputName(k) + "' has shape " + ops::describe(n.shape(k)) + "; expected one number per " +
             "pass, or one per pass and column of weights of shape " + ops::describe(n.shape(i)));
  return {n.input(i), n.input(j), n.input(j + 1), n.type(i)};
}

static void buildDynamicQuantizeLSTM(Node &n) {
  for (size_t i : {8, 9, 10, 11})
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
  Weights weights = readWeights(n, 1, 8), recurrence = readWeights(n, 2, 10);
  if (n.type() != floatType)
    n.fail("input '" + n.inputName(0) + "' has element type " + elementTypeName(n.type()) + "; expected float");
  if (n.failed())
    return;
  ops::RecurrentNetwork net;
  net.weights = ops::transpose(n.b, n.loc, weights.values, {0, 2, 1});
  net.recurrence = ops::transpose(n.b, n.loc, recurrence.values, {0, 2, 1});
  net.product = [&](OpBuilder &b, Value rows, unsigned pass, bool ofInput) {
    Quantised by = (ofInput ? weights : recurrence).ofPass(b, n.loc, pass);
    // The extents of what is multiplied have been checked by now.
    return dequantise(b, n.loc, *multiply(b, n.loc, quantiseDynamically(b, n.loc, rows), by, {}));
  };
  buildLSTM(n, std::move(net));
}

ArrayRef<Operator> importer::quantisedRecurrentOperators() {
  static const Operator table[] = {
      {"DynamicQuantizeLSTM", 1, newest, 3, 12, Takes::Float, buildDynamicQuantizeLSTM, "com.microsoft"},
  };
  return table;
}

// Classic.cpp - transforms of scores, kernels
#include "jacquard/Operators/Classic.h"

#include "jacquard/Operators/Normalize.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// sqrt(2) * erfinv(2 p - 1); S. Winitzki, "A handy approximation for the error function and its inverse", 2008.
static Value probit(Scalars &s, Value p) {
  Type type = p.getType();
  auto constant = [&](double value) { return s.constant(type, value); };
  Value x = s.sub(s.mul(p, constant(2)), constant(1)), zero = constant(0);
  Value square = s.mul(s.sub(constant(1), x), s.add(constant(1), x));
  Value isOne = s.equal(square, zero);
  Value log = s.log(s.select(isOne, constant(1), square));
  Value v = s.add(constant(2 / (3.14159265358979 * 0.147)), s.mul(constant(0.5), log));
  Value w = s.mul(constant(1 / 0.147), log);
  Value size = s.sqrt(s.sub(s.sqrt(s.sub(s.square(v), w)), v));
  Value inverse = s.select(s.less(x, zero), s.neg(size), size);
  return s.mul(constant(1.41421356), s.select(isOne, zero, inverse));
}

/// exp(x - max) / sum, where x near 0 gives x * exp(-max) instead.
static Value softmaxZero(OpBuilder &b, Location loc, Value scores) {
  ArrayRef<int64_t> shape = shapeOf(scores);
  Type type = elementOf(scores);
  return mapOver(b, loc, shape[0], [&](OpBuilder &b, ValueRange row) {
    auto score = [&](OpBuilder &b, Value i) { return pat::at(b, loc, scores, ValueRange{row[0], i}); };
    Value top = foldOver(
        b, loc, shape[1], Scalars(b, loc).lowest(type), [&](OpBuilder &b, ValueRange i) { return score(b, i[0]); },
        [](Scalars &s, Value x, Value y) { return s.max(x, y); });
    auto term = [&](OpBuilder &b, Value i) {
      Scalars s(b, loc);
      Value x = score(b, i), isFar = s.less(s.constant(type, 1e-7), s.abs(x));
      return s.select(isFar, s.exp(s.sub(x, top)), s.mul(x, s.exp(s.neg(top))));
    };
    Value sum = sumOver(b, loc, shape[1], type, [&](OpBuilder &b, ValueRange i) { return term(b, i[0]); });
    return mapOver(b, loc, shape[1], [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value isZero = s.equal(sum, s.constant(type, 0));
      return s.select(isZero, s.constant(type, 0.5), s.div(term(b, i[0]), s.select(isZero, s.constant(type, 1), sum)));
    });
  });
}

Value ops::transformScores(OpBuilder &b, Location loc, Value scores, ScoreTransform kind) {
  switch (kind) {
  case ScoreTransform::None:
    break;
  case ScoreTransform::Softmax:
    return softmax(b, loc, scores, 1);
  case ScoreTransform::Logistic:
    return elementwise(b, loc, scores, [](Scalars &s, ValueRange x) { return s.sigmoid(x[0]); });
  case ScoreTransform::SoftmaxZero:
    return softmaxZero(b, loc, scores);
  case ScoreTransform::Probit:
    return elementwise(b, loc, scores, [](Scalars &s, ValueRange x) { return probit(s, x[0]); });
  }
  return scores;
}

Result<Value> ops::kernelMatrix(OpBuilder &b, Location loc, Value rows, Value vectors, const Kernel &kernel) {
  ArrayRef<int64_t> left = shapeOf(rows), right = shapeOf(vectors);
  if (left.size() != 2 || right.size() != 2 || left[1] != right[1])
    return Error{"rows and support vectors have shapes " + describe(left) + " and " + describe(right) +
                 "; expected two matrices with a column per feature"};
  Type type = elementOf(rows);
  return mapOver(b, loc, {left[0], right[0]}, [&](OpBuilder &b, ValueRange p) {
    Value sum = sumOver(b, loc, left[1], type, [&](OpBuilder &b, ValueRange i) {
      Scalars s(b, loc);
      Value x = pat::at(b, loc, rows, ValueRange{p[0], i[0]}), y = pat::at(b, loc, vectors, ValueRange{p[1], i[0]});
      return kernel.kind == Kernel::Rbf ? s.square(s.sub(x, y)) : s.mul(x, y);
    });
    Scalars s(b, loc);
    Value gamma = s.constant(type, kernel.gamma), offset = s.constant(type, kernel.offset);
    switch (kernel.kind) {
    case Kernel::Linear:
      break;
    case Kernel::Poly:
      return s.pow(s.add(s.mul(gamma, sum), offset), s.constant(type, kernel.degree));
    case Kernel::Rbf:
      return s.exp(s.neg(s.mul(gamma, sum)));
    case Kernel::Sigmoid:
      return s.tanh(s.add(s.mul(gamma, sum), offset));
    }
    return sum;
  });
}

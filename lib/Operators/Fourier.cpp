// Fourier.cpp - discrete Fourier transforms as contractions with tables
#include "Between.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Signal.h"

#include <cmath>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// Transforms tensors [outer, n, inner, parts]; all arithmetic in one type.
class Transform {
public:
  Transform(OpBuilder &b, Location loc, Type type, bool inverse) : b(b), loc(loc), type(type), inverse(inverse) {}

  /// The first `count` coefficients of the transform of all of x, times `scale`.
  Value run(Value x, int64_t count, double scale);

private:
  Value direct(Value x, int64_t count, double scale);
  Value split(Value x, int64_t factor, int64_t count, double scale);
  Value twiddle(Value x, int64_t length);
  Value rotations(ArrayRef<int64_t> shape, int64_t parts, int64_t length, double scale,
                  llvm::function_ref<int64_t(int64_t)> turn);

  OpBuilder &b;
  Location loc;
  Type type;
  bool inverse;
};

} // namespace

/// Tables of a matrix per pair of positions are not larger.
static constexpr int64_t mostTable = 1 << 16;
/// Longer transforms are split where that is possible.
static constexpr int64_t mostDirect = 64;

/// For every point of `shape` the matrix [parts, 2] by which a number is multiplied to be turned by turn(point) steps
/// of a circle of `length`, clockwise unless inverse.
Value Transform::rotations(ArrayRef<int64_t> shape, int64_t parts, int64_t length, double scale,
                           llvm::function_ref<int64_t(int64_t)> turn) {
  SmallVector<double> values;
  for (int64_t i = 0; i < pat::numPoints(shape); ++i) {
    double angle = 2 * M_PI * double(turn(i) % length) / double(length) * (inverse ? 1 : -1);
    double real = scale * std::cos(angle), imaginary = scale * std::sin(angle);
    values.append({real, imaginary});
    if (parts == 2)
      values.append({-imaginary, real});
  }
  Shape all(shape);
  all.append({parts, 2});
  return constantTensor(b, loc, all, type, values);
}

/// Every coefficient as one sum. The matrix is a table where that is small, else read from one turn of the circle.
Value Transform::direct(Value x, int64_t count, double scale) {
  ArrayRef<int64_t> from = shapeOf(x);
  int64_t length = from[1], parts = from[3];
  bool whole = count * length * parts <= mostTable;
  Value table =
      whole ? rotations({count, length}, parts, length, scale, [&](int64_t i) { return (i / length) * (i % length); })
            : rotations(length, parts, length, scale, [](int64_t i) { return i; });
  return mapOver(b, loc, {from[0], count, from[2], 2}, [&](OpBuilder &b, ValueRange p) {
    return sumOver(b, loc, {length, parts}, type, [&](OpBuilder &b, ValueRange n) {
      Scalars s(b, loc);
      Value factor = whole ? pat::at(b, loc, table, {p[1], n[0], n[1], p[3]})
                           : pat::at(b, loc, table, {s.rem(s.mul(p[1], n[0]), s.index(length)), n[1], p[3]});
      return s.mul(factor, s.cast(pat::at(b, loc, x, {p[0], n[0], p[2], n[1]}), type));
    });
  });
}

/// x [outer, a, c * inner, 2] turned by a * c of `length` steps.
Value Transform::twiddle(Value x, int64_t length) {
  ArrayRef<int64_t> from = shapeOf(x);
  int64_t rows = from[1], columns = length / rows, inner = from[2] / columns;
  Value table = rotations({rows, columns}, 2, length, 1, [&](int64_t i) { return (i / columns) * (i % columns); });
  return mapOver(b, loc, from, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    AffineExpr dims[] = {b.getAffineDimExpr(0), b.getAffineDimExpr(1), b.getAffineDimExpr(2), b.getAffineDimExpr(3)};
    auto term = [&](int64_t part) {
      AffineExpr one = b.getAffineConstantExpr(part);
      return s.mul(read(b, loc, x, {dims[0], dims[1], dims[2], one}, p),
                   read(b, loc, table, {dims[1], dims[2].floorDiv(inner), one, dims[3]}, p));
    };
    return s.add(term(0), term(1));
  });
}

/// With length = factor * rest, n = rest * n1 + n2 and k = k1 + factor * k2: transforms over n1, turns by n2 * k1, and
/// transforms over n2.
Value Transform::split(Value x, int64_t factor, int64_t count, double scale) {
  Shape from(shapeOf(x));
  int64_t length = from[1], rest = length / factor, inner = from[2];
  Value columns = reshape(b, loc, x, {from[0], factor, rest * inner, from[3]});
  Value turned = twiddle(run(columns, factor, 1), length);
  Value rows = reshape(b, loc, turned, {from[0] * factor, rest, inner, 2});
  Value done = run(rows, rest, scale);
  return mapOver(b, loc, {from[0], count, inner, 2}, [&](OpBuilder &b, ValueRange p) {
    AffineExpr outer = b.getAffineDimExpr(0), k = b.getAffineDimExpr(1);
    return read(b, loc, done,
                {outer * factor + k % factor, k.floorDiv(factor), b.getAffineDimExpr(2), b.getAffineDimExpr(3)}, p);
  });
}

/// The largest factor up to the square root; 1 for primes.
static int64_t factorOf(int64_t length) {
  for (int64_t factor = int64_t(std::sqrt(double(length))) + 1; factor > 1; --factor)
    if (length % factor == 0 && factor < length)
      return factor;
  return 1;
}

Value Transform::run(Value x, int64_t count, double scale) {
  int64_t length = shapeOf(x)[1], factor = length > mostDirect ? factorOf(length) : 1;
  return factor > 1 ? split(x, factor, count, scale) : direct(x, count, scale);
}

/// Cut off or filled up with zeros along dimension 1.
static Value fit(OpBuilder &b, Location loc, Value signal, int64_t length) {
  Shape shape(shapeOf(signal));
  if (shape[1] == length)
    return signal;
  bool grows = length > shape[1];
  shape[1] = length;
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Value zero = Scalars(b, loc).integer(elementOf(signal), 0);
    return grows ? readOr(b, loc, signal, p, zero) : pat::at(b, loc, signal, p);
  });
}

/// The whole spectrum of a real signal from its first half: coefficient length - k is the conjugate of coefficient k.
static Value mirrorSpectrum(OpBuilder &b, Location loc, Value half, int64_t length) {
  Shape shape(shapeOf(half));
  int64_t given = shape[1];
  shape[1] = length;
  return mapOver(b, loc, shape, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    Value isGiven = s.less(p[1], s.index(given));
    Value from = s.select(isGiven, p[1], s.sub(s.index(length), p[1]));
    Value x = pat::at(b, loc, half, {p[0], from, p[2], p[3]});
    Value same = s.either(isGiven, s.equal(p[3], s.index(0)));
    return s.select(same, x, s.neg(x));
  });
}

Result<Value> ops::fourier(OpBuilder &b, Location loc, Value signal, const FourierOptions &options) {
  constexpr int64_t most = 1 << 22;
  if (options.length < 1 || options.length > most)
    return Error{"a Fourier transform of length " + std::to_string(options.length) +
                 " is not possible; expected 1 to " + std::to_string(most)};
  Type element = elementOf(signal), type = accumulatorType(element);
  int64_t length = options.length, half = length / 2 + 1;
  bool toReal = options.inverse && options.oneSided;
  Value x = fit(b, loc, signal, toReal ? half : length);
  if (toReal)
    x = mirrorSpectrum(b, loc, x, length);
  Transform transform(b, loc, type, options.inverse);
  int64_t count = options.oneSided && !options.inverse ? half : length;
  Value result = transform.run(x, count, options.inverse ? 1.0 / double(length) : 1);
  if (toReal) {
    Shape shape(shapeOf(result));
    shape[3] = 1;
    result = slice(b, loc, result, {0, 0, 0, 0}, {1, 1, 1, 1}, shape);
  }
  return convert(b, loc, result, element);
}

Result<Value> ops::frames(OpBuilder &b, Location loc, Value signal, Value window, int64_t length, int64_t step) {
  ArrayRef<int64_t> from = shapeOf(signal);
  if (from.size() != 3 || length < 1 || length > from[1] || step < 1)
    return Error{"frames of length " + std::to_string(length) + " and step " + std::to_string(step) +
                 " cannot be cut from a signal of shape " + describe(from)};
  if (window && rankOf(window) != 1)
    return Error{"window has shape " + describe(shapeOf(window)) + "; expected a vector"};
  int64_t count = (from[1] - length) / step + 1;
  return mapOver(b, loc, {from[0], count, length, from[2]}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    AffineExpr place = b.getAffineDimExpr(1) * step + b.getAffineDimExpr(2);
    Value x = read(b, loc, signal, {b.getAffineDimExpr(0), place, b.getAffineDimExpr(3)}, p);
    if (!window)
      return x;
    bool isShort = shapeOf(window)[0] < length;
    Value zero = s.integer(elementOf(window), 0);
    return s.mul(x, isShort ? readOr(b, loc, window, p[2], zero) : pat::at(b, loc, window, p[2]));
  });
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

std::vector<double> ops::cosineWindow(int64_t size, double period, ArrayRef<double> coefficients) {
  std::vector<double> values;
  for (int64_t n = 0; n < size; ++n) {
    double value = 0;
    for (auto [t, coefficient] : llvm::enumerate(coefficients))
      value += coefficient * std::cos(2 * M_PI * double(t) * double(n) / period);
    values.push_back(value);
  }
  return values;
}

std::vector<double> ops::melWeights(const MelOptions &o) {
  int64_t rows = o.length / 2 + 1;
  auto toMel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  auto toHertz = [](double mel) { return 700 * (std::pow(10, mel / 2595) - 1); };
  double low = toMel(o.lowest), step = (toMel(o.highest) - low) / double(o.bins + 2);
  auto edge = [&](int64_t i) {
    return int64_t(std::floor(double(o.length + 1) * toHertz(low + double(i) * step) / o.rate));
  };
  std::vector<double> weights(size_t(rows * o.bins));
  auto set = [&](int64_t row, int64_t bin, double weight) {
    if (row >= 0 && row < rows)
      weights[size_t(row * o.bins + bin)] = weight;
  };
  for (int64_t bin = 0; bin < o.bins; ++bin) {
    int64_t left = edge(bin), centre = edge(bin + 1), right = edge(bin + 2);
    if (left == centre)
      set(centre, bin, 1);
    for (int64_t row = std::max<int64_t>(left, 0); row <= std::min(centre, rows - 1) && left < centre; ++row)
      set(row, bin, double(row - left) / double(centre - left));
    for (int64_t row = std::max<int64_t>(centre, 0); row < std::min(right, rows); ++row)
      set(row, bin, double(right - row) / double(right - centre));
  }
  return weights;
}

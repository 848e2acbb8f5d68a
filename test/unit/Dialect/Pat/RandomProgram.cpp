// RandomProgram.cpp - random small `pat` programs and inputs for them, for tests that compare two ways to run them
#include "RandomProgram.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Support/Random.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace jacquard::pat;

namespace jacquard::test {
namespace {

using Shape = SmallVector<int64_t>;
using Values = SmallVector<Value>;

class Generator {
public:
  Generator(MLIRContext &context, uint64_t seed, const RandomProgramOptions &options)
      : b(&context), loc(b.getUnknownLoc()), random(seed), options(options) {}
  OwningOpRef<ModuleOp> run();

private:
  // Choices.
  Shape randomShape(unsigned minRank, unsigned maxRank);
  Value pick() { return pool[random.below(pool.size())]; }
  Value pickOf(Type element, unsigned minRank = 0);
  Type randomElement();
  Type f32() { return b.getF32Type(); }
  Type i32() { return b.getI32Type(); }
  static Shape shapeOf(Value tensor) { return Shape(cast<RankedTensorType>(tensor.getType()).getShape()); }
  static Type elementOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }

  // Scalar code.
  Value constant(Type type, double value);
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }
  Value convert(Value scalar, Type type);
  Value bounded(Value scalar);
  Value unary(Value scalar);
  Value binary(Value lhs, Value rhs);
  Value scalarCode(Values inputs);
  /// Reads `tensor` at indices of any number and extents: aligned at the right, wrapped, missing ones zero.
  Value readAligned(Value tensor, ValueRange indices);
  Value widened(Value scalar);
  Values one(Value value) { return Values{value}; }

  // Patterns.
  enum class Sum { Add, Max, Min };
  Value foldOf(ArrayRef<int64_t> domain, Type type, Sum sum, llvm::function_ref<Value(ValueRange)> body);
  Value mapOf(ArrayRef<int64_t> domain, llvm::function_ref<Value(ValueRange)> body);

  // Statements: each gives one new tensor.
  Value elementwise();
  Value transpose();
  Value reshape();
  Value pad();
  Value slice();
  Value concatenate();
  Value gather();
  Value reduce();
  Value matmul();
  Value softmax();
  Value mapOfMap();
  Value mapOfManyFolds();
  Value foldOfFold();
  Value foldOfMap();
  Value topFold();
  Value converted();
  Value compared();
  Value narrow();
  Value filtered();
  Value histogram();
  Value argmax();
  Value scan();
  Value iterate();

  OpBuilder b;
  Location loc;
  Random random;
  RandomProgramOptions options;
  Values pool;
};

//===----------------------------------------------------------------------===//
// Choices and scalar code
//===----------------------------------------------------------------------===//

Shape Generator::randomShape(unsigned minRank, unsigned maxRank) {
  Shape shape(random.between(minRank, maxRank));
  for (int64_t &extent : shape)
    extent = random.between(1, options.maxExtent);
  return shape;
}

Type Generator::randomElement() {
  if (!options.allTypes)
    return random.chance(0.5) ? f32() : i32();
  switch (random.below(8)) {
  case 0:
    return b.getF64Type();
  case 1:
    return b.getIntegerType(8);
  case 2:
    return b.getIntegerType(16);
  case 3:
    return b.getIntegerType(64);
  case 4:
    return i32();
  default:
    return f32();
  }
}

/// A tensor of the pool with at least `minRank` dimensions, converted when there is none of the type.
Value Generator::pickOf(Type element, unsigned minRank) {
  Values fitting, convertible;
  for (Value value : pool) {
    if (shapeOf(value).size() < minRank)
      continue;
    (elementOf(value) == element ? fitting : convertible).push_back(value);
  }
  if (!fitting.empty())
    return fitting[random.below(fitting.size())];
  Value source = convertible.empty() ? pool.front() : convertible[random.below(convertible.size())];
  Shape shape = shapeOf(source);
  while (shape.size() < minRank)
    shape.insert(shape.begin(), random.between(1, options.maxExtent));
  return mapOf(shape, [&](ValueRange i) { return convert(readAligned(source, i), element); });
}

Value Generator::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

/// Integers become small floats, floats their sign; within a kind, the value in the other width.
Value Generator::convert(Value scalar, Type type) {
  Type from = scalar.getType();
  if (from == type)
    return scalar;
  bool isWider = type.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth();
  if (isa<FloatType>(from) && isa<FloatType>(type)) {
    if (type.getIntOrFloatBitWidth() == from.getIntOrFloatBitWidth())
      return convert(convert(scalar, f32()), type);
    return isWider ? Value(arith::ExtFOp::create(b, loc, type, scalar)) : arith::TruncFOp::create(b, loc, type, scalar);
  }
  if (isa<FloatType>(type)) {
    Value small = arith::RemSIOp::create(b, loc, scalar, constant(from, 7));
    return arith::SIToFPOp::create(b, loc, type, small);
  }
  if (isa<FloatType>(from)) {
    Value positive = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, scalar, constant(from, 0));
    return arith::ExtUIOp::create(b, loc, type, positive);
  }
  return isWider ? Value(arith::ExtSIOp::create(b, loc, type, scalar)) : arith::TruncIOp::create(b, loc, type, scalar);
}

/// Floats of 16 bits are stored, not computed with: their roundings would depend on what is fused. Booleans become 0 or 1.
Value Generator::widened(Value scalar) {
  if (scalar.getType().isInteger(1))
    return arith::ExtUIOp::create(b, loc, i32(), scalar);
  bool isNarrow = isa<FloatType>(scalar.getType()) && scalar.getType().getIntOrFloatBitWidth() == 16;
  return isNarrow ? convert(scalar, f32()) : scalar;
}

Value Generator::bounded(Value scalar) {
  Type type = scalar.getType();
  if (!isa<FloatType>(type))
    return scalar;
  Value high = arith::MinimumFOp::create(b, loc, scalar, constant(type, 4));
  return arith::MaximumFOp::create(b, loc, high, constant(type, -4));
}

Value Generator::unary(Value scalar) {
  if (isa<FloatType>(scalar.getType())) {
    switch (random.below(4)) {
    case 0:
      return math::ExpOp::create(b, loc, scalar);
    case 1:
      return math::TanhOp::create(b, loc, scalar);
    case 2:
      return arith::MulFOp::create(b, loc, scalar, constant(scalar.getType(), 0.5));
    default:
      return arith::MaximumFOp::create(b, loc, scalar, constant(scalar.getType(), 0));
    }
  }
  if (random.chance(0.5))
    return arith::XOrIOp::create(b, loc, scalar, constant(scalar.getType(), 5));
  return arith::MaxSIOp::create(b, loc, scalar, constant(scalar.getType(), 0));
}

Value Generator::binary(Value lhs, Value rhs) {
  bool isFloat = isa<FloatType>(lhs.getType());
  switch (random.below(4)) {
  case 0:
    return isFloat ? Value(arith::AddFOp::create(b, loc, lhs, rhs)) : Value(arith::AddIOp::create(b, loc, lhs, rhs));
  case 1:
    return isFloat ? Value(arith::SubFOp::create(b, loc, lhs, rhs)) : Value(arith::SubIOp::create(b, loc, lhs, rhs));
  case 2:
    return isFloat ? Value(arith::MulFOp::create(b, loc, lhs, rhs)) : Value(arith::MulIOp::create(b, loc, lhs, rhs));
  default:
    return isFloat ? Value(arith::MinimumFOp::create(b, loc, lhs, rhs))
                   : Value(arith::MinSIOp::create(b, loc, lhs, rhs));
  }
}

/// A random expression in which every input occurs once.
Value Generator::scalarCode(Values inputs) {
  Value result = inputs.front();
  if (random.chance(0.4))
    result = unary(result);
  for (Value input : ArrayRef<Value>(inputs).drop_front()) {
    result = binary(result, convert(input, result.getType()));
    if (random.chance(0.3))
      result = unary(bounded(result));
  }
  return bounded(result);
}

Value Generator::readAligned(Value tensor, ValueRange indices) {
  Shape shape = shapeOf(tensor);
  SmallVector<AffineExpr> exprs;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t position = static_cast<int64_t>(indices.size()) - static_cast<int64_t>(shape.size() - i);
    exprs.push_back(position < 0 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(position) % shape[i]);
  }
  return widened(at(b, loc, tensor, AffineMap::get(indices.size(), 0, exprs, b.getContext()), indices));
}

/// The lowest or highest value of a type.
double extreme(Type type, bool isLowest) {
  if (isa<FloatType>(type))
    return isLowest ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  // Those of 64 bits are no doubles; the generated values never come near 2^62.
  double size = std::ldexp(1.0, std::min(62, int(type.getIntOrFloatBitWidth()) - 1));
  return isLowest ? -size : size - 1;
}

Value Generator::foldOf(ArrayRef<int64_t> domain, Type type, Sum sum, llvm::function_ref<Value(ValueRange)> body) {
  bool isFloat = isa<FloatType>(type);
  Value init = constant(type, sum == Sum::Add ? 0 : extreme(type, sum == Sum::Max));
  auto combine = [&](OpBuilder &, Location, ValueRange x, ValueRange y) {
    if (sum == Sum::Add)
      return one(isFloat ? Value(arith::AddFOp::create(b, loc, x[0], y[0]))
                         : Value(arith::AddIOp::create(b, loc, x[0], y[0])));
    if (sum == Sum::Max)
      return one(isFloat ? Value(arith::MaximumFOp::create(b, loc, x[0], y[0]))
                         : Value(arith::MaxSIOp::create(b, loc, x[0], y[0])));
    return one(isFloat ? Value(arith::MinimumFOp::create(b, loc, x[0], y[0]))
                       : Value(arith::MinSIOp::create(b, loc, x[0], y[0])));
  };
  auto fold = FoldOp::create(
      b, loc, domain, ValueRange(init), [&](OpBuilder &, Location, ValueRange indices) { return one(body(indices)); },
      combine);
  return fold->getResult(0);
}

Value Generator::mapOf(ArrayRef<int64_t> domain, llvm::function_ref<Value(ValueRange)> body) {
  auto map =
      MapOp::create(b, loc, domain, [&](OpBuilder &, Location, ValueRange indices) { return one(body(indices)); });
  return map->getResult(0);
}

Values append(ValueRange a, ValueRange c) {
  Values all(a);
  all.append(c.begin(), c.end());
  return all;
}

//===----------------------------------------------------------------------===//
// Flat statements
//===----------------------------------------------------------------------===//

Value Generator::elementwise() {
  Values inputs;
  for (int64_t n = random.between(1, 3); n > 0; --n)
    inputs.push_back(pick());
  return mapOf(shapeOf(inputs.front()), [&](ValueRange i) {
    return scalarCode(llvm::map_to_vector(inputs, [&](Value tensor) { return readAligned(tensor, i); }));
  });
}

Value Generator::transpose() {
  Value source = pick();
  Shape shape = shapeOf(source);
  SmallVector<unsigned> order(shape.size());
  for (unsigned i = 0; i < order.size(); ++i)
    order[i] = i;
  random.shuffle(order);
  Shape result(shape.size());
  for (unsigned i = 0; i < order.size(); ++i)
    result[order[i]] = shape[i];
  return mapOf(result, [&](ValueRange i) {
    return at(b, loc, source, llvm::map_to_vector(order, [&](unsigned dim) { return i[dim]; }));
  });
}

Value Generator::reshape() {
  Value source = pick();
  Shape from = shapeOf(source), to;
  int64_t rest = numPoints(from);
  for (int64_t divisor = options.maxExtent; divisor > 1; --divisor)
    if (rest % divisor == 0 && random.chance(0.6)) {
      to.push_back(divisor);
      rest /= divisor;
    }
  to.push_back(rest);
  AffineExpr linear = b.getAffineConstantExpr(0);
  for (size_t i = 0; i < to.size(); ++i)
    linear = linear * to[i] + b.getAffineDimExpr(i);
  SmallVector<AffineExpr> access(from.size());
  for (size_t i = from.size(); i-- > 0; linear = linear.floorDiv(from[i]))
    access[i] = i == 0 ? linear : linear % from[i];
  return mapOf(
      to, [&](ValueRange i) { return at(b, loc, source, AffineMap::get(to.size(), 0, access, b.getContext()), i); });
}

Value Generator::pad() {
  Value source = pick();
  Shape shape = shapeOf(source);
  SmallVector<AffineExpr> access;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t low = random.between(-1, 2);
    shape[i] += random.between(-1, 2);
    shape[i] = std::max<int64_t>(shape[i], 1);
    access.push_back(b.getAffineDimExpr(i) - low);
  }
  Value otherwise = constant(elementOf(source), static_cast<double>(random.between(0, 1)));
  return mapOf(shape, [&](ValueRange i) {
    return at(b, loc, source, AffineMap::get(shape.size(), 0, access, b.getContext()), i, otherwise);
  });
}

Value Generator::slice() {
  Value source = pick();
  Shape shape = shapeOf(source);
  SmallVector<AffineExpr> access;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t start = random.between(0, shape[i] - 1), step = random.between(1, 2);
    bool backwards = random.chance(0.3);
    int64_t last = shape[i] - 1;
    shape[i] = (last - start) / step + 1;
    AffineExpr forward = b.getAffineDimExpr(i) * step + start;
    access.push_back(backwards ? -forward + last : forward);
  }
  return mapOf(shape, [&](ValueRange i) {
    return at(b, loc, source, AffineMap::get(shape.size(), 0, access, b.getContext()), i);
  });
}

/// Along the first dimension; each part is read with an `else` that the select drops.
Value Generator::concatenate() {
  Value first = pickOf(randomElement(), 1);
  Value second = pickOf(elementOf(first), 1);
  Shape shape = shapeOf(first);
  int64_t split = shape[0];
  shape[0] += shapeOf(second)[0];
  Value zero = constant(elementOf(first), 0);
  return mapOf(shape, [&](ValueRange i) {
    Value left = at(b, loc, first, b.getMultiDimIdentityMap(shape.size()), i, zero);
    Value shifted = arith::SubIOp::create(b, loc, i[0], index(split));
    SmallVector<AffineExpr> access;
    Shape other = shapeOf(second);
    for (size_t d = 0; d < other.size(); ++d)
      access.push_back(d < shape.size() ? b.getAffineDimExpr(d) : b.getAffineConstantExpr(0));
    Values operands(i);
    operands[0] = shifted;
    Value right = at(b, loc, second, AffineMap::get(shape.size(), 0, access, b.getContext()), operands, zero);
    Value inFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, i[0], index(split));
    return Value(arith::SelectOp::create(b, loc, inFirst, left, right));
  });
}

/// Rows of a tensor by numbers of another one; a number outside reads the `else` or is clamped.
Value Generator::gather() {
  Value table = pickOf(randomElement(), 1);
  Value numbers = pickOf(i32(), 1);
  Shape shape{shapeOf(numbers).back()};
  Shape row = shapeOf(table);
  shape.append(row.begin() + 1, row.end());
  bool clamped = random.chance(0.5);
  Value zero = constant(elementOf(table), 0);
  return mapOf(shape, [&](ValueRange i) {
    Value number = readAligned(numbers, i.take_front(1));
    if (clamped) {
      number = arith::MaxSIOp::create(b, loc, number, constant(i32(), 0));
      number = arith::MinSIOp::create(b, loc, number, constant(i32(), static_cast<double>(row[0] - 1)));
    }
    Values access(i);
    access[0] = arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
    return at(b, loc, table, b.getMultiDimIdentityMap(access.size()), access, clamped ? Value() : zero);
  });
}

/// Some trailing dimensions, with scalar code before and behind the fold.
Value Generator::reduce() {
  Value source = pickOf(randomElement(), 1), other = pick();
  Shape shape = shapeOf(source);
  size_t kept = random.below(shape.size());
  auto sum = static_cast<Sum>(random.below(3));
  return mapOf(ArrayRef<int64_t>(shape).take_front(kept), [&](ValueRange outer) {
    Value folded = foldOf(ArrayRef<int64_t>(shape).drop_front(kept), elementOf(source), sum,
                          [&](ValueRange inner) { return scalarCode({at(b, loc, source, append(outer, inner))}); });
    return scalarCode({bounded(folded), readAligned(other, outer)});
  });
}

Value Generator::matmul() {
  Type type = randomElement();
  Value left = pickOf(type, 2), right = pickOf(type, 2);
  Shape l = shapeOf(left), r = shapeOf(right);
  int64_t k = std::min(l.back(), r[r.size() - 2]);
  Shape domain(l.begin(), l.end() - 1);
  domain.push_back(r.back());
  return mapOf(domain, [&](ValueRange i) {
    return bounded(foldOf({k}, type, Sum::Add, [&](ValueRange inner) {
      Value x = at(b, loc, left, append(i.drop_back(), inner));
      Value y = readAligned(right, append(inner, i.take_back()));
      return isa<FloatType>(type) ? Value(arith::MulFOp::create(b, loc, x, y))
                                  : Value(arith::MulIOp::create(b, loc, x, y));
    }));
  });
}

//===----------------------------------------------------------------------===//
// Nested statements
//===----------------------------------------------------------------------===//

Value Generator::softmax() {
  Value source = pickOf(f32(), 2);
  Shape shape = shapeOf(source), row{shape.back()};
  return mapOf(ArrayRef<int64_t>(shape).drop_back(), [&](ValueRange i) {
    Value largest = foldOf(row, f32(), Sum::Max, [&](ValueRange k) { return at(b, loc, source, append(i, k)); });
    auto exponential = [&](ValueRange k) {
      Value x = at(b, loc, source, append(i, k));
      return Value(math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, x, largest)));
    };
    Value total = foldOf(row, f32(), Sum::Add, exponential);
    return mapOf(row, [&](ValueRange k) { return Value(arith::DivFOp::create(b, loc, exponential(k), total)); });
  });
}

/// Cheap and expensive code of the outer body is captured, also by a third level.
Value Generator::mapOfMap() {
  Value rows = pick(), source = pick();
  Shape outer = randomShape(1, 2), inner = randomShape(1, 1), third = randomShape(0, 1);
  return mapOf(outer, [&](ValueRange i) {
    Value captured = scalarCode({readAligned(rows, i)});
    return mapOf(inner, [&](ValueRange j) {
      Value deeper = scalarCode({readAligned(source, j), captured});
      if (third.empty())
        return deeper;
      return mapOf(third, [&](ValueRange k) { return scalarCode({readAligned(source, k), deeper, captured}); });
    });
  });
}

/// Folds that read a nested map, and a later fold that reads an earlier one.
Value Generator::mapOfManyFolds() {
  Value source = pickOf(randomElement(), 1);
  Type type = elementOf(source);
  Shape outer = randomShape(1, 2), inner = randomShape(1, 1);
  return mapOf(outer, [&](ValueRange i) {
    Value row = mapOf(inner, [&](ValueRange k) { return scalarCode({readAligned(source, append(i, k))}); });
    Value low = foldOf(inner, type, Sum::Min, [&](ValueRange k) { return at(b, loc, row, k); });
    Value sum = foldOf(inner, type, Sum::Add, [&](ValueRange k) { return scalarCode({at(b, loc, row, k), low}); });
    return scalarCode({bounded(sum), low});
  });
}

/// Regrouping is exact for integers and for the largest float.
Value Generator::foldOfFold() {
  Type type = randomElement();
  Value source = pickOf(type, 2);
  auto outerSum = isa<FloatType>(type) ? Sum::Max : static_cast<Sum>(random.below(3));
  auto innerSum = random.chance(0.7) ? outerSum : isa<FloatType>(type) ? Sum::Min : static_cast<Sum>(random.below(3));
  Shape domain = randomShape(0, 1);
  Shape shape = shapeOf(source);
  return mapOf(domain, [&](ValueRange i) {
    return foldOf({shape[shape.size() - 2]}, type, outerSum, [&](ValueRange j) {
      return foldOf({shape.back()}, type, innerSum,
                    [&](ValueRange k) { return readAligned(source, append(append(i, j), k)); });
    });
  });
}

/// A pattern inside the body of a fold, read by it.
Value Generator::foldOfMap() {
  Value source = pickOf(randomElement(), 1);
  Type type = elementOf(source);
  Shape outer = randomShape(0, 1), middle = randomShape(1, 1), inner = randomShape(1, 1);
  return mapOf(outer, [&](ValueRange i) {
    return bounded(foldOf(middle, type, Sum::Add, [&](ValueRange j) {
      Value row = mapOf(inner, [&](ValueRange k) { return scalarCode({readAligned(source, append(j, k))}); });
      Value largest = foldOf(inner, type, Sum::Max, [&](ValueRange k) { return at(b, loc, row, k); });
      return scalarCode({largest, readAligned(source, append(i, j))});
    }));
  });
}

/// A fold of the function itself; scalar code of the function goes into a map.
Value Generator::topFold() {
  Value source = pickOf(randomElement(), 1), other = pick();
  Value total =
      foldOf(shapeOf(source), elementOf(source), Sum::Max, [&](ValueRange i) { return at(b, loc, source, i); });
  Value scaled = scalarCode({total});
  return mapOf(shapeOf(other), [&](ValueRange i) { return scalarCode({widened(at(b, loc, other, i)), scaled}); });
}

/// Another element type, also one of 16-bit floats.
Value Generator::converted() {
  Value source = pick();
  Type type =
      random.chance(0.4) ? (random.chance(0.5) ? Type(b.getF16Type()) : Type(b.getBF16Type())) : randomElement();
  return mapOf(shapeOf(source), [&](ValueRange i) { return convert(readAligned(source, i), type); });
}

/// Which elements are greater than those of another tensor; other code turns them into 0 and 1.
Value Generator::compared() {
  Value source = pick(), other = pick();
  return mapOf(shapeOf(source), [&](ValueRange i) {
    Value x = readAligned(source, i), y = convert(readAligned(other, i), x.getType());
    Value greater = isa<FloatType>(x.getType())
                        ? Value(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y))
                        : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, x, y));
    Value other = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, i.empty() ? index(0) : i.back(), index(2));
    return random.chance(0.5) ? Value(arith::AndIOp::create(b, loc, greater, other))
                              : Value(arith::XOrIOp::create(b, loc, greater, other));
  });
}

/// Computes in a 16-bit float type what needs no rounding.
Value Generator::narrow() {
  Type type = random.chance(0.5) ? Type(b.getF16Type()) : Type(b.getBF16Type());
  Value source = pickOf(type, 1);
  Shape shape = shapeOf(source);
  Value row = mapOf(shape, [&](ValueRange i) {
    Value x = at(b, loc, source, i);
    x = random.chance(0.5) ? Value(arith::NegFOp::create(b, loc, x)) : arith::MulFOp::create(b, loc, x, constant(type, 2));
    return Value(arith::MaximumFOp::create(b, loc, x, constant(type, -0.5)));
  });
  if (random.chance(0.5))
    return row;
  return mapOf(ArrayRef<int64_t>(shape).drop_back(), [&](ValueRange i) {
    return foldOf({shape.back()}, type, Sum::Max, [&](ValueRange k) { return at(b, loc, row, append(i, k)); });
  });
}

/// The selected values, and their count behind them.
Value Generator::filtered() {
  Value source = pickOf(randomElement(), 1);
  Shape shape = shapeOf(source);
  Type type = elementOf(source);
  int64_t capacity = random.between(1, std::min<int64_t>(numPoints(shape), 40) + 1);
  auto filter = FilterOp::create(b, loc, shape, capacity, [&](OpBuilder &, Location, ValueRange i) {
    Value x = at(b, loc, source, i);
    Value positive = isa<FloatType>(type)
                         ? Value(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, constant(type, 0)))
                         : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, x, constant(type, 0)));
    return Values{positive, scalarCode({x})};
  });
  return mapOf({capacity}, [&](ValueRange i) {
    Value isIn = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, i.front(), filter->getResult(1));
    Value count = arith::IndexCastOp::create(b, loc, i32(), filter->getResult(1));
    Value value = readAligned(filter->getResult(0), i);
    return Value(arith::SelectOp::create(b, loc, isIn, value, convert(count, value.getType())));
  });
}

Value Generator::histogram() {
  Value numbers = pickOf(i32(), 1);
  Shape shape = shapeOf(numbers), domain{shape.back()}, keys{random.between(1, options.maxExtent)};
  bool nested = random.chance(0.5);
  Value zero = constant(i32(), 0);
  auto count = [&](ValueRange outer) {
    auto group = GroupByOp::create(
        b, loc, domain, keys, ValueRange(zero), /*dropOutside=*/true,
        [&](OpBuilder &, Location, ValueRange i) {
          Value number = readAligned(numbers, append(outer, i));
          return Values{arith::IndexCastOp::create(b, loc, b.getIndexType(), number), scalarCode({number})};
        },
        [&](OpBuilder &, Location, ValueRange x, ValueRange y) {
          return one(arith::AddIOp::create(b, loc, x[0], y[0]));
        });
    return group->getResult(0);
  };
  return nested ? mapOf(randomShape(1, 1), [&](ValueRange i) { return count(i); }) : count({});
}

/// Value and place of the largest element, the first of equal ones.
Value Generator::argmax() {
  Value source = pickOf(randomElement(), 1);
  Shape shape = shapeOf(source), domain{shape.back()};
  Type type = elementOf(source);
  bool isFloat = isa<FloatType>(type);
  Value low = constant(type, extreme(type, true));
  // Places count from 1, so that the identity 0 with the lowest value loses against every point.
  Values inits{low, index(0)};
  return mapOf(ArrayRef<int64_t>(shape).drop_back(), [&](ValueRange i) {
    auto fold = FoldOp::create(
        b, loc, domain, inits,
        [&](OpBuilder &, Location, ValueRange k) {
          return Values{at(b, loc, source, append(i, k)), arith::AddIOp::create(b, loc, k[0], index(1))};
        },
        [&](OpBuilder &, Location, ValueRange x, ValueRange y) {
          Value equal = isFloat ? Value(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[0], y[0]))
                                : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x[0], y[0]));
          Value greater = isFloat ? Value(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x[0], y[0]))
                                  : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, x[0], y[0]));
          Value earlier = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x[1], y[1]);
          Value tie = arith::AndIOp::create(b, loc, equal, earlier);
          Value left = arith::OrIOp::create(b, loc, greater, tie);
          return Values{arith::SelectOp::create(b, loc, left, x[0], y[0]),
                        arith::SelectOp::create(b, loc, left, x[1], y[1])};
        });
    Value place = arith::IndexCastOp::create(b, loc, i32(), fold->getResult(1));
    return scalarCode({place, fold->getResult(0)});
  });
}

/// Prefixes of integers, or of linear functions x -> a x + c, whose composition does not commute.
Value Generator::scan() {
  Value source = pickOf(i32(), 1);
  Shape shape = shapeOf(source);
  bool linear = random.chance(0.5), exclusive = random.chance(0.5), reverse = random.chance(0.5);
  Values inits{constant(i32(), linear ? 1 : 0)};
  if (linear)
    inits.push_back(constant(i32(), 0));
  auto build = [&](ValueRange outer, ArrayRef<int64_t> domain, int64_t dim) {
    return ScanOp::create(
               b, loc, domain, dim, inits, exclusive, reverse,
               [&](OpBuilder &, Location, ValueRange i) {
                 Value x = readAligned(source, append(outer, i));
                 return linear ? Values{x, scalarCode({x})} : one(x);
               },
               [&](OpBuilder &, Location, ValueRange x, ValueRange y) {
                 if (!linear)
                   return one(arith::AddIOp::create(b, loc, x[0], y[0]));
                 Value slope = arith::MulIOp::create(b, loc, x[0], y[0]);
                 Value offset = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, y[0], x[1]), y[1]);
                 return Values{slope, offset};
               })
        ->getResult(linear ? 1 : 0);
  };
  if (random.chance(0.5))
    return build({}, shape, static_cast<int64_t>(random.below(shape.size())));
  return mapOf(randomShape(1, 1), [&](ValueRange i) { return build(i, {shape.back()}, 0); });
}

/// A few steps on a carried tensor; the body is a nest.
Value Generator::iterate() {
  Value source = pickOf(randomElement(), 1);
  Shape shape = shapeOf(source);
  Type type = elementOf(source);
  Value yes = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
  auto loop = IterateOp::create(b, loc, 3, ValueRange(source), [&](OpBuilder &, Location, ValueRange arguments) {
    Value carried = arguments[1];
    Value next = mapOf(ArrayRef<int64_t>(shape).drop_back(), [&](ValueRange i) {
      Value largest =
          foldOf({shape.back()}, type, Sum::Max, [&](ValueRange k) { return at(b, loc, carried, append(i, k)); });
      return mapOf({shape.back()},
                   [&](ValueRange k) { return scalarCode({at(b, loc, carried, append(i, k)), largest}); });
    });
    return Values{yes, next};
  });
  return loop->getResult(0);
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> Generator::run() {
  using Statement = Value (Generator::*)();
  SmallVector<Statement> statements{
      &Generator::elementwise, &Generator::elementwise, &Generator::transpose,      &Generator::reshape,
      &Generator::reshape,     &Generator::pad,         &Generator::slice,          &Generator::concatenate,
      &Generator::gather,      &Generator::reduce,      &Generator::matmul,         &Generator::softmax,
      &Generator::mapOfMap,    &Generator::foldOfFold,  &Generator::mapOfManyFolds, &Generator::foldOfMap,
      &Generator::topFold,     &Generator::histogram,   &Generator::argmax};
  if (options.allTypes)
    statements.append({&Generator::converted, &Generator::converted});
  if (options.extended)
    statements.append({&Generator::compared, &Generator::compared, &Generator::narrow, &Generator::filtered,
                       &Generator::filtered, &Generator::iterate});
  if (options.hostOnly)
    statements.append({&Generator::scan, &Generator::iterate});
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  b.setInsertionPointToEnd(module->getBody());
  SmallVector<Type> arguments{RankedTensorType::get(randomShape(1, 3), f32()),
                              RankedTensorType::get(randomShape(2, 2), f32()),
                              RankedTensorType::get(randomShape(1, 2), i32())};
  if (options.allTypes)
    for (unsigned width : {8, 16, 64})
      arguments.push_back(RankedTensorType::get(randomShape(1, 3), b.getIntegerType(width)));
  if (options.extended) {
    Shape many(random.between(4, 6));
    for (int64_t &extent : many)
      extent = random.between(1, 3);
    arguments.push_back(RankedTensorType::get(many, f32()));
  }
  auto function = func::FuncOp::create(b, loc, "main", b.getFunctionType(arguments, {}));
  Block *entry = function.addEntryBlock();
  pool.append(entry->args_begin(), entry->args_end());
  b.setInsertionPointToStart(entry);
  for (unsigned i = 0; i < options.statements; ++i) {
    Value result = (this->*statements[random.below(statements.size())])();
    // Tensors of the pool stay small, or products of nests would make the program slow.
    if (shapeOf(result).size() <= 4 || (options.extended && numPoints(shapeOf(result)) <= 1000))
      pool.push_back(result);
  }
  Values results;
  for (Value value : ArrayRef<Value>(pool).drop_front(arguments.size()))
    if (value.use_empty())
      results.push_back(value);
  func::ReturnOp::create(b, loc, results);
  function.setFunctionType(b.getFunctionType(arguments, ValueRange(results).getTypes()));
  return module;
}

} // namespace

OwningOpRef<ModuleOp> randomProgram(MLIRContext &context, uint64_t seed, const RandomProgramOptions &options) {
  context.loadDialect<PatDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
  return Generator(context, seed, options).run();
}

SmallVector<Tensor> randomInputs(ModuleOp module, uint64_t seed) {
  Random random(seed);
  SmallVector<Tensor> inputs;
  for (Type type : module.lookupSymbol<func::FuncOp>("main").getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    Type element = tensor.getElementType();
    std::vector<int64_t> shape(tensor.getShape());
    auto integers = [&](Tensor input, auto zero) {
      for (int64_t i = 0; i < input.numElements(); ++i)
        input.data<decltype(zero)>()[i] = static_cast<decltype(zero)>(random.between(-9, 9));
      return input;
    };
    if (!isa<FloatType>(element)) {
      unsigned width = element.getIntOrFloatBitWidth();
      inputs.push_back(width == 8    ? integers(makeTensor(DType::I8, shape), int8_t(0))
                       : width == 16 ? integers(makeTensor(DType::I16, shape), int16_t(0))
                       : width == 32 ? integers(makeTensor(DType::I32, shape), int32_t(0))
                                     : integers(makeTensor(DType::I64, shape), int64_t(0)));
      continue;
    }
    Tensor input = makeTensor(DType::F32, shape);
    for (int64_t i = 0; i < input.numElements(); ++i)
      input.data<float>()[i] = static_cast<float>(random.uniform(-2, 2));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

} // namespace jacquard::test

// Tensors.cpp - reading at affine indices, maps with broadcasting, sums
#include "jacquard/Operators/Tensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

ArrayRef<int64_t> ops::shapeOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getShape(); }
Type ops::elementOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }
int64_t ops::rankOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

std::string ops::describe(ArrayRef<int64_t> shape) {
  std::string text = "[";
  constexpr size_t most = 16;
  for (auto [i, extent] : llvm::enumerate(shape.take_front(most)))
    text += (i ? ", " : "") + std::to_string(extent);
  return text + (shape.size() > most ? ", ... " + std::to_string(shape.size()) + " numbers]" : "]");
}

bool ops::isPossibleShape(ArrayRef<int64_t> shape) {
  constexpr int64_t mostElements = int64_t(1) << 38;
  constexpr size_t mostDims = 64;
  int64_t count = 1;
  for (int64_t extent : shape)
    if (extent < 0 || extent > mostElements || __builtin_mul_overflow(count, std::max<int64_t>(extent, 1), &count) ||
        count > mostElements)
      return false;
  return shape.size() <= mostDims;
}

//===----------------------------------------------------------------------===//
// Shapes and axes
//===----------------------------------------------------------------------===//

Result<Shape> ops::broadcastShapes(ArrayRef<ArrayRef<int64_t>> shapes) {
  size_t rank = 0;
  for (ArrayRef<int64_t> shape : shapes)
    rank = std::max(rank, shape.size());
  Shape result(rank, 1);
  for (ArrayRef<int64_t> shape : shapes) {
    for (size_t i = 0; i < shape.size(); ++i) {
      int64_t &extent = result[rank - shape.size() + i];
      if (shape[i] == 1 || shape[i] == extent)
        continue;
      if (extent != 1) {
        std::string all;
        for (ArrayRef<int64_t> one : shapes)
          all += (all.empty() ? "" : " and ") + describe(one);
        return Error{"shapes " + all +
                     " do not broadcast; expected equal extents or 1, counted from the last dimension"};
      }
      extent = shape[i];
    }
  }
  return result;
}

Result<int64_t> ops::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return Error{"axis " + std::to_string(axis) + " is outside a tensor of rank " + std::to_string(rank)};
  return axis < 0 ? axis + rank : axis;
}

Result<Shape> ops::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  Shape result;
  for (int64_t axis : axes) {
    Result<int64_t> one = normalizeAxis(axis, rank);
    if (!one)
      return one.takeError();
    if (llvm::is_contained(result, *one))
      return Error{"axis " + std::to_string(axis) + " is given twice"};
    result.push_back(*one);
  }
  llvm::sort(result);
  return result;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The scalar that every element of a constant tensor equals, at the builder's insertion point; null if there is none.
static Value splatScalar(OpBuilder &b, Location loc, Value tensor) {
  DenseElementsAttr dense;
  if (!matchPattern(tensor, m_Constant(&dense)) || !dense.isSplat())
    return {};
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(dense.getSplatValue<Attribute>()));
}

Value ops::read(OpBuilder &b, Location loc, Value tensor, ArrayRef<AffineExpr> exprs, ValueRange operands,
                Value elseValue) {
  if (!elseValue)
    if (Value scalar = splatScalar(b, loc, tensor))
      return scalar;
  AffineMap map = simplifyAffineMap(AffineMap::get(operands.size(), 0, exprs, b.getContext()));
  llvm::SmallBitVector unused = getUnusedDimsBitVector({map});
  map = compressDims(map, unused);
  SmallVector<Value> used;
  for (unsigned i = 0; i < operands.size(); ++i)
    if (!unused.test(i))
      used.push_back(operands[i]);
  // Without an else value, plain indices are enough where every dimension is one operand.
  bool plain = !elseValue && llvm::all_of(map.getResults(), [](AffineExpr e) { return isa<AffineDimExpr>(e); });
  if (!plain)
    return pat::at(b, loc, tensor, map, used, elseValue);
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults())
    indices.push_back(used[cast<AffineDimExpr>(expr).getPosition()]);
  return pat::at(b, loc, tensor, indices);
}

Value ops::readBroadcast(OpBuilder &b, Location loc, Value tensor, ValueRange indices) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  size_t lead = indices.size() - shape.size();
  SmallVector<AffineExpr> exprs;
  for (auto [i, extent] : llvm::enumerate(shape))
    exprs.push_back(extent == 1 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(lead + i));
  return read(b, loc, tensor, exprs, indices);
}

/// The element at these very indices.
static Value readInPlace(OpBuilder &b, Location loc, Value tensor, ValueRange indices) {
  if (Value scalar = splatScalar(b, loc, tensor))
    return scalar;
  return pat::at(b, loc, tensor, indices);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

Value ops::mapOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, IndexFn body) {
  auto map = pat::MapOp::create(
      b, loc, domain, [&](OpBuilder &b, Location, ValueRange indices) { return SmallVector<Value>{body(b, indices)}; });
  return map->getResult(0);
}

Result<Value> ops::elementwise(OpBuilder &b, Location loc, ArrayRef<Value> tensors, ElementFn fn, bool isUnsigned) {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (Value tensor : tensors)
    shapes.push_back(shapeOf(tensor));
  Result<Shape> shape = broadcastShapes(shapes);
  if (!shape)
    return shape.takeError();
  return mapOver(b, loc, *shape, [&](OpBuilder &b, ValueRange indices) {
    SmallVector<Value> elements;
    for (Value tensor : tensors)
      elements.push_back(shapeOf(tensor) == ArrayRef<int64_t>(*shape) ? readInPlace(b, loc, tensor, indices)
                                                                      : readBroadcast(b, loc, tensor, indices));
    Scalars s(b, loc, isUnsigned);
    return fn(s, elements);
  });
}

Value ops::elementwise(OpBuilder &b, Location loc, Value tensor, ElementFn fn, bool isUnsigned) {
  return mapOver(b, loc, shapeOf(tensor), [&](OpBuilder &b, ValueRange indices) {
    Scalars s(b, loc, isUnsigned);
    return fn(s, pat::at(b, loc, tensor, indices));
  });
}

Value ops::foldOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Value init, IndexFn body,
                    llvm::function_ref<Value(Scalars &, Value, Value)> combine, bool isUnsigned) {
  Shape points(domain);
  if (points.empty())
    points.push_back(1);
  auto fold = pat::FoldOp::create(
      b, loc, points, init,
      [&](OpBuilder &b, Location, ValueRange indices) {
        return SmallVector<Value>{body(b, indices.take_front(domain.size()))};
      },
      [&](OpBuilder &b, Location, ValueRange lhs, ValueRange rhs) {
        Scalars s(b, loc, isUnsigned);
        return SmallVector<Value>{combine(s, lhs[0], rhs[0])};
      });
  return fold->getResult(0);
}

Value ops::sumOver(OpBuilder &b, Location loc, ArrayRef<int64_t> domain, Type type, IndexFn body) {
  Value zero = Scalars(b, loc).integer(type, 0);
  return foldOver(b, loc, domain, zero, body, [](Scalars &s, Value x, Value y) { return s.add(x, y); });
}

Value ops::convert(OpBuilder &b, Location loc, Value tensor, Type element, bool fromUnsigned, bool toUnsigned) {
  if (elementOf(tensor) == element)
    return tensor;
  return elementwise(
      b, loc, tensor, [&](Scalars &s, ValueRange x) { return s.cast(x[0], element, toUnsigned); }, fromUnsigned);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value ops::constantTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(shape, b.getI64Type());
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, values));
}

Value ops::constantTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type element, ArrayRef<double> values) {
  auto type = RankedTensorType::get(shape, element);
  if (auto floats = dyn_cast<FloatType>(element)) {
    SmallVector<APFloat> elements;
    for (double value : values) {
      bool loses;
      elements.emplace_back(value).convert(floats.getFloatSemantics(), APFloat::rmNearestTiesToEven, &loses);
    }
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, elements));
  }
  SmallVector<APInt> elements;
  for (double value : values)
    elements.push_back(APInt(64, uint64_t(int64_t(value))).sextOrTrunc(element.getIntOrFloatBitWidth()));
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, elements));
}

Value ops::constantScalar(OpBuilder &b, Location loc, Type element, double value) {
  return constantTensor(b, loc, {}, element, value);
}

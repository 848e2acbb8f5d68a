// Unpool.cpp - the way back from windows to what they slide over
#include "Transposed.h"

#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Pool.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

Result<Value> ops::columnsToImage(OpBuilder &b, Location loc, Value columns, const Window &window,
                                  ArrayRef<int64_t> image) {
  ArrayRef<int64_t> from = shapeOf(columns);
  Shape counted = {1, 1};
  counted.append(image.begin(), image.end());
  if (Status status = checkWindow(window, counted); !status)
    return status.takeError();
  Shape along;
  for (auto [i, extent] : llvm::enumerate(image))
    along.push_back(window.positions(i, extent));
  int64_t taps = pat::numPoints(window.kernel), positions = pat::numPoints(along);
  if (from.size() != 3 || from[1] % taps || from[2] != positions)
    return Error{"columns have shape " + describe(from) + "; expected [batch, a multiple of " + std::to_string(taps) +
                 ", " + std::to_string(positions) + "]"};
  Shape result = {from[0], from[1] / taps}, split = result;
  split.append(window.kernel.begin(), window.kernel.end());
  split.append(along.begin(), along.end());
  result.append(image.begin(), image.end());
  Value parts = reshape(b, loc, columns, split);
  Type type = elementOf(columns), sumType = accumulatorType(type);
  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange point) {
    Value sum = sumOver(b, loc, window.kernel, sumType, [&](OpBuilder &b, ValueRange tap) {
      Scalars s(b, loc);
      SmallVector<Value> indices(point);
      indices.append(tap.begin(), tap.end());
      auto dim = [&](unsigned i) { return b.getAffineDimExpr(i); };
      SmallVector<AffineExpr> at = {dim(0), dim(1)};
      for (unsigned i = 0; i < window.rank(); ++i)
        at.push_back(dim(result.size() + i));
      Value zero = s.integer(type, 0), reached;
      for (unsigned i = 0; i < window.rank(); ++i) {
        at.push_back(reachedFrom(window, i, dim(2 + i), dim(result.size() + i)));
        if (Value hit = isReached(s, window, i, point[2 + i], tap[i]))
          reached = reached ? s.both(reached, hit) : hit;
      }
      Value x = read(b, loc, parts, at, indices, zero);
      return s.cast(reached ? s.select(reached, x, zero) : x, sumType);
    });
    return Scalars(b, loc).cast(sum, type);
  });
}

Result<Value> ops::maxUnpool(OpBuilder &b, Location loc, Value input, Value positions, const Window &window,
                             ArrayRef<int64_t> output) {
  ArrayRef<int64_t> from = shapeOf(input);
  if (shapeOf(positions) != from)
    return Error{"values and positions have shapes " + describe(from) + " and " + describe(shapeOf(positions)) +
                 "; expected equal ones"};
  Shape pooled = {from[0], from[1]}, after;
  for (size_t i = 0; i < window.rank(); ++i)
    pooled.push_back((from[2 + i] - 1) * window.strides[i] + window.reach(i) - window.padsBegin[i] - window.padsEnd[i]);
  if (llvm::any_of(pooled, [](int64_t extent) { return extent < 1; }))
    return Error{"values of shape " + describe(from) + " would come from the impossible shape " + describe(pooled)};
  if (!output.empty() && output.size() != pooled.size())
    return Error{"the result should have shape " + describe(output) + "; expected " + std::to_string(pooled.size()) +
                 " dimensions"};
  int64_t count = pat::numPoints(pooled), updates = pat::numPoints(from);
  Value zero = constantScalar(b, loc, elementOf(input), 0);
  Result<Value> flat = scatterElements(b, loc, fill(b, loc, {count}, zero), reshape(b, loc, positions, {updates}),
                                       reshape(b, loc, input, {updates}), 0, ScatterKind::Replace);
  if (!flat || output.empty())
    return flat ? reshape(b, loc, *flat, pooled) : std::move(flat);
  for (auto [extent, wanted] : llvm::zip(pooled, output))
    after.push_back(wanted - extent);
  return pad(b, loc, reshape(b, loc, *flat, pooled), Shape(pooled.size(), 0), after, PadMode::Constant);
}

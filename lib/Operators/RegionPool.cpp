// RegionPool.cpp - pooling over regions of interest
#include "Between.h"

#include "jacquard/Operators/Sample.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// The samples of RoiAlign along one dimension of the image, by region and bin.
struct RoiLine {
  Value regions;
  Type type; ///< of the arithmetic
  const RoiAlignOptions &options;
  int64_t extent; ///< of the image
  int64_t bins;
  int64_t low, high; ///< columns of `regions`

  /// Bounds of the fold over samples. A bin may have more samples than this, but no two stand closer than half an
  /// element where there is more than one: so many reach from one side of the image to the other.
  int64_t most() const { return options.ratio > 0 ? options.ratio : 2 * (extent + 1) + 4; }

  struct Bin {
    Value start, size, count; ///< position, extent, number of samples (whole)
    Value first;              ///< the first sample looked at; null: 0
  };
  Bin bin(OpBuilder &b, Location loc, Value region, Value which) const;
  /// Sample k of those looked at: where it stands, brought into the image; and whether it exists and is near it.
  struct Sample {
    Value position, exists, counts;
  };
  Sample sample(Scalars &s, const Bin &bin, Value k) const;
};

} // namespace

RoiLine::Bin RoiLine::bin(OpBuilder &b, Location loc, Value region, Value which) const {
  Scalars s(b, loc);
  auto edge = [&](int64_t column) {
    Value x = s.mul(s.cast(pat::at(b, loc, regions, {region, s.index(column)}), type), s.constant(type, options.scale));
    return options.halfPixel ? s.sub(x, s.constant(type, 0.5)) : x;
  };
  Value start = edge(low), length = s.sub(edge(high), start);
  if (!options.halfPixel)
    length = s.max(length, s.constant(type, 1)); // damaged regions count as one element
  Bin bin;
  bin.size = s.div(length, s.constant(type, double(bins)));
  bin.start = s.add(start, s.mul(s.cast(which, type), bin.size));
  if (options.ratio > 0) {
    bin.count = s.constant(type, double(options.ratio));
    return bin;
  }
  bin.count = s.ceil(bin.size);
  // Start with the last sample before the image.
  Value spacing = s.div(bin.size, bin.count), half = s.constant(type, 0.5);
  Value reach = s.div(s.sub(s.constant(type, -1), bin.start), spacing);
  Value before = s.sub(s.ceil(s.sub(reach, half)), s.constant(type, 1));
  bin.first = s.select(s.less(s.constant(type, 0), before), before, s.constant(type, 0));
  return bin;
}

RoiLine::Sample RoiLine::sample(Scalars &s, const Bin &bin, Value k) const {
  Value number = s.cast(k, type), half = s.constant(type, 0.5);
  if (bin.first)
    number = s.add(number, bin.first);
  Value x = s.add(bin.start, s.div(s.mul(s.add(number, half), bin.size), bin.count));
  Sample sample;
  sample.counts = isWithin(s, x, -1, double(extent));
  sample.exists = s.less(number, bin.count);
  sample.position = keepWithin(s, x, 0, double(extent - 1));
  return sample;
}

/// How many samples a bin has in both dimensions; at least 1, to divide by.
static Value countSamples(Scalars &s, const RoiLine::Bin &y, const RoiLine::Bin &x) {
  return s.max(s.mul(y.count, x.count), s.constant(y.count.getType(), 1));
}

/// By reading each sample's four neighbours.
static Value poolSamples(OpBuilder &b, Location loc, Value input, Value batches, ArrayRef<int64_t> result,
                         const RoiLine &rows, const RoiLine &columns) {
  bool maximum = rows.options.maximum;
  Type sumType = rows.type, type = elementOf(input);
  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, loc);
    RoiLine::Bin y = rows.bin(b, loc, point[0], point[2]), x = columns.bin(b, loc, point[0], point[3]);
    Value batch = s.cast(pat::at(b, loc, batches, point[0]), b.getIndexType());
    Value zero = s.constant(sumType, 0), neutral = maximum ? s.lowest(sumType) : zero;
    auto neighbour = [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      SmallVector<Value> at = {batch, point[1]};
      Value weight, exists, counts;
      for (auto [line, bin, number, side] : {std::tuple(&rows, &y, k[0], k[2]), std::tuple(&columns, &x, k[1], k[3])}) {
        RoiLine::Sample sample = line->sample(s, *bin, number);
        Value element = s.add(s.floor(sample.position), s.cast(side, sumType));
        Value share = linearWeight(s, s.sub(sample.position, element));
        at.push_back(s.cast(keepWithin(s, element, 0, double(line->extent - 1)), b.getIndexType()));
        weight = weight ? s.mul(weight, share) : share;
        exists = exists ? s.both(exists, sample.exists) : sample.exists;
        counts = counts ? s.both(counts, sample.counts) : sample.counts;
      }
      Value value = s.cast(readOr(b, loc, input, at, s.integer(type, 0)), sumType);
      return s.select(exists, s.select(counts, s.mul(weight, value), zero), neutral);
    };
    Value pooled = foldOver(b, loc, {rows.most(), columns.most(), 2, 2}, neutral, neighbour,
                            [&](Scalars &s, Value u, Value v) { return maximum ? s.max(u, v) : s.add(u, v); });
    if (!maximum)
      pooled = s.div(pooled, countSamples(s, y, x));
    else if (rows.options.ratio < 1) { // a region without extent has no samples
      Value one = s.constant(sumType, 1);
      pooled = s.select(s.both(s.lessEqual(one, y.count), s.lessEqual(one, x.count)), pooled, zero);
    }
    return s.cast(pooled, type);
  });
}

/// What each element of the image weighs in the sum over a bin's samples: [R, bins, extent].
static Value weighElements(OpBuilder &b, Location loc, const RoiLine &line) {
  return mapOver(b, loc, {shapeOf(line.regions)[0], line.bins, line.extent}, [&](OpBuilder &b, ValueRange point) {
    RoiLine::Bin bin = line.bin(b, loc, point[0], point[1]);
    Value element = Scalars(b, loc).cast(point[2], line.type);
    return sumOver(b, loc, line.most(), line.type, [&](OpBuilder &b, ValueRange k) {
      Scalars s(b, loc);
      RoiLine::Sample sample = line.sample(s, bin, k[0]);
      Value weight = linearWeight(s, s.sub(sample.position, element));
      return s.select(s.both(sample.exists, sample.counts), weight, s.constant(line.type, 0));
    });
  });
}

/// Linear interpolation and sums separate: two contractions with the elements' weights, whose size does not depend on
/// the number of samples.
static Value averageByWeights(OpBuilder &b, Location loc, Value input, Value batches, ArrayRef<int64_t> result,
                              const RoiLine &rows, const RoiLine &columns) {
  Type sumType = rows.type, type = elementOf(input);
  Value rowWeights = weighElements(b, loc, rows), columnWeights = weighElements(b, loc, columns);
  Shape halfway = {result[0], result[1], rows.extent, result[3]};
  Value narrowed = mapOver(b, loc, halfway, [&](OpBuilder &b, ValueRange p) {
    Value batch = Scalars(b, loc).cast(pat::at(b, loc, batches, p[0]), b.getIndexType());
    return sumOver(b, loc, columns.extent, sumType, [&](OpBuilder &b, ValueRange x) {
      Scalars s(b, loc);
      Value value = s.cast(readOr(b, loc, input, {batch, p[1], p[2], x[0]}, s.integer(type, 0)), sumType);
      return s.mul(pat::at(b, loc, columnWeights, {p[0], p[3], x[0]}), value);
    });
  });
  return mapOver(b, loc, result, [&](OpBuilder &b, ValueRange p) {
    Value sum = sumOver(b, loc, rows.extent, sumType, [&](OpBuilder &b, ValueRange y) {
      Value weight = pat::at(b, loc, rowWeights, {p[0], p[2], y[0]});
      return Scalars(b, loc).mul(weight, pat::at(b, loc, narrowed, {p[0], p[1], y[0], p[3]}));
    });
    Scalars s(b, loc);
    Value count = countSamples(s, rows.bin(b, loc, p[0], p[2]), columns.bin(b, loc, p[0], p[3]));
    return s.cast(s.div(sum, count), type);
  });
}

static Status checkRegions(ArrayRef<int64_t> input, ArrayRef<int64_t> regions, int64_t columns, int64_t height,
                           int64_t width) {
  if (input.size() != 4 || input[2] < 1 || input[3] < 1)
    return Error{"input has shape " + describe(input) + "; expected [batch, channels, height, width]"};
  if (regions.size() != 2 || regions[1] != columns)
    return Error{"regions have shape " + describe(regions) + "; expected [number, " + std::to_string(columns) + "]"};
  constexpr int64_t most = 1 << 20;
  if (height < 1 || width < 1 || height > most || width > most)
    return Error{"regions cannot be pooled to " + describe({height, width})};
  return {};
}

Result<Value> ops::roiAlign(OpBuilder &b, Location loc, Value input, Value regions, Value batches,
                            const RoiAlignOptions &options) {
  ArrayRef<int64_t> from = shapeOf(input), by = shapeOf(regions);
  if (Status status = checkRegions(from, by, 4, options.height, options.width); !status)
    return status.takeError();
  if (shapeOf(batches) != by.take_front(1))
    return Error{"batch indices have shape " + describe(shapeOf(batches)) + "; expected one for each of " +
                 std::to_string(by[0]) + " regions"};
  Type type = accumulatorType(elementOf(input));
  RoiLine rows{regions, type, options, from[2], options.height, 1, 3};
  RoiLine columns{regions, type, options, from[3], options.width, 0, 2};
  Shape result = {by[0], from[1], options.height, options.width};
  if (options.ratio < 1 && !options.maximum)
    return averageByWeights(b, loc, input, batches, result, rows, columns);
  return poolSamples(b, loc, input, batches, result, rows, columns);
}

//===----------------------------------------------------------------------===//
// MaxRoiPool
//===----------------------------------------------------------------------===//

/// Half away from zero, as C's round.
static Value roundAway(Scalars &s, Value x) {
  Value half = s.constant(x.getType(), 0.5), zero = s.constant(x.getType(), 0);
  return s.select(s.less(x, zero), s.ceil(s.sub(x, half)), s.floor(s.add(x, half)));
}

/// The first element of a bin and the one behind its last, along one dimension.
static std::pair<Value, Value> binBounds(Scalars &s, Value low, Value high, Value which, int64_t bins, int64_t extent) {
  Type type = low.getType();
  Value one = s.constant(type, 1), number = s.cast(which, type);
  Value length = s.max(s.add(s.sub(high, low), one), one);
  Value size = s.div(length, s.constant(type, double(bins)));
  Value from = s.add(s.floor(s.mul(number, size)), low), to = s.add(s.ceil(s.mul(s.add(number, one), size)), low);
  return {keepWithin(s, from, 0, double(extent)), keepWithin(s, to, 0, double(extent))};
}

Result<Value> ops::maxRoiPool(OpBuilder &b, Location loc, Value input, Value regions, int64_t height, int64_t width,
                              double scale) {
  ArrayRef<int64_t> from = shapeOf(input), by = shapeOf(regions);
  if (Status status = checkRegions(from, by, 5, height, width); !status)
    return status.takeError();
  Type type = elementOf(input), place = accumulatorType(type);
  return mapOver(b, loc, {by[0], from[1], height, width}, [&](OpBuilder &b, ValueRange p) {
    Scalars s(b, loc);
    auto edge = [&](int64_t column) {
      Value x = s.cast(pat::at(b, loc, regions, {p[0], s.index(column)}), place);
      return column ? roundAway(s, s.mul(x, s.constant(place, scale))) : x;
    };
    Value batch = s.cast(keepWithin(s, edge(0), -1, double(from[0])), b.getIndexType());
    std::pair<Value, Value> bounds[] = {binBounds(s, edge(2), edge(4), p[2], height, from[2]),
                                        binBounds(s, edge(1), edge(3), p[3], width, from[3])};
    Value lowest = s.lowest(type);
    auto element = [&](OpBuilder &b, ValueRange at) {
      Scalars s(b, loc);
      Value inside;
      for (auto [index, bound] : llvm::zip(at, bounds)) {
        Value x = s.cast(index, place);
        Value one = s.both(s.lessEqual(bound.first, x), s.less(x, bound.second));
        inside = inside ? s.both(inside, one) : one;
      }
      return s.select(inside, readOr(b, loc, input, {batch, p[1], at[0], at[1]}, lowest), lowest);
    };
    Value most =
        foldOver(b, loc, {from[2], from[3]}, lowest, element, [](Scalars &s, Value x, Value y) { return s.max(x, y); });
    Value filled = s.both(s.less(bounds[0].first, bounds[0].second), s.less(bounds[1].first, bounds[1].second));
    return s.select(filled, most, s.constant(type, 0));
  });
}

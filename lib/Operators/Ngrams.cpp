// Ngrams.cpp - counting short sequences of numbers
#include "Between.h"

#include "jacquard/Operators/Gather.h"
#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Ngrams.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

/// How often each gram occurs in each row: [rows, grams]. Elements of a gram stand 1 to `distances` apart.
static Value countGrams(OpBuilder &b, Location loc, Value rows, const Grams &grams, int64_t distances) {
  int64_t length = grams.length, columns = shapeOf(rows)[1], count = grams.slots.size();
  Value pool = constantTensor(b, loc, {count, length}, grams.elements);
  Type type = b.getF32Type(), number = b.getI64Type();
  return mapOver(b, loc, {shapeOf(rows)[0], count}, [&](OpBuilder &b, ValueRange point) {
    // Over distances (less one) and starts.
    return sumOver(b, loc, {distances, columns}, type, [&](OpBuilder &b, ValueRange p) {
      Value misses = sumOver(b, loc, length, type, [&](OpBuilder &b, ValueRange i) {
        Scalars s(b, loc);
        Value place = s.add(p[1], s.mul(i[0], s.add(p[0], s.index(1))));
        Value isInside = s.less(place, s.index(columns));
        Value found = s.cast(readOr(b, loc, rows, {point[0], place}, s.integer(elementOf(rows), 0)), number);
        Value hit = s.both(isInside, s.equal(found, pat::at(b, loc, pool, {point[1], i[0]})));
        return s.select(hit, s.constant(type, 0), s.constant(type, 1));
      });
      Scalars s(b, loc);
      return s.select(s.equal(misses, s.constant(type, 0)), s.constant(type, 1), s.constant(type, 0));
    });
  });
}

Value ops::ngramCounts(OpBuilder &b, Location loc, Value rows, ArrayRef<Grams> pools, int64_t slots, int64_t skips) {
  int64_t batch = shapeOf(rows)[0];
  Value total = fill(b, loc, {batch, slots}, constantScalar(b, loc, b.getF32Type(), 0));
  for (const Grams &grams : pools) {
    if (grams.slots.empty())
      continue;
    // Single numbers have no distance.
    Value counts = countGrams(b, loc, rows, grams, grams.length == 1 ? 1 : skips + 1);
    int64_t count = grams.slots.size();
    Value places = broadcast(b, loc, constantTensor(b, loc, {1, count}, grams.slots), {batch, count});
    total = *scatterElements(b, loc, total, places, counts, 1, ScatterKind::Add);
  }
  return total;
}

// Select.h - operators whose results have as many elements as data decides
//
// Results have static capacity; counts are tensors without dimensions of i64. What stands behind the count is
// unspecified.
#ifndef JACQUARD_OPERATORS_SELECT_H
#define JACQUARD_OPERATORS_SELECT_H

#include "jacquard/Operators/Tensors.h"

#include <optional>

namespace jacquard::ops {

/// A tensor of which the first `count` positions of one dimension are meant.
struct Counted {
  Value values, count;
};

/// The indices of the elements that are not 0, row-major: [rank, elements], counted in dimension 1.
Counted nonZero(OpBuilder &b, Location loc, Value tensor);

/// The slices along `axis` (of the flat tensor without one) at which `condition`, a list of i1, is true; counted along
/// it.
Counted compress(OpBuilder &b, Location loc, Value tensor, Value condition, std::optional<int64_t> axis);

/// Different slices along an axis.
struct Unique {
  Value values;    ///< counted along the axis
  Value positions; ///< of the first of each, i64, counted
  Value inverse;   ///< per slice the number of its value, i64
  Value repeats;   ///< how often each occurs, i64, counted
  Value count;
};
/// Without an axis: of the elements. In lexicographic order, or in that of first occurrence. NaN equals NaN and comes
/// last. Compares all pairs.
Unique unique(OpBuilder &b, Location loc, Value tensor, std::optional<int64_t> axis, bool sorted, bool isUnsigned);

struct SuppressionOptions {
  bool centred = false;     ///< boxes are (x, y, width, height) rather than two corners (y, x, y, x)
  int64_t mostPerClass = 0; ///< capacity per batch and class
  Value limit;              ///< one i64: most boxes per class; null: mostPerClass
  Value overlap;            ///< one float: boxes that overlap more are suppressed; null: 0
  Value score;              ///< one float: boxes that score no more are not looked at; null: all are
};
/// Greedy non-maximum suppression of boxes [batches, boxes, 4] by scores [batches, classes, boxes]: rows (batch, class,
/// box) of i64, best first per batch and class, counted in dimension 0. Among equal scores the first box wins.
Counted suppressNonMaxima(OpBuilder &b, Location loc, Value boxes, Value scores, const SuppressionOptions &options);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_SELECT_H

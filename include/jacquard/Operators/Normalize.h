// Normalize.h - softmax and the normalisations
#ifndef JACQUARD_OPERATORS_NORMALIZE_H
#define JACQUARD_OPERATORS_NORMALIZE_H

#include "jacquard/Operators/Tensors.h"

namespace jacquard::ops {

/// exp(x - max) / sum along `axis`, or its logarithm.
Value softmax(OpBuilder &b, Location loc, Value tensor, int64_t axis, bool logarithm = false);
/// 1 at the first maximum along `axis`, else 0.
Result<Value> hardmax(OpBuilder &b, Location loc, Value tensor, int64_t axis);

/// Over the dimensions from `axis` on: (x - mean) / sqrt(variance + epsilon) * scale + bias; `scale` and `bias`
/// broadcast to the normalised dimensions and may be null. Computed in `compute`. Mean and 1/sqrt(..), in that type,
/// have extents of 1 in the normalised dimensions; they are null unless `statistics`.
struct LayerNormResult {
  Value result, mean, inverseDeviation;
};
Result<LayerNormResult> layerNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, int64_t axis,
                                  double epsilon, Type compute, bool statistics = false);
/// x / sqrt(mean of squares + epsilon) * scale
Result<Value> rmsNorm(OpBuilder &b, Location loc, Value tensor, Value scale, int64_t axis, double epsilon,
                      Type compute);

/// Inference: (x - mean) / sqrt(variance + epsilon) * scale + bias, parameters [C] for a tensor [N, C, ..].
Result<Value> batchNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, Value mean, Value variance,
                        double epsilon);

/// Mean and variance over channels of a group and all spatial dimensions of [N, C, ..]; parameters [C] (`perChannel`)
/// or [groups].
Result<Value> groupNorm(OpBuilder &b, Location loc, Value tensor, Value scale, Value bias, int64_t groups,
                        double epsilon, bool perChannel);

/// x / (bias + alpha / size * sum of squares of `size` neighbouring channels) ^ beta
Value localResponseNorm(OpBuilder &b, Location loc, Value tensor, int64_t size, double alpha, double beta, double bias);

/// x divided by its norm of order `p` (1 or 2) along `axis`; 0 where the norm is 0.
Value lpNormalize(OpBuilder &b, Location loc, Value tensor, int64_t axis, int64_t p);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_NORMALIZE_H

// Sample.h - reading tensors between their elements: grids, regions of interest, deformed windows
//
// Inputs are [N, C, spatial..]; positions along a spatial dimension are floats, element i stands at i.
#ifndef JACQUARD_OPERATORS_SAMPLE_H
#define JACQUARD_OPERATORS_SAMPLE_H

#include "jacquard/Operators/Contract.h"

namespace jacquard::ops {

enum class SampleMode { Nearest, Linear, Cubic };
/// What stands outside the tensor: zeros, its edge, or its mirror image.
enum class Surrounding { Zeros, Edge, Mirror };

/// input at the positions of `grid` [N, out.., spatial rank], whose last dimension counts from the last spatial
/// dimension and whose values run from -1 to 1 over the extent: between the outer elements' centres when
/// `alignCorners`, else between their outer edges. Result [N, C, out..]. Cubic is Keys' kernel with -0.75 along each
/// dimension; Nearest rounds half to even.
struct GridSampleOptions {
  SampleMode mode = SampleMode::Linear;
  Surrounding surrounding = Surrounding::Zeros;
  bool alignCorners = false;
};
Result<Value> gridSample(OpBuilder &b, Location loc, Value input, Value grid, const GridSampleOptions &options);

/// The grid that `theta` [N, r, r + 1] maps the regular one of spatial extents `size` to: [N, size.., r].
Result<Value> affineGrid(OpBuilder &b, Location loc, Value theta, ArrayRef<int64_t> size, bool alignCorners);

/// Pools of the samples in each bin of each region. `regions` [R, 4] holds x1, y1, x2, y2, `batches` [R] the image of
/// each. Result [R, C, height, width]. `ratio` samples per bin and dimension; 0: as many as the bin has elements,
/// rounded up. The maximum is taken over the four weighted neighbours of each sample, as ONNX defines it.
struct RoiAlignOptions {
  int64_t height = 1, width = 1, ratio = 0;
  double scale = 1;
  bool halfPixel = false, maximum = false;
};
Result<Value> roiAlign(OpBuilder &b, Location loc, Value input, Value regions, Value batches,
                       const RoiAlignOptions &options);

/// Maxima over the elements of each bin; rows of `regions` [R, 5] are batch, x1, y1, x2, y2. Empty bins give 0.
Result<Value> maxRoiPool(OpBuilder &b, Location loc, Value input, Value regions, int64_t height, int64_t width,
                         double scale);

/// A convolution whose taps are moved by `offsets` [N, offset groups * kernel.. * rank, out..] and scaled by `mask`
/// [N, offset groups * kernel.., out..] (may be null), read by linear interpolation.
struct DeformConvOperands {
  Value input, weight, offsets, bias, mask;
};
Result<Value> deformConv(OpBuilder &b, Location loc, const DeformConvOperands &operands, const Window &window,
                         int64_t groups, int64_t offsetGroups);

} // namespace jacquard::ops

#endif // JACQUARD_OPERATORS_SAMPLE_H

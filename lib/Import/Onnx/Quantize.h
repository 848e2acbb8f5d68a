// Quantize.h - quantised numbers: real = (stored - zero) * scale
#ifndef JACQUARD_LIB_IMPORT_ONNX_QUANTIZE_H
#define JACQUARD_LIB_IMPORT_ONNX_QUANTIZE_H

#include "Node.h"

#include "jacquard/Operators/Contract.h"

namespace jacquard::importer {

/// Integers that stand for a tensor of floats: (values - zero) * scale, then cut off at `low` and `high`. They go along
/// with the tensor, so that operators behind it can work on them.
struct Quantised {
  mlir::Value values;
  int32_t type = 0;                ///< of values and zero; ONNX's
  mlir::Value zero = {};           ///< null, or broadcasts to `values`
  mlir::Value scale = {};          ///< f32; broadcasts to `values`
  bool isSum = false;              ///< sums of products, to be rounded by what follows
  mlir::Value low = {}, high = {}; ///< f32, without dimensions; or null
};

/// How scales and zero points belong to a tensor's elements: one for all, one per position of `axis`, one per block of
/// `block` positions along it.
struct Granularity {
  int64_t axis = 0, block = 0;
};

bool isOneNumber(mlir::Value tensor);
/// The scale or zero point of the element at `point`.
mlir::Value readParameter(mlir::OpBuilder &b, mlir::Location loc, mlir::Value parameter, mlir::ValueRange point,
                          const Granularity &granularity);

/// Types that numbers are quantised to.
bool isQuantisedType(int32_t type);
/// round(x) + zero, cut off at the ends of `type`; `x` is an f32, `zero` null or of the type.
mlir::Value quantiseScalar(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value zero, int32_t type,
                           bool saturates = true);
/// (x - zero) * scale as f32; `zero` may be null.
mlir::Value dequantiseScalar(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value zero, mlir::Value scale,
                             int32_t type);

/// A parameter that is one number, or a vector along dimension `axis` of a tensor of `rank`, in a shape that
/// broadcasts.
mlir::Value alignParameter(mlir::OpBuilder &b, mlir::Location loc, mlir::Value parameter, int64_t axis, int64_t rank);

/// (values - zero) * scale
mlir::Value dequantise(mlir::OpBuilder &b, mlir::Location loc, const Quantised &tensor);
/// ONNX rounds x / scale and adds the zero point; some of com.microsoft's operators add first, so that halves go to
/// another side where the zero point is odd.
enum class Rounding { BeforeZeroPoint, AfterZeroPoint };
/// round(real / scale) + zero; parameters broadcast, `zero` may be null.
mlir::Value quantise(mlir::OpBuilder &b, mlir::Location loc, mlir::Value real, mlir::Value scale, mlir::Value zero,
                     int32_t type, Rounding rounding = Rounding::BeforeZeroPoint);
/// round(sums * (its scale / scale)) + zero
mlir::Value requantise(mlir::OpBuilder &b, mlir::Location loc, const Quantised &sums, mlir::Value scale,
                       mlir::Value zero, int32_t type);

/// A tensor of f32 as uint8, with scale and zero point from its own range, which always holds 0.
Quantised quantiseDynamically(mlir::OpBuilder &b, mlir::Location loc, mlir::Value tensor);

// Sums of products in i32. `bias` is null or i32 and has the scale of the products.
Result<Quantised> convolve(mlir::OpBuilder &b, mlir::Location loc, const Quantised &input, const Quantised &weight,
                           mlir::Value bias, const ops::Window &window, int64_t groups);
Result<Quantised> multiply(mlir::OpBuilder &b, mlir::Location loc, const Quantised &lhs, const Quantised &rhs,
                           mlir::Value bias);
/// The operands that op(lhs) * op(rhs) has, for matrices.
Quantised transposed(mlir::OpBuilder &b, mlir::Location loc, Quantised matrix);

// The same for operators on floats whose inputs 0 and 1 are dequantised integers. Nothing comes of them where an input
// is something else, or where sums might not fit into 32 bits.
std::optional<Item> convolveDequantised(Node &n, const ops::Window &window, int64_t groups);
std::optional<Item> multiplyDequantised(Node &n, const ops::GemmOptions &options = {});
/// Marks what is cut off at limits, which are floats without dimensions or null, as such.
Item clampDequantised(const Item &input, mlir::Value clamped, mlir::Value low, mlir::Value high);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_QUANTIZE_H

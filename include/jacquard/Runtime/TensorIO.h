// TensorIO.h - tensors in files: NumPy `.npy` and ONNX TensorProto `.pb`
//
// Readers trust nothing: sizes are checked against the bytes that are there before memory is taken, and every error
// says what was found and what was expected.
#ifndef JACQUARD_RUNTIME_TENSORIO_H
#define JACQUARD_RUNTIME_TENSORIO_H

#include "jacquard/Support/Result.h"
#include "jacquard/Support/Tensor.h"

#include <string>
#include <string_view>

namespace jacquard::runtime {

/// Format versions 1 to 3, either byte order; Fortran order becomes row-major. All of DType that NumPy has: not
/// bfloat16 and not the narrow types.
Result<Tensor> readNpy(std::string_view bytes);
/// Version 1 (2 when the header is long), C order, little-endian.
Result<std::string> writeNpy(const Tensor &tensor);

struct NamedTensor {
  std::string name; ///< may be empty
  Tensor tensor;
};

/// All of DType, from raw data or the typed fields. Not: strings, complex numbers, external data, segments.
Result<NamedTensor> readTensorProto(std::string_view bytes);
std::string writeTensorProto(const NamedTensor &tensor);

/// By the ending of the name: `.npy`, or `.pb`. Errors name the file.
Result<Tensor> loadTensor(const std::string &path);
Status saveTensor(const std::string &path, const Tensor &tensor);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_TENSORIO_H

// ReadNpy.cpp - no bytes make the NumPy reader crash, and what it reads it writes and reads again alike
#include "jacquard/Runtime/TensorIO.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace jacquard;
  Result<Tensor> tensor = runtime::readNpy({reinterpret_cast<const char *>(data), size});
  if (!tensor)
    return 0;
  Result<std::string> bytes = runtime::writeNpy(*tensor);
  if (!bytes)
    std::abort();
  Result<Tensor> again = runtime::readNpy(*bytes);
  if (!again || again->bytes != tensor->bytes || again->shape != tensor->shape || again->type != tensor->type)
    std::abort();
  return 0;
}

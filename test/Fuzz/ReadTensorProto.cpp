// ReadTensorProto.cpp - no bytes make the TensorProto reader crash, and what it reads it writes and reads again alike
#include "jacquard/Runtime/TensorIO.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace jacquard;
  Result<runtime::NamedTensor> read = runtime::readTensorProto({reinterpret_cast<const char *>(data), size});
  if (!read)
    return 0;
  Result<runtime::NamedTensor> again = runtime::readTensorProto(runtime::writeTensorProto(*read));
  if (!again || again->tensor.bytes != read->tensor.bytes || again->tensor.shape != read->tensor.shape ||
      again->tensor.type != read->tensor.type)
    std::abort();
  return 0;
}

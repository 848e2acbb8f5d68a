// Random.cpp - seeded tensors
#include "jacquard/Runtime/Random.h"

#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/FloatFormat.h"
#include "jacquard/Support/Hash.h"
#include "jacquard/Support/Random.h"

namespace jacquard::runtime {

namespace {

void putFloat(Tensor &tensor, int64_t i, double value) {
  switch (tensor.type) {
  case DType::F64:
    tensor.data<double>()[i] = value;
    break;
  case DType::F16:
    tensor.data<uint16_t>()[i] = toFloatBits(FloatFormat::F16, value);
    break;
  case DType::BF16:
    tensor.data<uint16_t>()[i] = toFloatBits(FloatFormat::BF16, value);
    break;
  default:
    tensor.data<float>()[i] = float(value);
    break;
  }
}

} // namespace

Tensor randomTensor(const bitstream::TensorSymbol &symbol, uint64_t seed) {
  Tensor tensor = makeTensor(sim::hostType(symbol), symbol.shape);
  Random random(hash64(symbol.name, seed));
  unsigned bytes = dtypeBytes(tensor.type);
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    if (isFloatElement(symbol.type))
      putFloat(tensor, i, random.uniform(-1, 1));
    else
      tensor.bytes[size_t(i) * bytes] = uint8_t(random.below(2)); // the low byte; the others are 0
  return tensor;
}

} // namespace jacquard::runtime

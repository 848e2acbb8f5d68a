// Random.cpp - seeded tensors
#include "jacquard/Runtime/Random.h"

#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Hash.h"
#include "jacquard/Support/Random.h"

namespace jacquard::runtime {

Tensor randomTensor(const bitstream::TensorSymbol &symbol, uint64_t seed) {
  Tensor tensor = makeTensor(sim::hostType(symbol.type), symbol.shape);
  Random random(hash64(symbol.name, seed));
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    switch (tensor.type) {
    case DType::F32:
      tensor.data<float>()[i] = float(random.uniform(-1, 1));
      break;
    case DType::I32:
      tensor.data<int32_t>()[i] = int32_t(random.below(2));
      break;
    case DType::I64:
      tensor.data<int64_t>()[i] = int64_t(random.below(2));
      break;
    default:
      tensor.data<uint8_t>()[i] = uint8_t(random.below(2));
      break;
    }
  return tensor;
}

} // namespace jacquard::runtime

// Random.h - inputs for a program when the user gives none
#ifndef JACQUARD_RUNTIME_RANDOM_H
#define JACQUARD_RUNTIME_RANDOM_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Support/Tensor.h"

#include <cstdint>

namespace jacquard::runtime {

/// Equal symbols and seeds give equal data; inputs of different names differ. Floats: uniform in [-1, 1), rounded to
/// their type; integers: 0 or 1, so that they are legal indices nearly everywhere; bool: either.
Tensor randomTensor(const bitstream::TensorSymbol &symbol, uint64_t seed);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_RANDOM_H

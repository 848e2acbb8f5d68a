// Evaluate.h - the arithmetic of one functional unit: Opcodes.def on 32-bit words
//
// The one definition of what an operation computes; every engine calls it, so engines agree to the bit. Special
// functions are the float functions of the C library.
#ifndef JACQUARD_SIM_EVALUATE_H
#define JACQUARD_SIM_EVALUATE_H

#include "jacquard/Arch/Opcode.h"

#include <cstdint>

namespace jacquard::sim {

/// Storage of a vector is rounded up to whole blocks of this many words, so that kernels have loops of constant length.
constexpr unsigned laneBlock = 8;
constexpr unsigned paddedLanes(unsigned lanes) { return (lanes + laneBlock - 1) / laneBlock * laneBlock; }

/// result[i] = op(a[i], b[i], c[i]) for i < lanes; words up to paddedLanes(lanes) may be read and written. Operands
/// beyond the operation's arity are not read; `result` may be one of the operands.
using Kernel = void (*)(uint32_t *result, const uint32_t *a, const uint32_t *b, const uint32_t *c, unsigned lanes);

/// The kernel of `op`. `Nop` has one too: it yields 0.
Kernel kernelOf(Opcode op);

/// One word.
uint32_t evaluate(Opcode op, uint32_t a, uint32_t b = 0, uint32_t c = 0);

/// Combines all lanes by a binary tree, neighbours first; where a level has an odd number of values the last one
/// passes. `values` holds `lanes` words and is overwritten. `op` has two operands.
uint32_t reduceTree(Opcode op, uint32_t *values, unsigned lanes);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_EVALUATE_H

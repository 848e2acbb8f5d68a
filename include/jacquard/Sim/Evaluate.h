// Evaluate.h - the arithmetic of one functional unit: Opcodes.def on words of 32 or 64 bits
//
// The one definition of what an operation computes; every engine calls it, so engines agree to the bit. Special
// functions are those of the C library. `W` is uint32_t, or uint64_t in a wide unit.
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
template <typename W> using Kernel = void (*)(W *result, const W *a, const W *b, const W *c, unsigned lanes);

/// The kernel of `op`. `Nop` has one too: it yields 0.
template <typename W> Kernel<W> kernelOf(Opcode op);

/// Several accumulators that take the products of one operand, firing after firing.
template <typename W> struct FmaRun {
  W *result; ///< row r begins at word r x `stride`
  unsigned stride;
  unsigned rows;
  unsigned lanes; ///< words of a row that change; those up to paddedLanes(lanes) may be read
  unsigned firings;
  const W *const *a; ///< by firing: a word for each row
  const W *const *b; ///< by firing: a vector
};
/// result[r][l] = fma(a[i][r], b[i][l], result[r][l]) for i < firings in order, r < rows, l < lanes: the same values as
/// by the kernel of Fma.
template <typename W> void runFma(const FmaRun<W> &run);

/// One word.
template <typename W> W evaluate(Opcode op, W a, W b = 0, W c = 0);

/// Combines all lanes by a binary tree, neighbours first; where a level has an odd number of values the last one
/// passes. `values` holds `lanes` words and is overwritten. `op` has two operands.
template <typename W> W reduceTree(Opcode op, W *values, unsigned lanes);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_EVALUATE_H

// WordSize.h - whether a pattern needs 64-bit words
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_WORDSIZE_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_WORDSIZE_H

#include "mlir/IR/Operation.h"

namespace jacquard {

/// Whether some value of a flat pattern needs more than 32 bits: an f64, or an i64 that no interval analysis confines
/// (upstream's integer ranges, and the domains of the loops). A 64-bit element that is only an index does not: in a
/// 32-bit word it saturates, which leaves it outside of every tensor.
bool needsWideWords(mlir::Operation *pattern);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_WORDSIZE_H

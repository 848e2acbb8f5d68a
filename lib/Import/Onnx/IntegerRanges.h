// IntegerRanges.h - what integers that `pat` programs compute can be, whatever the arguments are
#ifndef JACQUARD_LIB_IMPORT_ONNX_INTEGERRANGES_H
#define JACQUARD_LIB_IMPORT_ONNX_INTEGERRANGES_H

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

namespace jacquard::importer {

/// The range of the elements of an integer tensor, as far as it follows from constants and from the counts of filters:
/// interval arithmetic (upstream's, of the ops of `arith`) over the maps that compute it. Programs that are too long
/// for that, and elements that are no integers, can be anything of their width.
pat::IndexRange integerRange(mlir::Value tensor);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_INTEGERRANGES_H

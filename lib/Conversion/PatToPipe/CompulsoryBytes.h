// CompulsoryBytes.h - what any mapping of a model must move between DRAM and the chip
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_COMPULSORYBYTES_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_COMPULSORYBYTES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace jacquard {

/// Every element of an input or a weight that is read, once, and every output once. A read touches at most one element
/// per value of the indices that its coordinates depend on: of a table from which rows are gathered, so many rows
/// count. Takes the model after prepareLoops.
int64_t compulsoryBytes(mlir::func::FuncOp function);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_COMPULSORYBYTES_H

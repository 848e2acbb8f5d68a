// ResultExtents.h - results of a function of which data decides how much is there
//
// A result has its capacity as static shape. Its attribute `jacquard.extents = array<i64: dim, result, ...>` names, for
// each dimension that data decides, the result (a tensor<i64>) that says how many of its positions are there. A result
// with the attribute `jacquard.hidden` exists for that only and is not delivered.
#ifndef JACQUARD_DIALECT_PAT_IR_RESULTEXTENTS_H
#define JACQUARD_DIALECT_PAT_IR_RESULTEXTENTS_H

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace jacquard::pat {

struct ResultExtent {
  int64_t dim = 0;
  unsigned result = 0; ///< number of the result that holds the extent
};

/// Of result `number` of a function for which verifyResultExtents holds.
llvm::SmallVector<ResultExtent> resultExtents(mlir::FunctionOpInterface function, unsigned number);
bool isHiddenResult(mlir::FunctionOpInterface function, unsigned number);

/// Checks the attributes of all results; fails with a diagnostic on the function.
mlir::LogicalResult verifyResultExtents(mlir::FunctionOpInterface function);

/// Sets the attributes.
void setResultExtents(mlir::FunctionOpInterface function, unsigned number, llvm::ArrayRef<ResultExtent> extents);
void hideResult(mlir::FunctionOpInterface function, unsigned number);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_IR_RESULTEXTENTS_H

// RowUpdate.h - patterns that change one row of a carried tensor
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_ROWUPDATE_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_ROWUPDATE_H

#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include <optional>

namespace jacquard {

/// On a map that computes one row only: along which dimension `matchRowUpdate` finds the row. Its domain has one point
/// there; jacquard.part is the tensor to which the row belongs.
constexpr llvm::StringLiteral rowAttr = "jacquard.row";

/// A map yields select(i == row, fresh, before): it changes the points whose index `i` along `dim` is `row`.
struct RowUpdate {
  unsigned dim = 0;
  mlir::Value row;   ///< computed in the body or around the map; the same for all points
  mlir::Value fresh; ///< does not depend on i
  mlir::Value before;
};

/// Nothing unless the map has one result, `i` is used in the comparison and in reads of `before` only, and `row` is the
/// same for all points.
std::optional<RowUpdate> matchRowUpdate(pat::MapOp map);

/// Puts a map in front of `map`, which must match and whose `before` must be what its result is written over, that
/// computes the row alone.
pat::MapOp computeRowOnly(pat::MapOp map);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_ROWUPDATE_H

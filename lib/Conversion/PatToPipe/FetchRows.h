// FetchRows.h - what a trip reads at its number is fetched while it computes something else
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_FETCHROWS_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_FETCHROWS_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"

namespace jacquard {

/// On a map that fetches a row.
constexpr llvm::StringLiteral fetchAttr = "jacquard.fetch";

/// Where a map of the loop's body reads a tensor from outside at the number of the trip, and waits for another map of
/// the trip that takes much longer than the row takes to fetch: puts a map in front of that one which fetches the row,
/// and lets the reader read that.
void fetchRows(pat::IterateOp loop, const ArchSpec &arch);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_FETCHROWS_H

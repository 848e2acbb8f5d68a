// Concat.h - recognises maps that only put tensors side by side
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_CONCAT_H
#define JACQUARD_DIALECT_PAT_TRANSFORMS_CONCAT_H

#include "jacquard/Dialect/Pat/IR/PatOps.h"

namespace jacquard::pat {

/// The results of a map are tensors side by side along one dimension.
struct Concat {
  struct Part {
    AtOp read;
    int64_t offset; ///< of its first element along `dim`
  };
  unsigned dim;
  llvm::SmallVector<Part> parts; ///< in the order of their offsets
};

/// The map as a concatenation of two or more tensors, if it has one result and is nothing else.
std::optional<Concat> matchConcat(MapOp map);

/// Whether parts of the map should be written where they belong by the patterns that compute them, so that passes
/// should leave it as it is: a concatenation with more points than what another pattern costs.
bool isWorthJoining(MapOp map);

} // namespace jacquard::pat

#endif // JACQUARD_DIALECT_PAT_TRANSFORMS_CONCAT_H

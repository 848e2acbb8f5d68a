// PlannedNest.h - a pattern that is mapped, and several in one section
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_PLANNEDNEST_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_PLANNEDNEST_H

#include "Rivals.h"

#include <memory>

namespace jacquard {

/// A pattern and where its loops go.
struct PlannedNest {
  Nest nest;
  Mapping mapping;
  // For explanations only.
  std::shared_ptr<const Rivals> rivals = {};       ///< null when nobody asked for them
  std::optional<double> sharingSaves = {}; ///< cycles saved by joining the section before; nothing: it cannot join
};

/// Whether units or members of a group share the nest.
bool isSpread(const PlannedNest &planned);

/// The nest whose units and groups are those of the section.
const PlannedNest *mainOf(llvm::ArrayRef<const PlannedNest *> nests);

/// Whether one of `nests` reads `result`, and whether someone else does.
bool usedInside(mlir::Value result, llvm::ArrayRef<const PlannedNest *> nests);
bool usedOutside(mlir::Value result, llvm::ArrayRef<const PlannedNest *> nests);

/// The nests but those that only store as a row what others of them compute, and that none of them reads: these are put
/// into `copies` by what they store.
llvm::SmallVector<const PlannedNest *>
withoutCopies(llvm::ArrayRef<const PlannedNest *> nests,
              llvm::DenseMap<mlir::Value, llvm::SmallVector<pat::MapOp>> &copies);

/// What a section of `nests` takes, and what it would take if the first tiles were there and DRAM took no time.
struct SectionCycles {
  double all, busy;
  double dram; ///< if it brings and takes what the mappings do not count on in scratchpads
};
SectionCycles predictSection(llvm::ArrayRef<const PlannedNest *> nests, const ArchSpec &arch);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_PLANNEDNEST_H

// Copies.h - which words of a temporary are kept on chip for which of its readers
#ifndef JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_COPIES_H
#define JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_COPIES_H

#include "Homes.h"

#include "jacquard/Arch/ArchSpec.h"

namespace jacquard::fabric {

/// The DRAM ports that read or write one temporary.
struct Temporary {
  BufferOp buffer;
  llvm::MapVector<mlir::Operation *, llvm::SmallVector<LoadOp>> loads; ///< by section
  llvm::MapVector<mlir::Operation *, llvm::SmallVector<StoreOp>> stores;
  bool usedElsewhere = false; ///< by the sequencer or the host, in DRAM
};

/// Neighbouring words of a tensor, [begin, end).
struct Words {
  int64_t begin, end;
  bool meets(const Words &other) const { return begin < other.end && other.begin < end; }
};

/// A copy of a temporary, or of parts of it: a slice serves one load of a section.
struct Copy {
  unsigned temporary, number;
  llvm::SmallVector<LoadOp> loads; ///< those of one section read parts that do not meet
  llvm::SmallVector<Words> slices = {};
  llvm::SmallVector<SectionRange> spans = {}; ///< of the slices: from the first section that uses one to the last
  SectionRange span = {};                     ///< of all of them
  double words = 0;                           ///< that its loads bring

  /// Memory units that its slices take in a section.
  int64_t unitsIn(unsigned section) const {
    return llvm::count_if(spans, [&](SectionRange range) { return range.contains(section); });
  }
};

int64_t wordsOf(BufferOp buffer);

/// Whether a memory unit can walk as a DRAM port does.
bool suitsMemory(AccessAttr access, const MemorySpec &spec);

/// The words of a tensor of `size` that an access may touch; one at least.
Words reachOf(AccessAttr access, int64_t size);

/// The loads of each section, dealt out to as few copies as serve them: in order of their begins, each to the first
/// copy where the loads before it end.
std::vector<Copy> dealLoads(const Temporary &temporary, unsigned number);

/// Cuts the copy into slices; false where that cannot be.
bool planCopy(Copy &copy, const Temporary &temporary, const SectionOrder &order, const MemorySpec &spec);

/// Leaves the loads of the last section to the DRAM and plans the rest; false where there is none.
bool shortenCopy(Copy &copy, const Temporary &temporary, const SectionOrder &order, const MemorySpec &spec);

/// What a memory unit does with a slice of a tensor in one section: it writes `data`, or reads, behind `cascade` if
/// given.
struct SliceUse {
  mlir::Value data = {};
  AccessAttr write = {};
  mlir::Value writeIndex = {};
  AccessAttr read = {};
  mlir::Value readIndex = {}, cascade = {};
};

/// The memory unit `home`, which holds the words `slice` of a tensor of `size`, in one section. The accesses are those
/// of DRAM ports.
mlir::Value createSlice(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef home, Words slice, int64_t size,
                        SliceUse use, const ArchSpec &spec);

/// Words that are read on chip, per unit and section.
double densityOf(llvm::ArrayRef<Copy> copies);

} // namespace jacquard::fabric

#endif // JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_COPIES_H

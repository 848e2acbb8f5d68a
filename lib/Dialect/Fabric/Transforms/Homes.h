// Homes.h - from which section to which a memory unit keeps its words
#ifndef JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_HOMES_H
#define JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_HOMES_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "llvm/ADT/MapVector.h"

namespace jacquard::fabric {

/// Sections by their number in the order in which they stand, both ends included.
struct SectionRange {
  unsigned first, last;
  bool contains(unsigned number) const { return first <= number && number <= last; }
};

/// Numbers the sections of a device.
class SectionOrder {
public:
  explicit SectionOrder(DeviceOp device);

  llvm::ArrayRef<SectionOp> sections() const { return order; }
  unsigned numberOf(SectionOp section) const { return numbers.lookup(section); }
  /// The sections that run between two runs of `users`: from the first to the last of them; loops that hold one of them
  /// count whole, as each trip may read what another one has left.
  SectionRange spanOf(llvm::ArrayRef<SectionOp> users) const;

private:
  llvm::SmallVector<SectionOp> order;
  llvm::DenseMap<mlir::Operation *, unsigned> numbers;
  llvm::DenseMap<mlir::Operation *, SectionRange> ofLoop; ///< outermost loops
};

/// The home of a memory unit that keeps words from section to section; null for other operations.
mlir::StringAttr homeOf(mlir::Operation *op);

/// Where each home of the device is taken.
llvm::MapVector<mlir::StringAttr, SectionRange> rangesOfHomes(DeviceOp device);

/// Which homes exchange words, by themselves or through one unit between them.
class HomeNeighbours {
public:
  struct Meeting {
    unsigned section; ///< by its number
    llvm::SmallVector<mlir::StringAttr> homes;
  };

  HomeNeighbours() = default;
  explicit HomeNeighbours(DeviceOp device);

  /// Ascending by section, one for each in which the home has a neighbour.
  llvm::ArrayRef<Meeting> of(mlir::StringAttr home) const;

private:
  llvm::DenseMap<mlir::StringAttr, llvm::SmallVector<Meeting, 2>> meetings;
};

} // namespace jacquard::fabric

#endif // JACQUARD_LIB_DIALECT_FABRIC_TRANSFORMS_HOMES_H

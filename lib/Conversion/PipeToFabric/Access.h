// Access.h - loop nests and addresses of one unit, on the way from `pipe` to `#fabric.access`
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_ACCESS_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_ACCESS_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"

namespace jacquard {

/// One counter level: the loop index it stands for (null for loops that only the unit knows).
struct Level {
  mlir::Value index;
  int64_t extent;
  bool lanes = false;
};

/// The counters of a unit, outermost first.
struct Chain {
  llvm::SmallVector<Level> levels;

  int vectorLevel() const;
  /// Level whose index is `value`, or -1.
  int find(mlir::Value value) const;
  llvm::SmallVector<int64_t> extents() const;
  int innermost() const { return int(levels.size()) - 1; }
};

/// constant + sum of coefficients[level] * counter.
struct Linear {
  llvm::SmallVector<int64_t> coefficients;
  int64_t constant = 0;

  explicit Linear(size_t levels = 0) : coefficients(levels, 0) {}
  void add(const Linear &other, int64_t factor);
  int64_t lowest(const Chain &chain) const;
  int64_t highest(const Chain &chain) const;
  /// The innermost level it depends on, or -1.
  int lastLevel() const;
};

/// A tensor as an access sees it: the memref that owns the storage, and the view's extents and strides in elements.
struct TensorShape {
  mlir::Value root;
  llvm::SmallVector<int64_t> sizes, strides;
};
TensorShape shapeOf(mlir::Value memref);

/// In elements, of a static shape.
llvm::SmallVector<int64_t> stridesOf(mlir::MemRefType type);

/// One position per dimension of a tensor, each linear in the counters.
struct Positions {
  llvm::SmallVector<Linear> perDim;
};

/// Rewrites map(operands) over the counters; `constants` are indices with a known value (the unit index). Nothing when
/// an operand is computed or an expression is not affine.
std::optional<Positions> positionsOf(mlir::AffineMap map, mlir::ValueRange operands, const Chain &chain,
                                     const llvm::DenseMap<mlir::Value, int64_t> &constants);

/// What an access does besides walking.
struct AccessOptions {
  int64_t elseValue = 0; ///< a word, sign-extended
  bool broadcast = false;
  int handoverLevel = -1;
};

/// The address program: one register for the address, one register and one check for every dimension that the counters can
/// leave. Nothing when the unit has fewer registers or stages: then the address must be computed (makeIndexedAccess).
std::optional<fabric::AccessAttr> makeAccess(mlir::MLIRContext *context, const Positions &positions,
                                             const TensorShape &shape, const Chain &chain, unsigned maxRegisters,
                                             unsigned maxStages, const AccessOptions &options);

/// An access whose address (in elements, below `elements`) comes from the index stream; others read `elseValue` or do not
/// write. `streamValue` is the number of the stream's word
/// among the unit's address values: its register count.
fabric::AccessAttr makeIndexedAccess(mlir::MLIRContext *context, const Chain &chain, int64_t elements,
                                     unsigned streamValue, const AccessOptions &options);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_ACCESS_H

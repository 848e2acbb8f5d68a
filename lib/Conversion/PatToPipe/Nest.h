// Nest.h - a flat pattern seen as one loop nest: dimensions, and how each read walks through memory
#ifndef JACQUARD_LIB_CONVERSION_PATTOPIPE_NEST_H
#define JACQUARD_LIB_CONVERSION_PATTOPIPE_NEST_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include <limits>
#include <vector>

namespace jacquard {

/// One loop of the nest: an index of the map, or of its fold, or a digit of one that is read at quotients. Adjacent
/// indices through which every access walks without a break are merged into one, others where there are more than
/// counters.
struct NestDim {
  int64_t extent;
  bool reduction;
};

/// A row-major tensor seen through a view: `shape` with `strides` in elements.
struct TensorView {
  llvm::SmallVector<int64_t> shape, strides;
};

/// position[k] = offsets[k] + sum over dims of coefficients[k][dim] * index[dim], one per dimension of the view.
struct AffineAccess {
  TensorView view;
  llvm::SmallVector<llvm::SmallVector<int64_t>> coefficients;
  llvm::SmallVector<int64_t> offsets;

  bool dependsOn(unsigned dim) const { return depends[dim]; }
  /// The element at index 0 of every dimension; it may lie outside.
  int64_t firstElement() const;
  /// Elements between neighbours along `dim`.
  int64_t strideAlong(unsigned dim) const { return strides[dim]; }

  /// To be called when view and coefficients are known: the search asks for these millions of times.
  void tabulate(unsigned numDims);

private:
  llvm::SmallVector<bool> depends;
  llvm::SmallVector<int64_t> strides;
};

/// A pattern that reads a tensor.
struct TensorReader {
  double trips;  ///< for each run of the writer
  double waits;  ///< in each trip, until words have passed all memory units of the tensor
  bool isBeside; ///< it fetches for others while a pattern that takes longer runs beside it
  bool loads;    ///< from DRAM as well
};

/// Where a tensor is between sections.
struct Residence {
  int64_t mostHomes = 0;                ///< memory units that may hold it for one reader; 0: it is in DRAM
  llvm::SmallVector<TensorReader> readers = {}; ///< behind the pattern that writes it
  /// Where it is cut, as a memory unit has one writer: from the element behind what a port writes to that where the next
  /// port begins. In their order.
  llvm::SmallVector<std::pair<int64_t, int64_t>> cuts = {};
};

/// What is known of a read whose positions the body computes.
struct GatherAccess {
  /// Per dimension of the nest: elements between neighbours along it; nothing where data or divisions decide.
  llvm::SmallVector<std::optional<int64_t>> strides;
  llvm::SmallVector<pat::AtOp, 1> positions = {}; ///< reads that have to come first
};

/// One `pat.at` of the nest.
struct NestAccess {
  mutable pat::AtOp op; ///< ops are handles; asking one changes nothing
  bool inFold = false;
  std::optional<AffineAccess> affine; ///< nothing: positions are computed by the body
  GatherAccess gather = {};           ///< where `affine` is nothing
  bool packed = false;                ///< a constant, which lies in DRAM in the order in which it is read
  Residence residence = {};           ///< of an intermediate, as far as it is known
};

struct Nest {
  mlir::Operation *op = nullptr; ///< pat.map or pat.group_by
  mutable pat::FoldOp fold;      ///< the map's fold, or null
  llvm::SmallVector<NestDim> dims; ///< parallel ones first
  unsigned numParallel = 0;
  std::vector<NestAccess> accesses;
  /// Per index argument (the map's, then the fold's): its value as an affine expression over `dims`.
  llvm::SmallVector<mlir::AffineExpr> indexExprs;
  bool wide = false; ///< needs 64-bit words
  int64_t mostHomes = 0;   ///< of each result
  llvm::SmallVector<TensorReader> readers;   ///< of the results, as far as these count
  int64_t partsBefore = 0;                   ///< memory units of other parts of what the results belong to
  bool startEarly = false;                   ///< first boxes count for more than the words that all of them move
  bool joinUnits = true;                     ///< results of several units may leave through one chain
  bool countAllPorts = false;                ///< DRAM ports for what may stay on chip as well
  int64_t mostBoxes = std::numeric_limits<int64_t>::max(); ///< memory units for what is loaded of operands
  int64_t resultGrain = 1; ///< results can stay on chip if units begin at multiples of so many elements

  mlir::Block *body() const { return &op->getRegion(0).front(); }
  /// All index arguments in the order of `indexExprs`.
  llvm::SmallVector<mlir::Value> indices() const;
  AffineAccess result; ///< of each result, over the parallel dims
};

/// Dimensions that the counters of a unit suffice for: one may be cut, and all are in a metapipeline.
inline unsigned mostLoopsOf(const ArchSpec &arch) { return arch.compute.counters - 2; }

/// Reads a flat pattern. The pattern must satisfy pat-verify-flat. At most `mostLoops` dimensions (at least 2) have
/// several points: where merging without loss leaves more, dimensions are merged whose indices are then computed by
/// division.
Nest analyseNest(mlir::Operation *op, unsigned mostLoops);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PATTOPIPE_NEST_H

// LoopEmitter.h - writes the loops of patterns; internal to the host target
#ifndef JACQUARD_LIB_TARGET_HOST_LOOPEMITTER_H
#define JACQUARD_LIB_TARGET_HOST_LOOPEMITTER_H

#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace jacquard::host {

using mlir::Location;
using mlir::Operation;
using mlir::Value;
using mlir::ValueRange;

/// Where the elements of a tensor are: a memref and the leading indices that select the tensor in it; or one value that
/// all elements have.
struct Storage {
  Value memref;
  llvm::SmallVector<Value> prefix;
  Value splat;
};

/// What the functions of a module share: the globals of constants, the traps met so far.
struct ModuleState {
  mlir::ModuleOp module;
  llvm::DenseMap<mlir::Attribute, mlir::StringAttr> constants;
  llvm::SmallVector<mlir::Attribute> traps; ///< LocationAttrs, numbered from 1 in the status
};

/// Writes the loops of one function.
class LoopEmitter {
public:
  using Indices = llvm::ArrayRef<Value>;
  using Values = llvm::SmallVector<Value>;

  LoopEmitter(ModuleState &state, mlir::OpBuilder &builder) : state(state), b(builder) {}

  /// Translates `from` (a function of checkLowerable's grace) into the empty body of `to`.
  void emitFunction(mlir::func::FuncOp from, mlir::func::FuncOp to);

private:
  // Blocks and single operations.
  void emitBlock(mlir::Block &block, llvm::function_ref<void(Operation *)> emitTerminator);
  void emitOp(Operation *op);
  void emitScalarOp(Operation *op);
  void emitRegion(mlir::Region &from, mlir::Region &to);
  void emitConstant(mlir::arith::ConstantOp op);
  void emitCall(mlir::func::CallOp op);
  void emitReturn(mlir::func::ReturnOp op, ValueRange outputs);
  void emitAt(pat::AtOp op);

  // Patterns.
  void emitMap(pat::MapOp op);
  void emitFold(pat::FoldOp op);
  void emitGroupBy(pat::GroupByOp op);
  void emitFilter(pat::FilterOp op);
  void emitFlatMap(pat::FlatMapOp op);
  void emitScan(pat::ScanOp op);
  void emitIterate(pat::IterateOp op);
  Values emitIteration(pat::IterateOp op, llvm::ArrayRef<Storage> carried, ValueRange arguments);
  void emitTrap(pat::GroupByOp op, ValueRange keys);

  // Maps over folds, a tile of points side by side (FoldLoops.cpp).
  static bool canInterchange(pat::MapOp op);
  void emitMapOfFolds(pat::MapOp op);
  void emitFoldTile(pat::FoldOp fold, llvm::ArrayRef<Storage> accumulators, int64_t count,
                    llvm::function_ref<Values(Value)> indicesOf);
  llvm::SmallVector<Storage> allocateAccumulators(pat::FoldOp fold);

  /// Emits the body with `arguments` for its block's; returns the yielded scalars (null for tensors, which the caller finds
  /// by storageOf while `atYield` runs).
  Values emitBody(mlir::Block *body, ValueRange arguments,
                  llvm::function_ref<void(pat::YieldOp)> atYield = [](pat::YieldOp) {});
  Values combine(mlir::Block *combiner, ValueRange lhs, ValueRange rhs);

  // Loops.
  using LoopBody = llvm::function_ref<Values(Indices, ValueRange)>;
  /// A nest over `domain`, the first dimension outermost, that carries `iters`; returns them after the last iteration.
  Values emitNest(Location loc, llvm::ArrayRef<int64_t> domain, ValueRange iters, LoopBody body);
  Values emitFor(Location loc, Value lower, Value upper, ValueRange iters,
                 llvm::function_ref<Values(Value, ValueRange)> body);

  // Memory.
  /// The place of `result`: what its user wants, or a new buffer that is freed after the last use.
  Storage allocate(Value result);
  Storage allocateBuffer(Location loc, mlir::RankedTensorType type);
  void freeAfterUse(Value result, Value buffer);
  void releaseDead(Operation *op);
  Value load(Location loc, const Storage &storage, ValueRange indices);
  void store(Location loc, Value value, const Storage &storage, ValueRange indices);
  void copy(Location loc, mlir::RankedTensorType type, const Storage &from, const Storage &to);
  void fill(Location loc, mlir::RankedTensorType type, Value value, const Storage &to);
  Value constantIndex(Location loc, int64_t value);
  Value zero(Location loc, mlir::Type type);
  Value isInside(Location loc, ValueRange indices, llvm::ArrayRef<int64_t> extents);

  ModuleState &state;
  mlir::OpBuilder &b;
  mlir::IRMapping scalars;
  llvm::DenseMap<Value, Storage> tensors;
  llvm::DenseMap<Value, Storage> wanted;                       ///< where a tensor that is not yet computed should go
  llvm::DenseMap<Operation *, llvm::SmallVector<Value>> dying; ///< buffers to be freed behind an op of the source
  llvm::DenseSet<Operation *> computed;                        ///< ops whose results stand in `scalars` already
  Value status;
};

} // namespace jacquard::host

#endif // JACQUARD_LIB_TARGET_HOST_LOOPEMITTER_H

// FoldLoops.cpp - loops of maps over folds, with the map's last dimension innermost
// Why: a fold's additions wait for one another, and may not be reordered; neighbouring points of the map are independent,
// so that a tile of them is computed side by side. Every point still combines its values in the fold's own order: the
// results are the same to the bit.
#include "LoopEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::host;

/// Points computed side by side: four vectors of 16 floats.
static constexpr int64_t tileSize = 64;

/// Nothing that `block` uses is computed in `body`; its indices may be.
static bool usesOnlyIndicesOf(Block *body, Block &block) {
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      if (Operation *def = operand.getDefiningOp(); def && def->getBlock() == body)
        return false;
  return true;
}

static bool isScalarCode(Block &block) {
  return llvm::all_of(block, [](Operation &op) {
    return op.getNumRegions() == 0 && llvm::none_of(op.getResultTypes(), llvm::IsaPred<TensorType>);
  });
}

/// The folds of the map's body, if all of them can run before the rest of it; else none.
static SmallVector<pat::FoldOp> foldsToInterchange(pat::MapOp op) {
  SmallVector<pat::FoldOp> folds(op.getBody()->getOps<pat::FoldOp>());
  for (pat::FoldOp fold : folds) {
    auto isOutside = [&](Value init) { return init.getParentBlock() != op.getBody(); };
    if (!isScalarCode(*fold.getBody()) || !isScalarCode(*fold.getCombiner()) ||
        !usesOnlyIndicesOf(op.getBody(), *fold.getBody()) || !usesOnlyIndicesOf(op.getBody(), *fold.getCombiner()) ||
        !llvm::all_of(fold.getInits(), isOutside))
      return {};
  }
  for (Operation &inner : *op.getBody())
    if (!isa<pat::FoldOp>(inner) &&
        (inner.getNumRegions() != 0 || llvm::any_of(inner.getResultTypes(), llvm::IsaPred<TensorType>)))
      return {};
  auto yieldsTensor = llvm::any_of(op.getBodyYield()->getOperandTypes(), llvm::IsaPred<TensorType>);
  return yieldsTensor ? SmallVector<pat::FoldOp>() : folds;
}

bool LoopEmitter::canInterchange(pat::MapOp op) {
  return !op.getDomain().empty() && op.getDomain().back() > 1 && !foldsToInterchange(op).empty();
}

SmallVector<Storage> LoopEmitter::allocateAccumulators(pat::FoldOp fold) {
  OpBuilder::InsertionGuard guard(b);
  // In the function's entry: the stack must not grow with every iteration.
  b.setInsertionPointToStart(status.getParentBlock());
  SmallVector<Storage> accumulators;
  for (Type type : fold.getResultTypes()) {
    auto buffer = MemRefType::get({tileSize}, type);
    accumulators.push_back({memref::AllocaOp::create(b, fold.getLoc(), buffer), {}, {}});
  }
  return accumulators;
}

/// Computes `fold` for `count` points; `indicesOf` gives the map's indices of a point of the tile.
void LoopEmitter::emitFoldTile(pat::FoldOp fold, ArrayRef<Storage> accumulators, int64_t count,
                               function_ref<Values(Value)> indicesOf) {
  Location loc = fold.getLoc();
  Block *mapBody = fold->getBlock();
  Values inits;
  for (Value init : fold.getInits())
    inits.push_back(scalars.lookup(init));
  emitNest(loc, count, {}, [&](Indices point, ValueRange) -> Values {
    for (auto [init, accumulator] : llvm::zip(inits, accumulators))
      store(loc, init, accumulator, point);
    return {};
  });
  emitNest(loc, fold.getDomain(), {}, [&](Indices step, ValueRange) -> Values {
    emitNest(loc, count, {}, [&](Indices point, ValueRange) -> Values {
      for (auto [index, value] : llvm::zip(mapBody->getArguments(), indicesOf(point[0])))
        scalars.map(index, value);
      Values before;
      for (const Storage &accumulator : accumulators)
        before.push_back(load(loc, accumulator, point));
      Values after = combine(fold.getCombiner(), before, emitBody(fold.getBody(), step));
      for (auto [value, accumulator] : llvm::zip(after, accumulators))
        store(loc, value, accumulator, point);
      return {};
    });
    return {};
  });
}

void LoopEmitter::emitMapOfFolds(pat::MapOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  for (Value result : op.getResults())
    results.push_back(allocate(result));
  SmallVector<pat::FoldOp> folds = foldsToInterchange(op);
  SmallVector<SmallVector<Storage>> accumulators;
  for (pat::FoldOp fold : folds)
    accumulators.push_back(allocateAccumulators(fold));

  auto emitTile = [&](Indices outer, Value origin, int64_t count) {
    auto indicesOf = [&](Value point) {
      Values indices(outer);
      indices.push_back(arith::AddIOp::create(b, loc, origin, point));
      return indices;
    };
    for (auto [fold, storage] : llvm::zip(folds, accumulators))
      emitFoldTile(fold, storage, count, indicesOf);
    emitNest(loc, count, {}, [&](Indices point, ValueRange) -> Values {
      for (auto [fold, storage] : llvm::zip(folds, accumulators))
        for (auto [result, accumulator] : llvm::zip(fold.getResults(), storage))
          scalars.map(result, load(loc, accumulator, point));
      computed.insert(folds.begin(), folds.end());
      Values indices = indicesOf(point[0]);
      for (auto [value, result] : llvm::zip(emitBody(op.getBody(), indices), results))
        store(loc, value, result, indices);
      for (pat::FoldOp fold : folds)
        computed.erase(fold);
      return {};
    });
  };

  int64_t extent = op.getDomain().back(), tiles = extent / tileSize, rest = extent % tileSize;
  emitNest(loc, op.getDomain().drop_back(), {}, [&](Indices outer, ValueRange) -> Values {
    if (tiles != 0)
      emitNest(loc, tiles, {}, [&](Indices tile, ValueRange) -> Values {
        emitTile(outer, arith::MulIOp::create(b, loc, tile[0], constantIndex(loc, tileSize)), tileSize);
        return {};
      });
    if (rest != 0)
      emitTile(outer, constantIndex(loc, tiles * tileSize), rest);
    return {};
  });
}

// LoopEmitter.cpp - the loops of patterns over memrefs
#include "LoopEmitter.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::host;

static MemRefType memrefOf(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

static bool isTensor(Value value) { return isa<RankedTensorType>(value.getType()); }

static SmallVector<Value> join(ArrayRef<Value> prefix, ValueRange indices) {
  SmallVector<Value> all(prefix);
  llvm::append_range(all, indices);
  return all;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value LoopEmitter::constantIndex(Location loc, int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

Value LoopEmitter::zero(Location loc, Type type) { return arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); }

Storage LoopEmitter::allocateBuffer(Location loc, RankedTensorType type) {
  return {memref::AllocOp::create(b, loc, memrefOf(type)), {}, {}};
}

void LoopEmitter::freeAfterUse(Value result, Value buffer) {
  Operation *def = result.getDefiningOp();
  Operation *last = def;
  for (Operation *user : result.getUsers()) {
    Operation *inBlock = def->getBlock()->findAncestorOpInBlock(*user);
    if (last->isBeforeInBlock(inBlock))
      last = inBlock;
  }
  dying[last].push_back(buffer);
}

void LoopEmitter::releaseDead(Operation *op) {
  auto it = dying.find(op);
  if (it == dying.end())
    return;
  for (Value buffer : it->second)
    memref::DeallocOp::create(b, op->getLoc(), buffer);
  dying.erase(it);
}

Storage LoopEmitter::allocate(Value result) {
  Storage storage;
  if (auto it = wanted.find(result); it != wanted.end()) {
    storage = it->second;
    wanted.erase(it);
  } else {
    storage = allocateBuffer(result.getLoc(), cast<RankedTensorType>(result.getType()));
    freeAfterUse(result, storage.memref);
  }
  tensors[result] = storage;
  return storage;
}

Value LoopEmitter::load(Location loc, const Storage &storage, ValueRange indices) {
  if (storage.splat)
    return storage.splat;
  return memref::LoadOp::create(b, loc, storage.memref, join(storage.prefix, indices));
}

void LoopEmitter::store(Location loc, Value value, const Storage &storage, ValueRange indices) {
  memref::StoreOp::create(b, loc, value, storage.memref, join(storage.prefix, indices));
}

void LoopEmitter::copy(Location loc, RankedTensorType type, const Storage &from, const Storage &to) {
  emitNest(loc, type.getShape(), {}, [&](Indices indices, ValueRange) -> Values {
    store(loc, load(loc, from, indices), to, indices);
    return {};
  });
}

void LoopEmitter::fill(Location loc, RankedTensorType type, Value value, const Storage &to) {
  copy(loc, type, Storage{{}, {}, value}, to);
}

/// 0 <= index < extent, as one unsigned comparison per dimension.
Value LoopEmitter::isInside(Location loc, ValueRange indices, ArrayRef<int64_t> extents) {
  Value inside;
  for (auto [index, extent] : llvm::zip(indices, extents)) {
    Value one = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, constantIndex(loc, extent));
    inside = inside ? arith::AndIOp::create(b, loc, inside, one).getResult() : one;
  }
  return inside ? inside : arith::ConstantIntOp::create(b, loc, 1, 1).getResult();
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LoopEmitter::Values LoopEmitter::emitFor(Location loc, Value lower, Value upper, ValueRange iters,
                                         function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, lower, upper, constantIndex(loc, 1), iters);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!iters.empty())
    scf::YieldOp::create(b, loc, next);
  return Values(loop.getResults());
}

LoopEmitter::Values LoopEmitter::emitNest(Location loc, ArrayRef<int64_t> domain, ValueRange iters, LoopBody body) {
  Values indices;
  std::function<Values(ValueRange)> emitLevel = [&](ValueRange carried) -> Values {
    if (indices.size() == domain.size())
      return body(indices, carried);
    Value lower = constantIndex(loc, 0), upper = constantIndex(loc, domain[indices.size()]);
    return emitFor(loc, lower, upper, carried, [&](Value index, ValueRange inner) {
      indices.push_back(index);
      Values next = emitLevel(inner);
      indices.pop_back();
      return next;
    });
  };
  return emitLevel(iters);
}

//===----------------------------------------------------------------------===//
// Blocks and single operations
//===----------------------------------------------------------------------===//

void LoopEmitter::emitBlock(Block &block, function_ref<void(Operation *)> emitTerminator) {
  for (Operation &op : block.without_terminator()) {
    emitOp(&op);
    releaseDead(&op);
  }
  emitTerminator(block.getTerminator());
  releaseDead(block.getTerminator());
}

void LoopEmitter::emitOp(Operation *op) {
  if (computed.contains(op))
    return;
  if (auto constant = dyn_cast<arith::ConstantOp>(op); constant && isTensor(constant))
    return emitConstant(constant);
  if (auto call = dyn_cast<func::CallOp>(op))
    return emitCall(call);
  if (auto at = dyn_cast<pat::AtOp>(op))
    return emitAt(at);
  if (auto map = dyn_cast<pat::MapOp>(op))
    return canInterchange(map) ? emitMapOfFolds(map) : emitMap(map);
  if (auto fold = dyn_cast<pat::FoldOp>(op))
    return emitFold(fold);
  if (auto groupBy = dyn_cast<pat::GroupByOp>(op))
    return emitGroupBy(groupBy);
  if (auto filter = dyn_cast<pat::FilterOp>(op))
    return emitFilter(filter);
  if (auto flatMap = dyn_cast<pat::FlatMapOp>(op))
    return emitFlatMap(flatMap);
  if (auto scan = dyn_cast<pat::ScanOp>(op))
    return emitScan(scan);
  if (auto iterate = dyn_cast<pat::IterateOp>(op))
    return emitIterate(iterate);
  emitScalarOp(op);
}

/// Scalar code is cloned; its regions (scf.if) may hold patterns, so they are translated.
void LoopEmitter::emitScalarOp(Operation *op) {
  Operation *clone = op->cloneWithoutRegions(scalars);
  b.insert(clone);
  for (auto [from, to] : llvm::zip(op->getRegions(), clone->getRegions()))
    emitRegion(from, to);
  for (auto [from, to] : llvm::zip(op->getResults(), clone->getResults()))
    scalars.map(from, to);
}

void LoopEmitter::emitRegion(Region &from, Region &to) {
  if (from.empty())
    return;
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Location> locs(from.getNumArguments(), from.getLoc());
  Block *block = b.createBlock(&to, {}, from.getArgumentTypes(), locs);
  for (auto [source, target] : llvm::zip(from.getArguments(), block->getArguments()))
    scalars.map(source, target);
  emitBlock(from.front(), [&](Operation *terminator) { b.clone(*terminator, scalars); });
}

static StringAttr nameOfConstant(ModuleState &state, arith::ConstantOp op) {
  StringAttr &name = state.constants[op.getValue()];
  if (name)
    return name;
  OpBuilder top(state.module.getBodyRegion());
  MemRefType type = memrefOf(op.getType());
  name = top.getStringAttr("__constant_" + std::to_string(state.constants.size() - 1));
  memref::GlobalOp::create(top, op.getLoc(), name.getValue(), top.getStringAttr("private"), type, op.getValue(),
                           /*constant=*/true, /*alignment=*/IntegerAttr());
  return name;
}

void LoopEmitter::emitConstant(arith::ConstantOp op) {
  if (auto splat = dyn_cast<SplatElementsAttr>(op.getValue())) {
    auto value = splat.getSplatValue<TypedAttr>();
    tensors[op] = {{}, {}, arith::ConstantOp::create(b, op.getLoc(), value)};
    return;
  }
  StringAttr name = nameOfConstant(state, op);
  tensors[op] = {memref::GetGlobalOp::create(b, op.getLoc(), memrefOf(op.getType()), name.getValue()), {}, {}};
}

void LoopEmitter::emitCall(func::CallOp op) {
  Location loc = op.getLoc();
  Values operands, copies;
  SmallVector<Type> scalarResults;
  for (Value operand : op.getOperands()) {
    if (!isTensor(operand)) {
      operands.push_back(scalars.lookup(operand));
      continue;
    }
    Storage storage = tensors.lookup(operand);
    if (!storage.memref || !storage.prefix.empty()) {
      auto type = cast<RankedTensorType>(operand.getType());
      Storage whole = allocateBuffer(loc, type);
      copy(loc, type, storage, whole);
      copies.push_back(whole.memref);
      storage = whole;
    }
    operands.push_back(storage.memref);
  }
  for (Value result : op.getResults()) {
    if (isTensor(result))
      operands.push_back(allocate(result).memref);
    else
      scalarResults.push_back(result.getType());
  }
  operands.push_back(status);
  auto call = func::CallOp::create(b, loc, op.getCallee(), scalarResults, operands);
  unsigned next = 0;
  for (Value result : op.getResults())
    if (!isTensor(result))
      scalars.map(result, call.getResult(next++));
  for (Value buffer : copies)
    memref::DeallocOp::create(b, loc, buffer);
}

void LoopEmitter::emitReturn(func::ReturnOp op, ValueRange outputs) {
  Values results;
  unsigned next = 0;
  for (Value value : op.getOperands()) {
    if (!isTensor(value)) {
      results.push_back(scalars.lookup(value));
      continue;
    }
    Value output = outputs[next++];
    Storage storage = tensors.lookup(value);
    if (storage.memref != output)
      copy(op.getLoc(), cast<RankedTensorType>(value.getType()), storage, {output, {}, {}});
  }
  func::ReturnOp::create(b, op.getLoc(), results);
}

void LoopEmitter::emitFunction(func::FuncOp from, func::FuncOp to) {
  OpBuilder::InsertionGuard guard(b);
  Block *entry = to.addEntryBlock();
  b.setInsertionPointToStart(entry);
  for (auto [number, argument] : llvm::enumerate(from.getArguments())) {
    if (isTensor(argument))
      tensors[argument] = {entry->getArgument(number), {}, {}};
    else
      scalars.map(argument, entry->getArgument(number));
  }
  status = entry->getArguments().back();
  Values outputs(entry->getArguments().drop_front(from.getNumArguments()).drop_back());
  auto returnOp = cast<func::ReturnOp>(from.getBody().front().getTerminator());
  unsigned next = 0;
  for (Value value : returnOp.getOperands())
    if (isTensor(value)) {
      Value output = outputs[next++];
      // Computed by an op of this function: straight into the caller's buffer.
      if (value.getDefiningOp())
        wanted.try_emplace(value, Storage{output, {}, {}});
    }
  emitBlock(from.getBody().front(), [&](Operation *op) { emitReturn(cast<func::ReturnOp>(op), outputs); });
}

void LoopEmitter::emitAt(pat::AtOp op) {
  Location loc = op.getLoc();
  Values operands;
  for (Value index : op.getIndices())
    operands.push_back(scalars.lookup(index));
  Values indices = operands;
  if (std::optional<AffineMap> map = op.getMap())
    indices = Values(*affine::expandAffineMap(b, loc, *map, operands));
  Storage storage = tensors.lookup(op.getTensor());
  if (!op.getElseValue() || pat::isProvablyInBounds(op))
    return scalars.map(op.getResult(), load(loc, storage, indices));
  Value inside = isInside(loc, indices, op.getTensorType().getShape());
  Value otherwise = scalars.lookup(op.getElseValue());
  auto branch = scf::IfOp::create(
      b, loc, inside,
      [&](OpBuilder &, Location) { scf::YieldOp::create(b, loc, load(loc, storage, indices)); },
      [&](OpBuilder &, Location) { scf::YieldOp::create(b, loc, otherwise); });
  scalars.map(op.getResult(), branch.getResult(0));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

LoopEmitter::Values LoopEmitter::emitBody(Block *body, ValueRange arguments,
                                          function_ref<void(pat::YieldOp)> atYield) {
  for (auto [from, to] : llvm::zip(body->getArguments(), arguments))
    scalars.map(from, to);
  Values yielded;
  emitBlock(*body, [&](Operation *terminator) {
    for (Value value : terminator->getOperands())
      yielded.push_back(isTensor(value) ? Value() : scalars.lookup(value));
    atYield(cast<pat::YieldOp>(terminator));
  });
  return yielded;
}

LoopEmitter::Values LoopEmitter::combine(Block *combiner, ValueRange lhs, ValueRange rhs) {
  Values arguments(lhs);
  llvm::append_range(arguments, rhs);
  return emitBody(combiner, arguments);
}

void LoopEmitter::emitMap(pat::MapOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  for (Value result : op.getResults())
    results.push_back(allocate(result));
  emitNest(loc, op.getDomain(), {}, [&](Indices indices, ValueRange) -> Values {
    SmallVector<Storage> places = results;
    for (auto [value, place] : llvm::zip(op.getBodyYield()->getOperands(), places)) {
      llvm::append_range(place.prefix, indices);
      // A tensor that the body computes goes straight to its place in the result.
      Operation *def = value.getDefiningOp();
      if (isTensor(value) && def && def->getBlock() == op.getBody())
        wanted.try_emplace(value, place);
    }
    emitBody(op.getBody(), indices, [&](pat::YieldOp yield) {
      for (auto [value, place] : llvm::zip(yield->getOperands(), places)) {
        if (!isTensor(value)) {
          store(loc, scalars.lookup(value), place, {});
          continue;
        }
        Storage storage = tensors.lookup(value);
        if (storage.memref != place.memref)
          copy(loc, cast<RankedTensorType>(value.getType()), storage, place);
      }
    });
    return {};
  });
}

void LoopEmitter::emitFold(pat::FoldOp op) {
  Values inits;
  for (Value init : op.getInits())
    inits.push_back(scalars.lookup(init));
  Values results = emitNest(op.getLoc(), op.getDomain(), inits, [&](Indices indices, ValueRange carried) {
    return combine(op.getCombiner(), carried, emitBody(op.getBody(), indices));
  });
  for (auto [result, value] : llvm::zip(op.getResults(), results))
    scalars.map(result, value);
}

/// Writes number, dimension and key into the status, unless an earlier trap did.
void LoopEmitter::emitTrap(pat::GroupByOp op, ValueRange keys) {
  Location loc = op.getLoc();
  state.traps.push_back(LocationAttr(loc));
  Type word = b.getI64Type();
  Value badKey = keys.back(), badDim = constantIndex(loc, keys.size() - 1);
  // The first key outside wins.
  for (int64_t dim = int64_t(keys.size()) - 2; dim >= 0; --dim) {
    Value inside = isInside(loc, keys[dim], op.getKeys()[dim]);
    badKey = arith::SelectOp::create(b, loc, inside, badKey, keys[dim]);
    badDim = arith::SelectOp::create(b, loc, inside, badDim, constantIndex(loc, dim));
  }
  Storage place{status, {}, {}};
  Value none = zero(loc, word);
  Value first = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, load(loc, place, constantIndex(loc, 0)), none);
  auto branch = scf::IfOp::create(b, loc, first, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  store(loc, arith::ConstantIntOp::create(b, loc, state.traps.size(), 64), place, constantIndex(loc, 0));
  store(loc, arith::IndexCastOp::create(b, loc, word, badDim), place, constantIndex(loc, 1));
  store(loc, arith::IndexCastOp::create(b, loc, word, badKey), place, constantIndex(loc, 2));
}

void LoopEmitter::emitGroupBy(pat::GroupByOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  for (auto [result, init] : llvm::zip(op.getResults(), op.getInits())) {
    results.push_back(allocate(result));
    fill(loc, cast<RankedTensorType>(result.getType()), scalars.lookup(init), results.back());
  }
  emitNest(loc, op.getDomain(), {}, [&](Indices indices, ValueRange) -> Values {
    Values yielded = emitBody(op.getBody(), indices);
    ValueRange keys = ValueRange(yielded).take_front(op.getKeys().size());
    ValueRange values = ValueRange(yielded).drop_front(op.getKeys().size());
    auto branch = scf::IfOp::create(b, loc, isInside(loc, keys, op.getKeys()), !op.dropsOutside());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Values old;
    for (const Storage &result : results)
      old.push_back(load(loc, result, keys));
    for (auto [value, result] : llvm::zip(combine(op.getCombiner(), old, values), results))
      store(loc, value, result, keys);
    if (!op.dropsOutside()) {
      b.setInsertionPointToStart(branch.elseBlock());
      emitTrap(op, keys);
    }
    return {};
  });
}

void LoopEmitter::emitFilter(pat::FilterOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  for (Value result : op.getValues()) {
    auto type = cast<RankedTensorType>(result.getType());
    results.push_back(allocate(result));
    fill(loc, type, zero(loc, type.getElementType()), results.back());
  }
  Value count = constantIndex(loc, 0), capacity = constantIndex(loc, op.getCapacity());
  Values counts = emitNest(loc, op.getDomain(), count, [&](Indices indices, ValueRange carried) -> Values {
    Values yielded = emitBody(op.getBody(), indices);
    Value room = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, carried[0], capacity);
    Value taken = arith::AndIOp::create(b, loc, yielded[0], room);
    auto branch = scf::IfOp::create(b, loc, taken, /*withElseRegion=*/false);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      for (auto [value, result] : llvm::zip(llvm::drop_begin(yielded), results))
        store(loc, value, result, carried[0]);
    }
    Value more = arith::AddIOp::create(b, loc, carried[0], constantIndex(loc, 1));
    return {arith::SelectOp::create(b, loc, taken, more, carried[0])};
  });
  scalars.map(op.getCount(), counts[0]);
}

void LoopEmitter::emitFlatMap(pat::FlatMapOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  for (Value result : op.getValues()) {
    auto type = cast<RankedTensorType>(result.getType());
    results.push_back(allocate(result));
    fill(loc, type, zero(loc, type.getElementType()), results.back());
  }
  Value none = constantIndex(loc, 0), capacity = constantIndex(loc, op.getCapacity());
  Values counts = emitNest(loc, op.getDomain(), none, [&](Indices indices, ValueRange carried) -> Values {
    Value total;
    emitBody(op.getBody(), indices, [&](pat::YieldOp yield) {
      // As many as the point has, as its tensors hold, and as there is room for.
      Value count = arith::MaxSIOp::create(b, loc, scalars.lookup(yield.getOperand(0)), none);
      if (yield.getNumOperands() > 1) {
        int64_t extent = cast<RankedTensorType>(yield.getOperand(1).getType()).getDimSize(0);
        count = arith::MinSIOp::create(b, loc, count, constantIndex(loc, extent));
      }
      Value room = arith::SubIOp::create(b, loc, capacity, carried[0]);
      count = arith::MinSIOp::create(b, loc, count, room);
      emitFor(loc, none, count, {}, [&](Value element, ValueRange) -> Values {
        Value position = arith::AddIOp::create(b, loc, carried[0], element);
        for (auto [value, result] : llvm::zip(yield->getOperands().drop_front(), results))
          store(loc, load(loc, tensors.lookup(value), element), result, position);
        return {};
      });
      total = arith::AddIOp::create(b, loc, carried[0], count);
    });
    return {total};
  });
  scalars.map(op.getCount(), counts[0]);
}

void LoopEmitter::emitScan(pat::ScanOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> results;
  Values inits;
  for (auto [result, init] : llvm::zip(op.getResults(), op.getInits())) {
    results.push_back(allocate(result));
    inits.push_back(scalars.lookup(init));
  }
  int64_t dim = op.getDim(), extent = op.getDomain()[dim];
  SmallVector<int64_t> outer(op.getDomain());
  outer.erase(outer.begin() + dim);
  emitNest(loc, outer, {}, [&](Indices outerIndices, ValueRange) -> Values {
    emitNest(loc, extent, inits, [&](Indices step, ValueRange carried) -> Values {
      Value index = step[0];
      if (op.getReverse())
        index = arith::SubIOp::create(b, loc, constantIndex(loc, extent - 1), index);
      Values indices(outerIndices);
      indices.insert(indices.begin() + dim, index);
      Values next = combine(op.getCombiner(), carried, emitBody(op.getBody(), indices));
      for (auto [before, after, result] : llvm::zip(carried, next, results))
        store(loc, op.getExclusive() ? before : after, result, indices);
      return next;
    });
    return {};
  });
}

/// One iteration: computes the next values, then writes the tensors among them over the carried ones.
LoopEmitter::Values LoopEmitter::emitIteration(pat::IterateOp op, ArrayRef<Storage> carried, ValueRange arguments) {
  Location loc = op.getLoc();
  return emitBody(op.getBody(), arguments, [&](pat::YieldOp yield) {
    Values copies;
    SmallVector<std::tuple<RankedTensorType, Storage, Storage>> moves;
    for (auto [value, place] : llvm::zip(yield->getOperands().drop_front(), carried)) {
      if (!isTensor(value))
        continue;
      auto type = cast<RankedTensorType>(value.getType());
      Storage storage = tensors.lookup(value);
      if (storage.memref == place.memref)
        continue;
      // Another carried tensor may be overwritten before it is read: read it now.
      if (llvm::is_contained(op.getCarried(), value)) {
        Storage before = allocateBuffer(loc, type);
        copy(loc, type, storage, before);
        copies.push_back(before.memref);
        storage = before;
      }
      moves.push_back({type, storage, place});
    }
    for (auto &[type, from, to] : moves)
      copy(loc, type, from, to);
    for (Value buffer : copies)
      memref::DeallocOp::create(b, loc, buffer);
  });
}

void LoopEmitter::emitIterate(pat::IterateOp op) {
  Location loc = op.getLoc();
  SmallVector<Storage> carried; // empty for scalars
  Values iters = {constantIndex(loc, 0), arith::ConstantIntOp::create(b, loc, 1, 1)};
  for (auto [init, argument, result] : llvm::zip(op.getInits(), op.getCarried(), op.getResults())) {
    carried.push_back({});
    if (!isTensor(init)) {
      iters.push_back(scalars.lookup(init));
      continue;
    }
    carried.back() = tensors[argument] = allocate(result);
    copy(loc, cast<RankedTensorType>(init.getType()), tensors.lookup(init), carried.back());
  }
  auto whenToGoOn = [&](OpBuilder &, Location, ValueRange arguments) {
    Value limit = constantIndex(loc, op.getMax());
    Value below = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, arguments[0], limit);
    scf::ConditionOp::create(b, loc, arith::AndIOp::create(b, loc, below, arguments[1]), arguments);
  };
  auto iteration = [&](OpBuilder &, Location, ValueRange arguments) {
    Values bodyArguments = {arguments[0]};
    unsigned next = 2;
    for (const Storage &storage : carried)
      bodyArguments.push_back(storage.memref ? Value(storage.memref) : arguments[next++]);
    Values results = {arith::AddIOp::create(b, loc, arguments[0], constantIndex(loc, 1))};
    for (Value value : emitIteration(op, carried, bodyArguments))
      if (value)
        results.push_back(value);
    scf::YieldOp::create(b, loc, results);
  };
  auto loop = scf::WhileOp::create(b, loc, ValueRange(iters).getTypes(), iters, whenToGoOn, iteration);
  unsigned next = 2;
  for (Value result : op.getResults())
    if (!isTensor(result))
      scalars.map(result, loop.getResult(next++));
}

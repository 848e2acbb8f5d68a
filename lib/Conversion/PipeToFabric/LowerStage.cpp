// LowerStage.cpp - compute units of a stage, and the streams that its reads and writes make
//
// Without reduction a stage is one compute unit over all its loops. With one it is two: the *inner* unit runs over all
// loops and drains its accumulators at the end of the parallel ones; the *outer* unit computes what follows over the
// parallel loops (the slots innermost, as accumulators drain slot by slot). An outer unit without work is left out. In
// a section with groups there is an inner unit per member, chained to the next, and one outer unit for all: the member
// is one more of its loops, around the slots, and where groups are joined the group another one around that.
//
// A read that does not change in the inner loops is streamed at the rate of the innermost loop it depends on and popped
// at the end of that level.
#include "LowerSection.h"
#include "ScalarOps.h"

#include "jacquard/Support/Diagnostics.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

namespace {

/// Gathers the inputs, operations and outputs of one compute unit, then creates it.
class UnitBuilder {
public:
  UnitBuilder(OpBuilder &section, Location loc, const Chain &chain, bool wide)
      : chain(chain), section(section), loc(loc), wide(wide), block(std::make_unique<Block>()), b(section.getContext()) {
    b.setInsertionPointToEnd(block.get());
  }

  Value addInput(Value stream, int popLevel) {
    streams.push_back(stream);
    popLevels.push_back(popLevel);
    return block->addArgument(b.getType<fabric::WordType>(), loc);
  }
  void push(Value word) {
    if (!word.getDefiningOp<fabric::FuOp>()) // only results of operations can leave the pipeline
      word = words(loc).fu(Opcode::Move, {word});
    fabric::PushOp::create(b, loc, word, b.getI64IntegerAttr(chain.innermost()));
    ++outputs;
  }
  /// With `chain`, after `passed` elements of it.
  void drain(ArrayRef<Value> accumulators, int level, StringAttr reduce, Value chain, int64_t passed) {
    IntegerAttr number;
    if (chain) {
      number = b.getI64IntegerAttr(chains.size());
      chains.push_back(chain);
    }
    fabric::DrainOp::create(b, loc, accumulators, b.getI64IntegerAttr(level), reduce, number, StringAttr(),
                            b.getI64IntegerAttr(passed));
    ++outputs;
  }
  /// Creates the unit; its results are the streams of the pushes and drains in order.
  ResultRange finish() {
    SmallVector<Type> types(outputs, fabric::StreamType::get(b.getContext()));
    auto unit =
        fabric::ComputeOp::create(section, loc, types, streams, ValueRange(), chains, popLevels, chain.extents(),
                                  chain.vectorLevel(), DenseI64ArrayAttr(), DenseI64ArrayAttr(), StringAttr());
    unit.getBody().push_back(block.release());
    return unit.getOutputs();
  }
  OpBuilder &builder() { return b; }
  WordEmitter words(Location at) { return WordEmitter(b, at, wide); }

  const Chain &chain;
  llvm::DenseMap<std::pair<Value, int>, Value> known; ///< (value, slot or -1) -> word in this unit

private:
  OpBuilder &section;
  Location loc;
  bool wide;
  std::unique_ptr<Block> block;
  OpBuilder b;
  SmallVector<Value> streams, chains;
  SmallVector<int64_t> popLevels;
  unsigned outputs = 0;
};

class StageLowering {
public:
  StageLowering(SectionLowering &section, pipe::StageOp stage, int64_t unit)
      : section(section), stage(stage), unit(unit), loc(stage.getLoc()), constants(section.constantsOf(unit)) {}

  LogicalResult lower();

private:
  LogicalResult checkSize();
  void planChains();
  bool onSlots(Value value);
  FailureOr<Value> lowerValue(UnitBuilder &builder, Value value, int slot);
  FailureOr<Value> computeValue(UnitBuilder &builder, Value value, int slot);
  FailureOr<Value> lowerRead(UnitBuilder &builder, pipe::ReadOp read, int slot);
  FailureOr<Value> gather(UnitBuilder &builder, pipe::ReadOp read, int slot);
  FailureOr<Value> streamOf(pipe::ReadOp read, const Chain &chain, const Positions &positions, bool broadcast);
  FailureOr<Value> addressStream(const Chain &chain, AffineMap map, ValueRange indices, const TensorShape &shape,
                                 int slot, bool checked);
  FailureOr<Value> lowerAccumulation(UnitBuilder &inner, pipe::ReduceOp reduce, int slot);
  void chooseMember(int64_t member);
  bool canPart(pipe::WriteOp write);
  void chooseMembers(MemberRange range);
  LogicalResult lowerReductions();
  LogicalResult lowerMember(int64_t member, ArrayRef<pipe::ReduceOp> reductions);
  LogicalResult lowerWrites();
  bool wantsNormalising(pipe::ReduceOp reduce);
  bool leavesAsReduced(pipe::WriteOp write);
  LogicalResult lowerWrite(pipe::WriteOp write, Value stream);
  LogicalResult lowerAccumulates();

  SectionLowering &section;
  pipe::StageOp stage;
  int64_t unit; ///< whose indices are `constants`: the member of the unit that is being written
  Location loc;
  llvm::DenseMap<Value, int64_t> constants;

  Chain innerChain, outerChain; ///< all loops but the slots; the parallel loops with the slots innermost
  unsigned outerLevels = 0;     ///< levels of the inner chain that stand outside the reductions
  Value slotIndex;
  int64_t numSlots = 1;
  MemberRange members;      ///< of the chain that is being written
  int memberLevel = -1;     ///< of the outer chain
  bool lanesReduce = false; ///< the lane loop is a reduction: accumulators combine across lanes
  llvm::DenseMap<Value, Value> reduced;    ///< pipe.reduce -> stream of results
  llvm::DenseMap<Value, bool> slotDependent;
};

void StageLowering::planChains() {
  SmallVector<Level> outer = section.enclosingLoops(stage);
  innerChain.levels = outer;
  outerChain.levels = outer;
  std::optional<Level> slots;
  for (auto [l, index] : llvm::enumerate(stage.getBody().getArguments())) {
    Level level{index, stage.getExtents()[l], stage.getRole(l) == LoopRole::Lanes};
    bool parallel = l < stage.getNumParallel();
    if (stage.getRole(l) == LoopRole::Slots) {
      slots = level;
      slotIndex = index;
      numSlots = level.extent;
      continue;
    }
    innerChain.levels.push_back(level);
    if (parallel)
      outerChain.levels.push_back(level);
    else
      lanesReduce |= level.lanes;
  }
  outerLevels = outerChain.levels.size();
  members = {0, stage.getOnce() ? 1 : section.unitSize()};
  if (Value group = section.section.getJoinIndex(); group && !stage.getOnce())
    outerChain.levels.push_back({group, section.section.getJoinSize()});
  if (Value member = section.section.getGroupIndex(); member && !stage.getOnce()) {
    memberLevel = int(outerChain.levels.size());
    outerChain.levels.push_back({member, section.groupSize()});
  }
  if (slots)
    outerChain.levels.push_back(*slots);
}

/// Whether a value of the inner unit differs from slot to slot.
bool StageLowering::onSlots(Value value) {
  if (!slotIndex)
    return false;
  if (value == slotIndex)
    return true;
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  auto [it, isNew] = slotDependent.insert({value, false});
  if (!isNew)
    return it->second;
  bool result = llvm::any_of(op->getOperands(), [&](Value operand) { return onSlots(operand); });
  return slotDependent[value] = result;
}

/// The word of `value` in a unit; `slot` is the slot of the inner unit, -1 in an outer one.
FailureOr<Value> StageLowering::lowerValue(UnitBuilder &builder, Value value, int slot) {
  int key = slot >= 0 && onSlots(value) ? slot : -1;
  if (Value known = builder.known.lookup({value, key}))
    return known;
  auto word = computeValue(builder, value, slot);
  if (succeeded(word))
    builder.known[{value, key}] = *word;
  return word;
}

/// Accumulators neither wrap nor round to their type.
bool StageLowering::wantsNormalising(pipe::ReduceOp reduce) {
  using Kind = arith::AtomicRMWKind;
  bool grows = llvm::is_contained({Kind::addi, Kind::muli, Kind::addf, Kind::mulf}, reduce.getKind());
  Type type = reduce.getResult().getType();
  return grows && !type.isInteger(1) && WordEmitter(section.b, loc, section.wide).needsNormalising(type);
}

FailureOr<Value> StageLowering::computeValue(UnitBuilder &builder, Value value, int slot) {
  OpBuilder &b = builder.builder();
  if (int level = builder.chain.find(value); level >= 0)
    return fabric::CounterOp::create(b, loc, b.getType<fabric::WordType>(), b.getI64IntegerAttr(level)).getResult();
  if (value == slotIndex && slot >= 0)
    return builder.words(loc).word(slot);
  if (auto it = constants.find(value); it != constants.end())
    return builder.words(loc).word(it->second);
  Operation *op = value.getDefiningOp();
  if (!op)
    return stage.emitError() << "uses an index that is not one of its loops";
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto word = constantWord(op, constant.getValue(), section.wide);
    if (failed(word))
      return failure();
    return builder.words(op->getLoc()).word(*word);
  }
  if (auto read = dyn_cast<pipe::ReadOp>(op))
    return lowerRead(builder, read, slot);
  if (auto reduce = dyn_cast<pipe::ReduceOp>(op)) {
    Value word = builder.addInput(reduced.lookup(value), builder.chain.innermost());
    return wantsNormalising(reduce) ? builder.words(loc).normalise(word, value.getType()) : word;
  }
  SmallVector<Value> words;
  for (Value operand : op->getOperands()) {
    auto word = lowerValue(builder, operand, slot);
    if (failed(word))
      return failure();
    words.push_back(*word);
  }
  return lowerScalarOp(b, op, words, section.wide);
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

/// The stream of an affine read over `chain`, from DRAM or from a memory unit of its own. Null (not failure) when the
/// address needs more registers or stages than the unit has.
FailureOr<Value> StageLowering::streamOf(pipe::ReadOp read, const Chain &chain, const Positions &positions,
                                         bool broadcast) {
  TensorShape shape = shapeOf(read.getSource());
  AccessOptions options;
  options.broadcast = broadcast;
  if (read.getElseValue()) {
    auto word = constantWord(read, *read.getElseValue(), section.wide);
    if (failed(word))
      return failure();
    options.elseValue = *word;
  }
  bool fromScratchpad = pipe::isInSpace(shape.root.getType(), pipe::scratchpadSpace);
  if (fromScratchpad)
    options.handoverLevel = section.handoverLevel(shape.root);
  unsigned registers = fromScratchpad ? section.arch.memory.addressRegisters : section.arch.dramPort.addressRegisters;
  unsigned stages = fromScratchpad ? section.arch.memory.addressStages : section.arch.dramPort.addressStages;
  auto access = makeAccess(section.b.getContext(), positions, shape, chain, registers, stages, options);
  if (!access)
    return Value();
  if (fromScratchpad)
    return section.makeMemory(read.getLoc(), shape.root, unit, *access, {});
  return section.makeLoad(read.getLoc(), section.symbolOf(shape.root), *access, {});
}

FailureOr<Value> StageLowering::lowerRead(UnitBuilder &builder, pipe::ReadOp read, int slot) {
  bool perSlot = slot >= 0 && onSlots(read.getResult());
  Chain chain = builder.chain;
  // Slots take one vector: the slot loop is its vector level, the lane loop only repeats it.
  int slotLevel = -1;
  if (perSlot) {
    for (Level &level : chain.levels)
      if (level.lanes)
        level = {level.index, (level.extent + section.arch.compute.lanes - 1) / section.arch.compute.lanes, false};
    slotLevel = int(chain.levels.size());
    chain.levels.push_back({slotIndex, numSlots, true});
  }
  auto positions = positionsOf(read.getMap(), read.getIndices(), chain, constants);
  if (!positions)
    return gather(builder, read, slot);

  // Leave out the inner levels on which nothing depends.
  int last = -1;
  for (const Linear &position : positions->perDim) {
    Linear outside = position;
    if (slotLevel >= 0) {
      if (builder.chain.vectorLevel() >= 0 && position.coefficients[builder.chain.vectorLevel()] != 0)
        return read.emitError() << tag(Diag::NotOnFabric) << "depends on the lane loop and on the slot loop";
      outside.coefficients[slotLevel] = 0;
    }
    last = std::max(last, outside.lastLevel());
  }
  if (Value root = shapeOf(read.getSource()).root; pipe::isInSpace(root.getType(), pipe::scratchpadSpace))
    last = std::max(last, section.handoverLevel(root));
  int vectorLevel = chain.vectorLevel();
  bool broadcast = slotLevel < 0 && (vectorLevel < 0 || vectorLevel > last ||
                                     llvm::all_of(positions->perDim, [&](const Linear &position) {
                                       return position.coefficients[vectorLevel] == 0;
                                     }));
  Chain shorter;
  shorter.levels.assign(chain.levels.begin(), chain.levels.begin() + last + 1);
  for (Linear &position : positions->perDim) {
    int64_t onSlot = slotLevel >= 0 ? position.coefficients[slotLevel] : 0;
    position.coefficients.truncate(last + 1);
    if (slotLevel >= 0)
      position.coefficients.push_back(onSlot);
  }
  if (slotLevel >= 0)
    shorter.levels.push_back(chain.levels[slotLevel]);

  auto stream = streamOf(read, shorter, *positions, broadcast);
  if (failed(stream))
    return failure();
  if (!*stream)
    return gather(builder, read, slot);
  if (!perSlot)
    return builder.addInput(*stream, last);
  // One input for all slots: each takes its lane.
  Value vector = builder.known.lookup({read.getResult(), -2});
  if (!vector)
    builder.known[{read.getResult(), -2}] = vector = builder.addInput(*stream, last);
  OpBuilder &b = builder.builder();
  for (int64_t s = 0; s < numSlots; ++s)
    builder.known[{read.getResult(), int(s)}] =
        fabric::LaneOp::create(b, read.getLoc(), b.getType<fabric::WordType>(), vector, b.getI64IntegerAttr(s),
                               b.getI64IntegerAttr(0), b.getI64IntegerAttr(-1));
  return builder.known[{read.getResult(), slot}];
}

/// A unit that computes the element address of map(indices) at every firing of `chain`. With `checked` it is -1 outside of
/// the tensor; else only an address outside of the tensor's storage is caught, by the port.
FailureOr<Value> StageLowering::addressStream(const Chain &chain, AffineMap map, ValueRange indices,
                                              const TensorShape &shape, int slot, bool checked) {
  UnitBuilder address(section.b, loc, chain, section.wide);
  WordEmitter words = address.words(loc);
  SmallVector<Value> operands;
  SmallVector<std::optional<int64_t>> lowest, highest;
  for (Value index : indices) {
    auto word = lowerValue(address, index, slot);
    if (failed(word))
      return failure();
    operands.push_back(*word);
    int level = chain.find(index);
    auto constant = constants.find(index);
    bool fixed = constant != constants.end();
    lowest.push_back(level >= 0 ? std::optional<int64_t>(0) : fixed ? std::optional(constant->second) : std::nullopt);
    highest.push_back(level >= 0 ? std::optional(chain.levels[level].extent - 1)
                      : fixed    ? std::optional(constant->second)
                                 : std::nullopt);
  }
  AffineEmitter emitter(words, operands, lowest, highest);
  AffineExpr sum = section.b.getAffineConstantExpr(0);
  Value inside;
  for (auto [expr, size, stride] : llvm::zip(map.getResults(), shape.sizes, shape.strides)) {
    sum = sum + expr * stride;
    if (!checked || shape.sizes.size() == 1)
      continue; // the port's own check is enough
    Value fits = words.fu(Opcode::ICmpLtU, {emitter.emit(expr), words.word(size)});
    inside = inside ? words.fu(Opcode::And, {inside, fits}) : fits;
  }
  Value linear = emitter.emit(simplifyAffineExpr(sum, map.getNumDims(), 0));
  if (inside)
    linear = words.fu(Opcode::Select, {inside, linear, words.word(-1)});
  address.push(linear);
  return Value(address.finish().front());
}

FailureOr<Value> StageLowering::gather(UnitBuilder &builder, pipe::ReadOp read, int slot) {
  const Chain &chain = builder.chain;
  TensorShape shape = shapeOf(read.getSource());
  auto index = addressStream(chain, read.getMap(), read.getIndices(), shape, slot,
                             bool(read.getElseValue()));
  if (failed(index))
    return failure();
  AccessOptions options;
  if (read.getElseValue()) {
    auto word = constantWord(read, *read.getElseValue(), section.wide);
    if (failed(word))
      return failure();
    options.elseValue = *word;
  }
  int64_t elements = 1;
  for (auto [size, stride] : llvm::zip(shape.sizes, shape.strides))
    elements += (size - 1) * stride;
  Value stream;
  if (pipe::isInSpace(shape.root.getType(), pipe::scratchpadSpace)) {
    options.handoverLevel = section.handoverLevel(shape.root);
    auto access = makeIndexedAccess(section.b.getContext(), chain, elements, section.arch.memory.addressRegisters, options);
    auto memory = section.makeMemory(read.getLoc(), shape.root, unit, access, *index);
    if (failed(memory))
      return failure();
    stream = *memory;
  } else {
    auto access = makeIndexedAccess(section.b.getContext(), chain, elements, section.arch.dramPort.addressRegisters, options);
    stream = section.makeLoad(read.getLoc(), section.symbolOf(shape.root), access, *index);
  }
  return builder.addInput(stream, chain.innermost());
}

//===----------------------------------------------------------------------===//
// Reductions and results
//===----------------------------------------------------------------------===//

/// One accumulator: a product that is only summed joins it as a multiply-add.
FailureOr<Value> StageLowering::lowerAccumulation(UnitBuilder &inner, pipe::ReduceOp reduce, int slot) {
  auto opcode = opcodeOfKind(reduce.getKind(), reduce.getResult().getType());
  auto init = constantWord(reduce, reduce.getInit(), section.wide);
  if (!opcode || failed(init))
    return reduce.emitError() << tag(Diag::NotOnFabric) << "reduction does not run on the fabric yet";
  SmallVector<Value> values = {reduce.getValue()};
  Operation *product = reduce.getValue().getDefiningOp();
  bool onlyHere = product && reduce.getValue().hasOneUse();
  if (onlyHere && *opcode == Opcode::FAdd && isa<arith::MulFOp>(product)) {
    opcode = Opcode::Fma;
    values.assign(product->operand_begin(), product->operand_end());
  } else if (onlyHere && *opcode == Opcode::IAdd && isa<arith::MulIOp>(product)) {
    opcode = Opcode::IMad;
    values.assign(product->operand_begin(), product->operand_end());
  }
  SmallVector<Value> words;
  for (Value value : values) {
    auto word = lowerValue(inner, value, slot);
    if (failed(word))
      return failure();
    words.push_back(*word);
  }
  OpBuilder &b = inner.builder();
  std::string_view name = opcodeName(*opcode);
  return fabric::AccumulateOp::create(b, reduce.getLoc(), b.getType<fabric::WordType>(),
                                      b.getStringAttr(StringRef(name.data(), name.size())), words,
                                      b.getI64IntegerAttr(int64_t(outerLevels) - 1),
                                      b.getI64IntegerAttr(*init), IntegerAttr())
      .getResult();
}

void StageLowering::chooseMember(int64_t member) {
  unit = unit / section.unitSize() * section.unitSize() + member;
  constants = section.constantsOf(unit);
}

/// The accumulating unit of one member of the unit. Its results leave behind those of the members before it.
LogicalResult StageLowering::lowerMember(int64_t member, ArrayRef<pipe::ReduceOp> reductions) {
  chooseMember(member);
  UnitBuilder inner(section.b, loc, innerChain, section.wide);
  for (pipe::ReduceOp reduce : llvm::to_vector(reductions)) {
    SmallVector<Value> accumulators;
    for (int64_t slot = 0; slot < numSlots; ++slot) {
      auto accumulator = lowerAccumulation(inner, reduce, int(slot));
      if (failed(accumulator))
        return failure();
      accumulators.push_back(*accumulator);
    }
    StringAttr tree;
    if (lanesReduce) {
      std::string_view name = opcodeName(*opcodeOfKind(reduce.getKind(), reduce.getResult().getType()));
      tree = section.b.getStringAttr(StringRef(name.data(), name.size()));
    }
    inner.drain(accumulators, int(outerLevels) - 1, tree, reduced.lookup(reduce.getResult()),
                (member - members.first) * numSlots);
  }
  ResultRange streams = inner.finish();
  for (auto [i, reduce] : llvm::enumerate(reductions))
    reduced[reduce->getResult(0)] = streams[i];
  return success();
}

LogicalResult StageLowering::lowerReductions() {
  SmallVector<pipe::ReduceOp> reductions(stage.getOps<pipe::ReduceOp>());
  if (reductions.empty())
    return success();
  for (int64_t member = members.first; member < members.first + members.count; ++member)
    if (failed(lowerMember(member, reductions)))
      return failure();
  chooseMember(0);
  return success();
}

/// Whether chains of a part of the members each can write their results: to DRAM, as they come, at affine positions.
bool StageLowering::canPart(pipe::WriteOp write) {
  return write.getValue().getDefiningOp<pipe::ReduceOp>() && leavesAsReduced(write) &&
         pipe::isInSpace(shapeOf(write.getDestination()).root.getType(), pipe::dramSpace) &&
         positionsOf(write.getMap(), write.getIndices(), outerChain, constants);
}

/// What follows is the chain of these members.
void StageLowering::chooseMembers(MemberRange range) {
  members = range;
  reduced.clear();
  if (memberLevel >= 0 && !section.section.getJoin())
    outerChain.levels[memberLevel].extent = range.count;
}

LogicalResult StageLowering::lowerWrite(pipe::WriteOp write, Value stream) {
  TensorShape shape = shapeOf(write.getDestination());
  auto positions = positionsOf(write.getMap(), write.getIndices(), outerChain, constants);
  if (positions && memberLevel >= 0)
    for (Linear &position : positions->perDim)
      position.constant += position.coefficients[memberLevel] * members.first;
  bool toScratchpad = pipe::isInSpace(shape.root.getType(), pipe::scratchpadSpace);
  const MemorySpec &memory = section.arch.memory;
  const DramPortSpec &port = section.arch.dramPort;
  unsigned registers = toScratchpad ? memory.addressRegisters : port.addressRegisters;
  unsigned stages = toScratchpad ? memory.addressStages : port.addressStages;
  AccessOptions options;
  if (toScratchpad)
    options.handoverLevel = section.handoverLevel(shape.root);
  MLIRContext *context = section.b.getContext();
  std::optional<fabric::AccessAttr> access;
  if (positions)
    access = makeAccess(context, *positions, shape, outerChain, registers, stages, options);
  Value index;
  if (!access) { // it is computed
    auto address = addressStream(outerChain, write.getMap(), write.getIndices(), shape, -1, true);
    if (failed(address))
      return failure();
    index = *address;
    int64_t elements = 1;
    for (auto [size, stride] : llvm::zip(shape.sizes, shape.strides))
      elements += (size - 1) * stride;
    access = makeIndexedAccess(context, outerChain, elements, registers, options);
  }
  if (toScratchpad) {
    BufferWriter writer;
    writer.data = stream;
    writer.index = index;
    writer.access = *access;
    section.setWriter(shape.root, unit, writer);
    return success();
  }
  fabric::StoreOp::create(section.b, write.getLoc(), stream, section.symbolOf(shape.root), *access, index,
                          DenseI64ArrayAttr(), StringAttr());
  return success();
}

/// Whether a reduction's accumulators may be written as they are: DRAM ports wrap and round, scratchpads do not.
bool StageLowering::leavesAsReduced(pipe::WriteOp write) {
  auto reduce = write.getValue().getDefiningOp<pipe::ReduceOp>();
  bool toDram = pipe::isInSpace(shapeOf(write.getDestination()).root.getType(), pipe::dramSpace);
  return toDram || !wantsNormalising(reduce);
}

LogicalResult StageLowering::lowerWrites() {
  UnitBuilder outer(section.b, loc, outerChain, section.wide);
  SmallVector<pipe::WriteOp> computed;
  SmallVector<std::pair<pipe::WriteOp, Value>> writes;
  for (auto write : stage.getOps<pipe::WriteOp>()) {
    if (Value stream = reduced.lookup(write.getValue()); stream && leavesAsReduced(write)) {
      writes.push_back({write, stream}); // nothing left to compute
      continue;
    }
    auto word = lowerValue(outer, write.getValue(), -1);
    if (failed(word))
      return failure();
    outer.push(*word);
    computed.push_back(write);
  }
  if (!computed.empty())
    for (auto [write, stream] : llvm::zip(computed, outer.finish()))
      writes.push_back({write, stream});
  for (auto [write, stream] : writes)
    if (failed(lowerWrite(write, stream)))
      return failure();
  return success();
}

/// Values and keys are streams at the full rate; the memory unit combines them.
LogicalResult StageLowering::lowerAccumulates() {
  SmallVector<pipe::AccumulateOp> accumulates(stage.getOps<pipe::AccumulateOp>());
  if (accumulates.empty())
    return success();
  for (pipe::AccumulateOp accumulate : accumulates) {
    UnitBuilder inner(section.b, loc, innerChain, section.wide);
    for (Value value : accumulate->getOperands()) {
      if (value == accumulate.getDestination())
        continue;
      auto word = lowerValue(inner, value, 0);
      if (failed(word))
        return failure();
      inner.push(*word);
    }
    Type type = cast<MemRefType>(accumulate.getDestination().getType()).getElementType();
    auto opcode = opcodeOfKind(accumulate.getKind(), type);
    auto init = constantWord(accumulate, accumulate.getInit(), section.wide);
    if (!opcode || failed(init))
      return accumulate.emitError() << tag(Diag::NotOnFabric) << "combination does not run on the fabric yet";
    ResultRange streams = inner.finish();
    AccessOptions options;
    options.handoverLevel = section.handoverLevel(accumulate.getDestination());
    std::string_view name = opcodeName(*opcode);
    BufferWriter writer;
    writer.data = streams[0];
    writer.index = streams[1];
    writer.access =
        makeIndexedAccess(section.b.getContext(), innerChain, cast<MemRefType>(accumulate.getDestination().getType()).getDimSize(0),
                          section.arch.memory.addressRegisters, options);
    writer.accumulate = section.b.getStringAttr(StringRef(name.data(), name.size()));
    writer.init = *init;
    section.setWriter(accumulate.getDestination(), unit, writer);
  }
  return success();
}

/// Lowering follows operands by recursion, which no stage that could fit makes deep: it does not even begin with others.
LogicalResult StageLowering::checkSize() {
  constexpr int64_t opsPerStage = 8; // constants, casts and fused operations take none
  int64_t count = std::distance(stage.getBody().op_begin(), stage.getBody().op_end());
  int64_t most = opsPerStage * section.arch.numComputeUnits() * section.arch.compute.stages;
  if (count <= most)
    return success();
  return stage.emitError() << tag(Diag::DoesNotFit) << "has " << count << " operations, more than the "
                           << section.arch.numComputeUnits() << " compute units of '" << section.arch.name
                           << "' can hold";
}

LogicalResult StageLowering::lower() {
  if (failed(checkSize()))
    return failure();
  planChains();
  int64_t size = members.count, most = size;
  if (stage.getOps<pipe::AccumulateOp>().empty() &&
      llvm::all_of(stage.getOps<pipe::WriteOp>(), [&](pipe::WriteOp write) { return canPart(write); }))
    most = section.section.getJoin() ? size : section.section.getChainSize();
  for (int64_t first = 0; first < size; first += most) {
    chooseMembers({first, std::min(most, size - first)});
    if (failed(lowerReductions()) || failed(lowerAccumulates()) || failed(lowerWrites()))
      return failure();
  }
  return success();
}

} // namespace

LogicalResult jacquard::lowerStage(SectionLowering &section, pipe::StageOp stage, int64_t unit) {
  return StageLowering(section, stage, unit).lower();
}

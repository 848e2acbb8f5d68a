// FabricOps.cpp - verifiers of the `fabric` ops: structure, and every limit of one unit that the architecture states
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

//===----------------------------------------------------------------------===//
// Shared checks
//===----------------------------------------------------------------------===//

/// The model of the enclosing device; null without a device (then only structure is checked) or, with an error
/// already emitted, when the architecture cannot be read.
static std::shared_ptr<const FabricModel> modelOf(Operation *op, bool &failedToLoad) {
  failedToLoad = false;
  auto device = op->getParentOfType<DeviceOp>();
  if (!device)
    return nullptr;
  auto model = loadFabricModel(op, device.getArch());
  failedToLoad = !model;
  return model;
}

static LogicalResult requireAtMost(Operation *op, StringRef what, uint64_t need, uint64_t have) {
  if (need <= have)
    return success();
  return op->emitOpError() << "needs " << need << " " << what << "; the architecture offers " << have;
}

static LogicalResult requireLevel(Operation *op, StringRef what, int64_t level, int64_t lowest, size_t levels) {
  if (level >= lowest && level < int64_t(levels))
    return success();
  return op->emitOpError() << what << " " << level << " is not allowed; expected " << lowest << " to "
                           << int64_t(levels) - 1;
}

static LogicalResult requireOpcode(Operation *op, StringRef name, unsigned arity, StringRef what) {
  auto opcode = opcodeFromName(std::string_view(name.data(), name.size()));
  if (!opcode)
    return op->emitOpError() << "opcode \"" << name << "\" is unknown";
  if (opcodeArity(*opcode) != arity)
    return op->emitOpError() << what << " \"" << name << "\" takes " << opcodeArity(*opcode) << " operands; found "
                             << arity;
  return success();
}

/// A chain of counters: positive extents that fit 32 bits, a vector level that exists.
static LogicalResult verifyChain(Operation *op, ArrayRef<int64_t> extents, int64_t vectorLevel) {
  for (int64_t extent : extents)
    if (extent < 1 || extent > int64_t(UINT32_MAX))
      return op->emitOpError() << "counter extent " << extent << " is not allowed; expected 1 to " << UINT32_MAX;
  return requireLevel(op, "vector level", vectorLevel, -1, extents.size());
}

struct AccessLimits {
  unsigned counters, registers, stages;
};

static LogicalResult verifyAccessStructure(Operation *op, AccessAttr access, bool hasIndex) {
  if (failed(verifyChain(op, access.getExtents(), access.getVectorLevel())))
    return failure();
  if (access.isIndexed() != hasIndex)
    return op->emitOpError() << "has " << (hasIndex ? "an" : "no") << " index stream, but its access is "
                             << (access.isIndexed() ? "" : "not ") << "indexed";
  if (access.isIndexed() &&
      failed(requireLevel(op, "index level", access.getIndexLevel(), -1, access.getExtents().size())))
    return failure();
  return requireLevel(op, "handover level", access.getHandoverLevel(), -1, access.getExtents().size());
}

/// Operand numbers in `ops` count from the unit's register file, so they can be checked only against a machine.
static LogicalResult verifyAccessLimits(Operation *op, AccessAttr access, AccessLimits limits) {
  if (failed(requireAtMost(op, "counter levels", access.getExtents().size(), limits.counters)) ||
      failed(requireAtMost(op, "address registers", access.getNumRegisters(), limits.registers)) ||
      failed(requireAtMost(op, "address stages", access.getOps().size() / 5, limits.stages)))
    return failure();
  auto inRange = [&](int64_t value, size_t stage) {
    return value >= 0 && value < int64_t(limits.registers + 1 + stage);
  };
  size_t numOps = access.getOps().size() / 5;
  for (size_t stage = 0; stage < numOps; ++stage)
    for (int64_t operand : access.getOps().slice(stage * 5 + 1, 2))
      if (!inRange(operand, stage))
        return op->emitOpError() << "address stage " << stage << " reads value " << operand
                                 << ", which is not computed before it";
  if (!inRange(access.getAddress(), numOps))
    return op->emitOpError() << "address is value " << access.getAddress() << ", which is not computed";
  return success();
}

/// Whether a DRAM port of the machine can walk so.
static LogicalResult verifyWalk(Operation *op, AccessAttr access, bool hasIndex) {
  if (failed(verifyAccessStructure(op, access, hasIndex)))
    return failure();
  bool failedToLoad;
  auto model = modelOf(op, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  const DramPortSpec &port = model->spec().dramPort;
  return verifyAccessLimits(op, access, {port.counters, port.addressRegisters, port.addressStages});
}

static LogicalResult verifyPort(Operation *op, FlatSymbolRefAttr symbol, AccessAttr access, bool hasIndex) {
  auto device = op->getParentOfType<DeviceOp>();
  if (device && !isa_and_nonnull<BufferOp>(SymbolTable::lookupSymbolIn(device, symbol))) // C1
    return op->emitOpError() << "buffer " << symbol << " does not exist";
  return verifyWalk(op, access, hasIndex); // C2, C3
}

//===----------------------------------------------------------------------===//
// DRAM
//===----------------------------------------------------------------------===//

LogicalResult DeviceOp::verify() { return success(loadFabricModel(*this, getArch()) != nullptr); } // C1

/// The buffer `symbol` of the device around `op`; null, with a diagnostic, when it is not of type tensor<i`width`>.
static BufferOp requireWordBuffer(Operation *op, FlatSymbolRefAttr symbol, unsigned width, StringRef what) {
  auto device = op->getParentOfType<DeviceOp>();
  auto buffer = dyn_cast_or_null<BufferOp>(SymbolTable::lookupSymbolIn(device, symbol));
  auto type = buffer ? dyn_cast<RankedTensorType>(buffer.getType()) : RankedTensorType();
  if (type && type.getRank() == 0 && type.getElementType().isInteger(width))
    return buffer;
  op->emitOpError() << what << " " << symbol << " is not a buffer of type tensor<i" << width << ">";
  return nullptr;
}

LogicalResult BufferOp::verify() {
  if (!llvm::is_contained({"input", "output", "constant", "temporary"}, getKind())) // C1
    return emitOpError() << "kind \"" << getKind() << "\" is unknown; expected input, output, constant or temporary";
  if ((getKind() == "constant") != getValue().has_value()) // C2
    return emitOpError() << "a value is needed for a constant and allowed for nothing else";
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape() || !fabricElementType(type.getElementType())) // C3
    return emitOpError() << "type " << getType() << " is not stored; expected a static tensor of f16, bf16, "
                           << "f32, f64, i1, i8, i16, i32 or i64";
  if (getOrder() && getKind() != "constant") // C6
    return emitOpError() << "kind \"" << getKind() << "\" has an order; expected none";
  if (getOrder() && failed(verifyWalk(*this, *getOrder(), /*hasIndex=*/false))) // C6
    return failure();
  if (getOrder() && (type.getElementType() != getValue()->getElementType() || type.getRank() != 1 ||
                     type.getNumElements() != getOrder()->countWords())) // C6
    return emitOpError() << "has type " << type << "; expected the " << getOrder()->countWords() << " elements of type "
                         << getValue()->getElementType() << " that its order brings";
  if (getValue() && !getOrder() && getValue()->getShapedType() != type) // C2
    return emitOpError() << "value has type " << getValue()->getShapedType() << "; expected " << type;
  if (getIsUnsigned() && (!llvm::is_contained({"input", "output"}, getKind()) || !type.getElementType().isInteger() ||
                          type.getElementType().isInteger(1))) // C5
    return emitOpError() << "'is_unsigned' does not fit kind \"" << getKind() << "\" and type " << type
                         << "; expected an input or output of integers";
  ArrayRef<int64_t> dims = getExtentDims().value_or(ArrayRef<int64_t>()); // C4
  if (dims.size() != (getExtents() ? getExtents()->size() : 0) || (!dims.empty() && getKind() != "output"))
    return emitOpError() << "has extents that do not fit its dimensions; expected one each, of an output";
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (dim < 0 || dim >= type.getRank())
      return emitOpError() << "extent dimension " << dim << " is not allowed; expected one below " << type.getRank();
    if (!requireWordBuffer(*this, cast<FlatSymbolRefAttr>((*getExtents())[i]), 64, "extent"))
      return failure();
  }
  return success();
}

uint64_t fabric::sizeInDram(RankedTensorType type, uint64_t burstBytes) {
  uint64_t bytes = uint64_t(type.getNumElements()) * elementBytes(*fabricElementType(type.getElementType()));
  return llvm::alignTo(bytes, burstBytes);
}

LogicalResult fabric::checkDramCapacity(DeviceOp device, const ArchSpec &spec, bool withTemporaries) {
  static constexpr StringLiteral kinds[] = {"input", "output", "constant", "temporary"};
  static constexpr StringLiteral names[] = {"inputs", "outputs", "constants", "temporaries"};
  uint64_t need[std::size(kinds)] = {}, total = 0;
  for (auto buffer : device.getBody().front().getOps<BufferOp>()) {
    uint64_t size = sizeInDram(cast<RankedTensorType>(buffer.getType()), spec.dram.burstBytes);
    uint64_t &ofKind = need[llvm::find(kinds, buffer.getKind()) - kinds];
    ofKind = llvm::SaturatingAdd(ofKind, size);
    if (withTemporaries || buffer.getKind() != "temporary")
      total = llvm::SaturatingAdd(total, size);
  }
  if (total <= spec.dram.capacityBytes)
    return success();
  auto error = device.emitError() << tag(Diag::DramFull) << "the model needs " << (withTemporaries ? "" : "at least ")
                                  << total << " bytes of DRAM; '" << spec.name << "' has " << spec.dram.capacityBytes;
  StringRef before = " (";
  for (auto [kind, name, bytes] : llvm::zip(kinds, names, need))
    if (bytes > 0 && (withTemporaries || kind != "temporary")) {
      error << before << bytes << " of " << name;
      before = ", ";
    }
  return error << ")";
}

LogicalResult fabric::markUnlessFits(SectionOp section, LogicalResult fits) {
  if (failed(fits))
    section->setAttr(doesNotFitAttr, UnitAttr::get(section.getContext()));
  return fits;
}

SmallVector<SectionOp> fabric::sectionsOf(DeviceOp device) {
  SmallVector<SectionOp> sections;
  device.walk<WalkOrder::PreOrder>([&](Operation *op) {
    auto section = dyn_cast<SectionOp>(op);
    if (!section)
      return WalkResult::advance();
    sections.push_back(section);
    return WalkResult::skip(); // most operations are inside
  });
  return sections;
}

LogicalResult LoopOp::verify() {
  if (int64_t(getMax()) < 1 || int64_t(getMax()) > INT32_MAX) // C1
    return emitOpError() << "max " << int64_t(getMax()) << " is not allowed; expected 1 to " << INT32_MAX;
  if (!(*this)->getParentOfType<DeviceOp>())
    return emitOpError() << "stands outside of a device";
  if ((getConditionAttr() && !requireWordBuffer(*this, getConditionAttr(), 1, "condition")) ||
      (getCounterAttr() && !requireWordBuffer(*this, getCounterAttr(), 32, "counter"))) // C2
    return failure();
  if (getTestFirst() && !getConditionAttr()) // C3
    return emitOpError() << "tests before the first trip, but has no condition";
  return success();
}

LogicalResult LoopOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<SectionOp, LoopOp>(op)) // C4
      return emitOpError() << "holds '" << op.getName() << "'; expected sections and loops";
  return success();
}

LogicalResult SectionOp::verify() {
  bool failedToLoad;
  auto model = modelOf(*this, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  if (getWide() && model->spec().compute.wideLanes == 0) // C1
    return emitOpError() << "is wide; '" << model->spec().name << "' has no wide lanes";
  return success();
}

LogicalResult LoadOp::verify() {
  bool failedToLoad;
  auto model = getBackground() ? modelOf(*this, failedToLoad) : nullptr;
  if (model && model->spec().dram.backgroundQueueDepth == 0) // C4
    return emitOpError() << "is in the background; '" << model->spec().name << "' has no queue for such reads";
  return verifyPort(*this, getBufferAttr(), getAccess(), bool(getIndex()));
}

LogicalResult StoreOp::verify() { return verifyPort(*this, getBufferAttr(), getAccess(), bool(getIndex())); }

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult MemoryOp::verify() {
  if (bool(getData()) != getWrite().has_value() || (!getWrite() && getWriteIndex()) || (!getRead() && getReadIndex()) ||
      (!getWrite() && !getRead())) // C5
    return emitOpError() << "needs data and `write`, `read`, or both; an index needs its access";
  if (!getRead() && !getResult().use_empty()) // C5
    return emitOpError() << "has a result that is used, but does not read";
  if ((getWrite() && failed(verifyAccessStructure(*this, *getWrite(), bool(getWriteIndex())))) ||
      (getRead() && failed(verifyAccessStructure(*this, *getRead(), bool(getReadIndex()))))) // C1, C2
    return failure();
  if (getCascade() && (!getFirstWord() || !getRead() || getWriteIndex())) // C6
    return emitOpError() << "has a cascade; expected a slice that is read and has no write index";
  if (getHome() && (getBuffers() != 1 || getAccumulate())) // C7
    return emitOpError() << "has a home; expected one buffer and no `accumulate`";
  if (getAccumulate() && failed(requireOpcode(*this, *getAccumulate(), 2, "accumulation"))) // C4
    return failure();
  if (int64_t(getWords()) < 1 || int64_t(getBuffers()) < 1) // C3
    return emitOpError() << "words " << int64_t(getWords()) << " and buffers " << int64_t(getBuffers())
                         << " must be at least 1";
  bool failedToLoad;
  auto model = modelOf(*this, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  const MemorySpec &memory = model->spec().memory;
  AccessLimits limits{memory.counters, memory.addressRegisters, memory.addressStages};
  if ((getWrite() && failed(verifyAccessLimits(*this, *getWrite(), limits))) ||
      (getRead() && failed(verifyAccessLimits(*this, *getRead(), limits))))
    return failure(); // C2
  if (getCascade() && !memory.readCascades) // C6
    return emitOpError() << "has a cascade; '" << model->spec().name << "' has none";
  uint64_t wordBytes = isWide(*this) ? 8 : 4;
  if (failed(requireAtMost(*this, "buffers", getBuffers(), memory.maxBuffers)) ||
      failed(requireAtMost(*this, "words of scratchpad", getWords(), memory.bytes() / wordBytes)))
    return failure(); // C3: else the product overflows
  return requireAtMost(*this, "bytes of scratchpad", wordBytes * uint64_t(getWords()) * getBuffers(),
                       memory.bytes()); // C3
}

//===----------------------------------------------------------------------===//
// Compute
//===----------------------------------------------------------------------===//

static LogicalResult verifyComputeLimits(ComputeOp op, const ComputeSpec &spec) {
  if (failed(requireAtMost(op, "counter levels", op.getNumLevels(), spec.counters)))
    return failure();
  if (!op.isPartitioned())
    return success(); // virtual units may have any size
  unsigned scalarOuts = 0; // every result is a vector stream
  if (failed(requireAtMost(op, "vector inputs", op.getVectors().size(), spec.ports.vectorIn)) ||
      failed(requireAtMost(op, "scalar inputs", op.getScalars().size(), spec.ports.scalarIn)) ||
      failed(requireAtMost(op, "vector outputs", op.getNumResults() - scalarOuts, spec.ports.vectorOut)))
    return failure();
  if (op.getInputRegisters()->size() != op.getBody().getNumArguments())
    return op.emitOpError() << "has " << op.getInputRegisters()->size() << " input registers for "
                            << op.getBody().getNumArguments() << " inputs";
  ArrayRef<int64_t> registers = *op.getInputRegisters();
  for (int64_t reg : registers)
    if (reg < 0 || reg >= int64_t(spec.registers))
      return op.emitOpError() << "uses register " << reg << "; the architecture offers 0 to " << spec.registers - 1;
  return success();
}

LogicalResult ComputeOp::verify() {
  if (failed(verifyChain(*this, getCounters(), getVectorLevel()))) // C4
    return failure();
  size_t inputs = getVectors().size() + getScalars().size();
  if (getBody().getNumArguments() != inputs || getPopLevels().size() != inputs) // C1
    return emitOpError() << "has " << inputs << " inputs, " << getBody().getNumArguments() << " block arguments and "
                         << getPopLevels().size() << " pop levels; expected one of each per input";
  for (int64_t level : getPopLevels())
    if (failed(requireLevel(*this, "pop level", level, -1, getNumLevels()))) // C3
      return failure();
  size_t outputs = llvm::count_if(getBody().front(), [](Operation &op) { return isa<PushOp, DrainOp>(op); });
  if (outputs != getNumResults()) // C2
    return emitOpError() << "has " << outputs << " pushes and drains for " << getNumResults() << " results";
  SmallVector<unsigned> users(getChains().size());
  for (auto drain : getBody().front().getOps<DrainOp>())
    if (auto chain = drain.getChain(); chain && *chain < users.size())
      ++users[*chain];
  if (llvm::any_of(users, [](unsigned count) { return count != 1; })) // C7
    return emitOpError() << "has a chain that is not the chain of exactly one drain";
  bool failedToLoad;
  auto model = modelOf(*this, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  if (!getChains().empty() && !model->spec().compute.resultChains) // C7
    return emitOpError() << "has chains; '" << model->spec().name << "' has no result chains";
  return verifyComputeLimits(*this, model->spec().compute); // C5
}

namespace {

/// A partitioned unit as the machine runs it: which operation has which stage, which word each register holds by then.
class StageChecker {
public:
  StageChecker(ComputeOp unit, const ArchSpec &spec)
      : unit(unit), spec(spec), stages(spec.compute.stages), file(spec.compute.registers) {}
  LogicalResult run();

private:
  LogicalResult enterInputs();
  LogicalResult takeStages(Operation *op);
  LogicalResult requireHeld(Operation *user, Value word, StringRef verb);
  LogicalResult checkDrain(DrainOp drain);
  std::optional<int64_t> registerOf(Value word);

  ComputeOp unit;
  const ArchSpec &spec;
  std::vector<Operation *> stages; ///< who occupies each
  std::vector<Value> file;         ///< what each pipeline register holds
};

LogicalResult StageChecker::enterInputs() {
  for (auto [reg, argument] : llvm::zip(*unit.getInputRegisters(), unit.getBody().getArguments())) {
    if (file[reg])
      return unit.emitOpError() << "has two inputs in register " << reg;
    file[reg] = argument;
  }
  return success();
}

int64_t stageOf(Operation *op) { return op->getAttrOfType<IntegerAttr>("stage").getInt(); }

LogicalResult StageChecker::takeStages(Operation *op) {
  StringRef opcode = op->getAttrOfType<StringAttr>("opcode").getValue();
  int64_t first = stageOf(op), cost = spec.stagesOf(*opcodeFromName(std::string_view(opcode.data(), opcode.size())));
  for (int64_t stage = first; stage < first + cost; ++stage) {
    if (stages[stage])
      return op->emitOpError() << "needs stage " << stage << ", but stage " << stage
                               << " is taken by the operation of stage " << stageOf(stages[stage]);
    stages[stage] = op;
  }
  return success();
}

std::optional<int64_t> StageChecker::registerOf(Value word) {
  if (auto argument = dyn_cast<BlockArgument>(word))
    return (*unit.getInputRegisters())[argument.getArgNumber()];
  auto dest = word.getDefiningOp()->getAttrOfType<IntegerAttr>("dest");
  return dest ? std::optional(dest.getInt()) : std::nullopt;
}

LogicalResult StageChecker::requireHeld(Operation *user, Value word, StringRef verb) {
  auto reg = registerOf(word);
  if (!reg)
    return user->emitOpError() << verb << " a word that is in no register";
  if (file[*reg] != word)
    return user->emitOpError() << verb << " register " << *reg << ", which holds another word by then";
  return success();
}

/// The machine drains accumulators in the order of their stages.
LogicalResult StageChecker::checkDrain(DrainOp drain) {
  int64_t last = -1;
  for (Value value : drain.getValues()) {
    int64_t stage = stageOf(value.getDefiningOp());
    if (stage <= last)
      return drain.emitOpError() << "drains stage " << stage << " after stage " << last
                                 << "; expected ascending stages";
    last = stage;
  }
  return success();
}

LogicalResult StageChecker::run() {
  if (failed(enterInputs()))
    return failure();
  for (Operation &op : unit.getBody().front())
    if (isa<FuOp, AccumulateOp>(op) && failed(takeStages(&op)))
      return failure();
  for (auto [stage, op] : llvm::enumerate(stages)) {
    if (!op || stageOf(op) != int64_t(stage))
      continue;
    for (Value operand : op->getOperands()) {
      if (auto lane = operand.getDefiningOp<LaneOp>())
        operand = lane.getInput();
      else if (operand.getDefiningOp() && isa<CounterOp, ConstantOp>(operand.getDefiningOp()))
        continue;
      if (failed(requireHeld(op, operand, "reads")))
        return failure();
    }
    if (auto dest = op->getAttrOfType<IntegerAttr>("dest"))
      file[dest.getInt()] = op->getResult(0);
  }
  for (Operation &op : unit.getBody().front()) {
    auto push = dyn_cast<PushOp>(op);
    if (push && failed(requireHeld(push, push.getValue(), "pushes")))
      return failure();
    if (auto drain = dyn_cast<DrainOp>(op); drain && failed(checkDrain(drain)))
      return failure();
  }
  return success();
}

} // namespace

LogicalResult ComputeOp::verifyRegions() {
  if (!isPartitioned())
    return success();
  bool failedToLoad;
  auto model = modelOf(*this, failedToLoad);
  return model ? StageChecker(*this, model->spec()).run() : failure(failedToLoad); // C6
}

/// The level of an op in a compute unit's body.
static LogicalResult verifyLevelInUnit(Operation *op, int64_t level, int64_t lowest) {
  auto unit = dyn_cast_or_null<ComputeOp>(op->getParentOp());
  if (!unit)
    return op->emitOpError() << "stands outside a compute unit";
  return requireLevel(op, "level", level, lowest, unit.getNumLevels());
}

LogicalResult CounterOp::verify() { return verifyLevelInUnit(*this, getLevel(), 0); }

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

LogicalResult LaneOp::verify() {
  if (!isa<BlockArgument>(getInput())) // C1
    return emitOpError() << "takes a lane of something else than an input of the unit";
  return verifyLevelInUnit(*this, getLevel(), -1); // C2
}

/// Stage and register of an operation in a partitioned unit.
static LogicalResult verifyStage(Operation *op, StringRef opcode, std::optional<int64_t> stage,
                                 std::optional<int64_t> dest) {
  auto unit = dyn_cast_or_null<ComputeOp>(op->getParentOp());
  if (!unit || !unit.isPartitioned())
    return success();
  bool failedToLoad;
  auto model = modelOf(op, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  const ArchSpec &spec = model->spec();
  unsigned cost = spec.stagesOf(*opcodeFromName(std::string_view(opcode.data(), opcode.size())));
  if (!stage)
    return op->emitOpError() << "has no stage; expected one in a partitioned unit";
  if (*stage < 0 || *stage >= int64_t(spec.compute.stages) || *stage + cost > spec.compute.stages)
    return op->emitOpError() << "occupies stages " << *stage << " to " << *stage + cost - 1
                             << "; the architecture offers 0 to " << spec.compute.stages - 1;
  if (dest && (*dest < 0 || *dest >= int64_t(spec.compute.registers)))
    return op->emitOpError() << "writes register " << *dest << "; the architecture offers 0 to "
                             << spec.compute.registers - 1;
  return success();
}

LogicalResult FuOp::verify() {
  if (failed(requireOpcode(*this, getOpcode(), getInputs().size(), "operation"))) // C1
    return failure();
  return verifyStage(*this, getOpcode(), getStage(), getDest()); // C2
}

LogicalResult AccumulateOp::verify() {
  if (failed(requireOpcode(*this, getOpcode(), getInputs().size() + 1, "accumulation")) || // C1
      failed(verifyLevelInUnit(*this, getLevel(), -1)))                                      // C2
    return failure();
  for (Operation *user : getResult().getUsers())
    if (!isa<DrainOp>(user)) // C3
      return emitOpError() << "is used by " << user->getName() << "; an accumulator can only be drained";
  return verifyStage(*this, getOpcode(), getStage(), std::nullopt);
}

LogicalResult PushOp::verify() {
  if (failed(verifyLevelInUnit(*this, getLevel(), -1))) // C1
    return failure();
  if (!cast<ComputeOp>((*this)->getParentOp()).isPartitioned() && !getValue().getDefiningOp<FuOp>()) // C2
    return emitOpError() << "pushes a word that no operation makes; expected the result of fabric.fu";
  return success();
}

LogicalResult DrainOp::verify() {
  if (getValues().empty()) // C1
    return emitOpError() << "drains nothing; expected at least one accumulation";
  for (Value value : getValues())
    if (!value.getDefiningOp<AccumulateOp>()) // C1
      return emitOpError() << "drains a value that is not an accumulation";
  if ((getReduce() && failed(requireOpcode(*this, *getReduce(), 2, "reduction"))) || // C3
      (getCombine() && failed(requireOpcode(*this, *getCombine(), 2, "combination"))) ||
      failed(verifyLevelInUnit(*this, getLevel(), -1))) // C2
    return failure();
  int64_t chains = (*this)->getParentOfType<ComputeOp>().getChains().size(), pass = getPass();
  if (getChain() && (int64_t(*getChain()) < 0 || int64_t(*getChain()) >= chains)) // C4
    return emitOpError() << "names chain " << int64_t(*getChain()) << "; the unit has " << chains;
  if (pass < 0 || (!getChain() && (getCombine() || pass != 0)) || (getCombine() && pass != 0)) // C4
    return emitOpError() << "passes " << pass
                         << " elements on; expected `combine` or a number of elements, and a chain";
  return success();
}

LogicalResult RouteOp::verify() {
  if (getHops().size() % 3 != 0 || getNetwork() > 2) // C1
    return emitOpError() << "hops must be triples of switch, sink and source in network 0, 1 or 2";
  bool failedToLoad;
  auto model = modelOf(*this, failedToLoad);
  if (!model)
    return failure(failedToLoad);
  for (size_t i = 0; i < getHops().size(); i += 3) {
    ArrayRef<int64_t> hop = getHops().slice(i, 3);
    if (hop[0] < 0 || hop[0] >= int64_t(model->numSwitches()))
      return emitOpError() << "names switch " << hop[0] << "; the grid has 0 to " << model->numSwitches() - 1;
    const SwitchModel &sw = model->switchModel(unsigned(hop[0]), NetworkKind(getNetwork()));
    if (hop[1] < 0 || hop[1] >= int64_t(sw.sinks.size()) || hop[2] < 0 || hop[2] >= int64_t(sw.sources.size()))
      return emitOpError() << "connects source " << hop[2] << " to sink " << hop[1] << " of switch " << hop[0]
                           << ", which has " << sw.sources.size() << " sources and " << sw.sinks.size() << " sinks";
  }
  return success();
}

#define GET_OP_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricOps.cpp.inc"

// Configure.cpp - the units and routes of a section as configuration structs
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

namespace {

Opcode opcodeOf(StringRef name) { return *opcodeFromName(std::string_view(name.data(), name.size())); }

bitstream::CounterChain chainOf(ArrayRef<int64_t> extents, int64_t vectorLevel) {
  bitstream::CounterChain chain;
  for (int64_t extent : extents)
    chain.extents.push_back(uint32_t(extent));
  chain.vectorLevel = int(vectorLevel);
  return chain;
}

/// The bits of a word of the IR, which is sign-extended.
uint64_t bitsOf(int64_t word, bool wide) { return wide ? uint64_t(word) : uint32_t(word); }

bitstream::AccessProgram accessOf(AccessAttr attr, bool wide) {
  bitstream::AccessProgram access;
  access.used = true;
  access.counters = chainOf(attr.getExtents(), attr.getVectorLevel());
  size_t width = attr.getExtents().size() + 1;
  for (size_t i = 0; i < attr.getRegisters().size(); i += width) {
    ArrayRef<int64_t> numbers = attr.getRegisters().slice(i, width);
    access.registers.push_back({numbers[0], {numbers.begin() + 1, numbers.end()}});
  }
  for (size_t i = 0; i < attr.getOps().size(); i += 5) {
    ArrayRef<int64_t> numbers = attr.getOps().slice(i, 5);
    access.ops.push_back({bitstream::AddressOpKind(numbers[0]), unsigned(numbers[1]), unsigned(numbers[2]), numbers[3],
                          numbers[4]});
  }
  access.address = unsigned(attr.getAddress());
  access.elseValue = bitsOf(attr.getElseValue(), wide);
  access.broadcast = attr.getBroadcast();
  access.indexed = attr.isIndexed();
  access.indexLevel = attr.isIndexed() ? int(attr.getIndexLevel()) : 0;
  access.handoverLevel = int(attr.getHandoverLevel());
  return access;
}

/// The pipeline register that holds a word: an input's, or the one its operation writes.
int registerOf(Value word, ComputeOp unit) {
  if (auto argument = dyn_cast<BlockArgument>(word))
    return int((*unit.getInputRegisters())[argument.getArgNumber()]);
  auto dest = word.getDefiningOp()->getAttrOfType<IntegerAttr>("dest");
  return dest ? int(dest.getInt()) : -1;
}

bitstream::Operand operandOf(Value word, ComputeOp unit, bool wide) {
  bitstream::Operand operand;
  Operation *op = word.getDefiningOp();
  if (auto counter = dyn_cast_or_null<CounterOp>(op)) {
    operand.kind = bitstream::OperandKind::Counter;
    operand.index = uint32_t(counter.getLevel());
  } else if (auto constant = dyn_cast_or_null<ConstantOp>(op)) {
    operand.kind = bitstream::OperandKind::Constant;
    operand.constant = bitsOf(constant.getValue(), wide);
  } else if (auto lane = dyn_cast_or_null<LaneOp>(op)) {
    operand.kind = bitstream::OperandKind::LaneOfRegister;
    operand.index = uint32_t(registerOf(lane.getInput(), unit));
    operand.laneBase = uint32_t(lane.getBase());
    operand.laneStride = uint32_t(lane.getStride());
    operand.laneLevel = int(lane.getLevel());
  } else {
    operand.kind = bitstream::OperandKind::Register;
    operand.index = uint32_t(registerOf(word, unit));
  }
  return operand;
}

void configureStage(Operation &op, ComputeOp unit, bitstream::ComputeConfig &config) {
  bitstream::Stage &stage = config.stages[op.getAttrOfType<IntegerAttr>("stage").getInt()];
  stage.opcode = opcodeOf(op.getAttrOfType<StringAttr>("opcode"));
  unsigned count = 0;
  for (Value operand : op.getOperands())
    stage.operands[count++] = operandOf(operand, unit, config.wide);
  if (auto dest = op.getAttrOfType<IntegerAttr>("dest"))
    stage.destination = int(dest.getInt());
  if (auto accumulate = dyn_cast<AccumulateOp>(op)) {
    stage.operands[count].kind = bitstream::OperandKind::Accumulator;
    stage.accumulate = true;
    stage.accumulatorLevel = int(accumulate.getLevel());
    stage.accumulatorInit = bitsOf(accumulate.getInit(), config.wide);
  }
}

FailureOr<bitstream::ComputeConfig> configureCompute(ComputeOp unit, const FabricModel &model) {
  if (!unit.isPartitioned())
    return unit.emitError() << "is not partitioned; run fabric-partition before";
  bitstream::ComputeConfig config;
  config.wide = isWide(unit);
  config.counters = chainOf(unit.getCounters(), unit.getVectorLevel());
  config.inputs.resize(model.numInputs(UnitKind::Compute));
  config.outputs.resize(model.numOutputs(UnitKind::Compute));
  config.stages.resize(model.spec().compute.stages);
  for (OpOperand &operand : unit->getOpOperands()) {
    unsigned i = operand.getOperandNumber();
    if (i >= unit.getPopLevels().size())
      break; // chains feed no register
    config.inputs[inputPortOf(operand, model)] = {true, unsigned((*unit.getInputRegisters())[i]),
                                                  int(unit.getPopLevels()[i])};
  }
  unsigned port = 0;
  for (Operation &op : unit.getBody().front()) {
    if (isa<FuOp, AccumulateOp>(op)) {
      configureStage(op, unit, config);
    } else if (auto push = dyn_cast<PushOp>(op)) {
      int source = registerOf(push.getValue(), unit);
      if (source < 0)
        return push.emitError() << "pushes a word that is in no pipeline register";
      bitstream::ComputeOutput &output = config.outputs[port++];
      output.used = true;
      output.source = unsigned(source);
      output.level = int(push.getLevel());
    } else if (auto drain = dyn_cast<DrainOp>(op)) {
      bitstream::ComputeOutput &output = config.outputs[port++];
      output.used = output.drain = true;
      output.level = int(drain.getLevel());
      for (Value value : drain.getValues())
        output.stageMask |= 1u << value.getDefiningOp()->getAttrOfType<IntegerAttr>("stage").getInt();
      if (drain.getReduce())
        output.reduce = opcodeOf(*drain.getReduce());
      if (drain.getChain())
        output.chain = int(unit.getVectors().size() + *drain.getChain());
      if (drain.getCombine())
        output.combine = opcodeOf(*drain.getCombine());
      output.chainCount = uint32_t(drain.getPass());
    }
  }
  return config;
}

bitstream::MemoryConfig configureMemory(MemoryOp unit) {
  bitstream::MemoryConfig config;
  config.wide = isWide(unit);
  config.bufferWords = uint32_t(unit.getWords());
  config.bufferCount = uint32_t(unit.getBuffers());
  if (unit.getAccumulate())
    config.accumulate = opcodeOf(*unit.getAccumulate());
  config.accumulateInit = bitsOf(unit.getInit(), config.wide);
  config.retain = unit.getHome().has_value();
  config.sliced = unit.getFirstWord().has_value();
  config.firstWord = uint32_t(unit.getFirstWord().value_or(0));
  config.cascade = bool(unit.getCascade());
  if (unit.getWrite())
    config.write = accessOf(*unit.getWrite(), config.wide);
  if (unit.getRead())
    config.read = accessOf(*unit.getRead(), config.wide);
  return config;
}

bitstream::DramPortConfig configurePort(Operation *op, FlatSymbolRefAttr symbol, AccessAttr access) {
  auto buffer = cast<BufferOp>(SymbolTable::lookupSymbolIn(op->getParentOfType<DeviceOp>(), symbol));
  bitstream::DramPortConfig config;
  config.wide = isWide(op);
  config.store = isa<fabric::StoreOp>(op);
  config.type = *fabricElementType(cast<RankedTensorType>(buffer.getType()).getElementType());
  config.baseAddress = uint64_t(buffer.getAddress());
  config.access = accessOf(access, config.wide);
  return config;
}

template <typename T>
void sortBySite(std::vector<bitstream::AtSite<T>> &units) {
  llvm::sort(units, [](auto &a, auto &b) { return a.site < b.site; });
}

} // namespace

FailureOr<bitstream::SectionConfig> jacquard::configureSection(SectionOp section, const FabricModel &model) {
  bitstream::SectionConfig config;
  for (unsigned net = 0; net < 3; ++net)
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      config.selects[net].emplace_back(model.switchModel(sw, NetworkKind(net)).sinks.size(), 0);
  for (Operation &op : section.getBody().front()) {
    if (auto route = dyn_cast<RouteOp>(op)) {
      for (size_t i = 0; i < route.getHops().size(); i += 3)
        config.selects[route.getNetwork()][route.getHops()[i]][route.getHops()[i + 1]] =
            uint32_t(route.getHops()[i + 2]) + 1;
      continue;
    }
    if (!unitKindOf(&op))
      continue;
    auto site = siteOf(&op, model);
    if (failed(site))
      return failure();
    if (auto compute = dyn_cast<ComputeOp>(op)) {
      auto unit = configureCompute(compute, model);
      if (failed(unit))
        return failure();
      config.compute.push_back({*site, *unit});
    } else if (auto memory = dyn_cast<MemoryOp>(op)) {
      config.memory.push_back({*site, configureMemory(memory)});
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      config.dram.push_back({*site, configurePort(&op, load.getBufferAttr(), load.getAccess())});
      config.dram.back().config.background = load.getBackground();
    } else if (auto store = dyn_cast<fabric::StoreOp>(op)) {
      config.dram.push_back({*site, configurePort(&op, store.getBufferAttr(), store.getAccess())});
    }
  }
  sortBySite(config.compute);
  sortBySite(config.memory);
  sortBySite(config.dram);
  return config;
}

// RandomConfig.cpp - draws configurations field by field
#include "RandomConfig.h"

namespace jacquard::bitstream::test {
namespace {

int randomLevel(Random &random, const CounterChain &chain) {
  return int(random.between(-1, int64_t(chain.extents.size()) - 1));
}

CounterChain randomCounters(Random &random, unsigned max) {
  CounterChain chain;
  chain.extents.resize(random.below(max + 1));
  for (uint32_t &extent : chain.extents)
    extent = uint32_t(random.between(1, 9));
  chain.vectorLevel = randomLevel(random, chain);
  return chain;
}

Opcode randomOpcode(Random &random, unsigned maxStages, const ArchSpec &spec) {
  for (;;)
    if (Opcode op = Opcode(random.below(numOpcodes())); spec.stagesOf(op) <= maxStages)
      return op;
}

Opcode randomCombiner(Random &random) {
  for (;;)
    if (Opcode op = Opcode(random.below(numOpcodes())); op == Opcode::Nop || opcodeArity(op) == 2)
      return op;
}

bool randomWide(Random &random, const FabricModel &model) {
  return model.spec().compute.wideLanes > 0 && random.chance(0.4);
}

uint64_t randomWord(Random &random, bool wide) { return wide ? random.next() : uint32_t(random.next()); }

Operand randomOperand(Random &random, const CounterChain &chain, const ComputeSpec &spec, bool wide, bool accumulates) {
  Operand operand;
  operand.kind = OperandKind(random.between(1, accumulates ? 5 : 4));
  if (operand.kind == OperandKind::Counter && chain.extents.empty())
    operand.kind = OperandKind::Constant;
  if (operand.kind == OperandKind::Register || operand.kind == OperandKind::LaneOfRegister)
    operand.index = uint32_t(random.below(spec.registers));
  if (operand.kind == OperandKind::Counter)
    operand.index = uint32_t(random.below(chain.extents.size()));
  if (operand.kind == OperandKind::Constant)
    operand.constant = randomWord(random, wide);
  if (operand.kind == OperandKind::LaneOfRegister) {
    unsigned lanes = wide ? spec.wideLanes : spec.lanes;
    operand.laneBase = uint32_t(random.below(lanes));
    operand.laneLevel = randomLevel(random, chain);
    uint64_t steps = operand.laneLevel < 0 ? 1 : chain.extents[size_t(operand.laneLevel)];
    operand.laneStride = uint32_t(random.below(steps > 1 ? (lanes - 1 - operand.laneBase) / (steps - 1) + 1 : lanes));
  }
  return operand;
}

Stage randomStage(Random &random, const CounterChain &chain, unsigned room, bool wide, const ArchSpec &spec) {
  Stage stage;
  stage.opcode = randomOpcode(random, room, spec);
  if (stage.opcode == Opcode::Nop)
    return stage;
  stage.accumulate = random.chance(0.4);
  stage.destination = int(random.between(-1, int64_t(spec.compute.registers) - 1));
  if (stage.accumulate) {
    stage.accumulatorLevel = randomLevel(random, chain);
    stage.accumulatorInit = randomWord(random, wide);
  }
  for (unsigned i = 0; i < opcodeArity(stage.opcode); ++i)
    stage.operands[i] = randomOperand(random, chain, spec.compute, wide, stage.accumulate);
  return stage;
}

ComputeConfig randomCompute(Random &random, const FabricModel &model) {
  const ArchSpec &spec = model.spec();
  ComputeConfig config;
  config.wide = randomWide(random, model);
  config.counters = randomCounters(random, spec.compute.counters);
  config.stages.resize(spec.compute.stages);
  uint32_t accumulating = 0;
  for (unsigned at = 0; at < spec.compute.stages;) {
    config.stages[at] = randomStage(random, config.counters, spec.compute.stages - at, config.wide, spec);
    accumulating |= uint32_t(config.stages[at].accumulate) << at;
    at += spec.stagesOf(config.stages[at].opcode);
  }
  config.inputs.resize(model.numInputs(UnitKind::Compute));
  for (ComputeInput &input : config.inputs)
    if ((input.used = random.chance(0.5))) {
      input.destination = unsigned(random.below(spec.compute.registers));
      input.popLevel = randomLevel(random, config.counters);
    }
  config.outputs.resize(model.numOutputs(UnitKind::Compute));
  for (ComputeOutput &output : config.outputs)
    if ((output.used = random.chance(0.5))) {
      output.level = randomLevel(random, config.counters);
      output.drain = accumulating && random.chance(0.5);
      if (output.drain) {
        output.stageMask = accumulating & uint32_t(random.next());
        output.stageMask = output.stageMask ? output.stageMask : accumulating;
        output.reduce = randomCombiner(random);
      } else
        output.source = unsigned(random.below(spec.compute.registers));
    }
  for (unsigned port = 0, next = 0; port < spec.compute.ports.vectorIn; ++port) {
    while (next < config.outputs.size() && !config.outputs[next].drain)
      ++next;
    if (next == config.outputs.size() || config.inputs[port].used || !random.chance(0.5))
      continue;
    ComputeOutput &output = config.outputs[next++];
    output.chain = int(port);
    output.combine = randomCombiner(random);
    output.chainCount = output.combine == Opcode::Nop ? uint32_t(random.below(100)) : 0;
  }
  return config;
}

struct AccessLimits {
  unsigned counters, registers, stages;
  bool handover;
};

AccessProgram randomAccess(Random &random, const AccessLimits &limits, bool wide, double fill) {
  AccessProgram access;
  if (!random.chance(fill))
    return access;
  access.used = true;
  access.counters = randomCounters(random, limits.counters);
  access.registers.resize(1 + random.below(limits.registers));
  for (AffineRegister &reg : access.registers) {
    reg.base = random.between(-1000, 1000);
    for (size_t level = 0; level < access.counters.extents.size(); ++level)
      reg.coefficients.push_back(random.between(-100000, 100000));
  }
  access.indexed = random.chance(0.3);
  access.indexLevel = access.indexed ? randomLevel(random, access.counters) : 0;
  std::vector<unsigned> values;
  for (unsigned i = 0; i < access.registers.size(); ++i)
    values.push_back(i);
  if (access.indexed)
    values.push_back(limits.registers);
  auto pick = [&] { return values[random.below(values.size())]; };
  access.ops.resize(random.below(limits.stages + 1));
  for (unsigned i = 0; i < access.ops.size(); ++i) {
    AddressOp &op = access.ops[i];
    op.kind = AddressOpKind(random.below(5));
    if (op.kind == AddressOpKind::None)
      continue;
    op.a = pick();
    op.low = random.between(op.kind == AddressOpKind::Madd || op.kind == AddressOpKind::Check ? -50 : 1, 50);
    if (op.kind == AddressOpKind::Madd)
      op.b = pick();
    if (op.kind == AddressOpKind::Check)
      op.high = random.between(-50, 50);
    values.push_back(limits.registers + 1 + i);
  }
  access.address = pick();
  access.elseValue = randomWord(random, wide);
  access.broadcast = random.chance(0.3);
  if (limits.handover)
    access.handoverLevel = randomLevel(random, access.counters);
  return access;
}

MemoryConfig randomMemory(Random &random, const FabricModel &model) {
  const MemorySpec &spec = model.spec().memory;
  MemoryConfig config;
  config.wide = randomWide(random, model);
  config.bufferCount = uint32_t(random.between(1, spec.maxBuffers));
  config.bufferWords = uint32_t(random.between(1, int64_t(spec.bytes() / (config.wide ? 8 : 4) / config.bufferCount)));
  config.accumulate = randomCombiner(random);
  if (config.accumulate != Opcode::Nop)
    config.accumulateInit = randomWord(random, config.wide);
  AccessLimits limits{spec.counters, spec.addressRegisters, spec.addressStages, true};
  config.write = randomAccess(random, limits, config.wide, 0.8);
  config.read = randomAccess(random, limits, config.wide, 0.8);
  config.retain = random.chance(0.3);
  config.sliced = random.chance(0.3);
  if (config.sliced) {
    config.firstWord = uint32_t(random.between(0, 1 << 20));
    config.cascade = config.read.used && !(config.write.used && config.write.indexed) && random.chance(0.5);
  }
  return config;
}

DramPortConfig randomDramPort(Random &random, const FabricModel &model) {
  const DramPortSpec &spec = model.spec().dramPort;
  DramPortConfig config;
  config.wide = randomWide(random, model);
  config.store = random.chance(0.5);
  config.background = !config.store && model.spec().dram.backgroundQueueDepth > 0 && random.chance(0.5);
  config.type = ElementType(random.below(numElementTypes));
  config.baseAddress = random.below(model.spec().dram.capacityBytes);
  config.access =
      randomAccess(random, {spec.counters, spec.addressRegisters, spec.addressStages, false}, config.wide, 1);
  if ((config.waitToken = random.chance(0.5)))
    config.waitLevel = randomLevel(random, config.access.counters);
  if ((config.sendToken = random.chance(0.5)))
    config.sendLevel = randomLevel(random, config.access.counters);
  return config;
}

} // namespace

SectionConfig randomSection(Random &random, const FabricModel &model, double fill) {
  SectionConfig config;
  for (unsigned site = 0; site < model.sites().size(); ++site) {
    if (!random.chance(fill))
      continue;
    switch (model.sites()[site].kind) {
    case UnitKind::Compute:
      config.compute.push_back({site, randomCompute(random, model)});
      break;
    case UnitKind::Memory:
      config.memory.push_back({site, randomMemory(random, model)});
      break;
    case UnitKind::DramPort:
      config.dram.push_back({site, randomDramPort(random, model)});
      break;
    }
  }
  for (unsigned net = 0; net < 3; ++net)
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw) {
      const SwitchModel &ports = model.switchModel(sw, NetworkKind(net));
      std::vector<uint32_t> selects(ports.sinks.size());
      if (random.chance(fill))
        for (uint32_t &select : selects)
          select = uint32_t(random.below(ports.sources.size() + 1));
      config.selects[net].push_back(std::move(selects));
    }
  return config;
}

Program randomProgram(Random &random, const ArchSpec &spec, unsigned sections, double fill) {
  FabricModel model(spec);
  Program program;
  program.toolVersion = "0.1.0";
  program.options = {{"seed", "7"}, {"arch", spec.name}};
  program.modelHash = random.next();
  program.multiplyAdds = 123456;
  program.compulsoryBytes = 4096;
  program.arch = spec;
  for (unsigned i = 0; i < sections; ++i) {
    Section section;
    section.name = "section" + std::to_string(i);
    section.config = randomSection(random, model, fill);
    section.units = {{0, "dram.0", "Conv_1 (first)"}, {1, "compute.0", "\xff not text"}};
    section.predictedCycles = 1000 + i;
    program.sections.push_back(std::move(section));
    program.schedule.push_back(i);
    program.schedule.push_back(0);
  }
  program.dramBytes = 8192;
  program.inputs = {{"x", ElementType::F32, {2, 3}, 0}, {"q", ElementType::I8, {4}, 32, true}};
  program.outputs = {{"y", ElementType::I64, {}, 64}, {"z", ElementType::I1, {0, 5}, 8192}};
  program.segments = {{128, std::vector<uint8_t>(64, 0xab)}, {192, {1, 2, 3}}, {8000, std::vector<uint8_t>(192, 0xcd)}};
  return program;
}

} // namespace jacquard::bitstream::test

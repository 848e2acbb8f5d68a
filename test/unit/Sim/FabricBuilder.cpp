// FabricBuilder.cpp - sites in order of number, streams by breadth-first search over free links
#include "FabricBuilder.h"

#include "jacquard/Support/Random.h"

#include <cstring>
#include <deque>
#include <gtest/gtest.h>
#include <numeric>

namespace jacquard::sim::test {

using namespace bitstream;

CounterChain vectorLoop(uint32_t count) { return {{count}, 0}; }
CounterChain loops(std::vector<uint32_t> extents, int vectorLevel) { return {std::move(extents), vectorLevel}; }

AccessProgram affine(CounterChain counters, std::vector<int64_t> coefficients, int64_t base) {
  AccessProgram program;
  program.used = true;
  program.counters = std::move(counters);
  program.registers = {{base, std::move(coefficients)}};
  return program;
}

Operand reg(unsigned index) {
  Operand operand;
  operand.kind = OperandKind::Register;
  operand.index = index;
  return operand;
}
Operand constant(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return word(bits);
}
Operand word(uint64_t value) {
  Operand operand;
  operand.kind = OperandKind::Constant;
  operand.constant = value;
  return operand;
}
Operand counter(unsigned level) {
  Operand operand;
  operand.kind = OperandKind::Counter;
  operand.index = level;
  return operand;
}
Operand accumulator() {
  Operand operand;
  operand.kind = OperandKind::Accumulator;
  return operand;
}
Operand laneOf(unsigned index, unsigned base, unsigned stride, int level) {
  Operand operand;
  operand.kind = OperandKind::LaneOfRegister;
  operand.index = index;
  operand.laneBase = base;
  operand.laneStride = stride;
  operand.laneLevel = level;
  return operand;
}

namespace {

ArchSpec load(const std::string &name) {
  Result<ArchSpec> spec = loadArch(name);
  if (!spec) {
    ADD_FAILURE() << spec.error();
    std::abort();
  }
  return *spec;
}

} // namespace

FabricBuilder::FabricBuilder(const std::string &arch) : FabricBuilder(load(arch)) {}

FabricBuilder::FabricBuilder(ArchSpec spec) : model(std::move(spec)), taken(model.sites().size()) {
  for (NetworkKind net : {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control})
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      selects[unsigned(net)].emplace_back(model.switchModel(sw, net).sinks.size());
}

unsigned FabricBuilder::take(UnitKind kind, const std::string &name) {
  for (unsigned site = 0; site < taken.size(); ++site)
    if (!taken[site] && model.sites()[site].kind == kind) {
      taken[site] = true;
      names.push_back({site, name, "node of " + name});
      return site;
    }
  ADD_FAILURE() << "no " << unitKindName(kind) << " unit left for " << name;
  std::abort();
}

unsigned FabricBuilder::addCompute(const std::string &name, CounterChain counters) {
  unsigned site = take(UnitKind::Compute, name);
  ComputeConfig &config = computes[site];
  config.counters = std::move(counters);
  config.inputs.resize(model.numInputs(UnitKind::Compute));
  config.outputs.resize(model.numOutputs(UnitKind::Compute));
  config.stages.resize(spec().compute.stages);
  return site;
}

unsigned FabricBuilder::addMemory(const std::string &name, uint32_t words, uint32_t buffers) {
  unsigned site = take(UnitKind::Memory, name);
  memories[site].bufferWords = words;
  memories[site].bufferCount = buffers;
  return site;
}

unsigned FabricBuilder::addLoad(const std::string &name, uint64_t address, AccessProgram access, ElementType type) {
  unsigned site = take(UnitKind::DramPort, name);
  drams[site].baseAddress = address;
  drams[site].access = std::move(access);
  drams[site].type = type;
  return site;
}

unsigned FabricBuilder::addStore(const std::string &name, uint64_t address, AccessProgram access, ElementType type) {
  unsigned site = addLoad(name, address, std::move(access), type);
  drams[site].store = true;
  return site;
}

void FabricBuilder::widen(unsigned site) {
  switch (model.sites()[site].kind) {
  case UnitKind::Compute:
    compute(site).wide = true;
    break;
  case UnitKind::Memory:
    memory(site).wide = true;
    break;
  case UnitKind::DramPort:
    dram(site).wide = true;
    break;
  }
}

void FabricBuilder::input(unsigned site, unsigned port, unsigned destination, int popLevel) {
  compute(site).inputs.at(port) = {true, destination, popLevel};
}

void FabricBuilder::output(unsigned site, unsigned port, unsigned source, int level) {
  ComputeOutput &out = compute(site).outputs.at(port);
  out.used = true;
  out.source = source;
  out.level = level;
}

ComputeOutput &FabricBuilder::drain(unsigned site, unsigned port, uint32_t stageMask, int level) {
  ComputeOutput &out = compute(site).outputs.at(port);
  out.used = true;
  out.drain = true;
  out.stageMask = stageMask;
  out.level = level;
  return out;
}

Stage &FabricBuilder::stage(unsigned site, unsigned number, Opcode op, std::vector<Operand> operands, int destination) {
  Stage &stage = compute(site).stages.at(number);
  stage.opcode = op;
  for (size_t i = 0; i < operands.size(); ++i)
    stage.operands[i] = operands[i];
  stage.destination = destination;
  return stage;
}

Stage &FabricBuilder::accumulate(unsigned site, unsigned number, Opcode op, std::vector<Operand> operands, int level,
                                 uint64_t init) {
  Stage &result = stage(site, number, op, std::move(operands), -1);
  result.accumulate = true;
  result.accumulatorLevel = level;
  result.accumulatorInit = init;
  return result;
}

unsigned FabricBuilder::controlIn(unsigned port) const {
  return spec().dramPort.ports.vectorIn + spec().dramPort.ports.scalarIn + port;
}
unsigned FabricBuilder::controlOut(unsigned port) const {
  return spec().dramPort.ports.vectorOut + spec().dramPort.ports.scalarOut + port;
}

void FabricBuilder::connect(End from, End to) {
  const Site &source = model.sites()[from.site];
  NetworkKind net = model.networkOfOutput(source.kind, from.port);
  SwitchSelects &select = selects[unsigned(net)];

  // Breadth first from all places that already carry the stream: (switch, source there).
  struct Step {
    unsigned sw;
    uint32_t source;
    int before;    ///< index of the step it came from
    unsigned sink; ///< taken in the switch before
  };
  std::vector<Step> steps = {
      {model.switchOfSite(from.site), uint32_t(model.sourceOfPort(from.site, from.port)), -1, 0}};
  size_t settled = 0;
  std::vector<bool> reached(model.numSwitches());
  reached[steps[0].sw] = true;
  // First along links that the stream uses already, then along free ones.
  for (; settled < steps.size(); ++settled) {
    Step step = steps[settled];
    const std::vector<SwitchPort> &sinks = model.switchModel(step.sw, net).sinks;
    for (unsigned sink = 0; sink < sinks.size(); ++sink)
      if (sinks[sink].isLink && select[step.sw][sink] == step.source + 1) {
        unsigned next = unsigned(model.neighbour(step.sw, sinks[sink].direction));
        reached[next] = true;
        steps.push_back({next, model.sourceOfLink(step.sw, net, sink), -1, sink});
      }
  }
  unsigned target = model.switchOfSite(to.site);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].sw == target) {
      select[target][unsigned(model.sinkOfPort(to.site, to.port))] = steps[i].source + 1;
      for (size_t at = i; steps[at].before >= 0; at = size_t(steps[at].before))
        select[steps[size_t(steps[at].before)].sw][steps[at].sink] = steps[size_t(steps[at].before)].source + 1;
      return;
    }
    const std::vector<SwitchPort> &sinks = model.switchModel(steps[i].sw, net).sinks;
    for (unsigned sink = 0; sink < sinks.size(); ++sink) {
      if (!sinks[sink].isLink || select[steps[i].sw][sink] != 0)
        continue;
      unsigned next = unsigned(model.neighbour(steps[i].sw, sinks[sink].direction));
      if (reached[next])
        continue;
      reached[next] = true;
      steps.push_back({next, model.sourceOfLink(steps[i].sw, net, sink), int(i), sink});
    }
  }
  ADD_FAILURE() << "no way from " << model.describeSite(from.site) << " to " << model.describeSite(to.site);
}

uint64_t FabricBuilder::allocate(uint64_t bytes) {
  uint64_t address = layout.dramBytes;
  layout.dramBytes += (bytes + spec().dram.burstBytes - 1) / spec().dram.burstBytes * spec().dram.burstBytes;
  return address;
}

namespace {

uint64_t bytesOf(ElementType type, const std::vector<int64_t> &shape) {
  return uint64_t(std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>())) * elementBytes(type);
}

} // namespace

uint64_t FabricBuilder::addInput(const std::string &name, ElementType type, std::vector<int64_t> shape) {
  uint64_t address = allocate(bytesOf(type, shape));
  layout.inputs.push_back({name, type, std::move(shape), address});
  return address;
}

uint64_t FabricBuilder::addOutput(const std::string &name, ElementType type, std::vector<int64_t> shape) {
  uint64_t address = allocate(bytesOf(type, shape));
  layout.outputs.push_back({name, type, std::move(shape), address});
  return address;
}

SectionConfig FabricBuilder::section() const {
  SectionConfig config;
  for (const auto &[site, unit] : computes)
    config.compute.push_back({site, unit});
  for (const auto &[site, unit] : memories)
    config.memory.push_back({site, unit});
  for (const auto &[site, unit] : drams)
    config.dram.push_back({site, unit});
  for (unsigned net = 0; net < 3; ++net)
    config.selects[net] = selects[net];
  return config;
}

Program FabricBuilder::program() const {
  Program program = layout;
  program.arch = spec();
  program.sections.push_back({"main", section(), names, 0});
  program.schedule = {0};
  return program;
}

Tensor floats(std::vector<int64_t> shape, const std::vector<float> &values) {
  Tensor tensor = makeTensor(DType::F32, std::move(shape));
  EXPECT_EQ(tensor.bytes.size(), values.size() * sizeof(float));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

Tensor ints(std::vector<int64_t> shape, const std::vector<int32_t> &values) {
  Tensor tensor = makeTensor(DType::I32, std::move(shape));
  EXPECT_EQ(tensor.bytes.size(), values.size() * sizeof(int32_t));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::vector<float> floatsOf(const Tensor &tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::vector<int32_t> intsOf(const Tensor &tensor) {
  std::vector<int32_t> values(tensor.bytes.size() / sizeof(int32_t));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::vector<float> someFloats(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = float(random.between(-8, 8));
  return values;
}

namespace {

/// With both engines, which have to agree in everything.
Result<RunResult> runEngines(const Program &program, const std::map<std::string, Tensor> &inputs, Options options) {
  options.engine = EngineKind::Both;
  return simulate(program, inputs, options);
}

} // namespace

RunResult runProgram(const Program &program, const std::map<std::string, Tensor> &inputs, const Options &options) {
  Result<RunResult> result = runEngines(program, inputs, options);
  if (!result) {
    ADD_FAILURE() << result.error();
    return {};
  }
  for (const SectionStatistics &section : result->statistics.sections) {
    uint64_t sum = 0;
    for (const UnitStatistics &unit : section.units) {
      uint64_t ofUnit = 0;
      for (uint64_t cycles : unit.cycles)
        ofUnit += cycles;
      EXPECT_EQ(ofUnit, section.cycles) << "unit " << unit.site;
      sum += ofUnit;
    }
    EXPECT_EQ(sum, section.cycles * FabricModel(program.arch).sites().size());
  }
  return std::move(*result);
}

std::string runError(const Program &program, const std::map<std::string, Tensor> &inputs, const Options &options) {
  Result<RunResult> result = runEngines(program, inputs, options);
  EXPECT_FALSE(bool(result));
  return result ? "" : result.error();
}

} // namespace jacquard::sim::test

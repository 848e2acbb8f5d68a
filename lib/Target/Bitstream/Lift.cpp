// Lift.cpp - read units, streams and routes back out of a decoded configuration
//
// The inverse of Configure.cpp, used to prove that the bits say what the IR said. It sees the configuration alone: nets come
// from following the switch selects, SSA values from following registers through the stages.
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "jacquard/Mapper/Verify.h"

#include "mlir/IR/Builders.h"

#include <map>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

namespace {

class SectionLifter {
public:
  SectionLifter(DeviceOp device, const bitstream::SectionConfig &config, const FabricModel &model)
      : device(device), config(config), model(model), builder(OpBuilder::atBlockEnd(&device.getBody().front())) {}

  FailureOr<SectionOp> lift(StringRef name);

private:
  LogicalResult liftNets();
  LogicalResult liftUnits();
  /// Whether every stream that the unit at `site` needs has its value by now; fills `inputs` by port.
  bool inputsReady(unsigned site, unsigned numInputs, SmallVectorImpl<Value> &inputs);
  LogicalResult liftCompute(const bitstream::AtSite<bitstream::ComputeConfig> &unit, ArrayRef<Value> inputs);
  LogicalResult checkStages(const bitstream::AtSite<bitstream::ComputeConfig> &unit);
  LogicalResult liftMemory(const bitstream::AtSite<bitstream::MemoryConfig> &unit, ArrayRef<Value> inputs);
  LogicalResult liftPort(const bitstream::AtSite<bitstream::DramPortConfig> &unit, ArrayRef<Value> inputs);
  void defineOutput(unsigned site, unsigned port, Value stream) { streams[{site, port}] = stream; }
  DenseI64ArrayAttr place(unsigned site);
  AccessAttr liftAccess(const bitstream::AccessProgram &access);
  StringAttr opcode(Opcode op);
  LogicalResult writeRoutes();
  /// Whether the units work on 64-bit words; they agree on it.
  LogicalResult liftWidth();
  int64_t wordOf(uint64_t bits) { return wide ? int64_t(bits) : int64_t(int32_t(bits)); }
  /// An input that the unit at `site` uses is driven by a stream.
  LogicalResult requireInput(unsigned site, ArrayRef<Value> inputs, unsigned port);
  InFlightDiagnostic error(unsigned site) { return device.emitError() << model.describeSite(site) << " "; }

  DeviceOp device;
  const bitstream::SectionConfig &config;
  const FabricModel &model;
  OpBuilder builder;
  bool wide = false;
  mapper::Lifted nets;
  std::map<std::pair<unsigned, unsigned>, mapper::SitePort> driver; ///< (site, input port) -> source
  std::map<std::pair<unsigned, unsigned>, Value> streams;           ///< (site, output port) -> stream
};

DenseI64ArrayAttr SectionLifter::place(unsigned site) {
  const Site &at = model.sites()[site];
  return builder.getDenseI64ArrayAttr({at.x, at.y, int64_t(at.slot)});
}

StringAttr SectionLifter::opcode(Opcode op) {
  std::string_view name = opcodeName(op);
  return builder.getStringAttr(StringRef(name.data(), name.size()));
}

AccessAttr SectionLifter::liftAccess(const bitstream::AccessProgram &access) {
  SmallVector<int64_t> extents(access.counters.extents.begin(), access.counters.extents.end()), registers, ops;
  for (const bitstream::AffineRegister &reg : access.registers) {
    registers.push_back(reg.base);
    llvm::append_range(registers, reg.coefficients);
  }
  for (const bitstream::AddressOp &op : access.ops)
    llvm::append_range(ops, ArrayRef<int64_t>{int64_t(op.kind), op.a, op.b, op.low, op.high});
  return AccessAttr::get(builder.getContext(), extents, access.counters.vectorLevel, registers, ops, access.address,
                         wordOf(access.elseValue), access.broadcast,
                         access.indexed ? access.indexLevel : AccessAttr::noIndex, access.handoverLevel);
}

LogicalResult SectionLifter::liftWidth() {
  unsigned numUnits = 0, numWide = 0;
  auto count = [&](auto &units) {
    for (auto &unit : units)
      ++numUnits, numWide += unit.config.wide;
  };
  count(config.compute);
  count(config.memory);
  count(config.dram);
  wide = numWide > 0;
  if (wide && numWide < numUnits)
    return device.emitError() << numWide << " of " << numUnits << " units are wide; expected all or none of a section";
  return success();
}

LogicalResult SectionLifter::liftNets() {
  mapper::Selects selects;
  for (unsigned net = 0; net < 3; ++net)
    selects[net] = config.selects[net];
  nets = mapper::lift(selects, model);
  for (const std::string &violation : nets.violations)
    device.emitError() << violation;
  for (const mapper::LiftedNet &net : nets.nets)
    for (const mapper::SitePort &sink : net.sinks)
      driver[{sink.site, sink.port}] = net.source;
  return success(nets.violations.empty());
}

bool SectionLifter::inputsReady(unsigned site, unsigned numInputs, SmallVectorImpl<Value> &inputs) {
  inputs.assign(numInputs, Value());
  for (unsigned port = 0; port < numInputs; ++port) {
    auto it = driver.find({site, port});
    if (it == driver.end())
      continue;
    auto stream = streams.find({it->second.site, it->second.port});
    if (stream == streams.end())
      return false;
    inputs[port] = stream->second;
  }
  return true;
}

LogicalResult SectionLifter::requireInput(unsigned site, ArrayRef<Value> inputs, unsigned port) {
  if (inputs[port])
    return success();
  return error(site) << "uses input port " << port << ", which no stream reaches";
}

/// What `fabric` can say: registers are written before they are read, no two inputs share one, an accumulator is the
/// last operand of its operation and goes to drains alone.
LogicalResult SectionLifter::checkStages(const bitstream::AtSite<bitstream::ComputeConfig> &unit) {
  const bitstream::ComputeConfig &c = unit.config;
  std::vector<bool> written(model.spec().compute.registers);
  auto requireWritten = [&](unsigned reg) -> LogicalResult {
    if (written[reg])
      return success();
    return error(unit.site) << "reads register " << reg << ", which nothing writes before";
  };
  for (const bitstream::ComputeInput &input : c.inputs) {
    if (input.used && written[input.destination])
      return error(unit.site) << "has two inputs in register " << input.destination;
    if (input.used)
      written[input.destination] = true;
  }
  std::vector<bool> entered = written; // lanes are taken of inputs only
  for (auto [number, stage] : llvm::enumerate(c.stages)) {
    unsigned arity = opcodeArity(stage.opcode);
    for (unsigned i = 0; i < arity; ++i) {
      const bitstream::Operand &operand = stage.operands[i];
      bool lane = operand.kind == bitstream::OperandKind::LaneOfRegister;
      if ((lane || operand.kind == bitstream::OperandKind::Register) && failed(requireWritten(operand.index)))
        return failure();
      if (lane && !entered[operand.index])
        return error(unit.site) << "takes a lane of register " << operand.index << ", which holds no input";
      if ((operand.kind == bitstream::OperandKind::Accumulator) != (stage.accumulate && i + 1 == arity))
        return error(unit.site) << "has the accumulator of stage " << number
                                << " in another place than the last operand";
    }
    if (stage.accumulate && stage.destination >= 0)
      return error(unit.site) << "writes the accumulator of stage " << number << " to a register";
    if (stage.destination >= 0) {
      written[stage.destination] = true;
      entered[stage.destination] = false;
    }
  }
  for (const bitstream::ComputeOutput &output : c.outputs)
    if (output.used && !output.drain && failed(requireWritten(output.source)))
      return failure();
  return success();
}

LogicalResult SectionLifter::liftCompute(const bitstream::AtSite<bitstream::ComputeConfig> &unit, ArrayRef<Value> inputs) {
  const bitstream::ComputeConfig &c = unit.config;
  if (failed(checkStages(unit)))
    return failure();
  for (auto [port, input] : llvm::enumerate(c.inputs))
    if (input.used && failed(requireInput(unit.site, inputs, unsigned(port))))
      return failure();
  Location loc = device.getLoc();
  SmallVector<Value> vectors, scalars;
  SmallVector<int64_t> popLevels, registers;
  unsigned numVectors = model.ports(UnitKind::Compute).vectorIn;
  for (auto [port, input] : llvm::enumerate(c.inputs))
    if (input.used) {
      (port < numVectors ? vectors : scalars).push_back(inputs[port]);
      popLevels.push_back(input.popLevel);
      registers.push_back(input.destination);
    }
  SmallVector<Type> results(llvm::count_if(c.outputs, [](auto &output) { return output.used; }),
                            StreamType::get(builder.getContext()));
  SmallVector<int64_t> counters(c.counters.extents.begin(), c.counters.extents.end());
  // Chains have numbers of their own, by port; ports may not lie where the dialect puts them.
  SmallVector<unsigned> chainPorts;
  SmallVector<Value> chains;
  for (const bitstream::ComputeOutput &output : c.outputs)
    if (output.used && output.drain && output.chain >= 0)
      chainPorts.push_back(unsigned(output.chain));
  llvm::sort(chainPorts);
  for (auto [i, port] : llvm::enumerate(chainPorts)) {
    if (failed(requireInput(unit.site, inputs, port)))
      return failure();
    if (port != vectors.size() + i)
      return error(unit.site) << "chains vector in " << port << "; expected the first port behind the inputs";
    chains.push_back(inputs[port]);
  }
  auto op =
      ComputeOp::create(builder, loc, results, vectors, scalars, chains, popLevels, counters, c.counters.vectorLevel,
                        builder.getDenseI64ArrayAttr(registers), place(unit.site), StringAttr());
  Block &block = op.getBody().emplaceBlock();
  OpBuilder body = OpBuilder::atBlockEnd(&block);
  Type word = builder.getType<WordType>();
  std::vector<Value> file(model.spec().compute.registers); // what each pipeline register holds by now
  for (int64_t reg : registers)
    file[reg] = block.addArgument(word, loc);
  SmallVector<Value> accumulators(c.stages.size());
  for (auto [number, stage] : llvm::enumerate(c.stages)) {
    if (stage.opcode == Opcode::Nop)
      continue;
    SmallVector<Value> operands;
    for (const bitstream::Operand &operand : stage.operands) {
      switch (operand.kind) {
      case bitstream::OperandKind::Register:
        operands.push_back(file[operand.index]);
        break;
      case bitstream::OperandKind::LaneOfRegister:
        operands.push_back(LaneOp::create(body, loc, word, file[operand.index], body.getI64IntegerAttr(operand.laneBase),
                                          body.getI64IntegerAttr(operand.laneStride),
                                          body.getI64IntegerAttr(operand.laneLevel)));
        break;
      case bitstream::OperandKind::Counter:
        operands.push_back(CounterOp::create(body, loc, word, body.getI64IntegerAttr(operand.index)));
        break;
      case bitstream::OperandKind::Constant:
        operands.push_back(ConstantOp::create(body, loc, word, wordOf(operand.constant)));
        break;
      case bitstream::OperandKind::None:
      case bitstream::OperandKind::Accumulator:
        break;
      }
    }
    IntegerAttr at = body.getI64IntegerAttr(int64_t(number));
    if (stage.accumulate) {
      accumulators[number] = AccumulateOp::create(body, loc, word, opcode(stage.opcode), operands,
                                                  body.getI64IntegerAttr(stage.accumulatorLevel),
                                                  body.getI64IntegerAttr(wordOf(stage.accumulatorInit)), at);
      continue;
    }
    IntegerAttr dest = stage.destination < 0 ? IntegerAttr() : body.getI64IntegerAttr(stage.destination);
    Value result = FuOp::create(body, loc, word, opcode(stage.opcode), operands, at, dest);
    if (stage.destination >= 0)
      file[stage.destination] = result;
  }
  unsigned produced = 0;
  for (auto [port, output] : llvm::enumerate(c.outputs)) {
    if (!output.used)
      continue;
    if (output.drain) {
      SmallVector<Value> drained;
      for (unsigned s = 0; s < c.stages.size(); ++s)
        if (output.stageMask >> s & 1)
          drained.push_back(accumulators[s]);
      DrainOp::create(body, loc, drained, body.getI64IntegerAttr(output.level),
                      output.reduce == Opcode::Nop ? StringAttr() : opcode(output.reduce),
                      output.chain < 0
                          ? IntegerAttr()
                          : body.getI64IntegerAttr(llvm::find(chainPorts, unsigned(output.chain)) - chainPorts.begin()),
                      output.combine == Opcode::Nop ? StringAttr() : opcode(output.combine),
                      body.getI64IntegerAttr(output.chainCount));
    } else {
      PushOp::create(body, loc, file[output.source], body.getI64IntegerAttr(output.level));
    }
    defineOutput(unit.site, unsigned(port), op.getResult(produced++));
  }
  return success();
}

LogicalResult SectionLifter::liftMemory(const bitstream::AtSite<bitstream::MemoryConfig> &unit, ArrayRef<Value> inputs) {
  const bitstream::MemoryConfig &c = unit.config;
  bool writeIndex = c.write.used && c.write.indexed, readIndex = c.read.used && c.read.indexed;
  if ((c.write.used && failed(requireInput(unit.site, inputs, 0))) ||
      ((writeIndex || c.cascade) && failed(requireInput(unit.site, inputs, 1))) ||
      (readIndex && failed(requireInput(unit.site, inputs, 2))))
    return failure();
  // Where words outlive the section, the site says which memories are one.
  StringAttr home = c.retain ? builder.getStringAttr("site" + std::to_string(unit.site)) : StringAttr();
  auto op = MemoryOp::create(
      builder, device.getLoc(), StreamType::get(builder.getContext()), c.write.used ? inputs[0] : Value(),
      c.write.used ? liftAccess(c.write) : AccessAttr(), writeIndex ? inputs[1] : Value(),
      c.read.used ? liftAccess(c.read) : AccessAttr(), readIndex ? inputs[2] : Value(), c.cascade ? inputs[1] : Value(),
      builder.getI64IntegerAttr(c.bufferWords), builder.getI64IntegerAttr(c.bufferCount),
      c.accumulate == Opcode::Nop ? StringAttr() : opcode(c.accumulate),
      builder.getI64IntegerAttr(wordOf(c.accumulateInit)),
      c.sliced ? builder.getI64IntegerAttr(c.firstWord) : IntegerAttr(), home, place(unit.site), StringAttr());
  defineOutput(unit.site, 0, op.getResult());
  return success();
}

LogicalResult SectionLifter::liftPort(const bitstream::AtSite<bitstream::DramPortConfig> &unit, ArrayRef<Value> inputs) {
  const bitstream::DramPortConfig &c = unit.config;
  if (c.waitToken || c.sendToken)
    return error(unit.site) << "takes or sends tokens, which the dialect does not have";
  if ((c.store && failed(requireInput(unit.site, inputs, 0))) ||
      (c.access.indexed && failed(requireInput(unit.site, inputs, 1))))
    return failure();
  FlatSymbolRefAttr symbol;
  for (auto buffer : device.getBody().front().getOps<BufferOp>())
    if (uint64_t(buffer.getAddress()) == c.baseAddress &&
        fabricElementType(cast<RankedTensorType>(buffer.getType()).getElementType()) == c.type)
      symbol = FlatSymbolRefAttr::get(buffer.getSymNameAttr());
  if (!symbol)
    return error(unit.site) << "uses address " << c.baseAddress << ", where no buffer of its type begins";
  Value index = c.access.indexed ? inputs[1] : Value();
  if (c.store) {
    fabric::StoreOp::create(builder, device.getLoc(), inputs[0], symbol, liftAccess(c.access), index, place(unit.site),
                            StringAttr());
    return success();
  }
  Value stream =
      LoadOp::create(builder, device.getLoc(), StreamType::get(builder.getContext()), symbol, liftAccess(c.access),
                     index, c.background ? builder.getUnitAttr() : UnitAttr(), place(unit.site), StringAttr());
  defineOutput(unit.site, 0, stream);
  return success();
}

/// Units whose inputs are there, by site, until none is left: the streams form no cycle.
LogicalResult SectionLifter::liftUnits() {
  struct Pending {
    unsigned site;
    std::function<LogicalResult(ArrayRef<Value>)> lift;
    unsigned numInputs;
  };
  std::vector<Pending> pending;
  for (auto &unit : config.compute)
    pending.push_back({unit.site, [&](ArrayRef<Value> inputs) { return liftCompute(unit, inputs); },
                       model.numInputs(UnitKind::Compute)});
  for (auto &unit : config.memory)
    pending.push_back({unit.site, [&](ArrayRef<Value> inputs) { return liftMemory(unit, inputs); },
                       model.numInputs(UnitKind::Memory)});
  for (auto &unit : config.dram)
    pending.push_back({unit.site, [&](ArrayRef<Value> inputs) { return liftPort(unit, inputs); },
                       model.numInputs(UnitKind::DramPort)});
  llvm::sort(pending, [](auto &a, auto &b) { return a.site < b.site; });
  while (!pending.empty()) {
    std::vector<Pending> later;
    for (Pending &unit : pending) {
      SmallVector<Value> inputs;
      if (!inputsReady(unit.site, unit.numInputs, inputs))
        later.push_back(unit);
      else if (failed(unit.lift(inputs)))
        return failure();
    }
    if (later.size() == pending.size())
      return device.emitError() << "units wait for one another: " << model.describeSite(later.front().site);
    pending = std::move(later);
  }
  return success();
}

LogicalResult SectionLifter::writeRoutes() {
  std::map<std::pair<unsigned, unsigned>, SmallVector<int64_t>> hopsOf;
  std::map<std::pair<unsigned, unsigned>, NetworkKind> networkOf;
  for (unsigned net = 0; net < 3; ++net) {
    NetworkKind kind = NetworkKind(net);
    // Follow every select back to the port that drives it.
    auto origin = [&](unsigned sw, unsigned sink) {
      while (true) {
        const SwitchPort &from = model.switchModel(sw, kind).sources[config.selects[net][sw][sink] - 1];
        if (!from.isLink)
          return std::make_pair(from.site, from.port);
        unsigned before = unsigned(model.neighbour(sw, from.direction));
        const SwitchModel &neighbour = model.switchModel(before, kind);
        for (unsigned s = 0; s < neighbour.sinks.size(); ++s)
          if (neighbour.sinks[s].isLink && unsigned(model.neighbour(before, neighbour.sinks[s].direction)) == sw &&
              neighbour.sinks[s].track == from.track)
            sink = s;
        sw = before;
      }
    };
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      for (auto [sink, select] : llvm::enumerate(config.selects[net][sw]))
        if (select != 0) {
          auto source = origin(sw, unsigned(sink));
          llvm::append_range(hopsOf[source], ArrayRef<int64_t>{sw, int64_t(sink), select - 1});
          networkOf[source] = kind;
        }
  }
  for (auto &[source, hops] : hopsOf) {
    if (!streams.count(source))
      return error(source.first) << "sends nothing on port " << source.second << ", but a route begins there";
    RouteOp::create(builder, device.getLoc(), streams[source], builder.getI64IntegerAttr(int64_t(networkOf[source])),
                    builder.getDenseI64ArrayAttr(hops));
  }
  return success();
}

FailureOr<SectionOp> SectionLifter::lift(StringRef name) {
  if (failed(liftWidth()) || failed(liftNets()))
    return failure();
  auto section = SectionOp::create(builder, device.getLoc(), builder.getStringAttr(name), IntegerAttr(), IntegerAttr(),
                                   IntegerAttr(), StringAttr(), wide ? builder.getUnitAttr() : UnitAttr());
  builder.setInsertionPointToStart(&section.getBody().emplaceBlock());
  if (failed(liftUnits()) || failed(writeRoutes()))
    return section.erase(), failure();
  return section;
}

} // namespace

FailureOr<SectionOp> jacquard::liftSection(DeviceOp device, const bitstream::SectionConfig &config,
                                           const FabricModel &model, StringRef name) {
  return SectionLifter(device, config, model).lift(name);
}

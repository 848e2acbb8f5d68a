// Verify.cpp - checks a configuration against the architecture: ranges of fields, then rules between them
//
// The rules between fields are those that engines rely on without looking again: values that an operation reads exist,
// operations have room, lanes stay within the vector, address arithmetic stays within 64 bits.
#include "Layout.h"

#include "jacquard/Bitstream/Encode.h"

#include <fmt/format.h>

namespace jacquard::bitstream {
namespace {

/// A run of more firings would not end; the bound keeps products of extents and addresses within 64 bits.
constexpr uint64_t maxFirings = uint64_t(1) << 48;

class RangeChecker : public FieldVisitor {
public:
  using FieldVisitor::FieldVisitor;
  void value(const Field &field, int64_t &value) override { checkRange(field, value); }
  bool present(bool is) override { return is; }
};

/// Builds errors that begin like those of the field table.
struct Reporter {
  const FabricModel &model;
  unsigned site;

  template <typename... Args> Error operator()(fmt::format_string<Args...> format, Args &&...args) const {
    return Error{model.describeSite(site) + ": " + fmt::format(format, std::forward<Args>(args)...)};
  }
};

//===-------------------------------------------------------------------------------------------------------------===//
// Compute units
//===-------------------------------------------------------------------------------------------------------------===//

Status checkCounters(const CounterChain &chain, const char *prefix, const Reporter &report) {
  uint64_t product = 1;
  for (uint32_t extent : chain.extents) {
    if (extent > maxFirings / product)
      return report("{}counters.extents: more than 2^48 firings are not allowed; expected a smaller loop nest", prefix);
    product *= extent;
  }
  return {};
}

template <typename Config> unsigned lanesOf(const Config &config, const ArchSpec &arch) {
  return config.wide ? arch.compute.wideLanes : arch.compute.lanes;
}

/// Steps that a counter level makes in one round.
uint64_t stepsOf(const CounterChain &chain, int level, unsigned lanes) {
  uint64_t extent = chain.extents[size_t(level)];
  return level == chain.vectorLevel ? (extent + lanes - 1) / lanes : extent;
}

Status checkOperand(const ComputeConfig &config, unsigned at, unsigned i, unsigned lanes, const Reporter &report) {
  const Stage &stage = config.stages[at];
  const Operand &operand = stage.operands[i];
  switch (operand.kind) {
  case OperandKind::None:
    return report("stages[{}].operands[{}].kind: none is not allowed; expected an operand, '{}' takes {}", at, i,
                  opcodeName(stage.opcode), opcodeArity(stage.opcode));
  case OperandKind::Accumulator:
    if (!stage.accumulate)
      return report("stages[{}].operands[{}].kind: accumulator is not allowed; expected a stage that accumulates", at,
                    i);
    return {};
  case OperandKind::LaneOfRegister: {
    uint64_t steps = operand.laneLevel < 0 ? 1 : stepsOf(config.counters, operand.laneLevel, lanes);
    uint64_t last = operand.laneBase + uint64_t(operand.laneStride) * (steps - 1);
    if (last >= lanes)
      return report("stages[{}].operands[{}].laneStride: {} is not allowed; expected lanes below {}, the last step "
                    "reads lane {}",
                    at, i, operand.laneStride, lanes, last);
    return {};
  }
  default:
    return {};
  }
}

/// An operation of k stages needs k - 1 idle ones behind it; an idle stage does nothing that would be lost.
Status checkStage(const ComputeConfig &config, unsigned at, const ArchSpec &arch, const Reporter &report) {
  const Stage &stage = config.stages[at];
  if (stage.opcode == Opcode::Nop) {
    if (stage.accumulate || stage.destination != -1)
      return report("stages[{}].opcode: nop is not allowed; expected an operation, the stage has a destination or an "
                    "accumulator",
                    at);
    return {};
  }
  unsigned cost = arch.stagesOf(stage.opcode);
  if (at + cost > config.stages.size())
    return report("stages[{}].opcode: '{}' takes {} stages; expected at most {} to the end of the unit", at,
                  opcodeName(stage.opcode), cost, config.stages.size() - at);
  for (unsigned next = at + 1; next < at + cost; ++next)
    if (config.stages[next].opcode != Opcode::Nop)
      return report("stages[{}].opcode: '{}' is not allowed; expected nop, '{}' in stage {} takes {} stages", next,
                    opcodeName(config.stages[next].opcode), opcodeName(stage.opcode), at, cost);
  for (unsigned i = 0; i < opcodeArity(stage.opcode); ++i)
    if (Status status = checkOperand(config, at, i, lanesOf(config, arch), report); !status)
      return status;
  return {};
}

bool combines(Opcode op) { return op == Opcode::Nop || opcodeArity(op) == 2; }

Status checkOutput(const ComputeConfig &config, unsigned at, const Reporter &report) {
  const ComputeOutput &output = config.outputs[at];
  if (!output.used || !output.drain)
    return {};
  if (!combines(output.reduce))
    return report("outputs[{}].reduce: '{}' is not allowed; expected nop or an operation of two operands", at,
                  opcodeName(output.reduce));
  for (unsigned stage = 0; stage < config.stages.size(); ++stage)
    if ((output.stageMask >> stage & 1) && !config.stages[stage].accumulate)
      return report("outputs[{}].stageMask: stage {} is not allowed; expected stages that accumulate", at, stage);
  return {};
}

/// A port that chains units feeds no register, and one drain only.
Status checkChains(const ComputeConfig &config, const Reporter &report) {
  std::vector<int> outputOf(config.inputs.size(), -1);
  for (size_t at = 0; at < config.outputs.size(); ++at) {
    const ComputeOutput &output = config.outputs[at];
    if (!output.used || !output.drain || output.chain < 0)
      continue;
    if (config.inputs[size_t(output.chain)].used || outputOf[size_t(output.chain)] >= 0)
      return report("outputs[{}].chain: {} is not allowed; expected an input port without another use", at,
                    output.chain);
    outputOf[size_t(output.chain)] = int(at);
    if (!combines(output.combine))
      return report("outputs[{}].combine: '{}' is not allowed; expected nop or an operation of two operands", at,
                    opcodeName(output.combine));
  }
  return {};
}

Status checkUnit(const ComputeConfig &config, const FabricModel &model, const Reporter &report) {
  if (Status status = checkCounters(config.counters, "", report); !status)
    return status;
  for (unsigned at = 0; at < config.stages.size(); ++at)
    if (Status status = checkStage(config, at, model.spec(), report); !status)
      return status;
  for (unsigned at = 0; at < config.outputs.size(); ++at)
    if (Status status = checkOutput(config, at, report); !status)
      return status;
  return checkChains(config, report);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Addresses
//===-------------------------------------------------------------------------------------------------------------===//

/// Least and greatest result of a value over the whole loop nest, invalid lanes of the last step included.
struct Interval {
  __int128 low = 0, high = 0;
  bool exists = false;
};

bool fits(const Interval &x) { return x.low >= -__int128(addressMax) && x.high <= __int128(addressMax); }

Interval intervalOf(const AffineRegister &reg, const CounterChain &chain, unsigned lanes) {
  Interval x{reg.base, reg.base, true};
  for (size_t level = 0; level < chain.extents.size(); ++level) {
    __int128 last = __int128(chain.extents[level]) - 1 + (int(level) == chain.vectorLevel ? lanes - 1 : 0);
    __int128 end = last * reg.coefficients[level];
    (end < 0 ? x.low : x.high) += end;
  }
  return x;
}

__int128 floorDiv(__int128 a, __int128 b) { return a / b - (a % b < 0 ? 1 : 0); } // b > 0

Interval intervalOf(const AddressOp &op, const std::vector<Interval> &values) {
  const Interval &a = values[op.a];
  switch (op.kind) {
  case AddressOpKind::None:
    return {};
  case AddressOpKind::Madd: {
    const Interval &b = values[op.b];
    __int128 x = a.low * op.low, y = a.high * op.low;
    return {std::min(x, y) + b.low, std::max(x, y) + b.high, true};
  }
  case AddressOpKind::Div:
    return {floorDiv(a.low, op.low), floorDiv(a.high, op.low), true};
  case AddressOpKind::Mod:
    return {0, __int128(op.low) - 1, true};
  case AddressOpKind::Check:
    return a;
  }
  return {};
}

/// Every value that is read exists and stays within +-2^56.
Status checkAccess(const AccessProgram &access, const char *name, const AddressLimits &limits, unsigned lanes,
                   const Reporter &report) {
  if (!access.used)
    return {};
  if (Status status = checkCounters(access.counters, fmt::format("{}.", name).c_str(), report); !status)
    return status;
  std::vector<Interval> values(limits.values());
  auto overflow = [&](const char *list, size_t i) {
    return report("{}.{}[{}]: values beyond 2^56 are not allowed; expected smaller coefficients or extents", name, list,
                  i);
  };
  for (size_t i = 0; i < access.registers.size(); ++i) {
    values[i] = intervalOf(access.registers[i], access.counters, lanes);
    if (!fits(values[i]))
      return overflow("registers", i);
  }
  if (access.indexed)
    values[limits.registers] = {INT32_MIN, INT32_MAX, true};
  auto missing = [&](const std::string &field, unsigned index) {
    return report("{}.{}: {} is not allowed; expected a register in use, the index stream if attached, or an earlier "
                  "stage with a result",
                  name, field, index);
  };
  for (size_t i = 0; i < access.ops.size(); ++i) {
    const AddressOp &op = access.ops[i];
    if (op.kind == AddressOpKind::None)
      continue;
    if (!values[op.a].exists)
      return missing(fmt::format("ops[{}].a", i), op.a);
    if (op.kind == AddressOpKind::Madd && !values[op.b].exists)
      return missing(fmt::format("ops[{}].b", i), op.b);
    Interval result = intervalOf(op, values);
    if (!fits(result))
      return overflow("ops", i);
    values[limits.registers + 1 + i] = result;
  }
  if (!values[access.address].exists)
    return missing("address", access.address);
  return {};
}

Status checkUnit(const MemoryConfig &config, const FabricModel &model, const Reporter &report) {
  const MemorySpec &spec = model.spec().memory;
  unsigned lanes = lanesOf(config, model.spec()), wordBytes = config.wide ? 8 : 4;
  if (uint64_t(config.bufferWords) * config.bufferCount * wordBytes > spec.bytes())
    return report("bufferCount: {} buffers of {} words are not allowed; expected at most {} words in all",
                  config.bufferCount, config.bufferWords, spec.bytes() / wordBytes);
  if (!combines(config.accumulate))
    return report("accumulate: '{}' is not allowed; expected nop or an operation of two operands",
                  opcodeName(config.accumulate));
  if (Status status = checkAccess(config.write, "write", limitsOf(spec), lanes, report); !status)
    return status;
  if (config.cascade && (!spec.readCascades || !config.read.used || (config.write.used && config.write.indexed)))
    return report("cascade: yes is not allowed; expected a machine with read_cascades, a read and no write index");
  return checkAccess(config.read, "read", limitsOf(spec), lanes, report);
}

Status checkUnit(const DramPortConfig &config, const FabricModel &model, const Reporter &report) {
  if (!config.access.used)
    return report("access.used: no is not allowed; expected a loop nest, or a port without a frame");
  if (config.background && (config.store || model.spec().dram.backgroundQueueDepth == 0))
    return report("background: yes is not allowed; expected a load, and a machine with background_queue_depth");
  return checkAccess(config.access, "access", limitsOf(model.spec().dramPort), lanesOf(config, model.spec()), report);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Section
//===-------------------------------------------------------------------------------------------------------------===//

/// Sites are of the right kind and ascending: the field table looks at them in that order and would miss others.
template <typename Units> Status checkSites(const Units &units, UnitKind kind, const FabricModel &model) {
  for (size_t i = 0; i < units.size(); ++i) {
    unsigned site = units[i].site;
    if (site >= model.sites().size())
      return Error{fmt::format("{} unit at site {} is not allowed; expected a site below {}", unitKindName(kind), site,
                               model.sites().size())};
    if (model.sites()[site].kind != kind)
      return Error{fmt::format("{} unit at {} is not allowed; expected a {} site", unitKindName(kind),
                               model.describeSite(site), unitKindName(kind))};
    if (i > 0 && units[i - 1].site >= site)
      return Error{fmt::format("{} unit at {} is out of order; expected ascending sites, each once", unitKindName(kind),
                               model.describeSite(site))};
  }
  return {};
}

Status checkSwitchCounts(const SectionConfig &config, const FabricModel &model) {
  for (unsigned net = 0; net < 3; ++net) {
    const SwitchSelects &selects = config.selects[net];
    const char *name = networkKindName(NetworkKind(net));
    if (selects.size() != model.numSwitches())
      return Error{fmt::format("selects of {} switches in the {} network; expected {}", selects.size(), name,
                               model.numSwitches())};
    for (unsigned sw = 0; sw < selects.size(); ++sw)
      if (size_t sinks = model.switchModel(sw, NetworkKind(net)).sinks.size(); selects[sw].size() != sinks)
        return Error{fmt::format("{}: {} selects; expected {}", describeFrame(model, {false, sw, NetworkKind(net)}),
                                 selects[sw].size(), sinks)};
  }
  return {};
}

template <typename Units> Status checkUnits(const Units &units, const FabricModel &model) {
  for (const auto &unit : units)
    if (Status status = checkUnit(unit.config, model, Reporter{model, unit.site}); !status)
      return status;
  return {};
}

} // namespace

Status verifyConfig(const SectionConfig &config, const FabricModel &model) {
  for (Status status :
       {checkSites(config.compute, UnitKind::Compute, model), checkSites(config.memory, UnitKind::Memory, model),
        checkSites(config.dram, UnitKind::DramPort, model), checkSwitchCounts(config, model)})
    if (!status)
      return status;
  RangeChecker ranges(model);
  visitSection(ranges, config, model);
  if (ranges.failed())
    return Error{ranges.error()};
  if (Status status = checkUnits(config.compute, model); !status)
    return status;
  if (Status status = checkUnits(config.memory, model); !status)
    return status;
  return checkUnits(config.dram, model);
}

} // namespace jacquard::bitstream

// Layout.h - the field table: every field of every frame, in the order of the bits
//
// This is the only description of the frames. A FieldVisitor walks over it to pack, unpack, check, disassemble,
// assemble and print docs/Bitstream.md. Each function takes a configuration that is const or not (Field.h); a field's
// limits may depend on fields before it, its width only on the architecture.
#ifndef JACQUARD_BITSTREAM_LAYOUT_H
#define JACQUARD_BITSTREAM_LAYOUT_H

#include "Field.h"

#include "jacquard/Bitstream/Config.h"

#include <algorithm>
#include <type_traits>

namespace jacquard::bitstream {

//===-------------------------------------------------------------------------------------------------------------===//
// Kinds of fields
//===-------------------------------------------------------------------------------------------------------------===//

constexpr int64_t wordMax = 0xffffffff;
constexpr int64_t extentMax = 0x7fffffff;        ///< counters are int32 values
constexpr int64_t addressMax = int64_t(1) << 56; ///< a byte address still fits 64 bits
constexpr unsigned opcodeBits = 8;               ///< fixed, so that appended opcodes keep the format

std::string_view operandKindName(unsigned kind);
std::string_view addressOpKindName(unsigned kind);
std::string_view opcodeNameOf(unsigned op);
std::string_view elementTypeNameOf(unsigned type);

template <typename T> void visit(FieldVisitor &v, const Field &field, T &ref) {
  int64_t raw = int64_t(ref);
  v.value(field, raw);
  if constexpr (!std::is_const_v<T>)
    ref = T(raw);
}

inline Field flag(const char *name, const char *meaning) {
  return {name, 1, "1", 0, 1, "no, yes", meaning, Notation::Flag};
}
/// One of `count` things.
inline Field index(const char *name, uint64_t count, const char *countText, const char *meaning) {
  return {name, bitsFor(count), countText, 0, int64_t(count) - 1, "below N", meaning};
}
/// One of `count` things, or none of them.
inline Field optionalIndex(const char *name, uint64_t count, const char *countText, const char *meaning) {
  return {name,    bitsFor(count + 1), countText, -1, int64_t(count) - 1, "none, or below N - 1",
          meaning, Notation::Level,    1};
}
/// A level of a chain of `levels`, of at most `maxLevels`.
inline Field level(const char *name, size_t levels, unsigned maxLevels, const char *meaning) {
  return {name,
          bitsFor(uint64_t(maxLevels) + 1),
          "counters + 1",
          -1,
          int64_t(levels) - 1,
          "none, or a level of the chain",
          meaning,
          Notation::Level,
          1};
}
/// A word of the unit: 32 bits, and 32 more in a wide unit. `highName` names the latter.
template <typename T>
void visitWord(FieldVisitor &v, const char *name, const char *highName, const char *meaning, bool wide, T &ref) {
  uint32_t low = uint32_t(ref), high = uint32_t(ref >> 32);
  visit(v, {name, 32, "32 bits", 0, wordMax, "any word", meaning, Notation::Hex}, low);
  if (v.when(wide, "wide")) {
    visit(v, {highName, 32, "32 bits", 0, wordMax, "any word", "upper half of the word", Notation::Hex}, high);
    v.endWhen();
  } else if (high != 0) {
    v.fail(name, "has more than 32 bits; expected a wide unit");
  }
  if constexpr (!std::is_const_v<T>)
    ref = uint64_t(high) << 32 | low;
}
inline Field integer(const char *name, const char *meaning, int64_t min = -addressMax, int64_t max = addressMax,
                     const char *rangeText = "-2^56 to 2^56") {
  return {name, 64, "64 bits", min, max, rangeText, meaning};
}
inline Field named(const char *name, unsigned width, const char *widthText, unsigned count,
                   std::string_view (*nameOf)(unsigned), const char *meaning) {
  return {name, width, widthText, 0, int64_t(count) - 1, "a name", meaning, Notation::Name, 0, nameOf};
}
inline Field opcodeField(const char *name, const char *meaning) {
  return named(name, opcodeBits, "8 bits", numOpcodes(), opcodeNameOf, meaning);
}

/// As many elements as the architecture or an earlier field says; the number is not in the frame.
template <typename Vector, typename Element>
void visitArray(FieldVisitor &v, const char *name, size_t size, const char *sizeText, Vector &items, Element element) {
  if constexpr (!std::is_const_v<Vector>)
    items.resize(size);
  else if (items.size() != size)
    v.fail(name, "has " + std::to_string(items.size()) + " entries; expected " + std::to_string(size));
  for (size_t i = 0, end = v.elements(std::min(size, items.size()), sizeText); i < end; ++i) {
    v.push(name, int64_t(i));
    element(items[i]);
    v.pop();
  }
}

/// A number of elements and then the elements.
template <typename Vector, typename Element>
void visitList(FieldVisitor &v, const char *name, unsigned max, const char *maxText, const char *meaning, Vector &items,
               Element element) {
  size_t count = items.size();
  v.push(name);
  visit(v, {"count", bitsFor(uint64_t(max) + 1), maxText, 0, int64_t(max), "below N", meaning}, count);
  v.pop();
  visitArray(v, name, count, "count", items, element);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Counters and addresses
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Chain> void visitCounters(FieldVisitor &v, Chain &chain, unsigned maxLevels) {
  v.push("counters");
  visitList(v, "extents", maxLevels, "counters + 1", "levels of the chain, outermost first", chain.extents,
            [&](auto &extent) {
              visit(v, {"", 32, "32 bits", 1, extentMax, "1 to 2^31 - 1", "values of the counter"}, extent);
            });
  visit(v, level("vectorLevel", chain.extents.size(), maxLevels, "level that runs over the lanes"), chain.vectorLevel);
  v.pop();
}

/// What an address path of one kind of unit has.
struct AddressLimits {
  unsigned counters, registers, stages;
  bool handover; ///< memory units pass buffers on
  unsigned values() const { return registers + 1 + stages; }
};

inline AddressLimits limitsOf(const MemorySpec &unit) {
  return {unit.counters, unit.addressRegisters, unit.addressStages, true};
}
inline AddressLimits limitsOf(const DramPortSpec &unit) {
  return {unit.counters, unit.addressRegisters, unit.addressStages, false};
}

constexpr const char *addressValuesText = "address_registers + 1 + address_stages";

template <typename Op> void visitAddressOp(FieldVisitor &v, Op &op, const AddressLimits &limits) {
  using Kind = AddressOpKind;
  visit(v, named("kind", 3, "3 bits", 5, addressOpKindName, "operation"), op.kind);
  if (v.when(op.kind != Kind::None, "kind is not none")) {
    visit(v, index("a", limits.values(), addressValuesText, "first operand"), op.a);
    if (v.when(op.kind == Kind::Madd, "kind is madd")) {
      visit(v, index("b", limits.values(), addressValuesText, "addend"), op.b);
      v.endWhen();
    }
    bool divides = op.kind == Kind::Div || op.kind == Kind::Mod;
    visit(v,
          integer("low", "factor, divisor or lower bound", divides ? 1 : -addressMax, addressMax,
                  "-2^56 to 2^56, a divisor from 1"),
          op.low);
    if (v.when(op.kind == Kind::Check, "kind is check")) {
      visit(v, integer("high", "upper bound, itself not allowed"), op.high);
      v.endWhen();
    }
    v.endWhen();
  }
}

template <typename Access>
void visitAccess(FieldVisitor &v, const char *name, Access &access, bool wide, const AddressLimits &limits) {
  v.push(name);
  visit(v, flag("used", "the port works"), access.used);
  if (v.when(access.used, "used")) {
    visitCounters(v, access.counters, limits.counters);
    size_t levels = access.counters.extents.size();
    visitList(v, "registers", limits.registers, "address_registers + 1", "affine registers in use", access.registers,
              [&](auto &reg) {
                visit(v, integer("base", "value with all counters at 0"), reg.base);
                visitArray(v, "coefficients", levels, "levels", reg.coefficients, [&](auto &coefficient) {
                  visit(v, integer("", "factor of the level's counter"), coefficient);
                });
              });
    visitList(v, "ops", limits.stages, "address_stages + 1", "address stages in use", access.ops,
              [&](auto &op) { visitAddressOp(v, op, limits); });
    visit(v, index("address", limits.values(), addressValuesText, "value that is the address, in elements"),
          access.address);
    visitWord(v, "elseValue", "elseValueHigh", "what a lane reads that fails a check", wide, access.elseValue);
    visit(v, flag("broadcast", "lane 0's word goes to all lanes"), access.broadcast);
    visit(v, flag("indexed", "an index stream is attached"), access.indexed);
    if (v.when(access.indexed, "indexed")) {
      visit(v, level("indexLevel", levels, limits.counters, "an index vector is popped at its end"), access.indexLevel);
      v.endWhen();
    }
    if (v.when(limits.handover, "memory units")) {
      visit(v, level("handoverLevel", levels, limits.counters, "the buffer passes on at its end"),
            access.handoverLevel);
      v.endWhen();
    }
    v.endWhen();
  }
  v.pop();
}

/// A machine without wide units has the bit too, always 0: the format does not depend on it.
template <typename Flag> void visitWide(FieldVisitor &v, Flag &wide, const FabricModel &model) {
  visit(v,
        {"wide", 1, "1", 0, model.spec().compute.wideLanes ? 1 : 0, "no, yes where the machine has wide lanes",
         "words have 64 bits", Notation::Flag},
        wide);
}

//===-------------------------------------------------------------------------------------------------------------===//
// Compute units
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Op>
void visitOperand(FieldVisitor &v, Op &operand, size_t levels, bool wide, const ComputeSpec &spec) {
  using Kind = OperandKind;
  visit(v, named("kind", 3, "3 bits", 6, operandKindName, "where the operand comes from"), operand.kind);
  bool counter = operand.kind == Kind::Counter, lane = operand.kind == Kind::LaneOfRegister;
  if (v.when(counter || lane || operand.kind == Kind::Register, "kind is register, lane or counter")) {
    visit(v,
          {"index", bitsFor(std::max(spec.registers, spec.counters)), "max(registers, counters)", 0,
           counter ? int64_t(levels) - 1 : int64_t(spec.registers) - 1, "below registers, or a level of the chain",
           "which register or counter level"},
          operand.index);
    v.endWhen();
  }
  if (v.when(lane, "kind is lane")) {
    visit(v, index("laneBase", spec.lanes, "lanes", "lane at step 0"), operand.laneBase);
    visit(v, index("laneStride", spec.lanes, "lanes", "lanes per step of laneLevel"), operand.laneStride);
    visit(v, level("laneLevel", levels, spec.counters, "level whose steps move the lane"), operand.laneLevel);
    v.endWhen();
  }
  if (v.when(operand.kind == Kind::Constant, "kind is constant")) {
    visitWord(v, "constant", "constantHigh", "the word in all lanes", wide, operand.constant);
    v.endWhen();
  }
}

template <typename StageType>
void visitStage(FieldVisitor &v, StageType &stage, size_t levels, bool wide, const ComputeSpec &spec) {
  visit(v, opcodeField("opcode", "operation; the numbers are those of Opcodes.def"), stage.opcode);
  if (!v.when(stage.opcode != Opcode::Nop, "opcode is not nop"))
    return;
  for (size_t i = 0, end = v.elements(opcodeArity(stage.opcode), "operands of the opcode"); i < end; ++i) {
    v.push("operands", int64_t(i));
    visitOperand(v, stage.operands[i], levels, wide, spec);
    v.pop();
  }
  visit(v, optionalIndex("destination", spec.registers, "registers + 1", "pipeline register that takes the result"),
        stage.destination);
  visit(v, flag("accumulate", "the result goes to the stage's accumulator"), stage.accumulate);
  if (v.when(stage.accumulate, "accumulate")) {
    visit(v, level("accumulatorLevel", levels, spec.counters, "the accumulator starts anew at its begin"),
          stage.accumulatorLevel);
    visitWord(v, "accumulatorInit", "accumulatorInitHigh", "what it starts from", wide, stage.accumulatorInit);
    v.endWhen();
  }
  v.endWhen();
}

template <typename Input> void visitInput(FieldVisitor &v, Input &input, size_t levels, const ComputeSpec &spec) {
  visit(v, flag("used", "the port feeds a register"), input.used);
  if (v.when(input.used, "used")) {
    visit(v, index("destination", spec.registers, "registers", "pipeline register it enters"), input.destination);
    visit(v, level("popLevel", levels, spec.counters, "the FIFO pops at its end"), input.popLevel);
    v.endWhen();
  }
}

template <typename Output> void visitOutput(FieldVisitor &v, Output &output, size_t levels, const ComputeSpec &spec) {
  visit(v, flag("used", "the port sends"), output.used);
  if (!v.when(output.used, "used"))
    return;
  visit(v, flag("drain", "accumulators instead of a register"), output.drain);
  if (v.when(!output.drain, "not drain")) {
    visit(v, index("source", spec.registers, "registers", "register after the last stage"), output.source);
    v.endWhen();
  }
  if (v.when(output.drain, "drain")) {
    visit(v,
          {"stageMask", spec.stages, "1 bit per stage", 1, (int64_t(1) << spec.stages) - 1, "not 0",
           "stages whose accumulators drain", Notation::Hex},
          output.stageMask);
    visit(v, opcodeField("reduce", "operation of the tree over the lanes; nop: none"), output.reduce);
    Field chain =
        optionalIndex("chain", spec.ports.vectorIn, "vector_in + 1", "vector input with the results of other units");
    if (!spec.resultChains)
      chain.max = -1;
    visit(v, chain, output.chain);
    if (v.when(output.chain >= 0, "chain is a port")) {
      visit(v, opcodeField("combine", "joins own and chained elements; nop: the own follow"), output.combine);
      if (v.when(output.combine == Opcode::Nop, "combine is nop")) {
        visit(v, {"chainCount", 32, "32 bits", 0, extentMax, "0 to 2^31 - 1", "chained elements before the own"},
              output.chainCount);
        v.endWhen();
      }
      v.endWhen();
    }
    v.endWhen();
  }
  visit(v, level("level", levels, spec.counters, "sends at its end"), output.level);
  v.endWhen();
}

template <typename Config>
void visitUnit(FieldVisitor &v, Config &config, const FabricModel &model,
               std::integral_constant<UnitKind, UnitKind::Compute>) {
  const ComputeSpec &spec = model.spec().compute;
  visitWide(v, config.wide, model);
  visitCounters(v, config.counters, spec.counters);
  size_t levels = config.counters.extents.size();
  visitArray(v, "inputs", model.numInputs(UnitKind::Compute), "input ports", config.inputs,
             [&](auto &input) { visitInput(v, input, levels, spec); });
  visitArray(v, "stages", spec.stages, "stages", config.stages,
             [&](auto &stage) { visitStage(v, stage, levels, config.wide, spec); });
  visitArray(v, "outputs", model.numOutputs(UnitKind::Compute), "output ports", config.outputs,
             [&](auto &output) { visitOutput(v, output, levels, spec); });
}

//===-------------------------------------------------------------------------------------------------------------===//
// Memory units and DRAM ports
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Config>
void visitUnit(FieldVisitor &v, Config &config, const FabricModel &model,
               std::integral_constant<UnitKind, UnitKind::Memory>) {
  const MemorySpec &spec = model.spec().memory;
  visitWide(v, config.wide, model);
  int64_t narrowWords = int64_t(spec.bytes() / 4), words = config.wide ? narrowWords / 2 : narrowWords;
  visit(v,
        {"bufferWords", bitsFor(uint64_t(narrowWords) + 1), "words of 32 bits + 1", 1, words,
         "1 to the words of the unit", "words of one buffer"},
        config.bufferWords);
  visit(v,
        {"bufferCount", bitsFor(uint64_t(spec.maxBuffers) + 1), "max_buffers + 1", 1, int64_t(spec.maxBuffers),
         "1 to max_buffers", "buffers of the ring"},
        config.bufferCount);
  visit(v, opcodeField("accumulate", "how a write combines with the word it meets; nop: it replaces it"),
        config.accumulate);
  if (v.when(config.accumulate != Opcode::Nop, "accumulate is not nop")) {
    visitWord(v, "accumulateInit", "accumulateInitHigh", "what a buffer is filled with", config.wide,
              config.accumulateInit);
    v.endWhen();
  }
  visit(v, flag("retain", "begins with the words it had, instead of zeros"), config.retain);
  visit(v, flag("sliced", "holds a part of a larger scratchpad"), config.sliced);
  if (v.when(config.sliced, "sliced")) {
    visit(v, {"firstWord", 32, "32 bits", 0, INT32_MAX, "0 to 2^31 - 1", "address of its first word"},
          config.firstWord);
    visit(v, flag("cascade", "what it does not hold is read from vector in 1"), config.cascade);
    v.endWhen();
  }
  visitAccess(v, "write", config.write, config.wide, limitsOf(spec));
  visitAccess(v, "read", config.read, config.wide, limitsOf(spec));
}

template <typename Config>
void visitUnit(FieldVisitor &v, Config &config, const FabricModel &model,
               std::integral_constant<UnitKind, UnitKind::DramPort>) {
  const DramPortSpec &spec = model.spec().dramPort;
  visitWide(v, config.wide, model);
  visit(v, flag("store", "writes to DRAM"), config.store);
  visit(v, flag("background", "a load that waits for all others"), config.background);
  visit(v, named("type", 4, "4 bits", numElementTypes, elementTypeNameOf, "element type in DRAM"), config.type);
  visit(v,
        {"baseAddress", 48, "48 bits", 0, int64_t(model.spec().dram.capacityBytes) - 1, "below capacity_bytes",
         "byte address of element 0"},
        config.baseAddress);
  visitAccess(v, "access", config.access, config.wide, limitsOf(spec));
  size_t levels = config.access.counters.extents.size();
  visit(v, flag("waitToken", "takes tokens from control input 0"), config.waitToken);
  if (v.when(config.waitToken, "waitToken")) {
    visit(v, level("waitLevel", levels, spec.counters, "takes one at its begin"), config.waitLevel);
    v.endWhen();
  }
  visit(v, flag("sendToken", "sends tokens on control output 0"), config.sendToken);
  if (v.when(config.sendToken, "sendToken")) {
    visit(v, level("sendLevel", levels, spec.counters, "sends one when all accesses up to its end are done"),
          config.sendLevel);
    v.endWhen();
  }
}

//===-------------------------------------------------------------------------------------------------------------===//
// Section
//===-------------------------------------------------------------------------------------------------------------===//

/// The frame of `site`, whose configuration, if any, is the next one of `units`.
template <UnitKind kind, typename Units>
void visitSite(FieldVisitor &v, Units &units, size_t &next, unsigned site, const FabricModel &model) {
  v.enterFrame({true, site, NetworkKind::Vector});
  if (!v.present(next < units.size() && units[next].site == site))
    return;
  if constexpr (!std::is_const_v<Units>)
    units.push_back({site, {}});
  visitUnit(v, units[next++].config, model, std::integral_constant<UnitKind, kind>());
}

template <typename Selects>
void visitSwitch(FieldVisitor &v, Selects &selects, unsigned sw, NetworkKind net, const FabricModel &model) {
  const SwitchModel &ports = model.switchModel(sw, net);
  v.enterFrame({false, sw, net});
  auto isUsed = [&] {
    return std::any_of(selects.begin(), selects.end(), [](uint32_t select) { return select != 0; });
  };
  bool present = v.present(isUsed());
  if constexpr (!std::is_const_v<Selects>)
    selects.assign(ports.sinks.size(), 0);
  if (!present)
    return;
  visitArray(v, "select", ports.sinks.size(), "sinks of the switch", selects, [&](auto &select) {
    visit(v,
          {"", bitsFor(ports.sources.size() + 1), "sources of the switch + 1", 0, int64_t(ports.sources.size()),
           "below N", "0: unused, s + 1: source s", Notation::Select},
          select);
  });
  if (!v.failed() && !isUsed())
    v.fail("select", "all are 0; expected no frame for a switch without routes");
}

/// `config` is const, or empty and mutable.
template <typename Config> void visitSection(FieldVisitor &v, Config &config, const FabricModel &model) {
  size_t compute = 0, memory = 0, dram = 0;
  for (unsigned site = 0; site < model.sites().size() && !v.failed(); ++site) {
    switch (model.sites()[site].kind) {
    case UnitKind::Compute:
      visitSite<UnitKind::Compute>(v, config.compute, compute, site, model);
      break;
    case UnitKind::Memory:
      visitSite<UnitKind::Memory>(v, config.memory, memory, site, model);
      break;
    case UnitKind::DramPort:
      visitSite<UnitKind::DramPort>(v, config.dram, dram, site, model);
      break;
    }
  }
  if constexpr (!std::is_const_v<Config>)
    for (SwitchSelects &selects : config.selects)
      selects.resize(model.numSwitches());
  for (unsigned sw = 0; sw < model.numSwitches() && !v.failed(); ++sw)
    for (unsigned net = 0; net < 3; ++net)
      visitSwitch(v, config.selects[net][sw], sw, NetworkKind(net), model);
}

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_LAYOUT_H

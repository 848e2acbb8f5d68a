// NormalForm.cpp - writes normal forms by walking over the structs and the ops themselves
#include "NormalForm.h"

#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::test;
using llvm::raw_string_ostream;

//===-------------------------------------------------------------------------------------------------------------===//
// Configurations
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

void print(raw_string_ostream &out, const bitstream::CounterChain &chain) {
  out << " chain(";
  for (uint32_t extent : chain.extents)
    out << extent << ",";
  out << "v" << chain.vectorLevel << ")";
}

void print(raw_string_ostream &out, const bitstream::AccessProgram &access) {
  out << " access(" << access.used;
  print(out, access.counters);
  for (const bitstream::AffineRegister &reg : access.registers) {
    out << " reg(" << reg.base;
    for (int64_t coefficient : reg.coefficients)
      out << "," << coefficient;
    out << ")";
  }
  for (const bitstream::AddressOp &op : access.ops)
    out << " op(" << unsigned(op.kind) << "," << op.a << "," << op.b << "," << op.low << "," << op.high << ")";
  out << " address " << access.address << " else " << access.elseValue << " broadcast " << access.broadcast
      << " indexed " << access.indexed << "@" << access.indexLevel << " handover " << access.handoverLevel << ")";
}

void print(raw_string_ostream &out, const bitstream::ComputeConfig &config) {
  print(out, config.counters);
  for (const bitstream::ComputeInput &input : config.inputs)
    out << " in(" << input.used << "," << input.destination << "," << input.popLevel << ")";
  for (const bitstream::Stage &stage : config.stages) {
    out << " stage(" << unsigned(stage.opcode);
    for (const bitstream::Operand &operand : stage.operands)
      out << " (" << unsigned(operand.kind) << "," << operand.index << "," << operand.laneBase << ","
          << operand.laneStride << "," << operand.laneLevel << "," << operand.constant << ")";
    out << " to " << stage.destination << " accumulate " << stage.accumulate << "," << stage.accumulatorLevel << ","
        << stage.accumulatorInit << ")";
  }
  for (const bitstream::ComputeOutput &output : config.outputs)
    out << " out(" << output.used << "," << output.drain << "," << output.source << "," << output.stageMask << ","
        << unsigned(output.reduce) << "," << output.level << "," << output.chain << "," << unsigned(output.combine)
        << "," << output.chainCount << ")";
}

void print(raw_string_ostream &out, const bitstream::MemoryConfig &config) {
  out << " " << config.bufferWords << "x" << config.bufferCount << " accumulate " << unsigned(config.accumulate)
      << " from " << config.accumulateInit << (config.retain ? " retained" : "");
  if (config.sliced)
    out << " from word " << config.firstWord << (config.cascade ? " in a cascade" : "");
  print(out, config.write);
  print(out, config.read);
}

void print(raw_string_ostream &out, const bitstream::DramPortConfig &config) {
  out << (config.store ? " store " : " load ") << (config.background ? "in the background " : "")
      << unsigned(config.type) << " at " << config.baseAddress << " wait " << config.waitToken << ","
      << config.waitLevel << " send " << config.sendToken << "," << config.sendLevel;
  print(out, config.access);
}

template <typename Units> void printUnits(raw_string_ostream &out, const char *kind, const Units &units) {
  for (const auto &unit : units) {
    out << kind << " " << unit.site << (unit.config.wide ? " wide:" : ":");
    print(out, unit.config);
    out << "\n";
  }
}

} // namespace

std::string test::describeConfig(const bitstream::SectionConfig &config) {
  std::string text;
  raw_string_ostream out(text);
  printUnits(out, "compute", config.compute);
  printUnits(out, "memory", config.memory);
  printUnits(out, "dram", config.dram);
  for (unsigned net = 0; net < 3; ++net)
    for (auto [number, selects] : llvm::enumerate(config.selects[net])) {
      out << "switch " << number << " net " << net << ":";
      for (uint32_t select : selects)
        out << " " << select;
      out << "\n";
    }
  return text;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Sections of the IR
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

std::string textOf(Attribute attribute) {
  std::string text;
  raw_string_ostream(text) << attribute;
  return text;
}

std::string siteOf(Operation *unit) { return textOf(unit->getAttr("at")); }

/// A stream by who makes it, a word by how it is made.
std::string nameOf(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return "in" + std::to_string(argument.getArgNumber());
  Operation *op = value.getDefiningOp();
  if (isa<fabric::StreamType>(value.getType()))
    return siteOf(op) + ":" + std::to_string(cast<OpResult>(value).getResultNumber());
  if (isa<fabric::FuOp, fabric::AccumulateOp>(op))
    return "stage " + textOf(op->getAttr("stage"));
  std::string text = op->getName().getStringRef().str() + textOf(op->getAttrDictionary());
  for (Value operand : op->getOperands())
    text += "(" + nameOf(operand) + ")";
  return text;
}

std::string describe(Operation *op) {
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.erase("unit");
  if (attributes.get("home")) // its name is its site, which stands there already
    attributes.set("home", UnitAttr::get(op->getContext()));
  std::string text = op->getName().getStringRef().str() + " " + textOf(attributes.getDictionary(op->getContext()));
  for (Value operand : op->getOperands())
    text += " (" + nameOf(operand) + ")";
  return text;
}

std::string describeUnit(Operation *op) {
  std::string text = describe(op) + "\n";
  auto compute = dyn_cast<fabric::ComputeOp>(op);
  if (!compute)
    return text;
  std::vector<std::string> operations; // in any order: the stage is in the text
  std::string outputs;
  for (Operation &inner : compute.getBody().front()) {
    if (isa<fabric::FuOp, fabric::AccumulateOp>(inner))
      operations.push_back("  " + describe(&inner) + "\n");
    else if (isa<fabric::PushOp, fabric::DrainOp>(inner))
      outputs += "  " + describe(&inner) + "\n";
  }
  llvm::sort(operations);
  for (const std::string &operation : operations)
    text += operation;
  return text + outputs;
}

std::string describeRoute(fabric::RouteOp route) {
  std::vector<std::array<int64_t, 3>> hops;
  for (size_t i = 0; i < route.getHops().size(); i += 3)
    hops.push_back({route.getHops()[i], route.getHops()[i + 1], route.getHops()[i + 2]});
  llvm::sort(hops);
  std::string text = "route " + nameOf(route.getStream()) + " network " + std::to_string(route.getNetwork());
  for (auto &[sw, sink, source] : hops)
    text += " " + std::to_string(sw) + "," + std::to_string(sink) + "," + std::to_string(source);
  return text + "\n";
}

} // namespace

std::string test::describeSection(fabric::SectionOp section, const FabricModel &model) {
  std::vector<std::string> units, routes;
  for (Operation &op : section.getBody().front()) {
    if (auto route = dyn_cast<fabric::RouteOp>(op))
      routes.push_back(describeRoute(route));
    else
      units.push_back(siteOf(&op) + " " + describeUnit(&op));
  }
  llvm::sort(units);
  llvm::sort(routes);
  std::string text;
  for (const std::string &line : units)
    text += line;
  for (const std::string &line : routes)
    text += line;
  return text;
}

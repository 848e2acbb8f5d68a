// Inspect.cpp - `jacquard inspect`: what a bitstream holds
#include "jacquard/Driver/Commands.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Runtime/Estimates.h"
#include "jacquard/Runtime/Report.h"
#include "jacquard/Support/File.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>
#include <set>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

std::string shapeText(const bitstream::TensorSymbol &symbol) {
  std::string text;
  for (int64_t extent : symbol.shape)
    text += std::to_string(extent) + "x";
  return text + std::string(elementTypeName(symbol.type));
}

nlohmann::ordered_json symbolsToJson(const std::vector<bitstream::TensorSymbol> &symbols) {
  auto list = nlohmann::ordered_json::array();
  for (const auto &symbol : symbols)
    list.push_back({{"name", symbol.name},
                    {"type", std::string(elementTypeName(symbol.type))},
                    {"shape", symbol.shape},
                    {"address", symbol.address}});
  return list;
}

/// The nodes that the units of a section work for, each once. Names may hold any bytes; JSON wants UTF-8.
nlohmann::ordered_json nodesJson(const bitstream::Section &section) {
  std::set<std::string> nodes;
  for (const bitstream::UnitName &unit : section.units)
    if (!unit.node.empty())
      nodes.insert(unit.node);
  return nodes;
}

std::string toJson(const bitstream::Program &program) {
  nlohmann::ordered_json json;
  json["tool"] = program.toolVersion;
  for (auto &[name, value] : program.options)
    json["options"].push_back({name, value});
  json["model_hash"] = program.modelHash;
  json["arch"] = program.arch.name;
  json["arch_fingerprint"] = archFingerprint(program.arch);
  runtime::AreaEstimate area = runtime::estimateArea(program.arch);
  json["area_estimate_mm2"] = {{"compute", area.compute},
                               {"memory", area.memory},
                               {"dram_ports", area.dramPorts},
                               {"switches", area.switches},
                               {"total", area.total()}};
  json["dram_bytes"] = program.dramBytes;
  json["multiply_adds"] = program.multiplyAdds;
  json["compulsory_bytes"] = program.compulsoryBytes;
  json["inputs"] = symbolsToJson(program.inputs);
  json["outputs"] = symbolsToJson(program.outputs);
  FabricModel model(program.arch);
  for (const auto &section : program.sections)
    json["sections"].push_back({{"name", section.name},
                                {"compute", section.config.compute.size()},
                                {"memory", section.config.memory.size()},
                                {"dram", section.config.dram.size()},
                                {"bytes", bitstream::packSection(section.config, model).size()},
                                {"predicted_cycles", section.predictedCycles},
                                {"nodes", nodesJson(section)}});
  json["schedule"] = program.schedule;
  for (const bitstream::ScheduleLoop &loop : program.loops)
    json["loops"].push_back({{"begin", loop.begin},
                             {"end", loop.end},
                             {"max_trips", loop.maxTrips},
                             {"while", loop.condition.has_value()},
                             {"test_first", loop.testFirst}});
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void printSummary(const bitstream::Program &program, size_t bytes) {
  llvm::raw_ostream &os = llvm::outs();
  os << "made by        " << program.toolVersion << "\n";
  os << "options       ";
  for (auto &[name, value] : program.options)
    os << " --" << name << "=" << value;
  os << "\nmodel hash     " << llvm::format_hex(program.modelHash, 18) << "\n";
  os << "architecture   " << program.arch.name << " (" << llvm::format_hex(archFingerprint(program.arch), 18) << ")\n";
  runtime::AreaEstimate area = runtime::estimateArea(program.arch);
  os << llvm::format(
            "area           %.1f mm2: compute %.1f, memory %.1f, DRAM ports %.1f, switches %.1f; an estimate (",
            area.total(), area.compute, area.memory, area.dramPorts, area.switches)
     << program.arch.energy.source << ")\n";
  os << "size           " << bytes << " bytes\n";
  os << "DRAM           " << program.dramBytes << " bytes laid out\n";
  os << "work           " << program.multiplyAdds << " multiply-adds, " << program.compulsoryBytes
     << " compulsory bytes\n";
  for (const auto &symbol : program.inputs)
    os << "input          " << symbol.name << ": " << shapeText(symbol) << " at " << symbol.address << "\n";
  for (const auto &symbol : program.outputs)
    os << "output         " << symbol.name << ": " << shapeText(symbol) << " at " << symbol.address << "\n";
  FabricModel model(program.arch);
  os << "\nsection                          compute  memory  dram ports  frame bytes  predicted cycles  nodes\n";
  for (const auto &section : program.sections) {
    std::string nodes = runtime::nodesOf(section);
    os << llvm::format("%-32s %7zu %7zu %11zu %12zu %17llu", section.name.c_str(), section.config.compute.size(),
                       section.config.memory.size(), section.config.dram.size(),
                       bitstream::packSection(section.config, model).size(),
                       (unsigned long long)section.predictedCycles)
       << (nodes.empty() ? "" : "  ") << nodes << "\n";
  }
  for (const bitstream::ScheduleLoop &loop : program.loops)
    os << "loop           schedule entries " << loop.begin << " to " << loop.end - 1 << ", "
       << (loop.condition ? "at most " : "") << loop.maxTrips << " trips\n";
  os << "available                        "
     << llvm::format("%7u %7u %11u\n", program.arch.numComputeUnits(), program.arch.numMemoryUnits(),
                     program.arch.dramPort.count);
}

} // namespace

int driver::inspectCommand(const InspectOptions &options) {
  auto bytes = readFile(options.file);
  if (!bytes)
    return fail(bytes.error());
  auto program = bitstream::readProgram(*bytes);
  if (!program)
    return fail("'" + options.file + "': " + program.error());
  if (options.json)
    llvm::outs() << toJson(*program);
  else if (!options.disassemble)
    printSummary(*program, bytes->size());
  if (options.disassemble) {
    FabricModel model(program->arch);
    for (const auto &section : program->sections)
      llvm::outs() << "# section " << section.name << "\n"
                   << bitstream::disassembleSection(section.config, model) << "\n";
  }
  return 0;
}

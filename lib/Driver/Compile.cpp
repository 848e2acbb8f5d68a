// Compile.cpp - `jacquard compile`: a model to a bitstream, or to the text of any stage before it
#include "jacquard/Driver/Commands.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Driver/Floorplan.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::driver;

namespace {

/// Text of the module as it stands.
std::string printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, OpPrintingFlags().enableDebugInfo(false));
  stream << "\n";
  return text;
}

/// model.onnx -> model.jbit, beside the working folder's other files.
std::string defaultOutput(const std::string &model, Stage stage) {
  std::string stem = model == "-" ? "model" : llvm::sys::path::stem(model).str();
  return stage == Stage::Bits ? stem + ".jbit" : "-";
}

int countUnits(const bitstream::Program &program) {
  size_t units = 0;
  for (const bitstream::Section &section : program.sections)
    units += section.config.compute.size() + section.config.memory.size() + section.config.dram.size();
  return int(units);
}

/// The report: what was compiled, how long each stage took, what each section holds.
std::string makeReport(const bitstream::Program &program, const Compiler &compiler, size_t bytes) {
  nlohmann::ordered_json json;
  json["tool"] = program.toolVersion;
  json["arch"] = program.arch.name;
  json["bytes"] = bytes;
  json["dram_bytes"] = program.dramBytes;
  json["multiply_adds"] = program.multiplyAdds;
  for (auto &[phase, seconds] : compiler.seconds()) {
    auto &total = json["seconds"][phase]; // of all attempts
    total = seconds + (total.is_null() ? 0.0 : total.get<double>());
  }
  for (const bitstream::Section &section : program.sections)
    json["sections"].push_back({{"name", section.name},
                                {"compute", section.config.compute.size()},
                                {"memory", section.config.memory.size()},
                                {"dram", section.config.dram.size()},
                                {"predicted_cycles", section.predictedCycles}});
  json["decisions"] = decisionsJson(compiler.decisions());
  return json.dump(2) + "\n";
}

int writeOrFail(const std::string &path, const std::string &bytes) {
  if (auto status = writeFile(path, bytes); !status)
    return fail(status.error());
  return 0;
}

int emitBits(const CompileOptions &options, const std::string &output, Compiler &compiler) {
  auto program = compiler.translate();
  if (!program)
    return 1;
  auto pieces = bitstream::layOutProgram(*program);
  if (!pieces)
    return fail(pieces.error());
  if (!options.floorplan.empty()) {
    auto svg = drawFloorplan(compiler.module(), options.model);
    if (!svg)
      return fail(svg.error());
    if (writeOrFail(options.floorplan, *svg) != 0)
      return 1;
  }
  if (!options.report.empty() && writeOrFail(options.report, makeReport(*program, compiler, pieces->size())) != 0)
    return 1;
  if (auto status = writeFile(output, pieces->all()); !status)
    return fail(status.error());
  if (output != "-")
    llvm::outs() << output << ": " << pieces->size() << " bytes, " << program->sections.size() << " sections, "
                 << countUnits(*program) << " configured units\n";
  return 0;
}

} // namespace

int driver::compileCommand(const CompileOptions &options) {
  auto request = makeRequest(options.model, options);
  if (!request)
    return fail(request.error());
  request->explain |= !options.report.empty();
  Stage last = Stage::Bits;
  for (const std::string &name : {options.until, options.emit})
    if (!name.empty()) {
      auto stage = stageFromName(name);
      if (!stage)
        return fail(numbered(Diag::BadOption,
                             "stage '" + name +
                                 "' is unknown; expected import, pat, pipe, fabric, partition, place, route or bits"));
      last = std::min(last, *stage);
    }
  if (auto arch = loadArch(options.arch); !arch)
    return fail(arch.error());
  Compiler compiler(*request);
  bool terminal = isatty(STDERR_FILENO);
  if (terminal)
    compiler.onStage = [](StringRef stage) { llvm::errs() << "\r\033[K" << stage << " ..."; };
  bool ok = compiler.load() && compiler.runUntil(last);
  if (terminal)
    llvm::errs() << "\r\033[K";
  std::string output = options.output.empty() ? defaultOutput(options.model, last) : options.output;
  if (options.explain)
    (output == "-" ? llvm::errs() : llvm::outs()) << formatDecisions(compiler.decisions());
  if (!ok)
    return 1;
  if (last == Stage::Bits)
    return emitBits(options, output, compiler);
  return writeOrFail(output, printModule(compiler.module()));
}

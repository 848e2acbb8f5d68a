// Simulator.cpp - runs a program: bind, run the schedule, fetch the outputs
#include "jacquard/Sim/Simulator.h"

#include "Bind.h"
#include "Sequencer.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Sim/CompareRuns.h"
#include "jacquard/Sim/Engine.h"
#include "jacquard/Support/Diagnostics.h"

#include <fmt/format.h>

namespace jacquard::sim {
namespace {

using bitstream::Program;
using bitstream::Section;

Status checkProgram(const Program &program, const FabricModel &model) {
  if (program.dramBytes > program.arch.dram.capacityBytes)
    return numbered(Diag::DramFull, fmt::format("the program needs {} bytes of DRAM; '{}' has {}", program.dramBytes,
                                                program.arch.name, program.arch.dram.capacityBytes));
  for (uint32_t index : program.schedule)
    if (index >= program.sections.size())
      return numbered(Diag::BadConfiguration,
                      fmt::format("the schedule names section {} of {}", index, program.sections.size()));
  for (const Section &section : program.sections)
    if (Status status = bitstream::verifyConfig(section.config, model); !status)
      return numbered(Diag::BadConfiguration, fmt::format("section '{}': {}", section.name, status.error()));
  if (Status status = bitstream::verifyLoops(program); !status)
    return status;
  return checkLayout(program);
}

std::unique_ptr<Engine> makeEngine(EngineKind kind, const FabricModel &model, DramModel &dram) {
  return kind == EngineKind::Fast ? makeFastEngine(model, dram) : makeReferenceEngine(model, dram);
}

Result<RunResult> simulateWith(EngineKind kind, const FabricModel &model, const Program &program,
                               const std::map<std::string, Tensor> &inputs, const Options &options) {
  Result<DramImage> image = DramImage::create(program.dramBytes, program.arch.dram.burstBytes);
  if (!image)
    return image.takeError();
  if (Status status = bindInputs(program, inputs, *image); !status)
    return status.takeError();

  DramModel dram(program.arch, *image);
  std::unique_ptr<Engine> engine = makeEngine(kind, model, dram);
  RunResult result;
  if (Status status = Sequencer(program, model, *engine, *image, options, result.statistics).run(); !status)
    return status.takeError();
  auto outputs = readOutputs(program, *image);
  if (!outputs)
    return outputs.takeError();
  result.outputs = std::move(*outputs);
  return result;
}

} // namespace

std::optional<EngineKind> engineNamed(const std::string &name) {
  if (name == "reference")
    return EngineKind::Reference;
  if (name == "fast")
    return EngineKind::Fast;
  return name == "both" ? std::optional(EngineKind::Both) : std::nullopt;
}

Result<RunResult> simulate(const Program &program, const std::map<std::string, Tensor> &inputs,
                           const Options &options) {
  FabricModel model(program.arch);
  if (Status status = checkProgram(program, model); !status)
    return status.takeError();
  if (options.engine != EngineKind::Both)
    return simulateWith(options.engine, model, program, inputs, options);
  Options quiet = options;
  quiet.timeline = nullptr;
  auto expected = simulateWith(EngineKind::Reference, model, program, inputs, quiet);
  auto found = simulateWith(EngineKind::Fast, model, program, inputs, options);
  if (std::string difference = firstDifference(expected, found); !difference.empty())
    return Error{"the reference engine and the fast engine differ in " + difference};
  return found;
}

} // namespace jacquard::sim

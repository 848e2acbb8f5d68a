// jacquard-sim.cpp - runs a bitstream on the simulated fabric; knows nothing of the compiler
#include "jacquard/Runtime/ProgressLine.h"
#include "jacquard/Runtime/Report.h"
#include "jacquard/Runtime/Session.h"
#include "jacquard/Runtime/Trace.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace jacquard;

namespace {

constexpr const char *description =
    R"(Simulates a compiled model cycle by cycle on real data.

The .jbit file holds everything: the architecture, the configuration of every unit and switch, and the weights. Nothing
else is read but the inputs.)";

constexpr const char *examples = R"(Examples:
  jacquard-sim model.jbit                          random inputs, statistics on standard output
  jacquard-sim model.jbit --input x=image.npy --output-dir out
                                                   writes out/NAME.npy for every output
  jacquard-sim model.jbit --stats=run.json --quiet the statistics as JSON only

Inputs are .npy files or ONNX tensors (.pb). Inputs that are not given are random: floats in [-1, 1), integers 0 or 1.
Exit code: 0 when the program ran to its end, 1 on any error.)";

struct Settings {
  std::string program, outputDirectory, statisticsFile, traceFile;
  std::string engine = "fast";
  std::vector<std::string> inputs;
  uint64_t seed = 0, maxCycles = 0;
  bool quiet = false;
};

void addOptions(CLI::App &app, Settings &settings) {
  app.footer(examples);
  app.add_option("program", settings.program, "the bitstream (.jbit), or - for standard input")->required();
  app.add_option("--input", settings.inputs, "bind input NAME to a file (.npy or .pb); may be repeated")
      ->type_name("NAME=FILE")
      ->expected(1)
      ->take_all();
  app.add_option("--output-dir", settings.outputDirectory, "write the outputs to this folder, as .npy")
      ->type_name("DIR");
  app.add_option("--stats", settings.statisticsFile, "write the statistics as JSON, - for standard output")
      ->type_name("FILE");
  app.add_option("--trace", settings.traceFile, runtime::traceHelp)->type_name("FILE");
  app.add_option("--seed", settings.seed, "seed of the random inputs")->type_name("N")->capture_default_str();
  app.add_option("--max-cycles", settings.maxCycles, "stop with an error after N cycles; 0: never")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--engine", settings.engine,
                 "fast, or reference: the plain one, which gives the same results, cycles and counts; or both: one "
                 "after the other, an error if they differ")
      ->type_name("NAME")
      ->check(CLI::IsMember({"fast", "reference", "both"}))
      ->capture_default_str();
  app.add_flag("--quiet", settings.quiet, "print no statistics and no progress");
}

Status run(const Settings &settings) {
  Result<bitstream::Program> program = runtime::loadProgram(settings.program);
  if (!program)
    return program.takeError();
  Result<std::map<std::string, Tensor>> inputs = runtime::loadInputs(program->inputs, settings.inputs, settings.seed);
  if (!inputs)
    return inputs.takeError();

  runtime::ProgressLine progress(*program);
  sim::Options options;
  options.engine = *sim::engineNamed(settings.engine);
  options.maxCycles = settings.maxCycles;
  if (!settings.quiet && isatty(STDERR_FILENO))
    options.progress = [&](const sim::Progress &where) { progress.show(where); };
  sim::Timeline timeline;
  if (!settings.traceFile.empty())
    options.timeline = &timeline;
  Result<sim::RunResult> result = sim::simulate(*program, *inputs, options);
  progress.clear();
  if (!result)
    return result.takeError();

  if (!settings.outputDirectory.empty())
    if (auto paths = runtime::saveOutputs(result->outputs, settings.outputDirectory); !paths)
      return paths.takeError();
  if (!settings.quiet)
    fmt::print("{}", runtime::formatReport(*program, result->statistics));
  if (!settings.traceFile.empty())
    if (Status status = writeFile(settings.traceFile, runtime::traceJson(*program, timeline)); !status)
      return status;
  if (!settings.statisticsFile.empty())
    return writeFile(settings.statisticsFile, runtime::reportJson(*program, result->statistics));
  return {};
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app(description, "jacquard-sim");
  Settings settings;
  addOptions(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  if (Status status = run(settings); !status) {
    fmt::print(stderr, "jacquard-sim: error: {}\n", withTagInFront(status.error()));
    return 1;
  }
  return 0;
}

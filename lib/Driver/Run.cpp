// Run.cpp - `jacquard run`: execute a model on the simulated fabric or on the host, and compare the two
#include "jacquard/Driver/Commands.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Driver/Compare.h"
#include "jacquard/Runtime/Random.h"
#include "jacquard/Runtime/ProgressLine.h"
#include "jacquard/Runtime/Report.h"
#include "jacquard/Runtime/Session.h"
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Runtime/Trace.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

using Tensors = std::map<std::string, Tensor>;

/// The bytes that a file of the program would hold, read back: what runs is what would be shipped.
Result<bitstream::Program> throughBytes(const bitstream::Program &program) {
  auto bytes = bitstream::writeProgram(program);
  if (!bytes)
    return bytes.takeError();
  return bitstream::readProgram(*bytes);
}

/// Inputs of a model's function: files where the user gave some, else seeded random data.
Result<Tensors> loadModelInputs(const RunOptions &options, const std::vector<ModelPort> &ports) {
  std::vector<bitstream::TensorSymbol> symbols;
  for (const ModelPort &port : ports)
    symbols.push_back({port.name, sim::storedType(port.type), port.shape, 0, sim::isUnsignedType(port.type)});
  return runtime::loadInputs(symbols, options.inputs, options.seed);
}

/// Prints the difference of one output; 1 when it is beyond the tolerance.
int reportDifference(const std::string &name, const Tensor &found, const Tensor &expected) {
  Tolerance tolerance;
  tolerance.ofLargest = true;
  Difference difference = compare(found, expected, tolerance);
  llvm::outs() << "check " << name << ": largest difference "
               << llvm::format("%.3g absolute, %.3g of the largest magnitude", difference.largestAbsolute,
                               difference.largestRelative)
               << (difference.within ? "" : "  FAILED: " + difference.problem) << "\n";
  return !difference.within;
}

/// Compares outputs with the files of --expect.
int checkExpected(const RunOptions &options, const Tensors &outputs) {
  int code = 0;
  for (const std::string &binding : options.expected) {
    auto [name, file] = llvm::StringRef(binding).split('=');
    auto it = outputs.find(name.str());
    if (it == outputs.end())
      return fail(numbered(Diag::BadOption,
                           "cannot check '--expect " + binding + "': there is no output '" + name.str() + "'"));
    auto expected = runtime::loadTensor(file.str());
    if (!expected)
      return fail(expected.error());
    code |= reportDifference(it->first, it->second, *expected);
  }
  return code;
}

int finish(const RunOptions &options, const Tensors &outputs) {
  for (auto &[name, tensor] : outputs)
    llvm::outs() << "output " << name << ": " << describeTensorType(tensor.type, tensor.shape) << "\n";
  int code = checkExpected(options, outputs);
  if (options.outputDir.empty())
    return code;
  auto paths = runtime::saveOutputs(outputs, options.outputDir);
  if (!paths)
    return fail(paths.error());
  for (const std::string &path : *paths)
    llvm::outs() << "wrote " << path << "\n";
  return code;
}

/// Prints the differences per output; 1 when one is beyond the tolerance.
int reportCheck(const Tensors &found, const Tensors &expected) {
  int code = 0;
  for (auto &[name, reference] : expected) {
    auto it = found.find(name);
    if (it == found.end())
      return fail("the simulator gave no output '" + name + "'");
    code |= reportDifference(name, it->second, reference);
  }
  return code;
}

Result<sim::RunResult> simulateProgram(const bitstream::Program &program, const Tensors &inputs,
                                       const RunOptions &runOptions, sim::Timeline *timeline) {
  sim::Options options;
  options.engine = *sim::engineNamed(runOptions.engine);
  options.maxCycles = runOptions.maxCycles;
  options.timeline = timeline;
  runtime::ProgressLine progress(program);
  if (isatty(STDERR_FILENO))
    options.progress = [&](const sim::Progress &where) { progress.show(where); };
  return sim::simulate(program, inputs, options);
}

int runProgram(const RunOptions &options, const bitstream::Program &program, const Tensors &inputs, Tensors &outputs) {
  sim::Timeline timeline;
  auto result = simulateProgram(program, inputs, options, options.trace.empty() ? nullptr : &timeline);
  if (!result)
    return fail(result.error());
  llvm::outs() << runtime::formatReport(program, result->statistics);
  if (!options.stats.empty())
    if (auto status = writeFile(options.stats, runtime::reportJson(program, result->statistics)); !status)
      return fail(status.error());
  if (!options.trace.empty())
    if (auto status = writeFile(options.trace, runtime::traceJson(program, timeline)); !status)
      return fail(status.error());
  outputs = std::move(result->outputs);
  return 0;
}

int runBitstream(const RunOptions &options) {
  if (options.target != "sim")
    return fail(numbered(Diag::BadOption,
                         "'" + options.model +
                             "' is a bitstream and runs on the simulator only; --target=host needs the model"));
  if (options.check)
    return fail(
        numbered(Diag::BadOption, "--check compares with the host, which needs the model and not the bitstream '" +
                                      options.model + "'"));
  auto program = runtime::loadProgram(options.model);
  if (!program)
    return fail(program.error());
  auto inputs = runtime::loadInputs(program->inputs, options.inputs, options.seed);
  if (!inputs)
    return fail(inputs.error());
  Tensors outputs;
  if (int code = runProgram(options, *program, *inputs, outputs))
    return code;
  return finish(options, outputs);
}

/// Runs the model's function on the host.
std::optional<Tensors> runOnHost(Compiler &compiler, const Tensors &inputs) {
  std::vector<Tensor> arguments;
  for (const ModelPort &port : compiler.inputs())
    arguments.push_back(inputs.at(port.name));
  std::vector<ModelPort> ports = compiler.outputs();
  auto results = compiler.runOnHost(arguments);
  if (!results)
    return std::nullopt;
  Tensors outputs;
  for (size_t i = 0; i < ports.size(); ++i)
    outputs[ports[i].name] = std::move((*results)[i]);
  return outputs;
}

int runModel(const RunOptions &options) {
  auto request = makeRequest(options.model, options);
  if (!request)
    return fail(request.error());
  if (auto arch = loadArch(options.arch); !arch)
    return fail(arch.error());
  Compiler compiler(*request);
  if (!compiler.load())
    return 1;
  bool host = options.target == "host" || options.check;
  Tensors inputs, expected, outputs;
  if (compiler.stage() <= Stage::Pat) {
    auto loaded = loadModelInputs(options, compiler.inputs());
    if (!loaded)
      return fail(loaded.error());
    inputs = std::move(*loaded);
  }
  if (host) {
    auto results = runOnHost(compiler, inputs);
    if (!results)
      return 1;
    expected = std::move(*results);
    if (options.target == "host" && !options.check)
      return finish(options, expected);
  }
  bool mapped = compiler.runUntil(Stage::Route);
  if (options.explain)
    llvm::outs() << formatDecisions(compiler.decisions());
  if (!mapped)
    return 1;
  auto translated = compiler.translate();
  if (!translated)
    return 1;
  auto program = throughBytes(*translated);
  if (!program)
    return fail(program.error());
  if (inputs.empty()) {
    auto loaded = runtime::loadInputs(program->inputs, options.inputs, options.seed);
    if (!loaded)
      return fail(loaded.error());
    inputs = std::move(*loaded);
  }
  if (int code = runProgram(options, *program, inputs, outputs))
    return code;
  if (int code = finish(options, outputs))
    return code;
  return options.check ? reportCheck(outputs, expected) : 0;
}

} // namespace

int driver::runCommand(const RunOptions &options) {
  if (options.target != "sim" && options.target != "host")
    return fail(numbered(Diag::BadOption, "target '" + options.target + "' is unknown; expected sim or host"));
  return llvm::StringRef(options.model).ends_with(".jbit") ? runBitstream(options) : runModel(options);
}

// Bench.cpp - `jacquard bench`: compile and simulate models, and print the figures as a table
#include "jacquard/Driver/Commands.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Runtime/Report.h"
#include "jacquard/Runtime/Session.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

/// Peak resident memory of this process so far, in MiB.
double peakMebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

/// The name under which a model is listed: its folder when the file is called model.onnx.
std::string modelName(llvm::StringRef path) {
  llvm::StringRef stem = llvm::sys::path::stem(path);
  return (stem == "model" ? llvm::sys::path::filename(llvm::sys::path::parent_path(path)) : stem).str();
}

/// Compiles, simulates on seeded random inputs, prints one row.
int benchModel(const BenchOptions &options, const std::string &model) {
  auto request = makeRequest(model, options);
  if (!request)
    return fail(request.error());
  Compiler compiler(*request);
  if (!compiler.load() || !compiler.runUntil(Stage::Route))
    return 1;
  auto translated = compiler.translate();
  if (!translated)
    return 1;
  auto bytes = bitstream::writeProgram(*translated);
  if (!bytes)
    return fail(bytes.error());
  auto program = bitstream::readProgram(*bytes);
  if (!program)
    return fail(program.error());
  double memory = peakMebibytes();
  auto inputs = runtime::loadInputs(program->inputs, {}, options.seed);
  if (!inputs)
    return fail(inputs.error());
  auto start = std::chrono::steady_clock::now();
  auto result = sim::simulate(*program, *inputs, {});
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!result)
    return fail(result.error());
  runtime::Summary summary = runtime::summarize(*program, result->statistics);
  double phases[8] = {};
  for (auto &[phase, spent] : compiler.seconds())
    if (auto stage = stageFromName(phase))
      phases[unsigned(*stage)] += spent;
  llvm::raw_ostream &os = llvm::outs();
  os << "| " << modelName(model);
  for (double phase : phases)
    os << llvm::format(" | %.3f", phase);
  os << llvm::format(" | %.0f", memory) << " | " << bytes->size() << " | " << program->sections.size() << " | "
     << summary.cycles << llvm::format(" | %.2f", summary.percentOfLimit)
     << llvm::format(" | %.0f |", double(summary.cycles) / seconds / 1000) << "\n";
  os.flush();
  return 0;
}

} // namespace

int driver::benchCommand(const BenchOptions &options) {
  llvm::outs() << "| model | import s | pat s | pipe s | fabric s | partition s | place s | route s | bits s | peak MiB | "
                  "bitstream bytes | sections | cycles | % of limit | simulated kcycles/s |\n"
                  "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  int code = 0;
  for (const std::string &model : options.models) {
    // A process per model: its peak memory is its own.
    llvm::outs().flush();
    pid_t child = fork();
    if (child == 0) {
      int result = benchModel(options, model);
      llvm::outs().flush();
      _exit(result);
    }
    int status = 1;
    waitpid(child, &status, 0);
    code |= status != 0;
  }
  return code;
}

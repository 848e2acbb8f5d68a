// BenchModel.cpp - the figures of one model: compile, simulate, compare
#include "Bench.h"
#include "ModelCase.h"

#include "jacquard/Runtime/Report.h"
#include "jacquard/Runtime/Session.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "llvm/ADT/StringMap.h"

#include <chrono>
#include <sys/resource.h>

using namespace jacquard;
using namespace jacquard::driver;
namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using Tensors = std::map<std::string, Tensor>;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// Peak resident memory of this process so far.
double peakMebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

/// Where a model lies, and the stored data beside it.
struct Subject {
  std::string model;
  fs::path folder;
  std::optional<fs::path> dataSet; ///< the first one, where the model has one
  std::string name;                ///< of the folder when the file is called model.onnx
};

Subject subjectOf(const std::string &path, bool stored) {
  Subject subject;
  bool isFolder = fs::is_directory(path);
  fs::path model = isFolder ? fs::path(path) / "model.onnx" : fs::path(path);
  subject.model = model.string();
  subject.folder = model.parent_path().empty() ? "." : model.parent_path();
  bool named = model.filename() == "model.onnx";
  subject.name = named ? fs::absolute(subject.folder).lexically_normal().filename().string() : model.stem().string();
  if (auto sets = ModelCase::dataSets(subject.folder); named && stored && !sets.empty())
    subject.dataSet = sets.front();
  return subject;
}

/// One model on its way to a row.
class Bench {
public:
  Bench(const BenchOptions &options, const Subject &subject)
      : options(options), subject(subject), data(options, subject.folder) {}
  BenchRow run(const std::string &path);

private:
  std::string load();
  std::string simulate();
  Json compareOutputs();
  Json compareWithHost();
  Json sections();
  BenchRow row(const std::string &path);

  const BenchOptions &options;
  const Subject &subject;
  ModelCase data;
  std::unique_ptr<Compiler> compiler;
  std::optional<bitstream::Program> program;
  sim::RunResult result;
  bool isRandom = false;
  double compileSeconds = 0, compilePeak = 0, simulationSeconds = 0;
};

/// Imports the model; "" or why that failed.
std::string Bench::load() {
  if (subject.dataSet) {
    Judgement judgement;
    if (Status status = data.readModel(); !status)
      return status.error();
    if (data.readData(*subject.dataSet, judgement))
      compiler = data.load(judgement);
    if (!compiler)
      return judgement.detail;
  } else {
    auto request = makeRequest(subject.model, options);
    if (!request)
      return request.error();
    compiler = std::make_unique<Compiler>(*request);
    if (!compiler->load())
      return compiler->firstError();
  }
  isRandom = compiler->module()->hasAttr("jacquard.random");
  return "";
}

std::string Bench::simulate() {
  auto start = Clock::now();
  if (std::string problem = load(); !problem.empty())
    return problem;
  auto compiled = compileThroughBytes(*compiler);
  if (!compiled)
    return compiled.error();
  program = std::move(*compiled);
  compileSeconds = secondsSince(start);
  compilePeak = peakMebibytes();
  if (!subject.dataSet) {
    auto inputs = runtime::loadInputs(program->inputs, {}, options.seed);
    if (!inputs)
      return inputs.error();
    data.inputs = std::move(*inputs);
  }
  start = Clock::now();
  sim::Options simulation;
  simulation.engine = *sim::engineNamed(options.engine);
  auto simulated = sim::simulate(*program, data.arguments(*program), simulation);
  if (!simulated)
    return simulated.error();
  simulationSeconds = secondsSince(start);
  result = std::move(*simulated);
  return "";
}

Json verdict(const char *against, const std::string &problem) {
  Json json = {{"against", against}, {"within", problem.empty()}};
  if (!problem.empty())
    json["problem"] = problem;
  return json;
}

/// The host runs a module of its own: compiling has used up the first. Only now, as its memory is not the compiler's.
Json Bench::compareWithHost() {
  compiler.reset();
  if (std::string problem = load(); !problem.empty())
    return verdict("host", problem);
  std::optional<Tensors> expected;
  if (compiler->stage() <= Stage::Pat)
    expected = data.runOnHost(*compiler);
  if (!expected)
    return verdict("host", "the host target failed: " + compiler->firstError());
  Tolerance tolerance;
  tolerance.ofLargest = true;
  for (auto &[name, tensor] : *expected) {
    auto found = result.outputs.find(name);
    if (found == result.outputs.end())
      return verdict("host", "output '" + name + "' is missing");
    if (Difference difference = compare(found->second, tensor, tolerance); !difference.within)
      return verdict("host", "output '" + name + "': " + difference.problem);
  }
  return verdict("host", "");
}

/// Random numbers of another generator are no reference.
Json Bench::compareOutputs() {
  if (!subject.dataSet || isRandom)
    return compareWithHost();
  return verdict("reference", data.compareAll(result.outputs, {}));
}

Json Bench::sections() {
  llvm::StringMap<std::string> bounds;
  compiler->module()->walk(
      [&](fabric::SectionOp section) { bounds[section.getName()] = section.getBound().value_or("").str(); });
  Json list = Json::parse(runtime::reportJson(*program, result.statistics))["sections"];
  const ArchSpec &arch = program->arch;
  Json rows = Json::array();
  for (auto [i, section] : llvm::enumerate(list)) {
    double cycles = section["cycles"];
    const sim::SectionStatistics &statistics = result.statistics.sections[i];
    uint64_t predicted = statistics.predictedCycles * statistics.runs;
    double bytes = double(statistics.dramReadBytes + statistics.dramWriteBytes);
    rows.push_back(
        {{"name", section["name"]},
         {"nodes", section["nodes"]},
         {"bound", bounds.lookup(statistics.name)},
         {"runs", statistics.runs},
         {"cycles", statistics.cycles},
         {"configuration_cycles", statistics.configurationCycles},
         {"predicted_cycles", predicted},
         {"error_percent", predicted && cycles > 0 ? Json(percent(double(predicted) - cycles, cycles)) : Json()},
         {"percent_of_fu_peak", percent(double(statistics.multiplyAdds), cycles * double(arch.peakMultiplyAdds()))},
         {"percent_of_dram_peak", percent(bytes, cycles * arch.dram.bytesPerCycle)}});
  }
  return rows;
}

BenchRow Bench::row(const std::string &path) {
  runtime::Summary summary = runtime::summarize(*program, result.statistics);
  Json sectionRows = sections();
  uint64_t predicted = 0;
  for (const Json &section : sectionRows)
    predicted += section["predicted_cycles"].get<uint64_t>();
  Json stages = Json::object();
  for (auto &[stage, seconds] : compiler->seconds())
    stages[stage] = stages.value(stage, 0.0) + seconds;
  Json correct = compareOutputs();
  return {{"model", subject.name},
          {"file", path},
          {"status", correct["within"].get<bool>() ? "ok" : "wrong"},
          {"multiply_adds", program->multiplyAdds},
          {"compulsory_bytes", program->compulsoryBytes},
          {"limit_cycles", summary.limitCycles},
          {"cycles", summary.cycles},
          {"percent_of_limit", summary.percentOfLimit},
          {"percent_of_fu_peak", summary.multiplyAddPercentOfPeak},
          {"percent_of_dram_peak", summary.dramPercentOfPeak},
          {"predicted_cycles", predicted},
          {"compile_seconds", compileSeconds},
          {"stage_seconds", stages},
          {"compile_peak_mebibytes", compilePeak},
          {"simulation_seconds", simulationSeconds},
          {"simulated_cycles_per_second", simulationSeconds > 0 ? double(summary.cycles) / simulationSeconds : 0},
          {"correct", correct},
          {"sections", sectionRows}};
}

BenchRow Bench::run(const std::string &path) {
  if (std::string problem = simulate(); !problem.empty())
    return failedRow(path, problem);
  return row(path);
}

} // namespace

bool driver::isOk(const BenchRow &row) { return row["status"] == "ok"; }

BenchRow driver::failedRow(const std::string &path, const std::string &reason) {
  return {{"model", subjectOf(path, false).name}, {"file", path}, {"status", "failed"}, {"reason", reason}};
}

BenchRow driver::benchModel(const BenchOptions &options, const std::string &path) {
  Subject subject = subjectOf(path, !options.randomInputs);
  return Bench(options, subject).run(path);
}

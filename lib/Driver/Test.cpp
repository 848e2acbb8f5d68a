// Test.cpp - `jacquard test`: folders in the ONNX backend test layout, on the host and on the simulator
//
// Every case runs in a process of its own, so that one that crashes or hangs counts as failed and the others go on.
#include "ModelCase.h"
#include "Processes.h"

#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace jacquard;
using namespace jacquard::driver;
namespace fs = std::filesystem;

namespace {

/// What a case's model says about it before anything is tried.
struct CaseKind {
  bool tensorOnly = false; ///< tensors of numbers and booleans are all that goes in and comes out
  std::string operators;   ///< "ai.onnx:Conv:11" of the main graph, separated by spaces
};

const char *verdictName(Verdict verdict) {
  return verdict == Verdict::Passed ? "passed" : verdict == Verdict::Failed ? "failed" : "unsupported";
}

struct Outcome {
  Verdict verdict = Verdict::Failed;
  std::string detail;
  uint64_t cycles = 0;
  CaseKind kind;
};

/// Whether a diagnostic speaks of something that the fabric cannot do yet, or of a machine that is too small.
bool isMissingOnFabric(const std::string &error) {
  bool missing = error.find("fabric") != std::string::npos && error.find(" yet") != std::string::npos;
  return missing || error.find("does not fit '") != std::string::npos;
}

/// One case: a folder with a model and data sets. Runs in the child process.
class Case {
public:
  Case(const TestOptions &options, const fs::path &folder) : options(options), folder(folder), data(options, folder) {}
  /// `onKind` is told what the model is like as soon as that is known.
  Outcome run(const std::function<void(const CaseKind &)> &onKind);

private:
  Outcome failed(std::string detail) { return {Verdict::Failed, std::move(detail), 0, {}}; }
  Outcome runSet(const fs::path &set);
  std::string expectOwnDraws(Compiler &compiler);
  Result<std::map<std::string, Tensor>> simulate(Compiler &compiler, Outcome &outcome);

  const TestOptions &options;
  fs::path folder;
  ModelCase data;
};

Result<std::map<std::string, Tensor>> Case::simulate(Compiler &compiler, Outcome &outcome) {
  auto program = compileThroughBytes(compiler);
  if (!program) {
    outcome.verdict = isMissingOnFabric(program.error()) ? Verdict::Unsupported : Verdict::Failed;
    return program.takeError();
  }
  sim::Options simulation;
  simulation.engine = *sim::engineNamed(options.engine);
  auto result = sim::simulate(*program, data.arguments(*program), simulation);
  if (!result)
    return result.takeError();
  outcome.cycles += result->statistics.cycles;
  return std::move(result->outputs);
}

/// Random numbers of another generator say nothing about ours but their type and shape: where these agree, what the
/// host draws is expected from now on.
std::string Case::expectOwnDraws(Compiler &compiler) {
  auto drawn = data.runOnHost(compiler);
  if (!drawn)
    return compiler.firstError();
  for (auto &[name, tensor] : data.expected)
    if (!isLike((*drawn)[name], tensor))
      return "output '" + name + "': " + compare((*drawn)[name], tensor, {}).problem;
  data.expected = std::move(*drawn);
  return "";
}

Outcome Case::runSet(const fs::path &set) {
  Judgement judgement;
  auto compiler = data.readData(set, judgement) ? data.load(judgement) : nullptr;
  if (!compiler)
    return {judgement.verdict, judgement.detail, 0, {}};
  Outcome outcome;
  bool isRandom = compiler->module()->hasAttr("jacquard.random");
  if (isRandom)
    if (std::string problem = expectOwnDraws(*compiler); !problem.empty())
      return failed("host: " + problem);
  if (options.target != "sim") {
    auto found = data.runOnHost(*compiler);
    if (!found)
      return failed("host: " + compiler->firstError());
    Tolerance tolerance;
    if (isRandom)
      tolerance.relative = tolerance.absolute = tolerance.rounding = 0;
    if (std::string problem = data.compareAll(*found, tolerance); !problem.empty())
      return failed("host: " + problem);
  }
  if (options.target != "host") {
    auto found = simulate(*compiler, outcome);
    if (!found)
      return {outcome.verdict, "sim: " + found.error(), 0, {}};
    if (std::string problem = data.compareAll(*found, {}); !problem.empty())
      return failed("sim: " + problem);
  }
  outcome.verdict = Verdict::Passed;
  if (isRandom)
    outcome.detail = "random: type and shape compared, values between runs";
  return outcome;
}

CaseKind kindOf(const importer::ModelInfo &info) {
  CaseKind kind;
  kind.tensorOnly = llvm::all_of(info.inputs, isNumericTensor) && llvm::all_of(info.outputs, isNumericTensor);
  for (const importer::OperatorUse &use : info.operators)
    kind.operators += (kind.operators.empty() ? "" : " ") + use.domain + ":" + use.op + ":" + std::to_string(use.opset);
  return kind;
}

Outcome Case::run(const std::function<void(const CaseKind &)> &onKind) {
  if (Status status = data.readModel(); !status)
    return failed(status.error());
  onKind(kindOf(data.info()));
  std::vector<fs::path> sets = ModelCase::dataSets(folder);
  if (sets.empty())
    return failed("no test_data_set_* folder");
  Outcome total;
  std::string detail;
  for (const fs::path &set : sets) {
    Outcome outcome = runSet(set);
    if (outcome.verdict != Verdict::Passed)
      return outcome;
    total.cycles += outcome.cycles;
    detail = outcome.detail;
  }
  total.verdict = Verdict::Passed;
  total.detail = detail;
  return total;
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

/// The child writes a line with the case's kind, "tensors operators", at once, so that it is known also of one that
/// crashes later; then "verdict cycles detail". Diagnostics go to the detail only where they are the reason.
void runChild(const TestOptions &options, const fs::path &folder, const std::function<void(std::string_view)> &write) {
  Outcome outcome =
      Case(options, folder).run([&](const CaseKind &kind) { write((kind.tensorOnly ? "1 " : "0 ") + kind.operators + "\n"); });
  write(std::to_string(int(outcome.verdict)) + " " + std::to_string(outcome.cycles) + " " + outcome.detail);
}

Outcome parseOutcome(const ProcessEnd &end) {
  Outcome outcome;
  llvm::StringRef text = end.text;
  if (text.contains('\n')) {
    llvm::StringRef kind;
    std::tie(kind, text) = text.split('\n');
    outcome.kind = {kind.starts_with("1"), kind.drop_front(2).str()};
  }
  if (!end.problem.empty() || text.empty()) {
    outcome.detail = !end.problem.empty() ? end.problem : "gave no result";
    return outcome;
  }
  std::istringstream stream(text.str());
  int verdict = 1;
  stream >> verdict >> outcome.cycles;
  outcome.verdict = Verdict(verdict);
  std::getline(stream, outcome.detail);
  if (!outcome.detail.empty())
    outcome.detail.erase(0, 1);
  return outcome;
}

/// The cases whose folder's name the user's expression finds.
Result<std::vector<fs::path>> filterCases(std::vector<fs::path> cases, const std::string &filter) {
  if (filter.empty())
    return cases;
  llvm::Regex regex(filter);
  std::string problem;
  if (!regex.isValid(problem))
    return numbered(Diag::BadOption,
                    "cannot read '--filter " + filter + "': " + problem + "; expected a regular expression");
  llvm::erase_if(cases, [&](const fs::path &one) { return !regex.match(one.filename().string()); });
  if (cases.empty())
    return numbered(Diag::BadOption, "no case's name matches '--filter " + filter + "'");
  return cases;
}

std::vector<fs::path> findCases(const std::vector<std::string> &folders, std::string &error) {
  std::vector<fs::path> cases;
  for (const std::string &name : folders) {
    if (fs::exists(fs::path(name) / "model.onnx")) {
      cases.push_back(name);
      continue;
    }
    std::error_code code;
    std::vector<fs::path> inside;
    for (const auto &entry : fs::directory_iterator(name, code))
      if (fs::exists(entry.path() / "model.onnx"))
        inside.push_back(entry.path());
    if (code || inside.empty()) {
      error = "'" + name + "' holds no test case; expected model.onnx in it or in its folders";
      return {};
    }
    std::sort(inside.begin(), inside.end());
    cases.insert(cases.end(), inside.begin(), inside.end());
  }
  return cases;
}

void printOutcome(const fs::path &folder, const Outcome &outcome) {
  llvm::outs() << verdictName(outcome.verdict) << "  " << folder.filename().string();
  if (outcome.cycles != 0)
    llvm::outs() << "  " << outcome.cycles << " cycles";
  llvm::outs() << (outcome.detail.empty() ? "" : "  " + outcome.detail) << "\n";
  llvm::outs().flush();
}

/// Runs all cases, `jobs` at a time; outcomes in the order of `cases`.
std::vector<Outcome> runAll(const TestOptions &options, const std::vector<fs::path> &cases) {
  std::vector<Outcome> outcomes;
  runInProcesses(
      cases.size(), options.jobs, options.timeoutSeconds,
      [&](size_t number, const auto &write) { runChild(options, cases[number], write); },
      [&](size_t number, const ProcessEnd &end) {
        outcomes.push_back(parseOutcome(end));
        printOutcome(cases[number], outcomes.back());
      });
  return outcomes;
}

/// A reason without what differs from case to case (names in quotes, numbers), to count equal ones.
std::string classOf(llvm::StringRef detail) {
  std::string text;
  if (detail.starts_with("[JQ")) {
    auto [code, rest] = detail.split(' ');
    text = code.str() + ' ';
    detail = rest;
  }
  bool quoted = false;
  for (char c : detail) {
    if (c == '\'' || c == '"') {
      text += quoted ? "..'" : "'";
      quoted = !quoted;
    } else if (!quoted && llvm::isDigit(c)) {
      if (text.empty() || text.back() != 'N')
        text += 'N';
    } else if (!quoted) {
      text += c;
    }
  }
  return text.substr(0, 120);
}

void printReasons(const std::vector<Outcome> &outcomes) {
  std::map<std::string, unsigned> counts;
  for (const Outcome &outcome : outcomes)
    if (outcome.verdict != Verdict::Passed)
      ++counts[std::string(verdictName(outcome.verdict)) + ": " + classOf(outcome.detail)];
  std::vector<std::pair<std::string, unsigned>> sorted(counts.begin(), counts.end());
  llvm::sort(sorted, [](auto &a, auto &b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  for (auto &[reason, count] : sorted)
    llvm::outs() << llvm::format("%5u  ", count) << reason << "\n";
}

void printCounts(const std::vector<Outcome> &outcomes) {
  unsigned counts[3] = {}, tensorOnly = 0, passed = 0;
  for (const Outcome &outcome : outcomes) {
    ++counts[unsigned(outcome.verdict)];
    tensorOnly += outcome.kind.tensorOnly;
    passed += outcome.kind.tensorOnly && outcome.verdict == Verdict::Passed;
  }
  llvm::outs() << "tensor-only cases: " << tensorOnly << ", passed " << passed
               << llvm::format(" (%.1f %%)\n", tensorOnly ? 100.0 * passed / tensorOnly : 0.0);
  llvm::outs() << counts[0] << " passed, " << counts[1] << " failed, " << counts[2] << " unsupported\n";
}

Status writeOutcomes(const std::string &path, const std::vector<fs::path> &cases, const std::vector<Outcome> &outcomes) {
  auto json = nlohmann::ordered_json::array();
  for (size_t i = 0; i < cases.size(); ++i) {
    json.push_back({{"case", cases[i].string()},
                    {"verdict", verdictName(outcomes[i].verdict)},
                    {"cycles", outcomes[i].cycles},
                    {"detail", outcomes[i].detail},
                    {"tensor_only", outcomes[i].kind.tensorOnly}});
    llvm::SmallVector<llvm::StringRef> operators;
    llvm::StringRef(outcomes[i].kind.operators).split(operators, ' ', -1, /*KeepEmpty=*/false);
    json.back()["operators"] = nlohmann::ordered_json::array();
    for (llvm::StringRef op : operators)
      json.back()["operators"].push_back(op.str());
  }
  return writeFile(path, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

} // namespace

int driver::testCommand(const TestOptions &options) {
  if (options.target != "sim" && options.target != "host" && options.target != "both")
    return fail(numbered(Diag::BadOption, "target '" + options.target + "' is unknown; expected host, sim or both"));
  if (auto arch = loadArch(options.arch); !arch)
    return fail(arch.error());
  std::string error;
  std::vector<fs::path> found = findCases(options.folders, error);
  if (!error.empty())
    return fail(error);
  auto cases = filterCases(std::move(found), options.filter);
  if (!cases)
    return fail(cases.error());
  std::vector<Outcome> outcomes = runAll(options, *cases);
  if (!options.json.empty())
    if (auto status = writeOutcomes(options.json, *cases, outcomes); !status)
      return fail(status.error());
  printReasons(outcomes);
  printCounts(outcomes);
  return llvm::any_of(outcomes, [](const Outcome &one) { return one.verdict == Verdict::Failed; });
}

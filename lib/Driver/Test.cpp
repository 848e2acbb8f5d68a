// Test.cpp - `jacquard test`: folders in the ONNX backend test layout, on the host and on the simulator
//
// Every case runs in a process of its own, so that one that crashes or hangs counts as failed and the others go on.
#include "jacquard/Driver/Commands.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Driver/Compare.h"
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace jacquard;
using namespace jacquard::driver;
namespace fs = std::filesystem;

namespace {

/// Networks of more nodes than this accumulate rounding: their tolerance is relative to the largest output.
constexpr size_t singleOperatorNodes = 8;

/// What a case's model says about it before anything is tried.
struct CaseKind {
  bool tensorOnly = false; ///< tensors of numbers and booleans are all that goes in and comes out
  std::string operators;   ///< "ai.onnx:Conv:11" of the main graph, separated by spaces
};

enum class Verdict { Passed, Failed, Unsupported };
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

/// Unsigned integers travel as signed ones of their size: the operations know how to read them.
Tensor storedAs(Tensor tensor, ElementType type) {
  if (dtypeBytes(tensor.type) == elementBytes(type) && tensor.type != DType::F32)
    tensor.type = sim::hostType(type);
  return tensor;
}

/// One case: a folder with a model and data sets. Runs in the child process.
class Case {
public:
  Case(const TestOptions &options, const fs::path &folder) : options(options), folder(folder) {}
  /// `onKind` is told what the model is like as soon as that is known.
  Outcome run(const std::function<void(const CaseKind &)> &onKind);

private:
  Outcome failed(std::string detail) { return {Verdict::Failed, std::move(detail), 0, {}}; }
  Outcome unsupported(std::string detail) { return {Verdict::Unsupported, std::move(detail), 0, {}}; }
  bool readData(const fs::path &set, Outcome &outcome);
  /// "input 'x' is a sequence; ...", or "" where all are tensors.
  std::string firstOtherThanTensor() const;
  std::unique_ptr<Compiler> load(Outcome &outcome);
  Outcome runSet();
  std::string compareAll(const std::map<std::string, Tensor> &found, Tolerance tolerance);
  std::optional<std::map<std::string, Tensor>> runOnHost(Compiler &compiler);
  std::string expectOwnDraws(Compiler &compiler);
  Result<std::map<std::string, Tensor>> simulate(Compiler &compiler, Outcome &outcome);

  const TestOptions &options;
  fs::path folder;
  importer::ModelInfo info;
  std::map<std::string, Tensor> inputs, expected;
  std::vector<std::string> outputOrder;
};

/// Tensors `prefix`_0.pb, _1.pb ... of a data set.
Result<std::vector<Tensor>> readTensors(const fs::path &set, const std::string &prefix) {
  std::vector<Tensor> tensors;
  for (unsigned i = 0;; ++i) {
    fs::path file = set / (prefix + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(file))
      return tensors;
    auto tensor = runtime::loadTensor(file.string());
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
}

/// Some files hold bfloat16 as its bits in an unsigned tensor: read them as what the model declares.
Tensor declaredAs(Tensor tensor, const importer::ModelValue &value) {
  if (value.type == DType::BF16 && tensor.type == DType::U16)
    tensor.type = DType::BF16;
  return tensor;
}

bool isNumericTensor(const importer::ModelValue &value) { return value.isTensor && value.dtype != "string"; }

std::string Case::firstOtherThanTensor() const {
  auto describe = [](const char *what, const importer::ModelValue &value) {
    return what + (" '" + value.name + "' is of type ") + value.dtype +
           "; only tensors of numbers and booleans are supported";
  };
  for (const importer::ModelValue &value : info.inputs)
    if (!isNumericTensor(value))
      return describe("input", value);
  for (const importer::ModelValue &value : info.outputs)
    if (!isNumericTensor(value))
      return describe("output", value);
  return "";
}

bool Case::readData(const fs::path &set, Outcome &outcome) {
  auto ins = readTensors(set, "input"), outs = readTensors(set, "output");
  if (!ins || !outs) { // sequences, optionals, strings and types below a byte are not tensors of the fabric
    std::string port = firstOtherThanTensor();
    outcome = unsupported(!port.empty() ? port : !ins ? ins.error() : outs.error());
    return false;
  }
  for (size_t i = 0; i < ins->size() && i < info.inputs.size(); ++i)
    inputs[info.inputs[i].name] = declaredAs(std::move((*ins)[i]), info.inputs[i]);
  for (size_t i = 0; i < outs->size() && i < info.outputs.size(); ++i) {
    expected[info.outputs[i].name] = declaredAs(std::move((*outs)[i]), info.outputs[i]);
    outputOrder.push_back(info.outputs[i].name);
  }
  return true;
}

/// Imports the model with the shapes of the data; inputs that must be constants are bound from the data.
std::unique_ptr<Compiler> Case::load(Outcome &outcome) {
  std::vector<importer::UnsupportedNode> unsupported;
  auto request = makeRequest((folder / "model.onnx").string(), options);
  if (!request) {
    outcome = failed(request.error());
    return nullptr;
  }
  for (auto &[name, tensor] : inputs)
    request->import.shapes[name] = tensor.shape;
  request->import.unsupported = &unsupported;
  while (true) { // every round binds at least one more input
    unsupported.clear();
    auto compiler = std::make_unique<Compiler>(*request);
    if (compiler->load())
      return compiler;
    bool bound = false;
    for (const importer::UnsupportedNode &node : unsupported)
      for (const std::string &name : node.constantsNeeded)
        if (auto it = inputs.find(name); it != inputs.end())
          bound |= request->import.constantInputs.insert({name, it->second}).second;
    if (bound)
      continue;
    if (unsupported.empty())
      outcome = failed(compiler->firstError());
    else
      outcome = this->unsupported(unsupported.front().op + ": " + unsupported.front().reason);
    return nullptr;
  }
}

std::string Case::compareAll(const std::map<std::string, Tensor> &found, Tolerance tolerance) {
  tolerance.ofLargest = info.numNodes > singleOperatorNodes;
  for (const std::string &name : outputOrder) {
    auto it = found.find(name);
    if (it == found.end())
      return "output '" + name + "' is missing";
    Difference difference = compare(it->second, expected[name], tolerance);
    if (!difference.within)
      return "output '" + name + "': " + difference.problem;
  }
  return "";
}

Result<std::map<std::string, Tensor>> Case::simulate(Compiler &compiler, Outcome &outcome) {
  std::optional<bitstream::Program> translated;
  if (compiler.runUntil(Stage::Route))
    translated = compiler.translate();
  if (!translated) {
    outcome.verdict = isMissingOnFabric(compiler.firstError()) ? Verdict::Unsupported : Verdict::Failed;
    return Error{compiler.firstError()};
  }
  auto bytes = bitstream::writeProgram(*translated);
  if (!bytes)
    return bytes.takeError();
  auto program = bitstream::readProgram(*bytes);
  if (!program)
    return program.takeError();
  std::map<std::string, Tensor> arguments;
  for (const auto &symbol : program->inputs)
    arguments[symbol.name] = storedAs(inputs[symbol.name], symbol.type);
  auto result = sim::simulate(*program, arguments, {});
  if (!result)
    return result.takeError();
  outcome.cycles += result->statistics.cycles;
  return std::move(result->outputs);
}

std::optional<std::map<std::string, Tensor>> Case::runOnHost(Compiler &compiler) {
  std::vector<Tensor> arguments;
  for (const ModelPort &port : compiler.inputs())
    arguments.push_back(inputs[port.name]);
  auto ports = compiler.outputs();
  auto results = compiler.runOnHost(arguments);
  if (!results)
    return std::nullopt;
  std::map<std::string, Tensor> found;
  for (size_t i = 0; i < ports.size(); ++i)
    found[ports[i].name] = std::move((*results)[i]);
  return found;
}

/// Random numbers of another generator say nothing about ours but their type and shape: where these agree, what the
/// host draws is expected from now on.
std::string Case::expectOwnDraws(Compiler &compiler) {
  auto drawn = runOnHost(compiler);
  if (!drawn)
    return compiler.firstError();
  for (auto &[name, tensor] : expected)
    if (!isLike((*drawn)[name], tensor))
      return "output '" + name + "': " + compare((*drawn)[name], tensor, {}).problem;
  expected = std::move(*drawn);
  return "";
}

Outcome Case::runSet() {
  Outcome outcome;
  auto compiler = load(outcome);
  if (!compiler)
    return outcome;
  bool isRandom = compiler->module()->hasAttr("jacquard.random");
  if (isRandom)
    if (std::string problem = expectOwnDraws(*compiler); !problem.empty())
      return failed("host: " + problem);
  if (options.target != "sim") {
    auto found = runOnHost(*compiler);
    if (!found)
      return failed("host: " + compiler->firstError());
    Tolerance tolerance;
    if (isRandom)
      tolerance.relative = tolerance.absolute = tolerance.rounding = 0;
    if (std::string problem = compareAll(*found, tolerance); !problem.empty())
      return failed("host: " + problem);
  }
  if (options.target != "host") {
    auto found = simulate(*compiler, outcome);
    if (!found)
      return {outcome.verdict, "sim: " + found.error(), 0, {}};
    if (std::string problem = compareAll(*found, {}); !problem.empty())
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
  auto read = importer::readOnnxModelInfo((folder / "model.onnx").string());
  if (!read)
    return failed(read.error());
  info = *read;
  onKind(kindOf(info));
  std::vector<fs::path> sets;
  for (const auto &entry : fs::directory_iterator(folder))
    if (entry.is_directory() && entry.path().filename().string().rfind("test_data_set_", 0) == 0)
      sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end());
  if (sets.empty())
    return failed("no test_data_set_* folder");
  Outcome total;
  std::string detail;
  for (const fs::path &set : sets) {
    inputs.clear();
    expected.clear();
    outputOrder.clear();
    Outcome outcome;
    if (readData(set, outcome))
      outcome = runSet();
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

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  size_t index = 0;
  std::string text; ///< what it has written so far
  std::chrono::steady_clock::time_point start;
};

void writeAll(int descriptor, llvm::StringRef text) {
  while (!text.empty()) {
    ssize_t n = write(descriptor, text.data(), text.size());
    if (n <= 0)
      return;
    text = text.drop_front(size_t(n));
  }
}

/// The child writes a line with the case's kind, "tensors operators", at once, so that it is known also of one that
/// crashes later; then "verdict cycles detail". Diagnostics go to the detail only where they are the reason.
Child startChild(const TestOptions &options, const fs::path &folder, size_t index) {
  int ends[2];
  if (pipe(ends) != 0)
    return {};
  llvm::outs().flush();
  llvm::errs().flush();
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    Outcome outcome = Case(options, folder).run([&](const CaseKind &kind) {
      writeAll(ends[1], (kind.tensorOnly ? "1 " : "0 ") + kind.operators + "\n");
    });
    writeAll(ends[1], std::to_string(int(outcome.verdict)) + " " + std::to_string(outcome.cycles) + " " + outcome.detail);
    llvm::errs().flush();
    _exit(0);
  }
  close(ends[1]);
  return {pid, ends[0], index, "", std::chrono::steady_clock::now()};
}

Outcome parseOutcome(llvm::StringRef text, int status) {
  Outcome outcome;
  if (text.contains('\n')) {
    llvm::StringRef kind;
    std::tie(kind, text) = text.split('\n');
    outcome.kind = {kind.starts_with("1"), kind.drop_front(2).str()};
  }
  if (WIFSIGNALED(status) || text.empty()) {
    outcome.detail = WIFSIGNALED(status) ? "crashed with signal " + std::to_string(WTERMSIG(status)) : "gave no result";
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

/// Runs all cases, `jobs` at a time; outcomes in the order of `cases`.
std::vector<Outcome> runAll(const TestOptions &options, const std::vector<fs::path> &cases) {
  std::vector<Outcome> outcomes(cases.size());
  std::vector<bool> done(cases.size());
  std::vector<Child> running;
  size_t next = 0, printed = 0;
  while (printed < cases.size()) {
    while (next < cases.size() && running.size() < std::max(1u, options.jobs)) {
      running.push_back(startChild(options, cases[next], next));
      ++next;
    }
    std::vector<pollfd> polls;
    for (const Child &child : running)
      polls.push_back({child.pipe, POLLIN, 0});
    poll(polls.data(), polls.size(), 200);
    for (size_t i = running.size(); i-- > 0;) {
      Child &child = running[i];
      bool ended = false;
      if (polls[i].revents != 0) {
        char buffer[4096];
        ssize_t n = read(child.pipe, buffer, sizeof(buffer));
        if (n > 0)
          child.text.append(buffer, size_t(n));
        ended = n <= 0;
      }
      bool late = std::chrono::steady_clock::now() - child.start > std::chrono::seconds(options.timeoutSeconds);
      if (!ended && !late)
        continue;
      if (late && !ended)
        kill(child.pid, SIGKILL);
      int status = 0;
      waitpid(child.pid, &status, 0);
      close(child.pipe);
      outcomes[child.index] = parseOutcome(child.text, status);
      if (late && !ended)
        outcomes[child.index].detail = "took longer than " + std::to_string(options.timeoutSeconds) + " s";
      done[child.index] = true;
      running.erase(running.begin() + long(i));
    }
    for (; printed < cases.size() && done[printed]; ++printed) {
      const Outcome &outcome = outcomes[printed];
      llvm::outs() << verdictName(outcome.verdict) << "  " << cases[printed].filename().string();
      if (outcome.cycles != 0)
        llvm::outs() << "  " << outcome.cycles << " cycles";
      llvm::outs() << (outcome.detail.empty() ? "" : "  " + outcome.detail) << "\n";
      llvm::outs().flush();
    }
  }
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

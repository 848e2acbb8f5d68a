// Compiler.cpp - load a model, run stages, translate to a program, or run the model on the host
#include "jacquard/Driver/Compiler.h"

#include "jacquard/Dialect/Pat/IR/InterfaceAttrs.h"
#include "jacquard/Dialect/Pat/IR/ResultExtents.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"
#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Effort.h"
#include "jacquard/Pipeline/Fit.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Hash.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <chrono>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::driver;

static constexpr const char *toolVersion = "jacquard 0.1.0";

/// Where a diagnostic points: a place in a file, or a node of the model.
static std::string describeLocation(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return file.getLine() == 0 ? "" : // a whole file: the message names it
           (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" + Twine(file.getColumn()) + ": ").str();
  if (auto name = dyn_cast<NameLoc>(loc))
    return "node '" + name.getName().str() + "': ";
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (std::string text = describeLocation(part); !text.empty())
        return text;
  return "";
}

/// Place and text. Errors of MLIR's parser and of verifiers have no number of their own: they are about modules.
static std::string textOf(Diagnostic &diagnostic) {
  std::string text = describeLocation(diagnostic.getLocation()) + diagnostic.str();
  bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  return isError ? numberedUnlessInside(Diag::BrokenModule, text).message : withTagInFront(text);
}

static void printDiagnostic(Diagnostic &diagnostic) {
  const char *severity = diagnostic.getSeverity() == DiagnosticSeverity::Error     ? "error: "
                         : diagnostic.getSeverity() == DiagnosticSeverity::Warning ? "warning: "
                                                                                   : "note: ";
  llvm::errs() << severity << messageLine(textOf(diagnostic)) << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note);
}

Compiler::Compiler(const CompileRequest &request) : request(request) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->printOpOnDiagnostic(false);
  context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) { report(diagnostic); });
}

void Compiler::report(Diagnostic &diagnostic) {
  if (holdDiagnostics) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      remark::missed(diagnostic.getLocation(), remark::RemarkOpts::name("retreat").category("fit"))
          << remark::metric("Reason", textOf(diagnostic));
    return;
  }
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error && firstErrorText.empty())
    firstErrorText = textOf(diagnostic);
  printDiagnostic(diagnostic);
}

Compiler::~Compiler() = default;

void Compiler::timed(StringRef phase, function_ref<void()> work) {
  if (onStage)
    onStage(phase);
  auto start = std::chrono::steady_clock::now();
  work();
  phaseSeconds.push_back({phase.str(), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
}

/// Results of another build may differ: the program itself is the version.
bool Compiler::openCache() {
  auto program = readFile(llvm::sys::fs::getMainExecutable(nullptr, nullptr));
  auto status = program ? request.pipeline.cache->open(request.cacheDir, std::to_string(hash64(*program)))
                        : Status(program.takeError());
  if (!status) {
    firstErrorText = status.error();
    llvm::errs() << "error: " << messageLine(status.error()) << "\n";
  }
  return bool(status);
}

void Compiler::printCacheNotes() {
  constexpr size_t shown = 4;
  std::vector<std::string> notes = request.pipeline.cache->takeNotes();
  for (const std::string &note : ArrayRef(notes).take_front(shown))
    llvm::errs() << "note: " << messageLine(note) << "\n";
  if (notes.size() > shown)
    llvm::errs() << "note: and " << notes.size() - shown << " more about the cache\n";
}

bool Compiler::load() {
  if (!request.cacheDir.empty() && !openCache())
    return false;
  timed("import", [&] {
    StringRef path = request.model;
    if (path.ends_with(".onnx") || path.ends_with(".onnxtxt")) {
      moduleRef = importer::importOnnx(context.get(), path, request.import);
      return;
    }
    auto bytes = readFile(request.model);
    if (!bytes) {
      firstErrorText = bytes.error();
      llvm::errs() << "error: " << messageLine(bytes.error()) << "\n";
      return;
    }
    sources = std::make_unique<llvm::SourceMgr>();
    sources->AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(*bytes, path == "-" ? "<stdin>" : path), {});
    moduleRef = parseSourceFile<ModuleOp>(*sources, context.get());
    if (moduleRef && !(*moduleRef)->hasAttr("jacquard.model_hash")) // a file of a later stage keeps its model's
      (*moduleRef)->setAttr("jacquard.model_hash",
                            IntegerAttr::get(IntegerType::get(context.get(), 64), APInt(64, hash64(*bytes))));
  });
  if (moduleRef)
    reached = stageOf(*moduleRef);
  return bool(moduleRef);
}

void Compiler::startExplaining() {
  if (request.explain && !context->getRemarkEngine())
    heard.listen(*context);
}

bool Compiler::runUntil(Stage stage) {
  if (!runStages(std::min(stage, Stage::Pat), request.pipeline))
    return false;
  if (reached != Stage::Pat) {
    startExplaining();
    return runStages(stage, request.pipeline);
  }
  if (stage == Stage::Pat)
    return true;
  auto start = std::chrono::steady_clock::now();
  auto outOfTime = [&] {
    std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    return request.timeBudget > 0 && spent.count() > request.timeBudget;
  };
  SearchResult search;
  auto searching = [&](llvm::function_ref<void()> run) {
    timed("search", [&] {
      holdDiagnostics = true;
      context->disableMultithreading(false); // all else is one after the other
      run();
      context->disableMultithreading();
      holdDiagnostics = false;
    });
  };
  searching([&] { search = searchMappings(*moduleRef, request.pipeline, outOfTime); });
  startExplaining(); // not before: it takes time, and nobody asks about mappings that were only tried
  explainSearch(*moduleRef, search);
  auto attempt = [&](bool last) {
    reached = Stage::Pat;
    heard.forgetMapping();
    holdDiagnostics = !last;
    bool ok = runStages(stage, search.options);
    holdDiagnostics = false;
    return ok;
  };
  auto mend = [&](ModuleOp module) {
    context->setRemarkEngine(nullptr);
    searching([&] { mendMapping(module, search, outOfTime); });
    startExplaining();
  };
  bool fits = runUntilItFits(moduleRef, attempt, mend, outOfTime);
  printCacheNotes();
  return fits && checkSections();
}

/// False after an error when the schedule has more sections than the user allows.
bool Compiler::checkSections() {
  unsigned sections = 0;
  moduleRef->walk([&](Operation *op) { sections += isa<pipe::SectionOp, fabric::SectionOp>(op); });
  if (request.pipeline.maxSections == 0 || sections <= request.pipeline.maxSections)
    return true;
  moduleRef->emitError() << tag(Diag::TooManySections) << "the model needs " << sections
                         << " sections; --max-sections allows " << request.pipeline.maxSections;
  return false;
}

bool Compiler::runStages(Stage stage, const PipelineOptions &options) {
  while (reached < stage && reached < Stage::Route) {
    Stage next = Stage(unsigned(reached) + 1);
    bool ok = false;
    timed(stageName(next), [&] {
      PassManager passes(context.get());
      populateStage(next, passes, options);
      ok = succeeded(passes.run(*moduleRef));
    });
    if (!ok)
      return false;
    reached = next;
  }
  return true;
}

std::optional<bitstream::Program> Compiler::translate() {
  std::optional<bitstream::Program> result;
  timed("bits", [&] {
    auto devices = moduleRef->getOps<fabric::DeviceOp>();
    if (devices.empty()) {
      moduleRef->emitError() << "module has no fabric.device; expected a routed device";
      return;
    }
    BitstreamInfo info;
    info.toolVersion = toolVersion;
    info.options = request.options;
    if (auto hash = (*moduleRef)->getAttrOfType<IntegerAttr>("jacquard.model_hash"))
      info.modelHash = hash.getValue().getZExtValue();
    auto program = translateToBitstream(*devices.begin(), info);
    if (succeeded(program))
      result = std::move(*program);
  });
  return result;
}

func::FuncOp Compiler::function() {
  for (auto function : moduleRef->getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      return function;
  return {};
}

static std::vector<ModelPort> portsOf(TypeRange types, StringRef fallback,
                                      llvm::function_ref<DictionaryAttr(unsigned)> attributes) {
  std::vector<ModelPort> ports;
  for (auto [number, type] : llvm::enumerate(types)) {
    ModelPort port;
    port.name = pat::interfaceName(attributes(number), fallback, number);
    Type element = getElementTypeOrSelf(type);
    port.type = host::dtypeOf(element).value_or(DType::F32);
    if (pat::isUnsignedInterface(attributes(number)))
      port.type = sim::hostType(sim::storedType(port.type), /*isUnsigned=*/true);
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      port.shape = tensor.getShape().vec();
    ports.push_back(port);
  }
  return ports;
}

std::vector<ModelPort> Compiler::inputs() {
  func::FuncOp model = function();
  if (!model)
    return {};
  return portsOf(model.getArgumentTypes(), "arg", [&](unsigned i) { return model.getArgAttrDict(i); });
}

std::vector<ModelPort> Compiler::outputs() {
  func::FuncOp model = function();
  if (!model)
    return {};
  std::vector<ModelPort> ports =
      portsOf(model.getResultTypes(), "result", [&](unsigned i) { return model.getResultAttrDict(i); });
  for (unsigned number = model.getNumResults(); number-- > 0;)
    if (pat::isHiddenResult(model, number))
      ports.erase(ports.begin() + number);
  return ports;
}

std::optional<std::vector<Tensor>> Compiler::runOnHost(const std::vector<Tensor> &inputs) {
  func::FuncOp model = function();
  if (!model) {
    llvm::errs() << "error: "
                 << messageLine(tag(Diag::NoModelFunction) + "'" + request.model +
                                "' holds no function to run on the host; expected a model or pat")
                 << "\n";
    return std::nullopt;
  }
  FailureOr<SmallVector<Tensor>> results = failure();
  timed("host", [&] { results = host::executeOnHost(*moduleRef, model.getName(), inputs); });
  if (failed(results))
    return std::nullopt;
  for (auto [result, port] : llvm::zip_equal(*results, outputs()))
    result.type = port.type; // of the same bits, but the sign is the model's
  return std::vector<Tensor>(results->begin(), results->end());
}

// Compiler.h - one compilation, stage by stage, from a model file to a bitstream program
#ifndef JACQUARD_DRIVER_COMPILER_H
#define JACQUARD_DRIVER_COMPILER_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Driver/Decisions.h"
#include "jacquard/Import/Onnx.h"
#include "jacquard/Pipeline/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace jacquard::driver {

struct CompileRequest {
  std::string model; ///< .onnx, .onnxtxt, .mlir, or "-" (MLIR on standard input)
  PipelineOptions pipeline;
  importer::OnnxImportOptions import;
  std::string cacheDir;   ///< folder of results that later compilations use; "": none
  double timeBudget = 0; ///< seconds after which the search for a mapping takes what it has; 0: none
  bool explain = false;  ///< collect decisions; it costs time and changes nothing
  /// As the user gave them; kept in the bitstream.
  std::vector<std::pair<std::string, std::string>> options;
};

/// A named argument or result of a model.
struct ModelPort {
  std::string name;
  DType type = DType::F32;
  std::vector<int64_t> shape;
};

/// Diagnostics go to standard error as they come: "error: file:line:column: ..." or "error: node 'name': ...".
class Compiler {
public:
  explicit Compiler(const CompileRequest &request);
  ~Compiler();

  /// Imports or parses the model. False after a diagnostic.
  bool load();
  /// Runs the stages after the current one up to `stage`. A mapping that does not fit the fabric is tried again with the
  /// fewest units before that is an error. False after a diagnostic.
  bool runUntil(Stage stage);
  /// The program of a routed module. Its segments refer to the model's weights: it must not outlive the compiler.
  std::optional<bitstream::Program> translate();

  mlir::ModuleOp module() { return *moduleRef; }
  Stage stage() const { return reached; }
  /// Inputs and outputs of the model's function, while the module still has one (import and pat stages).
  std::vector<ModelPort> inputs();
  std::vector<ModelPort> outputs();
  /// Runs the model's function on this machine; inputs in the order of inputs(). Nothing after a diagnostic.
  std::optional<std::vector<Tensor>> runOnHost(const std::vector<Tensor> &inputs);
  /// The first error that was reported, "" if there was none.
  const std::string &firstError() const { return firstErrorText; }
  /// Wall seconds of every stage that ran, in order.
  const std::vector<std::pair<std::string, double>> &seconds() const { return phaseSeconds; }
  /// What was decided and why, of the mapping that was chosen; empty unless the request asks to explain.
  const std::vector<Decision> &decisions() const { return heard.all(); }
  /// Called at the begin of every stage, for progress.
  std::function<void(llvm::StringRef stage)> onStage;

private:
  mlir::func::FuncOp function();
  bool runStages(Stage stage, const PipelineOptions &options);
  void startExplaining();
  bool checkSections();
  bool openCache();
  void printCacheNotes();
  void report(mlir::Diagnostic &diagnostic);
  void timed(llvm::StringRef phase, llvm::function_ref<void()> work);

  CompileRequest request;
  std::unique_ptr<mlir::MLIRContext> context;
  std::unique_ptr<llvm::SourceMgr> sources;
  mlir::OwningOpRef<mlir::ModuleOp> moduleRef;
  Stage reached = Stage::Import;
  std::string firstErrorText;
  Decisions heard;
  bool holdDiagnostics = false; ///< the stages that run now may be tried again
  std::vector<std::pair<std::string, double>> phaseSeconds;
};

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_COMPILER_H

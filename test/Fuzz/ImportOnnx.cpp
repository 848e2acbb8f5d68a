// ImportOnnx.cpp - libFuzzer: the ONNX importer takes any bytes, in both forms
#include "jacquard/Import/Onnx.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"

#include <cstdlib>

using namespace jacquard;

/// Poisoned arena memory of the uninstrumented libraries is no error.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }

/// The first byte chooses the form. What is refused must say why.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  static const mlir::DialectRegistry registry = [] {
    mlir::DialectRegistry all;
    mlir::registerAllDialects(all);
    return all;
  }();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  bool isReported = false;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &) {
    isReported = true;
    return mlir::success();
  });
  const char *name = data[0] % 2 ? "fuzz.onnx" : "fuzz.onnxtxt";
  llvm::StringRef bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
  if (!importer::importOnnxBytes(&context, bytes, name, "") && !isReported)
    std::abort();
  return 0;
}

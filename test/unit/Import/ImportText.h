// ImportText.h - import a model written in ONNX's text form, run it on the host, collect diagnostics
#ifndef JACQUARD_TEST_UNIT_IMPORT_IMPORTTEXT_H
#define JACQUARD_TEST_UNIT_IMPORT_IMPORTTEXT_H

#include "jacquard/Import/Onnx.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"

#include <cstring>
#include <gtest/gtest.h>

namespace jacquard::test {

/// A context whose diagnostics are kept as text, notes included.
struct Importing {
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  std::string messages;
  importer::OnnxImportOptions options;
  std::vector<importer::UnsupportedNode> unsupported;

  Importing() {
    mlir::registerAllDialects(registry);
    context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
    context->getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      for (mlir::Diagnostic &note : diagnostic.getNotes())
        messages += note.str() + "\n";
      return mlir::success();
    });
    options.unsupported = &unsupported;
  }

  mlir::OwningOpRef<mlir::ModuleOp> text(const std::string &body, int opset = 17) {
    std::string model = "<ir_version: 8, opset_import: [\"\" : " + std::to_string(opset) + "]>\n" + body;
    return importer::importOnnxBytes(context.get(), model, "test.onnxtxt", "", options);
  }

  /// Imports and runs; the outputs, or none after a failure.
  std::vector<Tensor> run(const std::string &body, std::vector<Tensor> inputs, int opset = 17) {
    mlir::OwningOpRef<mlir::ModuleOp> module = text(body, opset);
    EXPECT_TRUE(module) << messages;
    if (!module)
      return {};
    auto outputs = host::executeOnHost(*module, "main", inputs);
    EXPECT_TRUE(mlir::succeeded(outputs)) << messages;
    return mlir::succeeded(outputs) ? std::vector<Tensor>(outputs->begin(), outputs->end()) : std::vector<Tensor>();
  }
};

/// Whether the messages of an import contain `text`.
inline bool mentions(const Importing &import, const std::string &text) {
  return import.messages.find(text) != std::string::npos;
}

template <typename T> Tensor tensorOf(DType type, std::vector<int64_t> shape, const std::vector<T> &values) {
  Tensor tensor = makeTensor(type, std::move(shape));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

inline Tensor floats(std::vector<int64_t> shape, const std::vector<float> &values) {
  return tensorOf(DType::F32, std::move(shape), values);
}

inline Tensor ints(std::vector<int64_t> shape, const std::vector<int64_t> &values) {
  return tensorOf(DType::I64, std::move(shape), values);
}

template <typename T> std::vector<T> valuesOf(const Tensor &tensor) {
  return std::vector<T>(tensor.data<T>(), tensor.data<T>() + tensor.numElements());
}

} // namespace jacquard::test

#endif // JACQUARD_TEST_UNIT_IMPORT_IMPORTTEXT_H

// HostExecutor.h - run a `pat` function on this machine: the reference that all other ways are compared with
#ifndef JACQUARD_TARGET_HOST_HOSTEXECUTOR_H
#define JACQUARD_TARGET_HOST_HOSTEXECUTOR_H

#include "jacquard/Support/Tensor.h"

#include "mlir/IR/BuiltinOps.h"

#include <memory>

namespace jacquard::host {

/// The machine code of one function. Compile once, run many times, from one thread at a time or from several.
///
/// Constant tensors are not copied: the module's context (and with it the resources of dense_resource) must outlive the
/// executable. The module itself is not changed and not needed after compilation.
class HostExecutable {
public:
  /// Compiles `function` and all that it calls. Its arguments and results are static tensors or scalars of f16, bf16, f32,
  /// f64, i1, i8, i16, i32 or i64. Anything else fails with a diagnostic.
  static mlir::FailureOr<std::unique_ptr<HostExecutable>> compile(mlir::ModuleOp module, llvm::StringRef function);
  ~HostExecutable();

  /// Runs the function. A scalar is a tensor without dimensions; an integer may be given as signed or unsigned, results are
  /// signed; i1 is DType::Bool with one byte per element. Results are trimmed to their extents, hidden ones left out
  /// (Dialect/Pat/IR/ResultExtents.h). Fails with a diagnostic when the inputs do not have the
  /// function's types, or when a `pat.group_by` traps.
  mlir::FailureOr<llvm::SmallVector<Tensor>> run(llvm::ArrayRef<Tensor> inputs) const;

private:
  struct Impl;
  explicit HostExecutable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

/// Compiles and runs once.
mlir::FailureOr<llvm::SmallVector<Tensor>> executeOnHost(mlir::ModuleOp module, llvm::StringRef function,
                                                         llvm::ArrayRef<Tensor> inputs);

/// The host element type of an integer or float type; nullopt for the others.
std::optional<DType> dtypeOf(mlir::Type type);

} // namespace jacquard::host

#endif // JACQUARD_TARGET_HOST_HOSTEXECUTOR_H

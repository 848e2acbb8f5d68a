//===- Passes.td - passes of the host target ------------------------------===//
#ifndef JACQUARD_TARGET_HOST_PASSES_TD
#define JACQUARD_TARGET_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertPatToLoopsPass : Pass<"convert-pat-to-loops", "::mlir::ModuleOp"> {
  let summary = "Lower patterns to loops over memrefs";
  let description = [{
    Every tensor becomes a memref with static shape. A function takes its tensor arguments as memrefs, then one memref per
    tensor result, which it fills, then the *status* (`memref<3xi64>`), into which a trapping `pat.group_by` writes its
    number (from 1), the dimension of the key space and the bad key; scalar arguments and results stay. The number stands
    as `pat.traps` on the module, an array of the traps' locations. Constant tensors become `memref.global`s, splats become
    scalars. Temporaries are freed after their last use.

    The order of every fold is that of its domain, row-major, so that results do not depend on the shape of the loops.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = pat.map (%i) in [4] {
        %a = pat.at %x[%i] : tensor<4xf32>
        %e = math.exp %a : f32
        pat.yield %e : f32
      } : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: memref<4xf32>, %y: memref<4xf32>, %status: memref<3xi64>) {
      scf.for %i = %c0 to %c4 step %c1 {
        %a = memref.load %x[%i] : memref<4xf32>
        %e = math.exp %a : f32
        memref.store %e, %y[%i] : memref<4xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif

//===- PatDialect.td - the `pat` dialect ----------------------------------===//
#ifndef JACQUARD_DIALECT_PAT_IR_PATDIALECT_TD
#define JACQUARD_DIALECT_PAT_IR_PATDIALECT_TD

include "mlir/IR/DialectBase.td"

def PatDialect : Dialect {
  let name = "pat";
  let cppNamespace = "::jacquard::pat";
  let summary = "What is computed: hierarchical parallel patterns on ranked tensors and scalars";
  let description = [{
    Patterns have a *domain* (a list of static extents) and a *body* of pure scalar code (`arith`, `math`), `pat.at`
    and nested patterns, run once per point of the domain. Everything is a value: a pattern reads tensors by `pat.at`
    and returns new ones. Bodies may use values defined outside.

    The level knows index spaces, scalar code and how results combine. It knows neither time nor memory nor hardware.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
}

#endif

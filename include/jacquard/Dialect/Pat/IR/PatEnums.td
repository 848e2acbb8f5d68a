//===- PatEnums.td - enumerations of the `pat` dialect --------------------===//
#ifndef JACQUARD_DIALECT_PAT_IR_PATENUMS_TD
#define JACQUARD_DIALECT_PAT_IR_PATENUMS_TD

include "mlir/IR/EnumAttr.td"

def Pat_OutsideKeys : I32EnumAttr<"OutsideKeys", "what happens to a key outside the key space", [
    I32EnumAttrCase<"Drop", 0, "drop">,
    I32EnumAttrCase<"Trap", 1, "trap">]> {
  let cppNamespace = "::jacquard::pat";
}

#endif

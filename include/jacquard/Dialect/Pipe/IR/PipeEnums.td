#ifndef JACQUARD_DIALECT_PIPE_IR_PIPEENUMS_TD
#define JACQUARD_DIALECT_PIPE_IR_PIPEENUMS_TD

include "mlir/IR/EnumAttr.td"

def LoopRole : I32EnumAttr<"LoopRole", "what a loop of a stage is spread over", [
    I32EnumAttrCase<"Time", 0, "time">,
    I32EnumAttrCase<"Lanes", 1, "lanes">,
    I32EnumAttrCase<"Slots", 2, "slots">]> {
  let cppNamespace = "::jacquard::pipe";
  let genSpecializedAttr = 0;
}

#endif

// PatDialect.cpp - registration of the `pat` dialect and how it meets inlining
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace jacquard::pat;

#include "jacquard/Dialect/Pat/IR/PatDialect.cpp.inc"
#include "jacquard/Dialect/Pat/IR/PatEnums.cpp.inc"

namespace {
/// Patterns are values without control flow of their own: they may be inlined anywhere.
struct PatInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final { return true; }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final { return true; }
};
} // namespace

void PatDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "jacquard/Dialect/Pat/IR/PatOps.cpp.inc"
      >();
  addInterfaces<PatInlinerInterface>();
}

Operation *PatDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

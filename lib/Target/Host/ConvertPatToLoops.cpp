// ConvertPatToLoops.cpp - lower patterns on tensors to loops over memrefs
// Why: the host target goes on from here to LLVM with upstream passes alone.
// Needs: tensors only in `pat` ops, arith.constant, func.call and func.return; bodies of one block.
// Gives: no tensor and no `pat` op is left.
#include "LoopEmitter.h"

#include "jacquard/Target/Host/Passes.h"

namespace jacquard::host {
#define GEN_PASS_DEF_CONVERTPATTOLOOPSPASS
#include "jacquard/Target/Host/Passes.h.inc"
} // namespace jacquard::host

using namespace mlir;
using namespace jacquard;
using namespace jacquard::host;

#define DEBUG_TYPE "convert-pat-to-loops"

namespace {

bool isLowerableTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && !tensor.getElementType().isIndex();
}

LogicalResult checkTypes(Operation *op, TypeRange types) {
  for (Type type : types)
    if (isa<ShapedType>(type) && !isLowerableTensor(type))
      return op->emitError() << "host target cannot lower values of type " << type
                             << "; expected scalars and static tensors of integers or floats";
  return success();
}

LogicalResult checkOp(Operation *op) {
  for (Region &region : op->getRegions())
    if (!region.empty() && !region.hasOneBlock())
      return op->emitError() << "host target cannot lower a region of several blocks; expected one";
  if (failed(checkTypes(op, op->getOperandTypes())) || failed(checkTypes(op, op->getResultTypes())))
    return failure();
  if (isa_and_nonnull<pat::PatDialect>(op->getDialect()) || isa<arith::ConstantOp, func::CallOp, func::ReturnOp>(op))
    return success();
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  if (llvm::any_of(op->getOperandTypes(), isTensor) || llvm::any_of(op->getResultTypes(), isTensor))
    return op->emitError() << "host target cannot lower '" << op->getName()
                           << "' on tensors; expected pat ops, arith.constant and calls";
  return success();
}

/// Says what stands in the way of lowering `func`.
LogicalResult checkFunction(func::FuncOp func) {
  if (func.isExternal())
    return func.emitError() << "host target cannot lower the function '" << func.getName() << "' without a body";
  if (!func.getBody().hasOneBlock())
    return func.emitError() << "host target cannot lower a function of several blocks; expected one";
  if (failed(checkTypes(func, func.getArgumentTypes())))
    return failure();
  WalkResult walk = func.getBody().walk(
      [](Operation *op) { return failed(checkOp(op)) ? WalkResult::interrupt() : WalkResult::advance(); });
  return failure(walk.wasInterrupted());
}

/// Arguments, then a memref per tensor result, then the status; scalar results stay.
FunctionType loweredType(FunctionType type) {
  Builder b(type.getContext());
  auto lower = [](Type type) -> Type {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return type;
    // The strides of an identity layout are unknown to MLIR when an extent is 0; bare pointers need to know them.
    MemRefLayoutAttrInterface layout;
    if (tensor.getNumElements() == 0)
      layout = StridedLayoutAttr::get(type.getContext(), 0, SmallVector<int64_t>(tensor.getRank(), 1));
    return MemRefType::get(tensor.getShape(), tensor.getElementType(), layout);
  };
  SmallVector<Type> inputs(llvm::map_range(type.getInputs(), lower)), results;
  for (Type result : type.getResults())
    (isa<RankedTensorType>(result) ? inputs : results).push_back(lower(result));
  inputs.push_back(MemRefType::get({3}, b.getI64Type()));
  return b.getFunctionType(inputs, results);
}

struct ConvertPatToLoopsPass : host::impl::ConvertPatToLoopsPassBase<ConvertPatToLoopsPass> {
  void runOnOperation() override;
  void convert(func::FuncOp func, ModuleState &state);
};

void ConvertPatToLoopsPass::convert(func::FuncOp func, ModuleState &state) {
  OpBuilder b(func);
  auto lowered = func::FuncOp::create(b, func.getLoc(), func.getName(), loweredType(func.getFunctionType()));
  lowered.setVisibility(func.getVisibility());
  LoopEmitter(state, b).emitFunction(func, lowered);
  func.erase();
}

void ConvertPatToLoopsPass::runOnOperation() {
  SmallVector<func::FuncOp> funcs(getOperation().getOps<func::FuncOp>());
  for (func::FuncOp func : funcs)
    if (failed(checkFunction(func)))
      return signalPassFailure();
  ModuleState state;
  state.module = getOperation();
  for (func::FuncOp func : funcs)
    convert(func, state);
  if (!state.traps.empty())
    getOperation()->setAttr("pat.traps", ArrayAttr::get(&getContext(), state.traps));
}

} // namespace

// Evaluate.cpp - values of `pat` programs that depend on constants only
#include "Evaluate.h"

#include "Model.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// Scalar ops that are cheaper to interpret than to compile for.
static constexpr int64_t mostInterpreted = 20000;

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// Operands of an op and what its regions capture.
static SmallVector<Value> inputsOf(Operation *op) {
  llvm::SetVector<Value> inputs(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), inputs);
  return inputs.takeVector();
}

/// The order in which ops run that stand in one block or in blocks around it (bodies of loops).
static bool comesBefore(Operation *a, Operation *b) {
  if (Operation *inBlockOfB = b->getBlock()->findAncestorOpInBlock(*a))
    return inBlockOfB->isBeforeInBlock(b);
  return a->isBeforeInBlock(a->getBlock()->findAncestorOpInBlock(*b));
}

static bool isOfFunction(BlockArgument argument) { return isa<func::FuncOp>(argument.getOwner()->getParentOp()); }

/// The ops that `value` depends on, in order; stops at `known` values. Arguments are collected apart.
static SmallVector<Operation *> sliceOf(Value value, const llvm::DenseMap<Value, ElementsAttr> &known,
                                        llvm::SetVector<BlockArgument> &arguments) {
  llvm::SetVector<Operation *> ops;
  SmallVector<Value> work = {value};
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (known.contains(next))
      continue;
    if (auto argument = dyn_cast<BlockArgument>(next)) {
      arguments.insert(argument);
      continue;
    }
    if (ops.insert(next.getDefiningOp()))
      llvm::append_range(work, inputsOf(next.getDefiningOp()));
  }
  SmallVector<Operation *> sorted = ops.takeVector();
  llvm::sort(sorted, comesBefore);
  return sorted;
}

static int64_t bytesOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? tensor.getNumElements() * ((tensor.getElementTypeBitWidth() + 7) / 8) : 8;
}

/// Loops may run for ever, nested ones for very long.
static bool endsSoon(Operation *root) {
  constexpr int64_t mostIterations = 100000;
  return !root->walk([&](pat::IterateOp loop) {
                int64_t iterations = 1;
                for (Operation *op = loop; op && iterations <= mostIterations; op = op->getParentOp())
                  if (auto around = dyn_cast<pat::IterateOp>(op); around && root->isAncestor(op))
                    iterations *= std::clamp<int64_t>(around.getMax(), 1, mostIterations + 1);
                return iterations > mostIterations ? WalkResult::interrupt() : WalkResult::advance();
              })
              .wasInterrupted();
}

static int64_t costOf(Operation *op) {
  int64_t inner = 1;
  for (Region &region : op->getRegions())
    for (Operation &child : region.getOps())
      inner += costOf(&child);
  if (auto domain = op->getAttrOfType<DenseI64ArrayAttr>("domain"))
    for (int64_t extent : domain.asArrayRef())
      if (inner <= mostInterpreted)
        inner *= std::max<int64_t>(std::min(extent, mostInterpreted), 1);
  return inner;
}

//===----------------------------------------------------------------------===//
// Interpreter
//===----------------------------------------------------------------------===//

/// Element `flat` of a constant tensor; null if its data is not at hand.
static Attribute elementAt(ElementsAttr tensor, int64_t flat) {
  if (auto dense = dyn_cast<DenseElementsAttr>(tensor))
    return dense.getValues<Attribute>()[flat];
  auto resource = dyn_cast<DenseResourceElementsAttr>(tensor);
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  Type element = cast<ShapedType>(tensor.getType()).getElementType();
  size_t width = element.getIntOrFloatBitWidth() / 8;
  if (!blob || width == 0 || (flat + 1) * width > blob->getData().size())
    return {};
  ArrayRef<char> bytes = blob->getData().slice(flat * width, width);
  return DenseElementsAttr::getFromRawBuffer(RankedTensorType::get({}, element), bytes).getSplatValue<Attribute>();
}

namespace {

/// Runs ops on attributes: scalars are integer or float attributes, tensors are elements attributes.
class Interpreter {
public:
  explicit Interpreter(llvm::DenseMap<Value, ElementsAttr> &known) : known(known) {}

  LogicalResult run(Operation *op) {
    if (auto map = dyn_cast<pat::MapOp>(op))
      return runMap(map);
    if (auto fold = dyn_cast<pat::FoldOp>(op))
      return runFold(fold);
    if (auto at = dyn_cast<pat::AtOp>(op))
      return runAt(at);
    if (op->getNumRegions() != 0)
      return failure();
    return runFoldable(op);
  }

  Attribute lookup(Value value) const {
    if (Attribute local = values.lookup(value))
      return local;
    return known.lookup(value);
  }

private:
  /// Any op of arith and math knows its value on constants.
  LogicalResult runFoldable(Operation *op) {
    SmallVector<Attribute> operands;
    for (Value operand : op->getOperands())
      if (Attribute value = lookup(operand))
        operands.push_back(value);
      else
        return failure();
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(operands, results)) || results.size() != op->getNumResults())
      return failure();
    for (auto [result, folded] : llvm::zip(op->getResults(), results)) {
      Attribute value = isa<Attribute>(folded) ? cast<Attribute>(folded) : lookup(cast<Value>(folded));
      if (!value)
        return failure();
      values[result] = value;
    }
    return success();
  }

  LogicalResult runAt(pat::AtOp op) {
    auto tensor = dyn_cast_or_null<ElementsAttr>(lookup(op.getTensor()));
    if (!tensor)
      return failure();
    SmallVector<Attribute> operands, place;
    for (Value index : op.getIndices())
      operands.push_back(lookup(index));
    // A map without results does not fold, but there is nothing to do for it.
    bool isScalar = op.getTensorType().getRank() == 0;
    if (llvm::is_contained(operands, Attribute()) ||
        (!isScalar && failed(op.getAccessMap().constantFold(operands, place))))
      return failure();
    int64_t flat = 0;
    bool inside = true;
    for (auto [coordinate, extent] : llvm::zip(place, op.getTensorType().getShape())) {
      int64_t at = cast<IntegerAttr>(coordinate).getInt();
      inside &= at >= 0 && at < extent;
      flat = flat * extent + at;
    }
    if (!inside && !op.getElseValue())
      return failure();
    values[op.getResult()] = inside ? elementAt(tensor, flat) : lookup(op.getElseValue());
    return success(bool(values[op.getResult()]));
  }

  /// Runs a body and returns what it yields.
  FailureOr<SmallVector<Attribute>> runBlock(Block &block) {
    for (Operation &op : block.without_terminator())
      if (failed(run(&op)))
        return failure();
    SmallVector<Attribute> yielded;
    for (Value value : block.getTerminator()->getOperands())
      yielded.push_back(lookup(value));
    if (llvm::is_contained(yielded, Attribute()))
      return failure();
    return yielded;
  }

  /// Calls `visit` with what the body yields, for every point in row-major order.
  LogicalResult forEachPoint(ArrayRef<int64_t> domain, Block &body,
                             llvm::function_ref<LogicalResult(ArrayRef<Attribute>)> visit) {
    Builder b(body.getParentOp()->getContext());
    for (int64_t flat = 0, count = pat::numPoints(domain); flat < count; ++flat) {
      int64_t rest = flat;
      for (size_t i = domain.size(); i-- > 0; rest /= domain[i])
        values[body.getArgument(i)] = b.getIndexAttr(rest % domain[i]);
      FailureOr<SmallVector<Attribute>> yielded = runBlock(body);
      if (failed(yielded) || failed(visit(*yielded)))
        return failure();
    }
    return success();
  }

  LogicalResult runMap(pat::MapOp op) {
    SmallVector<SmallVector<Attribute>> elements(op->getNumResults());
    auto collect = [&](ArrayRef<Attribute> yielded) {
      for (auto [list, value] : llvm::zip(elements, yielded)) {
        if (auto row = dyn_cast<DenseElementsAttr>(value))
          llvm::append_range(list, row.getValues<Attribute>());
        else
          list.push_back(value);
      }
      return success();
    };
    if (failed(forEachPoint(op.getDomain(), *op.getBody(), collect)))
      return failure();
    for (auto [result, list] : llvm::zip(op->getResults(), elements))
      values[result] = DenseElementsAttr::get(cast<ShapedType>(result.getType()), list);
    return success();
  }

  LogicalResult runFold(pat::FoldOp op) {
    SmallVector<Attribute> sums;
    for (Value init : op.getInits())
      sums.push_back(lookup(init));
    if (llvm::is_contained(sums, Attribute()))
      return failure();
    auto combine = [&](ArrayRef<Attribute> yielded) -> LogicalResult {
      Block &combiner = *op.getCombiner();
      for (unsigned i = 0; i < sums.size(); ++i) {
        values[combiner.getArgument(i)] = sums[i];
        values[combiner.getArgument(sums.size() + i)] = yielded[i];
      }
      FailureOr<SmallVector<Attribute>> next = runBlock(combiner);
      if (failed(next))
        return failure();
      sums = *next;
      return success();
    };
    if (failed(forEachPoint(op.getDomain(), *op.getBody(), combine)))
      return failure();
    for (auto [result, sum] : llvm::zip(op->getResults(), sums))
      values[result] = sum;
    return success();
  }

  llvm::DenseMap<Value, ElementsAttr> &known;
  llvm::DenseMap<Value, Attribute> values;
};

} // namespace

//===----------------------------------------------------------------------===//
// Host
//===----------------------------------------------------------------------===//

static bool isIntegerDivision(Operation *op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::CeilDivSIOp, arith::CeilDivUIOp,
             arith::FloorDivSIOp>(op);
}

/// Machine code does not check: what could divide by zero or read outside of a tensor is not run while compiling.
static bool isSafe(Operation *root) {
  return !root->walk([](Operation *op) {
                if (isIntegerDivision(op)) {
                  APInt divisor;
                  if (!matchPattern(op->getOperand(1), m_ConstantInt(&divisor)) || divisor.isZero())
                    return WalkResult::interrupt();
                }
                if (auto at = dyn_cast<pat::AtOp>(op); at && !at.getElseValue() && !pat::isProvablyInBounds(at))
                  return WalkResult::interrupt();
                return WalkResult::advance();
              })
              .wasInterrupted();
}

/// Compiles one function that returns `wanted`, made of `slice` and known values, and runs it.
static SmallVector<ElementsAttr> runOnHost(ArrayRef<Value> wanted, ArrayRef<Operation *> slice,
                                           const llvm::DenseMap<Value, ElementsAttr> &known) {
  if (!llvm::all_of(slice, isSafe))
    return {};
  MLIRContext *context = wanted.front().getContext();
  Location loc = wanted.front().getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder b(module->getBodyRegion());
  auto func = func::FuncOp::create(b, loc, "fold", b.getFunctionType({}, ValueRange(wanted).getTypes()));
  b.setInsertionPointToStart(func.addEntryBlock());
  IRMapping mapping;
  for (Operation *op : slice) {
    for (Value input : inputsOf(op))
      if (ElementsAttr value = mapping.contains(input) ? ElementsAttr() : known.lookup(input))
        mapping.map(input, arith::ConstantOp::create(b, loc, value).getResult());
    b.clone(*op, mapping);
  }
  SmallVector<Value> results;
  for (Value value : wanted)
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(b, loc, results);
  // What the host cannot do stays in the program.
  ScopedDiagnosticHandler silent(context, [](Diagnostic &) { return success(); });
  FailureOr<SmallVector<Tensor>> tensors = host::executeOnHost(*module, "fold", {});
  if (failed(tensors))
    return {};
  SmallVector<ElementsAttr> values;
  for (const Tensor &tensor : *tensors) {
    Result<ElementsAttr> value = importTensor(context, tensor);
    if (!value)
      return {};
    values.push_back(*value);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Evaluator
//===----------------------------------------------------------------------===//

llvm::SetVector<BlockArgument> ConstantEvaluator::argumentsOf(Value value) {
  llvm::SetVector<BlockArgument> arguments;
  (void)sliceOf(value, llvm::DenseMap<Value, ElementsAttr>(), arguments);
  arguments.remove_if([](BlockArgument argument) { return !isOfFunction(argument); });
  return arguments;
}

bool ConstantEvaluator::dependsOnLoop(Value value) {
  llvm::SetVector<BlockArgument> arguments;
  (void)sliceOf(value, llvm::DenseMap<Value, ElementsAttr>(), arguments);
  return !llvm::all_of(arguments, isOfFunction);
}

void ConstantEvaluator::erase(Operation *op) {
  op->walk([&](Operation *inner) {
    for (Value result : inner->getResults())
      known.erase(result);
  });
  op->erase();
}

ElementsAttr ConstantEvaluator::evaluate(Value value) {
  if (ElementsAttr found = known.lookup(value))
    return found;
  ElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return known[value] = constant;
  llvm::SetVector<BlockArgument> arguments;
  SmallVector<Operation *> slice = sliceOf(value, known, arguments);
  if (!arguments.empty())
    return {};
  ElementsAttr result = compute(value, slice);
  if (result)
    known[value] = result;
  return result;
}

ElementsAttr ConstantEvaluator::compute(Value value, ArrayRef<Operation *> slice) {
  constexpr int64_t mostBytes = int64_t(1) << 30;
  int64_t cost = 0, bytes = 0;
  for (Operation *op : slice) {
    cost += costOf(op);
    for (Type type : op->getResultTypes())
      bytes += bytesOf(type);
  }
  if (bytes > mostBytes || !llvm::all_of(slice, endsSoon))
    return {};
  bool canInterpret =
      llvm::all_of(slice, [](Operation *op) { return op->getNumRegions() == 0 || isa<pat::MapOp, pat::FoldOp>(op); });
  if (cost <= mostInterpreted && canInterpret) {
    Interpreter interpreter(known);
    for (Operation *op : slice) {
      if (failed(interpreter.run(op)))
        return {};
      for (Value result : op->getResults())
        if (auto tensor = dyn_cast<ElementsAttr>(interpreter.lookup(result)))
          known[result] = tensor;
    }
    return known.lookup(value);
  }
  SmallVector<ElementsAttr> results = runOnHost(value, slice, known);
  return results.empty() ? ElementsAttr() : results.front();
}

//===----------------------------------------------------------------------===//
// Folding a function
//===----------------------------------------------------------------------===//

/// Splats cost nothing: what is made from them grows from nothing.
static int64_t storedBytes(Value constant) {
  DenseElementsAttr dense;
  if (matchPattern(constant, m_Constant(&dense)) && dense.isSplat())
    return 0;
  return bytesOf(constant.getType());
}

/// True if the constant results of `op` are worth their memory.
static bool staysSmall(Operation *op) {
  constexpr int64_t alwaysSmall = 64 << 10;
  int64_t given = 0, made = 0;
  for (Value input : inputsOf(op))
    given += storedBytes(input);
  for (Value result : op->getResults())
    made += bytesOf(result.getType());
  return made <= std::max(alwaysSmall, 2 * given);
}

static void eraseUnused(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void ConstantEvaluator::foldConstants(func::FuncOp func) {
  Block &body = func.getBody().front();
  eraseUnused(body);
  llvm::DenseSet<Operation *> constants;
  for (Operation &op : body.without_terminator()) {
    bool fromConstants = llvm::all_of(
        inputsOf(&op), [&](Value input) { return input.getDefiningOp() && constants.contains(input.getDefiningOp()); });
    bool isPattern = op.getNumRegions() != 0;
    if (fromConstants && (!isPattern || (isMemoryEffectFree(&op) && staysSmall(&op) && isSafe(&op) && endsSoon(&op))))
      constants.insert(&op);
  }
  // Values at the border to what is computed at run time: the short ones one by one, the others in one go.
  SmallVector<Value> wanted, large;
  for (Operation &op : body.without_terminator())
    for (Value result : op.getResults())
      if (op.getNumRegions() != 0 && constants.contains(&op) && isa<RankedTensorType>(result.getType()) &&
          llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !constants.contains(body.findAncestorOpInBlock(*user)); }))
        wanted.push_back(result);
  llvm::SetVector<Operation *> slice;
  for (Value value : wanted) {
    llvm::SetVector<BlockArgument> none;
    SmallVector<Operation *> ops = sliceOf(value, known, none);
    int64_t cost = 0;
    for (Operation *op : ops)
      cost += costOf(op);
    if (known.contains(value) || (cost <= mostInterpreted && evaluate(value)))
      continue;
    slice.insert(ops.begin(), ops.end());
    large.push_back(value);
  }
  SmallVector<Operation *> sorted = slice.takeVector();
  llvm::sort(sorted, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  if (!large.empty())
    for (auto [value, result] : llvm::zip(large, runOnHost(large, sorted, known)))
      known[value] = result;
  for (Value value : wanted) {
    ElementsAttr constant = known.lookup(value);
    if (!constant)
      continue;
    // Through a tensor, which gives large ones the form of all constants: a resource.
    if (std::optional<Tensor> tensor = constantToTensor(constant))
      if (Result<ElementsAttr> uniform = importTensor(value.getContext(), *tensor))
        constant = *uniform;
    OpBuilder b(value.getDefiningOp());
    value.replaceAllUsesWith(arith::ConstantOp::create(b, value.getLoc(), constant).getResult());
  }
  eraseUnused(body);
}

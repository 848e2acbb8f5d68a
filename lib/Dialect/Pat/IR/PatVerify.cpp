// PatVerify.cpp - the verifiers of the `pat` operations; the labels C1.. are those of the ops' descriptions
#include "jacquard/Dialect/Pat/IR/PatOps.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace jacquard::pat;

static LogicalResult verifyExtents(Operation *op, StringRef what, ArrayRef<int64_t> extents) {
  for (int64_t extent : extents)
    if (extent < 0)
      return op->emitOpError() << what << " extent " << extent << " is not allowed; expected at least 0";
  return success();
}

static LogicalResult verifyIndices(Operation *op, Block *body, ArrayRef<int64_t> domain) {
  if (body->getNumArguments() != domain.size())
    return op->emitOpError() << "body has " << body->getNumArguments() << " arguments; expected " << domain.size()
                             << ", one index per extent of the domain";
  for (BlockArgument index : body->getArguments())
    if (!index.getType().isIndex())
      return op->emitOpError() << "body argument " << index.getArgNumber() << " is of type " << index.getType()
                               << "; expected index";
  return success();
}

/// Nested patterns check their own bodies; every other op must be free of effects.
static LogicalResult verifyPure(Operation *op, Block *block, StringRef what) {
  for (Operation &inner : *block) {
    if (isa<MapOp, FoldOp, GroupByOp, FilterOp, FlatMapOp, ScanOp, IterateOp>(inner) || isMemoryEffectFree(&inner))
      continue;
    InFlightDiagnostic diag = op->emitOpError() << what << " is not pure; expected arith, math, pat.at and nested patterns";
    diag.attachNote(inner.getLoc()) << "'" << inner.getName() << "' may have an effect";
    return diag;
  }
  return success();
}

static LogicalResult verifyEndsInYield(Operation *op, Block *block, StringRef what) {
  if (!isa<YieldOp>(block->getTerminator()))
    return op->emitOpError() << what << " ends in '" << block->getTerminator()->getName() << "'; expected pat.yield";
  return success();
}

/// The values must be of exactly `expected` types.
static LogicalResult verifyYield(Operation *op, StringRef what, ValueRange values, TypeRange expected) {
  if (values.size() != expected.size())
    return op->emitOpError() << what << " yields " << values.size() << " values; expected " << expected.size();
  for (auto [number, pair] : llvm::enumerate(llvm::zip(values.getTypes(), expected)))
    if (std::get<0>(pair) != std::get<1>(pair))
      return op->emitOpError() << what << " yields a value " << number << " of type " << std::get<0>(pair)
                               << "; expected " << std::get<1>(pair);
  return success();
}

/// What all patterns share: C1 indices, C2 extents, C3 purity of the body, and that it ends in a yield.
template <typename Op>
static LogicalResult verifyBody(Op op) {
  return failure(failed(verifyIndices(op, op.getBody(), op.getDomain())) ||
                 failed(verifyExtents(op, "domain", op.getDomain())) ||
                 failed(verifyEndsInYield(op, op.getBody(), "body")) ||
                 failed(verifyPure(op, op.getBody(), "body")));
}

/// C3 and C5 of the patterns with a combiner.
template <typename Op>
static LogicalResult verifyCombiner(Op op) {
  SmallVector<Type> expected(op.getInits().getTypes());
  llvm::append_range(expected, op.getInits().getTypes());
  Block *combiner = op.getCombiner();
  if (combiner->getNumArguments() != expected.size())
    return op.emitOpError() << "combiner has " << combiner->getNumArguments() << " arguments; expected "
                            << expected.size() << ", a left and a right one per init";
  for (auto [argument, type] : llvm::zip(combiner->getArguments(), expected))
    if (argument.getType() != type)
      return op.emitOpError() << "combiner argument " << argument.getArgNumber() << " is of type "
                              << argument.getType() << "; expected " << type;
  if (failed(verifyEndsInYield(op, combiner, "combiner")) || failed(verifyPure(op, combiner, "combiner")))
    return failure();
  return verifyYield(op, "combiner", op.getCombinerYield()->getOperands(), op.getInits().getTypes());
}

template <typename Op>
static LogicalResult verifyHasInits(Op op) {
  if (op.getInits().empty())
    return op.emitOpError() << "has no init; expected at least one value to combine";
  return success();
}

static bool isElement(Type type) { return type.isSignlessInteger() || isa<FloatType>(type); }

static LogicalResult verifyMapResult(MapOp op, unsigned number) {
  Type yielded = op.getBodyYield()->getOperand(number).getType();
  auto tensor = dyn_cast<RankedTensorType>(yielded);
  // C5
  if (!isElement(tensor ? tensor.getElementType() : yielded) || (tensor && !tensor.hasStaticShape())) {
    InFlightDiagnostic diag = op.emitOpError() << "body yields a value " << number << " of type " << yielded
                                               << "; expected an integer, a float or a static tensor of them";
    if (yielded.isIndex())
      diag.attachNote() << "cast the index to an integer by arith.index_cast";
    return diag;
  }
  // C6
  SmallVector<int64_t> shape(op.getDomain());
  if (tensor)
    llvm::append_range(shape, tensor.getShape());
  Type expected = RankedTensorType::get(shape, tensor ? tensor.getElementType() : yielded);
  if (op->getResult(number).getType() != expected)
    return op.emitOpError() << "result " << number << " is of type " << op->getResult(number).getType()
                            << "; expected " << expected;
  return success();
}

LogicalResult MapOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)))
    return failure();
  // C4
  if (getNumResults() == 0)
    return emitOpError() << "has no result; expected at least one";
  if (getBodyYield().getNumOperands() != getNumResults())
    return emitOpError() << "body yields " << getBodyYield().getNumOperands() << " values; expected "
                         << getNumResults() << ", one per result";
  for (unsigned number = 0; number < getNumResults(); ++number)
    if (failed(verifyMapResult(*this, number)))
      return failure();
  return success();
}

LogicalResult FoldOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)))
    return failure();
  if (getDomain().empty())
    return emitOpError() << "has an empty domain; expected at least one extent";
  // C4
  if (failed(verifyHasInits(*this)) ||
      failed(verifyYield(*this, "body", getBodyYield()->getOperands(), getInits().getTypes())))
    return failure();
  // C5
  return verifyCombiner(*this);
}

LogicalResult GroupByOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)) || failed(verifyExtents(*this, "key space", getKeys())))
    return failure();
  if (getKeys().empty())
    return emitOpError() << "has an empty key space; expected at least one extent";
  // C4
  SmallVector<Type> expected(getKeys().size(), IndexType::get(getContext()));
  llvm::append_range(expected, getInits().getTypes());
  if (failed(verifyHasInits(*this)) || failed(verifyYield(*this, "body", getBodyYield()->getOperands(), expected)))
    return failure();
  // C5
  return verifyCombiner(*this);
}

LogicalResult ScanOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)))
    return failure();
  if (getDim() >= getDomain().size())
    return emitOpError() << "dim " << int64_t(getDim()) << " is not a dimension of the domain; expected less than "
                         << getDomain().size();
  // C4
  if (failed(verifyHasInits(*this)) ||
      failed(verifyYield(*this, "body", getBodyYield()->getOperands(), getInits().getTypes())))
    return failure();
  // C5
  return verifyCombiner(*this);
}

/// C2 and C5 of filter and flat_map.
template <typename Op>
static LogicalResult verifyPackedResults(Op op) {
  int64_t capacity = op.getCapacity();
  if (capacity < 0)
    return op.emitOpError() << "capacity " << capacity << " is not allowed; expected at least 0";
  for (auto [number, pair] : llvm::enumerate(llvm::zip(op.getBodyYield()->getOperands().drop_front(), op.getValues()))) {
    Type expected = RankedTensorType::get({capacity}, getElementTypeOrSelf(std::get<0>(pair).getType()));
    if (std::get<1>(pair).getType() != expected)
      return op.emitOpError() << "result " << number << " is of type " << std::get<1>(pair).getType()
                              << "; expected " << expected;
  }
  return success();
}

/// C4 of filter and flat_map: `first`, then one value per result but the last.
template <typename Op>
static LogicalResult verifyPackedYield(Op op, Type first) {
  YieldOp yield = op.getBodyYield();
  if (yield.getNumOperands() != op.getNumResults())
    return op.emitOpError() << "body yields " << yield.getNumOperands() << " values; expected " << op.getNumResults();
  if (yield.getOperand(0).getType() != first)
    return op.emitOpError() << "body yields a value 0 of type " << yield.getOperand(0).getType() << "; expected "
                            << first;
  return success();
}

LogicalResult FilterOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)) || failed(verifyPackedYield(*this, IntegerType::get(getContext(), 1))))
    return failure();
  // C4
  for (auto [number, value] : llvm::enumerate(getBodyYield()->getOperands()))
    if (!isElement(value.getType()))
      return emitOpError() << "body yields a value " << number << " of type " << value.getType()
                           << "; expected an integer or a float";
  // C5
  return verifyPackedResults(*this);
}

LogicalResult FlatMapOp::verifyRegions() {
  // C1, C2, C3
  if (failed(verifyBody(*this)) || failed(verifyPackedYield(*this, IndexType::get(getContext()))))
    return failure();
  // C4
  std::optional<int64_t> extent;
  for (auto [number, value] : llvm::enumerate(getBodyYield()->getOperands().drop_front())) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape() || type.getRank() != 1 || !isElement(type.getElementType()))
      return emitOpError() << "body yields a value " << number + 1 << " of type " << value.getType()
                           << "; expected a static tensor of rank 1";
    if (extent && *extent != type.getDimSize(0))
      return emitOpError() << "body yields tensors of extents " << *extent << " and " << type.getDimSize(0)
                           << "; expected one common extent";
    extent = type.getDimSize(0);
  }
  // C5
  return verifyPackedResults(*this);
}

LogicalResult IterateOp::verifyRegions() {
  // C4, first half
  if (failed(verifyHasInits(*this)))
    return failure();
  // C1
  SmallVector<Type> expected = {IndexType::get(getContext())};
  llvm::append_range(expected, getInits().getTypes());
  if (getBody()->getArgumentTypes() != TypeRange(expected))
    return emitOpError() << "body has arguments of types " << getBody()->getArgumentTypes() << "; expected "
                         << TypeRange(expected);
  // C2
  if (int64_t(getMax()) < 0)
    return emitOpError() << "max " << int64_t(getMax()) << " is not allowed; expected at least 0";
  // C3
  if (failed(verifyEndsInYield(*this, getBody(), "body")) || failed(verifyPure(*this, getBody(), "body")))
    return failure();
  // C4
  expected.front() = IntegerType::get(getContext(), 1);
  return verifyYield(*this, "body", getBodyYield()->getOperands(), expected);
}

LogicalResult AtOp::verify() {
  size_t rank = getTensorType().getRank();
  std::optional<AffineMap> map = getMap();
  // C1
  size_t expected = map ? map->getNumDims() : rank;
  if (getIndices().size() != expected)
    return emitOpError() << "has " << getIndices().size() << " indices; expected " << expected
                         << (map ? ", one per dimension of the map" : ", one per dimension of the tensor");
  // C2
  if (map && map->getNumSymbols() != 0)
    return emitOpError() << "map has " << map->getNumSymbols() << " symbols; expected dimensions only";
  if (map && map->getNumResults() != rank)
    return emitOpError() << "map has " << map->getNumResults() << " results; expected " << rank
                         << ", one per dimension of the tensor";
  return success();
}

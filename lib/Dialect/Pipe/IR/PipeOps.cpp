// PipeOps.cpp - the `pipe` dialect: registration, verifiers, loop roles
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace jacquard::pipe;

#include "jacquard/Dialect/Pipe/IR/PipeEnums.cpp.inc"

#include "jacquard/Dialect/Pipe/IR/PipeDialect.cpp.inc"

void PipeDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "jacquard/Dialect/Pipe/IR/PipeOps.cpp.inc"
      >();
}

bool jacquard::pipe::isInSpace(Type type, StringRef space) {
  auto memref = dyn_cast<MemRefType>(type);
  auto name = memref ? dyn_cast_or_null<StringAttr>(memref.getMemorySpace()) : StringAttr();
  return name && name.getValue() == space;
}

//===----------------------------------------------------------------------===//
// Loop roles: [time, lanes, slots, ...]
//===----------------------------------------------------------------------===//

static ParseResult parseRoles(OpAsmParser &parser, DenseI32ArrayAttr &roles) {
  SmallVector<int32_t> values;
  auto parseRole = [&]() -> ParseResult {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    auto role = symbolizeLoopRole(keyword);
    if (!role)
      return parser.emitError(loc) << "loop role '" << keyword << "' is unknown; expected time, lanes or slots";
    values.push_back(int32_t(*role));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseRole))
    return failure();
  roles = parser.getBuilder().getDenseI32ArrayAttr(values);
  return success();
}

static void printRoles(OpAsmPrinter &printer, Operation *, DenseI32ArrayAttr roles) {
  printer << "[";
  llvm::interleaveComma(roles.asArrayRef(), printer,
                        [&](int32_t role) { printer << stringifyLoopRole(static_cast<LoopRole>(role)); });
  printer << "]";
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult requireSpace(Operation *op, Type type, StringRef space, StringRef what) {
  if (isInSpace(type, space))
    return success();
  return op->emitOpError() << what << " has type " << type << "; expected a memref in memory space \"" << space << "\"";
}

/// The map takes `indices` operands to one expression per dimension of `type`.
static LogicalResult requireAccessMap(Operation *op, AffineMap map, size_t indices, Type type) {
  auto memref = cast<MemRefType>(type);
  if (map.getNumSymbols() != 0)
    return op->emitOpError() << "map has " << map.getNumSymbols() << " symbols; expected none";
  if (map.getNumDims() != indices)
    return op->emitOpError() << "map takes " << map.getNumInputs() << " indices, found " << indices << " operands";
  if (int64_t(map.getNumResults()) != memref.getRank())
    return op->emitOpError() << "map gives " << map.getNumResults() << " positions for a tensor of rank "
                             << memref.getRank();
  return success();
}

static LogicalResult requireType(Operation *op, Type found, Type expected, StringRef what) {
  if (found == expected)
    return success();
  return op->emitOpError() << what << " has type " << found << "; expected " << expected;
}

static LogicalResult requireIndexArguments(Operation *op, Region &body, size_t loops) {
  if (body.getNumArguments() != loops)
    return op->emitOpError() << "has " << body.getNumArguments() << " index arguments; expected " << loops;
  for (Type type : body.getArgumentTypes())
    if (!type.isIndex())
      return op->emitOpError() << "has an argument of type " << type << "; expected index";
  return success();
}

static LogicalResult requirePositive(Operation *op, ArrayRef<int64_t> extents) {
  for (auto [loop, extent] : llvm::enumerate(extents))
    if (extent < 1)
      return op->emitOpError() << "extent " << extent << " of loop " << loop << " is not allowed; expected at least 1";
  return success();
}

LogicalResult DramOp::verify() {
  if (failed(requireSpace(*this, getBuffer().getType(), dramSpace, "result"))) // C1
    return failure();
  if (!llvm::is_contained({"input", "output", "constant", "temporary"}, getKind())) // C3
    return emitOpError() << "kind \"" << getKind() << "\" is unknown; expected input, output, constant or temporary";
  if ((getKind() == "constant") != getValue().has_value()) // C2
    return emitOpError() << "a value is needed for a constant and allowed for nothing else";
  auto type = cast<MemRefType>(getBuffer().getType());
  if (getValue() && (getValue()->getShapedType().getShape() != type.getShape() ||
                     getValue()->getElementType() != type.getElementType())) // C2
    return emitOpError() << "value has type " << getValue()->getType() << "; expected the shape and type of " << type;
  if (getIsUnsigned() && (!llvm::is_contained({"input", "output"}, getKind()) || !type.getElementType().isInteger() ||
                          type.getElementType().isInteger(1))) // C5
    return emitOpError() << "'is_unsigned' does not fit kind \"" << getKind() << "\" and type " << type
                         << "; expected an input or output of integers";
  ArrayRef<int64_t> dims = getExtentDims().value_or(ArrayRef<int64_t>()); // C4
  if (dims.size() != getExtents().size() || (!dims.empty() && getKind() != "output"))
    return emitOpError() << "has " << getExtents().size() << " extents for " << dims.size()
                         << " dimensions; expected one each, of an output";
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (dim < 0 || dim >= type.getRank() || llvm::is_contained(dims.take_front(i), dim))
      return emitOpError() << "extent dimension " << dim << " is not allowed; expected different ones below "
                           << type.getRank();
    if (auto word = cast<MemRefType>(getExtents()[i].getType());
        word.getRank() != 0 || !word.getElementType().isInteger(64) || !isInSpace(word, dramSpace))
      return emitOpError() << "extent has type " << word << "; expected one i64 in DRAM";
  }
  return success();
}

LogicalResult SectionOp::verify() {
  if (int64_t(getUnits()) < 1) // C2
    return emitOpError() << "units " << int64_t(getUnits()) << " is not allowed; expected at least 1";
  if (getGroupSize() < 1) // C2
    return emitOpError() << "group " << getGroupSize() << " is not allowed; expected at least 1";
  if (int64_t(getChain().value_or(1)) < 1) // C2
    return emitOpError() << "chain " << int64_t(*getChain()) << " is not allowed; expected at least 1";
  if (getJoinSize() < 1) // C2
    return emitOpError() << "join " << getJoinSize() << " is not allowed; expected at least 1";
  if (getJoin() && (!getGroup() || getChain())) // C2
    return emitOpError() << "joins groups; expected `group` and no `chain`";
  SmallVector<Type> expected(getBuffers().getTypes());
  expected.append(1 + getJoin().has_value() + getGroup().has_value(), IndexType::get(getContext()));
  bool match = llvm::equal(getBody().getArgumentTypes(), expected);
  if (!match) // C1
    return emitOpError() << "region arguments must be the operands' types, one index for the unit and one each for "
                            "`join` and `group`";
  for (Value buffer : getBuffers())
    if (failed(requireSpace(*this, buffer.getType(), dramSpace, "operand"))) // C3
      return failure();
  return success();
}

LogicalResult LoopOp::verify() {
  if (int64_t(getMax()) < 1 || int64_t(getMax()) > INT32_MAX) // C1
    return emitOpError() << "max " << int64_t(getMax()) << " is not allowed; expected 1 to " << INT32_MAX;
  auto requireWord = [&](Value word, unsigned width, StringRef what) -> LogicalResult { // C2
    if (!word)
      return success();
    auto type = cast<MemRefType>(word.getType());
    if (type.getRank() != 0 || !type.getElementType().isInteger(width))
      return emitOpError() << what << " has type " << type << "; expected one i" << width;
    return requireSpace(*this, type, dramSpace, what);
  };
  if (failed(requireWord(getCondition(), 1, "condition")) || failed(requireWord(getCounter(), 32, "counter")))
    return failure();
  if (getTestFirst() && !getCondition()) // C3
    return emitOpError() << "tests before the first trip, but has no condition";
  return success();
}

LogicalResult LoopOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<SectionOp, LoopOp>(op)) // C4
      return emitOpError() << "holds '" << op.getName() << "'; expected sections and loops";
  return success();
}

LogicalResult MetapipeOp::verify() {
  if (failed(requireIndexArguments(*this, getBody(), getExtents().size()))) // C1
    return failure();
  return requirePositive(*this, getExtents()); // C2
}

LogicalResult BufferOp::verify() {
  if (int64_t(getDepth()) < 1) // C2
    return emitOpError() << "depth " << int64_t(getDepth()) << " is not allowed; expected at least 1";
  auto loads = llvm::count_if(getBuffer().getUsers(), [](Operation *user) { return isa<LoadOp>(user); });
  if (int64_t(getStaged()) < 0 || (getStaged() > 0 && (getDepth() != 1 || loads != 1))) // C3
    return emitOpError() << int64_t(getStaged()) << " staged members of a scratchpad of depth " << getDepth() << " with "
                         << loads << " loads; expected depth 1 and one load, or none staged";
  return requireSpace(*this, getBuffer().getType(), scratchpadSpace, "result"); // C1
}

/// Loads and stores: both ends, and the map of origins.
static LogicalResult verifyBoxCopy(Operation *op, Type dram, Type buffer, AffineMap origin, size_t indices) {
  if (failed(requireSpace(op, dram, dramSpace, "the DRAM side")) ||
      failed(requireSpace(op, buffer, scratchpadSpace, "the scratchpad side")))
    return failure();
  auto far = cast<MemRefType>(dram), near = cast<MemRefType>(buffer);
  if (far.getRank() != near.getRank() || far.getElementType() != near.getElementType())
    return op->emitOpError() << "copies between " << far << " and " << near
                             << "; expected equal ranks and element types";
  return requireAccessMap(op, origin, indices, dram);
}

LogicalResult LoadOp::verify() {
  if (failed(verifyBoxCopy(*this, getSource().getType(), getBuffer().getType(), getOrigin(), getIndices().size())))
    return failure(); // C1, C2
  return requireType(*this, getElseValue().getType(), cast<MemRefType>(getSource().getType()).getElementType(),
                     "else value");
}

LogicalResult StoreOp::verify() {
  return verifyBoxCopy(*this, getDestination().getType(), getBuffer().getType(), getOrigin(),
                       getIndices().size()); // C1, C2
}

int StageOp::findRole(LoopRole role) {
  for (auto [loop, value] : llvm::enumerate(getRoles()))
    if (static_cast<LoopRole>(value) == role)
      return int(loop);
  return -1;
}

LogicalResult StageOp::verify() {
  if (getRoles().size() != getExtents().size()) // C1
    return emitOpError() << "has " << getRoles().size() << " roles for " << getExtents().size() << " loops";
  if (failed(requireIndexArguments(*this, getBody(), getExtents().size())) ||
      failed(requirePositive(*this, getExtents()))) // C1
    return failure();
  for (LoopRole role : {LoopRole::Lanes, LoopRole::Slots})
    if (llvm::count(getRoles(), int32_t(role)) > 1) // C2
      return emitOpError() << "spreads more than one loop over " << stringifyLoopRole(role);
  if (getReductions() > getNumLoops()) // C3
    return emitOpError() << "reductions " << int64_t(getReductions()) << " is not allowed; expected 0 to " << getNumLoops();
  int slots = findRole(LoopRole::Slots);
  if (slots >= int(getNumParallel())) // C3
    return emitOpError() << "spreads reduction loop " << slots << " over slots; expected a parallel loop";
  auto usesIndex = [&](Value index) {
    return index && llvm::any_of(index.getUsers(), [&](Operation *user) { return (*this)->isProperAncestor(user); });
  };
  if (auto section = (*this)->getParentOfType<SectionOp>(); // C4
      getOnce() && section &&
      llvm::any_of(llvm::ArrayRef{section.getUnitIndex(), section.getJoinIndex(), section.getGroupIndex()}, usesIndex))
    return emitOpError() << "is laid out once and uses the index of a unit or group";
  return success();
}

LogicalResult ReadOp::verify() {
  if (failed(requireAccessMap(*this, getMap(), getIndices().size(), getSource().getType()))) // C1
    return failure();
  Type element = cast<MemRefType>(getSource().getType()).getElementType();
  if (getElseValue() && failed(requireType(*this, getElseValue()->getType(), element, "else value"))) // C2
    return failure();
  return requireType(*this, getResult().getType(), element, "result"); // C2
}

LogicalResult ReduceOp::verify() {
  auto stage = (*this)->getParentOfType<StageOp>();
  if (!stage || stage.getReductions() == 0) // C2
    return emitOpError() << "stands outside a stage with reduction loops";
  if (failed(requireType(*this, getValue().getType(), getResult().getType(), "value"))) // C1
    return failure();
  return requireType(*this, getInit().getType(), getResult().getType(), "init"); // C1
}

LogicalResult WriteOp::verify() {
  if (failed(requireAccessMap(*this, getMap(), getIndices().size(), getDestination().getType()))) // C1
    return failure();
  return requireType(*this, getValue().getType(), cast<MemRefType>(getDestination().getType()).getElementType(),
                     "value"); // C2
}

LogicalResult AccumulateOp::verify() {
  auto type = cast<MemRefType>(getDestination().getType());
  if (failed(requireSpace(*this, type, scratchpadSpace, "destination"))) // C1
    return failure();
  if (type.getRank() != 1) // C1
    return emitOpError() << "destination has rank " << type.getRank() << "; expected 1";
  if (failed(requireType(*this, getValue().getType(), type.getElementType(), "value"))) // C2
    return failure();
  return requireType(*this, getInit().getType(), type.getElementType(), "init"); // C2
}

#define GET_OP_CLASSES
#include "jacquard/Dialect/Pipe/IR/PipeOps.cpp.inc"

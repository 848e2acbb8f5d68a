// PatAssembly.cpp - the custom syntax of the `pat` operations and the names their values print with
#include "jacquard/Dialect/Pat/IR/PatOps.h"

using namespace mlir;
using namespace jacquard::pat;

using Argument = OpAsmParser::Argument;

//===----------------------------------------------------------------------===//
// Pieces of the syntax
//===----------------------------------------------------------------------===//

/// `[64, 32]`
static ParseResult parseExtents(OpAsmParser &parser, DenseI64ArrayAttr &extents) {
  SmallVector<int64_t> values;
  auto parseOne = [&] { return parser.parseInteger(values.emplace_back()); };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  extents = parser.getBuilder().getDenseI64ArrayAttr(values);
  return success();
}

static void printExtents(OpAsmPrinter &p, ArrayRef<int64_t> extents) {
  p << '[';
  llvm::interleaveComma(extents, p);
  p << ']';
}

/// `(%i, %j) in [64, 32]`
static ParseResult parseDomain(OpAsmParser &parser, SmallVectorImpl<Argument> &indices, DenseI64ArrayAttr &domain) {
  if (parser.parseArgumentList(indices, AsmParser::Delimiter::Paren) || parser.parseKeyword("in") ||
      parseExtents(parser, domain))
    return failure();
  for (Argument &index : indices)
    index.type = parser.getBuilder().getIndexType();
  return success();
}

static void printArguments(OpAsmPrinter &p, Block::BlockArgListType arguments) {
  p << '(';
  llvm::interleaveComma(arguments, p, [&](BlockArgument argument) {
    p.printRegionArgument(argument, {}, /*omitType=*/true);
  });
  p << ')';
}

static void printDomain(OpAsmPrinter &p, Block *body, ArrayRef<int64_t> domain) {
  p << ' ';
  printArguments(p, body->getArguments());
  p << " in ";
  printExtents(p, domain);
}

/// `init (%a, %b : f32, i32)`; the types found are returned for the combiner's arguments.
static ParseResult parseInits(OpAsmParser &parser, OperationState &result, SmallVectorImpl<Type> &types) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SMLoc loc;
  return failure(parser.parseKeyword("init") || parser.parseLParen() || parser.getCurrentLocation(&loc) ||
                 parser.parseOperandList(operands) || parser.parseColonTypeList(types) || parser.parseRParen() ||
                 parser.resolveOperands(operands, types, loc, result.operands));
}

static void printInits(OpAsmPrinter &p, OperandRange inits) {
  p << " init (" << inits << " : " << inits.getTypes() << ')';
}

static ParseResult parseBody(OpAsmParser &parser, OperationState &result, ArrayRef<Argument> arguments) {
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

static void printBody(OpAsmPrinter &p, Operation *op, ArrayRef<StringRef> elided) {
  p.printOptionalAttrDictWithKeyword(op->getAttrs(), elided);
  p << ' ';
  p.printRegion(op->getRegion(0), /*printEntryBlockArgs=*/false);
}

/// `combine (%a, %b) {...}`
static ParseResult parseCombiner(OpAsmParser &parser, OperationState &result, ArrayRef<Type> initTypes) {
  SmallVector<Argument> arguments;
  if (parser.parseKeyword("combine"))
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseArgumentList(arguments, AsmParser::Delimiter::Paren))
    return failure();
  if (arguments.size() != 2 * initTypes.size())
    return parser.emitError(loc) << "combiner has " << arguments.size() << " arguments; expected "
                                 << 2 * initTypes.size() << ", a left and a right one per init";
  for (auto [number, argument] : llvm::enumerate(arguments))
    argument.type = initTypes[number % initTypes.size()];
  return parser.parseRegion(*result.addRegion(), arguments);
}

static void printCombiner(OpAsmPrinter &p, Region &region) {
  p << " combine ";
  printArguments(p, region.getArguments());
  p << ' ';
  p.printRegion(region, /*printEntryBlockArgs=*/false);
}

/// ` capacity 50`
static ParseResult parseIntegerAfter(OpAsmParser &parser, StringRef keyword, IntegerAttr &attr) {
  int64_t value;
  if (parser.parseKeyword(keyword) || parser.parseInteger(value))
    return failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}

static void printResultTypes(OpAsmPrinter &p, Operation *op) { p << " : " << op->getResultTypes(); }

//===----------------------------------------------------------------------===//
// The operations
//===----------------------------------------------------------------------===//

ParseResult MapOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  auto &properties = result.getOrAddProperties<Properties>();
  return failure(parseDomain(parser, indices, properties.domain) || parseBody(parser, result, indices) ||
                 parser.parseColonTypeList(result.types));
}

void MapOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  printBody(p, *this, {"domain"});
  printResultTypes(p, *this);
}

ParseResult FoldOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  SmallVector<Type> initTypes;
  auto &properties = result.getOrAddProperties<Properties>();
  return failure(parseDomain(parser, indices, properties.domain) || parseInits(parser, result, initTypes) ||
                 parseBody(parser, result, indices) || parseCombiner(parser, result, initTypes) ||
                 parser.parseColonTypeList(result.types));
}

void FoldOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  printInits(p, getInits());
  printBody(p, *this, {"domain"});
  printCombiner(p, getCombinerRegion());
  printResultTypes(p, *this);
}

static ParseResult parseOutside(OpAsmParser &parser, OutsideKeysAttr &outside) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<OutsideKeys> kind = symbolizeOutsideKeys(keyword);
  if (!kind)
    return parser.emitError(loc) << "'" << keyword << "' does not say what happens to keys outside; expected drop or trap";
  outside = OutsideKeysAttr::get(parser.getContext(), *kind);
  return success();
}

ParseResult GroupByOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  SmallVector<Type> initTypes;
  auto &properties = result.getOrAddProperties<Properties>();
  return failure(parseDomain(parser, indices, properties.domain) || parser.parseKeyword("keys") ||
                 parseExtents(parser, properties.keys) || parseInits(parser, result, initTypes) ||
                 parseOutside(parser, properties.outside) || parseBody(parser, result, indices) ||
                 parseCombiner(parser, result, initTypes) || parser.parseColonTypeList(result.types));
}

void GroupByOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  p << " keys ";
  printExtents(p, getKeys());
  printInits(p, getInits());
  p << ' ' << stringifyOutsideKeys(getOutside());
  printBody(p, *this, {"domain", "keys", "outside"});
  printCombiner(p, getCombinerRegion());
  printResultTypes(p, *this);
}

ParseResult FilterOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  auto &properties = result.getOrAddProperties<Properties>();
  return failure(parseDomain(parser, indices, properties.domain) ||
                 parseIntegerAfter(parser, "capacity", properties.capacity) || parseBody(parser, result, indices) ||
                 parser.parseColonTypeList(result.types));
}

void FilterOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  p << " capacity " << getCapacity();
  printBody(p, *this, {"domain", "capacity"});
  printResultTypes(p, *this);
}

ParseResult FlatMapOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  auto &properties = result.getOrAddProperties<Properties>();
  return failure(parseDomain(parser, indices, properties.domain) ||
                 parseIntegerAfter(parser, "capacity", properties.capacity) || parseBody(parser, result, indices) ||
                 parser.parseColonTypeList(result.types));
}

void FlatMapOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  p << " capacity " << getCapacity();
  printBody(p, *this, {"domain", "capacity"});
  printResultTypes(p, *this);
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<Argument> indices;
  SmallVector<Type> initTypes;
  auto &properties = result.getOrAddProperties<Properties>();
  if (parseDomain(parser, indices, properties.domain) || parseIntegerAfter(parser, "dim", properties.dim) ||
      parseInits(parser, result, initTypes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("exclusive")))
    properties.exclusive = parser.getBuilder().getUnitAttr();
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    properties.reverse = parser.getBuilder().getUnitAttr();
  return failure(parseBody(parser, result, indices) || parseCombiner(parser, result, initTypes) ||
                 parser.parseColonTypeList(result.types));
}

void ScanOp::print(OpAsmPrinter &p) {
  printDomain(p, getBody(), getDomain());
  p << " dim " << getDim();
  printInits(p, getInits());
  if (getExclusive())
    p << " exclusive";
  if (getReverse())
    p << " reverse";
  printBody(p, *this, {"domain", "dim", "exclusive", "reverse"});
  printCombiner(p, getCombinerRegion());
  printResultTypes(p, *this);
}

/// `(%n) max 20 carry (%x = %x0, %y = %y0 : f32, i32) {...}`
ParseResult IterateOp::parse(OpAsmParser &parser, OperationState &result) {
  Argument iteration;
  SmallVector<Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  auto &properties = result.getOrAddProperties<Properties>();
  if (parser.parseLParen() || parser.parseArgument(iteration) || parser.parseRParen() ||
      parseIntegerAfter(parser, "max", properties.max) || parser.parseKeyword("carry") || parser.parseLParen())
    return failure();
  iteration.type = parser.getBuilder().getIndexType();
  arguments.push_back(iteration);
  auto parseOne = [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(inits.emplace_back()));
  };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(parseOne) || parser.parseColonTypeList(result.types) || parser.parseRParen() ||
      parser.resolveOperands(inits, result.types, loc, result.operands))
    return failure();
  for (auto [argument, type] : llvm::zip(llvm::drop_begin(arguments), result.types))
    argument.type = type;
  return parseBody(parser, result, arguments);
}

void IterateOp::print(OpAsmPrinter &p) {
  p << " (";
  p.printRegionArgument(getIteration(), {}, /*omitType=*/true);
  p << ") max " << getMax() << " carry (";
  llvm::interleaveComma(llvm::zip(getCarried(), getInits()), p, [&](auto pair) {
    p.printRegionArgument(std::get<0>(pair), {}, /*omitType=*/true);
    p << " = " << std::get<1>(pair);
  });
  p << " : " << getInits().getTypes() << ')';
  printBody(p, *this, {"max"});
}

/// `[%i, %j]` or ` map affine_map<...> (%i, %j)`
static ParseResult parseAccess(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand> &indices,
                               AffineMapAttr &map) {
  if (failed(parser.parseOptionalKeyword("map")))
    return parser.parseOperandList(indices, AsmParser::Delimiter::Square);
  return failure(parser.parseAttribute(map) || parser.parseOperandList(indices, AsmParser::Delimiter::Paren));
}

static void printAccess(OpAsmPrinter &p, Operation *, OperandRange indices, AffineMapAttr map) {
  if (map)
    p << " map " << map << " (" << indices << ')';
  else
    p << '[' << indices << ']';
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static void nameIndices(Block::BlockArgListType indices, OpAsmSetValueNameFn setName) {
  static constexpr StringLiteral letters = "ijklmnop";
  for (auto [number, index] : llvm::enumerate(indices))
    setName(index, number < letters.size() ? letters.substr(number, 1) : "i");
}

/// Indices are i, j, k; the combiner's arguments lhs and rhs.
static void nameArguments(Region &region, OpAsmSetValueNameFn setName) {
  if (region.empty())
    return;
  if (region.getRegionNumber() == 0)
    return nameIndices(region.getArguments(), setName);
  for (BlockArgument argument : region.getArguments())
    setName(argument, argument.getArgNumber() < region.getNumArguments() / 2 ? "lhs" : "rhs");
}

static void nameResults(Operation *op, StringRef name, OpAsmSetValueNameFn setName) {
  if (op->getNumResults() != 0)
    setName(op->getResult(0), name);
}

static void namePacked(Operation *op, Value count, OpAsmSetValueNameFn setName) {
  if (op->getNumResults() > 1)
    setName(op->getResult(0), "values");
  setName(count, "count");
}

void MapOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) { nameArguments(region, setName); }
void FoldOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) { nameArguments(region, setName); }
void GroupByOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}
void FilterOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) { nameArguments(region, setName); }
void FlatMapOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}
void ScanOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) { nameArguments(region, setName); }
void IterateOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    setName(argument, argument.getArgNumber() == 0 ? "n" : "carry");
}

void MapOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, "map", setName); }
void FoldOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, "fold", setName); }
void GroupByOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, "groups", setName); }
void FilterOp::getAsmResultNames(OpAsmSetValueNameFn setName) { namePacked(*this, getCount(), setName); }
void FlatMapOp::getAsmResultNames(OpAsmSetValueNameFn setName) { namePacked(*this, getCount(), setName); }
void ScanOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, "scan", setName); }
void IterateOp::getAsmResultNames(OpAsmSetValueNameFn setName) { nameResults(*this, "iterate", setName); }

#define GET_OP_CLASSES
#include "jacquard/Dialect/Pat/IR/PatOps.cpp.inc"

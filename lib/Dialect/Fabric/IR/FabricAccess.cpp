// FabricAccess.cpp - text form of `#fabric.access`
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "mlir/IR/DialectImplementation.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace jacquard::fabric;

static constexpr llvm::StringLiteral opNames[] = {"none", "madd", "div", "mod", "check"};

AccessAttr AccessAttr::renumbered(int64_t from, int64_t to) const {
  auto renumber = [&](int64_t value) { return value >= from ? value + to - from : value; };
  SmallVector<int64_t> ops(getOps());
  for (size_t i = 0; i < ops.size(); i += 5) {
    ops[i + 1] = renumber(ops[i + 1]);
    ops[i + 2] = renumber(ops[i + 2]);
  }
  return get(getContext(), getExtents(), getVectorLevel(), getRegisters(), ops, renumber(getAddress()), getElseValue(),
             getBroadcast(), getIndexLevel(), getHandoverLevel());
}

AccessAttr AccessAttr::within(int64_t low, int64_t high) const {
  SmallVector<int64_t> ops(getOps());
  llvm::append_range(ops, ArrayRef<int64_t>{checkOp, getAddress(), 0, low, high});
  return get(getContext(), getExtents(), getVectorLevel(), getRegisters(), ops, getAddress(), getElseValue(),
             getBroadcast(), getIndexLevel(), getHandoverLevel());
}

bool AccessAttr::movesWith(unsigned level) const {
  return llvm::any_of(llvm::seq(getNumRegisters()),
                      [&](unsigned number) { return getRegister(number)[1 + level] != 0; });
}

int64_t AccessAttr::countWords() const {
  int64_t words = 1;
  for (auto [level, extent] : llvm::enumerate(getExtents()))
    words *= movesWith(unsigned(level)) ? extent : 1;
  return words;
}

SmallVector<int64_t> AccessAttr::getPackedRegister() const {
  size_t levels = getExtents().size();
  SmallVector<int64_t> linear(levels + 1, 0);
  int64_t step = 1;
  for (size_t level = levels; level-- > 0;)
    if (movesWith(unsigned(level))) {
      linear[level + 1] = step;
      step *= getExtents()[level];
    }
  return linear;
}

uint64_t AccessAttr::countFirings(unsigned lanes) const {
  return jacquard::fabric::countFirings(getExtents(), getVectorLevel(), lanes);
}

uint64_t jacquard::fabric::countFirings(ArrayRef<int64_t> extents, int64_t vectorLevel, unsigned lanes) {
  uint64_t firings = 1;
  for (auto [level, extent] : llvm::enumerate(extents))
    firings *= uint64_t(int64_t(level) == vectorLevel ? llvm::divideCeilSigned(extent, lanes) : extent);
  return firings;
}

std::optional<int64_t> AccessAttr::evaluate(ArrayRef<int64_t> counters, int64_t numRegisters) const {
  auto registerAt = [&](int64_t r) {
    int64_t value = getRegister(r).front();
    for (auto [step, counter] : llvm::zip(getRegister(r).drop_front(), counters))
      value += step * counter;
    return value;
  };
  SmallVector<int64_t, 8> results; // of the operations
  auto valueOf = [&](int64_t number) {
    return number < numRegisters ? registerAt(number) : results[number - numRegisters - 1];
  };
  for (size_t i = 0; i < getOps().size(); i += 5) {
    ArrayRef<int64_t> op = getOps().slice(i, 5);
    int64_t a = op[0] == 0 ? 0 : valueOf(op[1]), low = op[3];
    StringRef kind = opNames[op[0]];
    if (kind == "check" && (a < low || a >= op[4]))
      return std::nullopt;
    results.push_back(kind == "madd"  ? a * low + valueOf(op[2])
                      : kind == "div" ? llvm::divideFloorSigned(a, low)
                      : kind == "mod" ? llvm::mod(a, low)
                                      : a);
  }
  return valueOf(getAddress());
}

static void printList(AsmPrinter &printer, ArrayRef<int64_t> values) {
  printer << "[";
  llvm::interleaveComma(values, printer);
  printer << "]";
}

void AccessAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printList(printer, getExtents());
  if (getVectorLevel() >= 0)
    printer << " vector " << getVectorLevel();
  printer << " registers [";
  size_t width = getExtents().size() + 1;
  for (size_t i = 0; i < getRegisters().size(); i += width) {
    printer << (i ? ", " : "");
    printList(printer, getRegisters().slice(i, width));
  }
  printer << "]";
  for (size_t i = 0; i < getOps().size(); i += 5) {
    printer << " " << opNames[getOps()[i]];
    printList(printer, getOps().slice(i + 1, 4));
  }
  printer << " address " << getAddress();
  if (getElseValue() != 0)
    printer << " else " << getElseValue();
  if (getBroadcast())
    printer << " broadcast";
  if (isIndexed())
    printer << " indexed " << getIndexLevel();
  if (getHandoverLevel() >= 0)
    printer << " handover " << getHandoverLevel();
  printer << ">";
}

static ParseResult parseList(AsmParser &parser, SmallVectorImpl<int64_t> &values) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&] { return parser.parseInteger(values.emplace_back()); });
}

Attribute AccessAttr::parse(AsmParser &parser, Type) {
  SmallVector<int64_t> extents, registers, ops;
  int64_t vectorLevel = -1, address = 0, indexLevel = noIndex, handover = -1;
  int64_t elseValue = 0;
  if (parser.parseLess() || parseList(parser, extents))
    return {};
  if (succeeded(parser.parseOptionalKeyword("vector")) && parser.parseInteger(vectorLevel))
    return {};
  auto parseRegister = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    size_t before = registers.size();
    if (parseList(parser, registers))
      return failure();
    if (registers.size() - before != extents.size() + 1)
      return parser.emitError(loc) << "register has " << registers.size() - before
                                   << " numbers; expected a base and one coefficient per level, "
                                   << extents.size() + 1;
    return success();
  };
  if (parser.parseKeyword("registers") ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseRegister))
    return {};
  for (int64_t kind = 1; kind < int64_t(std::size(opNames));) {
    if (failed(parser.parseOptionalKeyword(opNames[kind]))) {
      ++kind;
      continue;
    }
    SMLoc loc = parser.getCurrentLocation();
    ops.push_back(kind);
    size_t before = ops.size();
    if (parseList(parser, ops))
      return {};
    if (ops.size() - before != 4)
      return parser.emitError(loc, "address operation needs four numbers: a, b, low, high"), Attribute();
    kind = 1;
  }
  if (parser.parseKeyword("address") || parser.parseInteger(address))
    return {};
  if (succeeded(parser.parseOptionalKeyword("else")) && parser.parseInteger(elseValue))
    return {};
  bool broadcast = succeeded(parser.parseOptionalKeyword("broadcast"));
  if (succeeded(parser.parseOptionalKeyword("indexed")) && parser.parseInteger(indexLevel))
    return {};
  if (succeeded(parser.parseOptionalKeyword("handover")) && parser.parseInteger(handover))
    return {};
  if (parser.parseGreater())
    return {};
  return AccessAttr::get(parser.getContext(), extents, vectorLevel, registers, ops, address, elseValue, broadcast,
                         indexLevel, handover);
}

// Names.cpp - names of enumerated fields
#include "Layout.h"

namespace jacquard::bitstream {

std::string_view operandKindName(unsigned kind) {
  static constexpr std::string_view names[] = {"none", "register", "lane", "counter", "constant", "accumulator"};
  return names[kind];
}

std::string_view addressOpKindName(unsigned kind) {
  static constexpr std::string_view names[] = {"none", "madd", "div", "mod", "check"};
  return names[kind];
}

std::string_view opcodeNameOf(unsigned op) { return opcodeName(Opcode(op)); }
std::string_view elementTypeNameOf(unsigned type) { return elementTypeName(ElementType(type)); }

} // namespace jacquard::bitstream

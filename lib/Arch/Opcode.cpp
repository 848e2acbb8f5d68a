// Opcode.cpp - the tables behind Opcode.h, from Opcodes.def
#include "jacquard/Arch/Opcode.h"

#include <cassert>

namespace jacquard {
namespace {

struct OpcodeInfo {
  std::string_view name;
  unsigned arity;
};

constexpr OpcodeInfo opcodes[] = {
#define JACQUARD_OPCODE(Enumerator, Name, Arity) {Name, Arity},
#include "jacquard/Arch/Opcodes.def"
};
constexpr unsigned count = sizeof(opcodes) / sizeof(opcodes[0]);

} // namespace

unsigned numOpcodes() { return count; }

std::string_view opcodeName(Opcode op) {
  assert(unsigned(op) < count && "not an opcode");
  return opcodes[unsigned(op)].name;
}

unsigned opcodeArity(Opcode op) {
  assert(unsigned(op) < count && "not an opcode");
  return opcodes[unsigned(op)].arity;
}

std::optional<Opcode> opcodeFromName(std::string_view name) {
  for (unsigned op = 0; op < count; ++op)
    if (opcodes[op].name == name)
      return Opcode(op);
  return std::nullopt;
}

} // namespace jacquard

// Opcode.h - what one functional unit can do; the list itself is Opcodes.def
#ifndef JACQUARD_ARCH_OPCODE_H
#define JACQUARD_ARCH_OPCODE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace jacquard {

enum class Opcode : uint8_t {
#define JACQUARD_OPCODE(Enumerator, Name, Arity) Enumerator,
#include "jacquard/Arch/Opcodes.def"
};

/// How many operations there are; opcodes are 0 .. numOpcodes()-1.
unsigned numOpcodes();
/// The name in the architecture file, the fabric dialect and the disassembly, e.g. "fcmp.lt".
std::string_view opcodeName(Opcode op);
/// How many operands the operation takes, 0 to 3.
unsigned opcodeArity(Opcode op);
std::optional<Opcode> opcodeFromName(std::string_view name);

} // namespace jacquard

#endif // JACQUARD_ARCH_OPCODE_H

// Words.h - scalars of every type as words of the fabric
//
// A word has 32 bits, 64 in a wide section. Integers are sign-extended, i1 is 0 or 1, an index is an integer of the word's
// size, and a float is the word's float (binary32, binary64) of the same value (Arch/Opcodes.def). In a section that is
// not wide an i64 stands for itself as far as 32 bits reach: PatToPipe makes a section wide where that may not do.
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_WORDS_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_WORDS_H

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace jacquard {

/// Whether a word can stand for values of `type`: f16, bf16, f32, f64 and signless i1, i8, i16, i32, i64, index; f64 only in
/// a wide section.
bool isWordType(mlir::Type type, bool wide);

/// The sign-extended word of a scalar constant; fails with a diagnostic at `op` when there is none.
mlir::FailureOr<int64_t> constantWord(mlir::Operation *op, mlir::Attribute value, bool wide);

/// Writes operations on words of one section.
class WordEmitter {
public:
  WordEmitter(mlir::OpBuilder &builder, mlir::Location loc, bool wide) : b(builder), loc(loc), wide(wide) {}

  mlir::Value fu(Opcode opcode, llvm::ArrayRef<mlir::Value> words);
  mlir::Value word(int64_t value);
  mlir::Value real(double value);
  /// 1 - boolean.
  mlir::Value negate(mlir::Value boolean) { return fu(Opcode::Xor, {boolean, word(1)}); }
  unsigned wordBits() const { return wide ? 64 : 32; }
  /// Bits of an integer type, at most those of a word.
  unsigned bitsOf(mlir::Type type) const;
  /// Digits of the word's float, the hidden one included.
  unsigned precision() const { return wide ? 53 : 24; }

  /// The representation of `type` from a word that is right in the low bits (integers) or before rounding (floats).
  mlir::Value normalise(mlir::Value word, mlir::Type type);
  bool needsNormalising(mlir::Type type) const;
  /// The integer of `type` taken as unsigned, or as signed where i1 is 0 or -1.
  mlir::Value zeroExtended(mlir::Value word, mlir::Type type);
  mlir::Value signExtended(mlir::Value word, mlir::Type type);

protected:
  mlir::OpBuilder &b;
  mlir::Location loc;
  bool wide;
};

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_WORDS_H

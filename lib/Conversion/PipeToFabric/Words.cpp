// Words.cpp - constants, and how results come back into the representation of their type
#include "Words.h"

#include "jacquard/Support/Diagnostics.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace jacquard;

bool jacquard::isWordType(Type type, bool wide) {
  if (type.isF64())
    return wide;
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() && llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<IndexType, Float16Type, BFloat16Type, Float32Type>(type);
}

FailureOr<int64_t> jacquard::constantWord(Operation *op, Attribute value, bool wide) {
  auto typed = dyn_cast<TypedAttr>(value);
  if (typed && typed.getType().isF64() && !wide)
    return op->emitError() << tag(Diag::TypeNotOnFabric) << "constant of type 'f64' needs a wide section";
  if (!typed || !isWordType(typed.getType(), wide))
    return op->emitError() << tag(Diag::TypeNotOnFabric) << "constant " << value
                           << " does not run on the fabric; expected a float of 16 to 64 bits, "
                           << "an integer of 1 to 64 bits or an index";
  if (auto real = dyn_cast<FloatAttr>(value)) {
    APFloat word = real.getValue();
    bool losesInfo;
    word.convert(wide ? APFloat::IEEEdouble() : APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &losesInfo);
    return word.bitcastToAPInt().getSExtValue();
  }
  APInt integer = cast<IntegerAttr>(value).getValue();
  if (integer.getBitWidth() == 1)
    return int64_t(integer.getZExtValue());
  // Beyond 32 bits saturates as a load of such a value does.
  return wide ? integer.getSExtValue() : std::clamp<int64_t>(integer.getSExtValue(), INT32_MIN, INT32_MAX);
}

Value WordEmitter::fu(Opcode opcode, ArrayRef<Value> words) {
  std::string_view name = opcodeName(opcode);
  return fabric::FuOp::create(b, loc, b.getType<fabric::WordType>(), StringRef(name.data(), name.size()), words,
                              IntegerAttr(), IntegerAttr());
}

Value WordEmitter::word(int64_t value) {
  return fabric::ConstantOp::create(b, loc, b.getType<fabric::WordType>(), value);
}

Value WordEmitter::real(double value) {
  return word(wide ? llvm::bit_cast<int64_t>(value) : llvm::bit_cast<int32_t>(float(value)));
}

unsigned WordEmitter::bitsOf(Type type) const {
  auto integer = dyn_cast<IntegerType>(type);
  return integer ? std::min(integer.getWidth(), wordBits()) : wordBits();
}

bool WordEmitter::needsNormalising(Type type) const {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() < wordBits();
  return isa<Float16Type, BFloat16Type>(type) || (wide && type.isF32());
}

Value WordEmitter::normalise(Value value, Type type) {
  if (!needsNormalising(type))
    return value;
  if (type.isInteger(1))
    return fu(Opcode::And, {value, word(1)});
  if (isa<IntegerType>(type))
    return fu(Opcode::SExt, {value, word(bitsOf(type))});
  Opcode round = llvm::TypeSwitch<Type, Opcode>(type)
                     .Case<Float16Type>([](auto) { return Opcode::FRoundF16; })
                     .Case<BFloat16Type>([](auto) { return Opcode::FRoundBF16; })
                     .Default([](Type) { return Opcode::FRoundF32; });
  return fu(round, {value});
}

Value WordEmitter::zeroExtended(Value value, Type type) {
  unsigned bits = bitsOf(type);
  if (bits == 1 || bits == wordBits())
    return value;
  return fu(Opcode::And, {value, word((int64_t(1) << bits) - 1)});
}

Value WordEmitter::signExtended(Value value, Type type) {
  return type.isInteger(1) ? fu(Opcode::ISub, {word(0), value}) : value;
}

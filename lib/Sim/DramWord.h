// DramWord.h - elements as they lie in DRAM <-> machine words
#ifndef JACQUARD_SIM_DRAMWORD_H
#define JACQUARD_SIM_DRAMWORD_H

#include "Word.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Support/FloatFormat.h"

#include <algorithm>
#include <limits>

namespace jacquard::sim {

/// The value of type `T` at `bytes`, which need not be aligned.
template <typename T> T loadAs(const uint8_t *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}
template <typename T> void storeAs(uint8_t *bytes, T value) { std::memcpy(bytes, &value, sizeof(value)); }

/// Integers are sign-extended, i64 saturates in a 32-bit word; floats become the word's float, f64 rounds in a 32-bit
/// word; i1 is 1 where the byte is not 0.
template <typename W> W wordFromDram(ElementType type, const uint8_t *bytes) {
  using Signed = SignedOf<W>;
  using Real = RealOf<W>;
  switch (type) {
  case ElementType::F32:
    if constexpr (sizeof(W) == sizeof(float))
      return loadAs<W>(bytes); // the bits, whatever NaN they are
    else
      return asWord<W>(Real(loadAs<float>(bytes)));
  case ElementType::I32:
    return W(Signed(loadAs<int32_t>(bytes)));
  case ElementType::I64:
    return W(Signed(std::clamp<int64_t>(loadAs<int64_t>(bytes), std::numeric_limits<Signed>::min(),
                                        std::numeric_limits<Signed>::max())));
  case ElementType::I1:
    return *bytes != 0;
  case ElementType::F64:
    if constexpr (sizeof(W) == sizeof(double))
      return loadAs<W>(bytes);
    else
      return asWord<W>(Real(loadAs<double>(bytes)));
  case ElementType::F16:
    return asWord<W>(Real(fromFloatBits(FloatFormat::F16, loadAs<uint16_t>(bytes))));
  case ElementType::BF16:
    return asWord<W>(Real(fromFloatBits(FloatFormat::BF16, loadAs<uint16_t>(bytes))));
  case ElementType::I16:
    return W(Signed(loadAs<int16_t>(bytes)));
  case ElementType::I8:
    return W(Signed(int8_t(*bytes)));
  }
  return 0;
}

/// Integers are truncated, in i64 sign-extended; floats round to nearest even; i1 is 1 where the word is not 0.
template <typename W> void wordToDram(ElementType type, W word, uint8_t *bytes) {
  switch (type) {
  case ElementType::F32:
    if constexpr (sizeof(W) == sizeof(float))
      return storeAs(bytes, word);
    else
      return storeAs(bytes, float(real(word)));
  case ElementType::I32:
    return storeAs(bytes, uint32_t(word));
  case ElementType::I64:
    return storeAs(bytes, int64_t(sint(word)));
  case ElementType::I1:
    *bytes = word != 0;
    return;
  case ElementType::F64:
    if constexpr (sizeof(W) == sizeof(double))
      return storeAs(bytes, word);
    else
      return storeAs(bytes, double(real(word)));
  case ElementType::F16:
    return storeAs(bytes, toFloatBits(FloatFormat::F16, real(word)));
  case ElementType::BF16:
    return storeAs(bytes, toFloatBits(FloatFormat::BF16, real(word)));
  case ElementType::I16:
    return storeAs(bytes, uint16_t(word));
  case ElementType::I8:
    *bytes = uint8_t(word);
    return;
  }
}

} // namespace jacquard::sim

#endif // JACQUARD_SIM_DRAMWORD_H

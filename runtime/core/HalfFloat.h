//===- HalfFloat.h - floats of 16 bits --------------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_HALFFLOAT_H
#define STATOR_RUNTIME_CORE_HALFFLOAT_H

#include <cstdint>
#include <cstring>

namespace stator::runtime {

inline float floatOfBits(uint32_t Bits) {
  float Value;
  std::memcpy(&Value, &Bits, sizeof Value);
  return Value;
}

/// IEEE 754 binary16.
inline float floatOfHalf(uint16_t Half) {
  uint32_t Sign = static_cast<uint32_t>(Half & 0x8000) << 16;
  uint32_t Exponent = Half >> 10 & 0x1F, Mantissa = Half & 0x3FF;
  if (Exponent == 0) { // zero and subnormals: Mantissa * 2^-24
    float Magnitude = static_cast<float>(Mantissa) * 0x1p-24f;
    return Sign ? -Magnitude : Magnitude;
  }
  if (Exponent == 0x1F)
    return floatOfBits(Sign | 0x7F800000u | Mantissa << 13);
  return floatOfBits(Sign | (Exponent + 112) << 23 | Mantissa << 13);
}

/// bfloat16: the upper half of a float.
inline float floatOfBrain(uint16_t Brain) {
  return floatOfBits(static_cast<uint32_t>(Brain) << 16);
}

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_HALFFLOAT_H

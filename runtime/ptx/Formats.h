//===- Formats.h - f16 and bf16 as bits -*- C++ -*-===//
//
// Conversions to and from f32. Going up is exact; going down rounds to nearest even or towards zero. A NaN becomes the
// canonical one of the narrow format, as the hardware makes it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_FORMATS_H
#define ATTN_RUNTIME_PTX_FORMATS_H

#include <cstdint>
#include <cstring>

namespace attn::ptx {

inline float floatFromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bitsFromFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float fromBf16(uint16_t bits) { return floatFromBits(uint32_t(bits) << 16); }

inline float fromF16(uint16_t bits) {
  // Shifted into place the exponent is 112 too small; the product corrects it, subnormals included.
  float magnitude = floatFromBits(uint32_t(bits & 0x7fff) << 13) * 0x1p112f;
  uint32_t result = bitsFromFloat(magnitude);
  if ((bits & 0x7c00) == 0x7c00)
    result = 0x7f800000u | uint32_t(bits & 0x3ff) << 13;
  return floatFromBits(result | uint32_t(bits & 0x8000) << 16);
}

inline uint16_t toBf16(float value, bool towardsZero = false) {
  uint32_t bits = bitsFromFloat(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return 0x7fff;
  if (!towardsZero)
    bits += 0x7fff + (bits >> 16 & 1);
  return uint16_t(bits >> 16);
}

inline uint16_t toF16(float value, bool towardsZero = false) {
  uint32_t bits = bitsFromFloat(value), sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return 0x7fff;
  if (bits == 0x7f800000)
    return uint16_t(sign | 0x7c00);
  if (bits >= (towardsZero ? 0x47800000u : 0x477ff000u)) // beyond the largest finite value
    return uint16_t(sign | (towardsZero ? 0x7bff : 0x7c00));
  uint32_t exponent = bits >> 23, mantissa = (bits & 0x7fffff) | 0x800000;
  unsigned drop = exponent >= 113 ? 13 : 126 - exponent; // below 2^-14 the result is subnormal
  if (drop > 25)
    return uint16_t(sign);
  uint32_t kept = mantissa >> drop, half = 1u << (drop - 1), rest = mantissa & ((1u << drop) - 1);
  if (exponent >= 113)
    kept += (exponent - 113) << 10; // the implicit bit adds the last one
  if (!towardsZero && (rest > half || (rest == half && (kept & 1))))
    ++kept;
  return uint16_t(sign | kept);
}

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_FORMATS_H

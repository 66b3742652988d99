//===- Conversion.cpp - cvt between all formats, and cvta between address spaces -===//
//
// A value goes through the widest type of its kind: 64-bit integers, or f64. From f32 to a 16-bit format there is a
// direct way, because through f64 it would be rounded twice.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Formats.h"
#include "runtime/ptx/Lanes.h"

#include <cmath>

namespace attn::ptx {

namespace {

bool isInteger(Type type) { return !isFloat(type) && !isHalf(type); }

uint64_t integerFrom(Type type, uint64_t bits) {
  switch (type) {
  case Type::s8:
    return uint64_t(int64_t(int8_t(bits)));
  case Type::s16:
    return uint64_t(int64_t(int16_t(bits)));
  case Type::s32:
    return uint64_t(int64_t(int32_t(bits)));
  default: {
    unsigned width = 8 * sizeOf(type);
    return width == 64 ? bits : bits & ((uint64_t(1) << width) - 1);
  }
  }
}

double realFrom(Type type, uint64_t bits) {
  switch (type) {
  case Type::f16:
    return fromF16(uint16_t(bits));
  case Type::bf16:
    return fromBf16(uint16_t(bits));
  case Type::f32:
    return floatFromBits(uint32_t(bits));
  default: {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  }
}

double roundedToInteger(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::rni:
    return std::nearbyint(value);
  case Rounding::rmi:
    return std::floor(value);
  case Rounding::rpi:
    return std::ceil(value);
  default:
    return std::trunc(value);
  }
}

/// Clamps to the range of the type; a NaN becomes 0, as the hardware has it for 32 bits and less.
uint64_t integerOf(Type type, double value) {
  unsigned width = 8 * sizeOf(type);
  if (std::isnan(value))
    return width == 64 ? uint64_t(1) << 63 : 0;
  double low = isSigned(type) ? -std::ldexp(1.0, int(width) - 1) : 0;
  double high = std::ldexp(1.0, int(width) - (isSigned(type) ? 1 : 0)); // one past the largest
  if (value < low)
    value = low;
  if (value >= high)
    return isSigned(type) ? (uint64_t(1) << (width - 1)) - 1 : width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  return isSigned(type) ? uint64_t(int64_t(value)) : uint64_t(value);
}

uint64_t saturated(Type to, Type from, uint64_t value) {
  // Between integers: clamps to the range of the destination.
  unsigned width = 8 * sizeOf(to);
  __int128 wide = isSigned(from) ? __int128(int64_t(value)) : __int128(value);
  __int128 low = isSigned(to) ? -(__int128(1) << (width - 1)) : 0;
  __int128 high = (__int128(1) << (isSigned(to) ? width - 1 : width)) - 1;
  return uint64_t(wide < low ? low : wide > high ? high : wide);
}

uint64_t realBits(Type type, double value, Rounding rounding) {
  bool towardsZero = rounding == Rounding::rz;
  switch (type) {
  case Type::f16:
    return toF16(float(value), towardsZero);
  case Type::bf16:
    return toBf16(float(value), towardsZero);
  case Type::f32: {
    float nearest = float(value);
    if (towardsZero && std::fabs(double(nearest)) > std::fabs(value))
      nearest = std::nextafter(nearest, 0.0f);
    return bitsFromFloat(nearest);
  }
  default: {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
  }
  }
}

uint64_t integerToReal(const Instruction &instruction, uint64_t value) {
  // Directly into the format: a 64-bit integer does not fit an f64.
  bool negative = isSigned(instruction.sourceType);
  if (instruction.type == Type::f32 && instruction.rounding != Rounding::rz)
    return bitsFromFloat(negative ? float(int64_t(value)) : float(value));
  return realBits(instruction.type, negative ? double(int64_t(value)) : double(value), instruction.rounding);
}

uint64_t convert(const Instruction &instruction, uint64_t bits) {
  Type to = instruction.type, from = instruction.sourceType;
  bool saturates = instruction.flags & flag::sat;
  if (isInteger(from)) {
    uint64_t value = integerFrom(from, bits);
    if (isInteger(to))
      return saturates ? saturated(to, from, value) : value;
    return integerToReal(instruction, value);
  }
  double value = realFrom(from, bits);
  bool flushes = (instruction.flags & flag::ftz) && from == Type::f32;
  if (flushes && std::fabs(value) < 0x1p-126)
    value = std::copysign(0.0, value);
  if (isInteger(to))
    return integerOf(to, roundedToInteger(value, instruction.rounding));
  if (instruction.rounding >= Rounding::rni)
    value = roundedToInteger(value, instruction.rounding);
  if (saturates)
    value = value > 0 ? std::fmin(value, 1.0) : 0.0;
  return realBits(to, value, instruction.rounding);
}

Step convertLanes(Warp &warp, const Instruction &instruction) {
  const Operand &d = instruction.operands[0], &a = instruction.operands[1];
  bool extends = isInteger(instruction.type);
  forLanes(warp.active, [&](unsigned lane) {
    uint64_t value = convert(instruction, warp.value(a, lane));
    if (extends) // a register wider than the type gets the value extended as the type says
      value = integerFrom(instruction.type, value);
    warp.set(d, lane, value);
  });
  return Step::next;
}

/// cvt.rn.bf16x2.f32 d, high, low
Step packHalves(Warp &warp, const Instruction &instruction) {
  bool bf16 = instruction.type == Type::bf16x2, towardsZero = instruction.rounding == Rounding::rz;
  return binary<uint32_t, float, float>(warp, instruction, [=](float high, float low) {
    uint32_t top = bf16 ? toBf16(high, towardsZero) : toF16(high, towardsZero);
    uint32_t bottom = bf16 ? toBf16(low, towardsZero) : toF16(low, towardsZero);
    return top << 16 | bottom;
  });
}

Step convertAddress(Warp &warp, const Instruction &instruction) {
  uint64_t window = instruction.space == Space::shared  ? sharedWindow
                    : instruction.space == Space::local ? localWindow
                    : instruction.space == Space::param ? paramWindow
                                                        : 0;
  bool toSpace = instruction.flags & flag::to;
  forLanes(warp.active, [&](unsigned lane) {
    uint64_t address = warp.value(instruction.operands[1], lane);
    warp.set(instruction.operands[0], lane, toSpace ? address & ~windowMask : address | window);
  });
  return Step::next;
}

} // namespace

Step executeConversion(Warp &warp, const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::cvta:
    return convertAddress(warp, instruction);
  case Opcode::cvtPack:
    return packHalves(warp, instruction);
  default:
    return convertLanes(warp, instruction);
  }
}

} // namespace attn::ptx

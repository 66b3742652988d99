//===- Floating.cpp - f32, f64, f16 and bf16 arithmetic -===//
//
// Round to nearest even; the other roundings are in DirectedRounding.cpp. The approximate functions are computed in
// full precision: a kernel that is right with them may be off by an ulp or two on a GPU, and tests of kernels have
// tolerances for that anyway. Half precision is computed in f32 and rounded once more, which is innocuous for +, - and
// * because f32 has more than twice the bits; fma goes through f64, rounded to odd.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Formats.h"
#include "runtime/ptx/Lanes.h"

#include <cmath>
#include <limits>

namespace attn::ptx {

namespace {

/// Flushes subnormals to a zero of the same sign, where the instruction says so.
struct Flush {
  bool on;
  float operator()(float x) const {
    uint32_t bits = bitsFromFloat(x);
    return on && (bits & 0x7f800000) == 0 ? floatFromBits(bits & 0x80000000) : x;
  }
  double operator()(double x) const { return x; }
};

template <typename T> T saturate(T x) { return x > T(0) ? (x < T(1) ? x : T(1)) : T(0); }

template <typename T, typename Body> Step apply1(Warp &warp, const Instruction &instruction, Body body) {
  Flush flush{(instruction.flags & flag::ftz) != 0};
  return unary<T, T>(warp, instruction, [=](T a) { return flush(T(body(flush(a)))); });
}

template <typename T, typename Body> Step apply2(Warp &warp, const Instruction &instruction, Body body) {
  Flush flush{(instruction.flags & flag::ftz) != 0};
  if (instruction.flags & flag::sat)
    return binary<T, T, T>(warp, instruction, [=](T a, T b) { return saturate(flush(T(body(flush(a), flush(b))))); });
  return binary<T, T, T>(warp, instruction, [=](T a, T b) { return flush(T(body(flush(a), flush(b)))); });
}

template <typename T> using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

/// min and max without branches: -0 is less than +0; the number wins over a NaN unless `.NaN` is given.
template <typename T, bool wantMax> T extremum(T a, T b, bool nanWins) {
  Bits<T> x = toWord<T>(a), y = toWord<T>(b);
  bool aWins = wantMax ? a > b : a < b;
  Bits<T> winner = aWins || b != b ? x : y;
  winner = a == b ? (wantMax ? x & y : x | y) : winner; // equal values differ in the sign of zero at most
  bool isNan = (a != a && b != b) || (nanWins && (a != a || b != b));
  return isNan ? std::numeric_limits<T>::quiet_NaN() : fromWord<T>(winner);
}

template <typename T> bool holds(Compare compare, T a, T b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (compare) {
  case Compare::eq:
    return a == b;
  case Compare::ne:
    return !unordered && a != b;
  case Compare::lt:
    return a < b;
  case Compare::le:
    return a <= b;
  case Compare::gt:
    return a > b;
  case Compare::ge:
    return a >= b;
  case Compare::equ:
    return unordered || a == b;
  case Compare::neu:
    return unordered || a != b;
  case Compare::ltu:
    return unordered || a < b;
  case Compare::leu:
    return unordered || a <= b;
  case Compare::gtu:
    return unordered || a > b;
  case Compare::geu:
    return unordered || a >= b;
  case Compare::num:
    return !unordered;
  case Compare::nan:
    return unordered;
  default: // lo, ls, hi, hs are for unsigned integers
    return false;
  }
}

template <typename T> Step compare(Warp &warp, const Instruction &instruction) {
  const auto *a = warp.lanes<Word<T>>(instruction.operands[1]), *b = warp.lanes<Word<T>>(instruction.operands[2]);
  Flush flush{(instruction.flags & flag::ftz) != 0};
  uint32_t result = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result |= uint32_t(holds(instruction.compare, flush(fromWord<T>(a[lane])), flush(fromWord<T>(b[lane])))) << lane;
  setCompared(warp, instruction, result);
  return Step::next;
}

/// All lanes of f32, whichever are active: where the machine has an instruction for it, a vector at a time. Every clone
/// rounds once, so all give the same bits.
#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("arch=haswell", "default")))
#endif
void fuseLanes(const float *a, const float *b, const float *c, float *d) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    d[lane] = __builtin_fmaf(a[lane], b[lane], c[lane]);
}

template <typename T> Step fusedMultiplyAdd(Warp &warp, const Instruction &instruction) {
  Flush flush{(instruction.flags & flag::ftz) != 0};
  bool saturates = instruction.flags & flag::sat;
  if constexpr (std::is_same_v<T, float>)
    if (!flush.on && !saturates) {
      float result[warpSize], *d = warp.lanes<float>(instruction.operands[0]);
      fuseLanes(warp.lanes<float>(instruction.operands[1]), warp.lanes<float>(instruction.operands[2]),
                warp.lanes<float>(instruction.operands[3]), result);
      forLanes(warp.active, [&](unsigned lane) { d[lane] = result[lane]; });
      return Step::next;
    }
  return ternary<T, T, T>(warp, instruction, [=](T a, T b, T c) {
    T result = flush(std::fma(flush(a), flush(b), flush(c)));
    return saturates ? saturate(result) : result;
  });
}

template <typename T> Step floating(Warp &warp, const Instruction &instruction) {
  bool nanWins = instruction.flags & flag::nan;
  switch (instruction.opcode) {
  case Opcode::add:
    return apply2<T>(warp, instruction, [](T a, T b) { return a + b; });
  case Opcode::sub:
    return apply2<T>(warp, instruction, [](T a, T b) { return a - b; });
  case Opcode::mul:
    return apply2<T>(warp, instruction, [](T a, T b) { return a * b; });
  case Opcode::div:
    return apply2<T>(warp, instruction, [](T a, T b) { return a / b; });
  case Opcode::fma:
    return fusedMultiplyAdd<T>(warp, instruction);
  case Opcode::min:
    return apply2<T>(warp, instruction, [=](T a, T b) { return extremum<T, false>(a, b, nanWins); });
  case Opcode::max:
    return apply2<T>(warp, instruction, [=](T a, T b) { return extremum<T, true>(a, b, nanWins); });
  case Opcode::neg:
    return apply1<T>(warp, instruction, [](T a) { return -a; });
  case Opcode::abs:
    return apply1<T>(warp, instruction, [](T a) { return std::fabs(a); });
  case Opcode::rcp:
    return apply1<T>(warp, instruction, [](T a) { return T(1) / a; });
  case Opcode::sqrt:
    return apply1<T>(warp, instruction, [](T a) { return std::sqrt(a); });
  case Opcode::rsqrt:
    return apply1<T>(warp, instruction, [](T a) { return T(1) / std::sqrt(a); });
  case Opcode::ex2:
    return apply1<T>(warp, instruction, [](T a) { return std::exp2(a); });
  case Opcode::lg2:
    return apply1<T>(warp, instruction, [](T a) { return std::log2(a); });
  case Opcode::sin:
    return apply1<T>(warp, instruction, [](T a) { return std::sin(a); });
  case Opcode::cos:
    return apply1<T>(warp, instruction, [](T a) { return std::cos(a); });
  case Opcode::tanh:
    return apply1<T>(warp, instruction, [](T a) { return std::tanh(a); });
  case Opcode::copysign: // the sign is the first source's
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return std::copysign(b, a); });
  case Opcode::setp:
    return compare<T>(warp, instruction);
  default:
    return warp.block.fault(warp, -1, "this instruction does not take floats");
  }
}

/// The f32 whose further rounding to half precision equals rounding `value` once: inexact results become odd.
float roundedToOdd(double value) {
  float nearest = float(value);
  if (double(nearest) == value || std::isnan(value) || std::isinf(nearest))
    return nearest;
  uint32_t bits = bitsFromFloat(nearest);
  if (bits & 1)
    return nearest;
  bool tooLarge = std::fabs(double(nearest)) > std::fabs(value);
  return floatFromBits(tooLarge ? bits - 1 : bits + 1);
}

/// One of the two 16-bit formats.
struct HalfFormat {
  bool bf16;
  float up(uint16_t bits) const { return bf16 ? fromBf16(bits) : fromF16(bits); }
  uint16_t down(float value) const { return bf16 ? toBf16(value) : toF16(value); }
};

template <typename Body> Step forHalves(Warp &warp, const Instruction &instruction, unsigned sources, Body body) {
  HalfFormat format{instruction.type == Type::bf16 || instruction.type == Type::bf16x2};
  unsigned halves = sizeOf(instruction.type) / 2;
  uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]);
  const uint32_t *s[3] = {};
  for (unsigned i = 0; i < sources; ++i)
    s[i] = warp.lanes<uint32_t>(instruction.operands[i + 1]);
  forLanes(warp.active, [&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned half = 0; half < halves; ++half) {
      float x[3] = {};
      for (unsigned i = 0; i < sources; ++i)
        x[i] = format.up(uint16_t(s[i][lane] >> (16 * half)));
      float value = body(x[0], x[1], x[2]);
      if (instruction.flags & flag::sat)
        value = saturate(value);
      result |= uint32_t(format.down(value)) << (16 * half);
    }
    d[lane] = result;
  });
  return Step::next;
}

/// Sign operations touch one bit, of NaNs too.
Step changeSigns(Warp &warp, const Instruction &instruction, bool clear) {
  uint32_t signs = sizeOf(instruction.type) == 4 ? 0x80008000u : 0x8000u;
  return unary<uint32_t, uint32_t>(warp, instruction, [=](uint32_t a) { return clear ? a & ~signs : a ^ signs; });
}

Step compareHalves(Warp &warp, const Instruction &instruction) {
  if (sizeOf(instruction.type) == 4)
    return warp.block.fault(warp, -1, "comparisons of pairs are not carried");
  HalfFormat format{instruction.type == Type::bf16};
  const uint32_t *a = warp.lanes<uint32_t>(instruction.operands[1]);
  const uint32_t *b = warp.lanes<uint32_t>(instruction.operands[2]);
  uint32_t result = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result |= uint32_t(holds(instruction.compare, format.up(uint16_t(a[lane])), format.up(uint16_t(b[lane])))) << lane;
  setCompared(warp, instruction, result);
  return Step::next;
}

Step half(Warp &warp, const Instruction &instruction) {
  bool nanWins = instruction.flags & flag::nan;
  switch (instruction.opcode) {
  case Opcode::add:
    return forHalves(warp, instruction, 2, [](float a, float b, float) { return a + b; });
  case Opcode::sub:
    return forHalves(warp, instruction, 2, [](float a, float b, float) { return a - b; });
  case Opcode::mul:
    return forHalves(warp, instruction, 2, [](float a, float b, float) { return a * b; });
  case Opcode::fma:
    return forHalves(warp, instruction, 3,
                     [](float a, float b, float c) { return roundedToOdd(double(a) * double(b) + double(c)); });
  case Opcode::min:
    return forHalves(warp, instruction, 2,
                     [=](float a, float b, float) { return extremum<float, false>(a, b, nanWins); });
  case Opcode::max:
    return forHalves(warp, instruction, 2,
                     [=](float a, float b, float) { return extremum<float, true>(a, b, nanWins); });
  case Opcode::neg:
    return changeSigns(warp, instruction, false);
  case Opcode::abs:
    return changeSigns(warp, instruction, true);
  case Opcode::ex2:
    return forHalves(warp, instruction, 1, [](float a, float, float) { return std::exp2(a); });
  case Opcode::tanh:
    return forHalves(warp, instruction, 1, [](float a, float, float) { return std::tanh(a); });
  case Opcode::setp:
    return compareHalves(warp, instruction);
  default:
    return warp.block.fault(warp, -1, "this instruction does not take halves");
  }
}

} // namespace

Step executeFloating(Warp &warp, const Instruction &instruction) {
  if (instruction.rounding != Rounding::none)
    return executeDirected(warp, instruction);
  if (isHalf(instruction.type))
    return half(warp, instruction);
  return instruction.type == Type::f64 ? floating<double>(warp, instruction) : floating<float>(warp, instruction);
}

} // namespace attn::ptx

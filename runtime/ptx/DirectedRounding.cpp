//===- DirectedRounding.cpp - f32 and f64 arithmetic with .rz, .rm and .rp -===//
//
// Rare: the accurate functions of libdevice use it. The host's rounding mode is changed around the lanes of one
// instruction; this file is compiled with -frounding-math, so the compiler leaves the arithmetic where it is.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"

#include <cfenv>
#include <cmath>

namespace attn::ptx {

namespace {

class RoundingScope {
public:
  explicit RoundingScope(Rounding rounding) : before(std::fegetround()) {
    std::fesetround(rounding == Rounding::rz ? FE_TOWARDZERO : rounding == Rounding::rm ? FE_DOWNWARD : FE_UPWARD);
  }
  ~RoundingScope() { std::fesetround(before); }

private:
  int before;
};

/// A subnormal becomes a zero of its sign where the instruction says so.
template <typename T> T flushed(T x, bool on) {
  return on && std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(T(0), x) : x;
}

template <typename T> Step apply(Warp &warp, const Instruction &instruction) {
  unsigned sources = instruction.opcode == Opcode::fma                                         ? 3
                     : instruction.opcode == Opcode::rcp || instruction.opcode == Opcode::sqrt ? 1
                                                                                               : 2;
  bool ftz = instruction.flags & flag::ftz, saturates = instruction.flags & flag::sat;
  auto *d = warp.lanes<T>(instruction.operands[0]);
  RoundingScope scope(instruction.rounding);
  bool known = true;
  forLanes(warp.active, [&](unsigned lane) {
    T x[3] = {};
    for (unsigned i = 0; i < sources; ++i)
      x[i] = flushed(warp.lanes<T>(instruction.operands[i + 1])[lane], ftz);
    T result = 0;
    switch (instruction.opcode) {
    case Opcode::add:
      result = x[0] + x[1];
      break;
    case Opcode::sub:
      result = x[0] - x[1];
      break;
    case Opcode::mul:
      result = x[0] * x[1];
      break;
    case Opcode::div:
      result = x[0] / x[1];
      break;
    case Opcode::fma:
      result = std::fma(x[0], x[1], x[2]);
      break;
    case Opcode::rcp:
      result = T(1) / x[0];
      break;
    case Opcode::sqrt:
      result = std::sqrt(x[0]);
      break;
    default:
      known = false;
    }
    result = flushed(result, ftz);
    if (saturates)
      result = result > T(0) ? (result < T(1) ? result : T(1)) : T(0);
    d[lane] = result;
  });
  return known ? Step::next : warp.block.fault(warp, -1, "this instruction has no directed rounding");
}

} // namespace

Step executeDirected(Warp &warp, const Instruction &instruction) {
  return instruction.type == Type::f64 ? apply<double>(warp, instruction) : apply<float>(warp, instruction);
}

} // namespace attn::ptx

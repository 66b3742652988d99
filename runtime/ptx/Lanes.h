//===- Lanes.h - one operation over the lanes of a warp -*- C++ -*-===//
//
// Typed views of lanes: a value narrower than 32 bits is the low end of a 32-bit word.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_LANES_H
#define ATTN_RUNTIME_PTX_LANES_H

#include "runtime/ptx/Machine.h"

#include <cstring>
#include <type_traits>

namespace attn::ptx {

template <typename T> using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <typename T> inline T fromWord(Word<T> word) {
  T value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

template <typename T> inline Word<T> toWord(T value) {
  Word<T> word = 0;
  std::memcpy(&word, &value, sizeof value);
  return word;
}

/// d = body(a)
template <typename D, typename A, typename Body> Step unary(Warp &warp, const Instruction &instruction, Body body) {
  auto *d = warp.lanes<Word<D>>(instruction.operands[0]);
  const auto *a = warp.lanes<Word<A>>(instruction.operands[1]);
  forLanes(warp.active, [&](unsigned lane) { d[lane] = toWord<D>(body(fromWord<A>(a[lane]))); });
  return Step::next;
}

/// d = body(a, b)
template <typename D, typename A, typename B, typename Body>
Step binary(Warp &warp, const Instruction &instruction, Body body) {
  auto *d = warp.lanes<Word<D>>(instruction.operands[0]);
  const auto *a = warp.lanes<Word<A>>(instruction.operands[1]);
  const auto *b = warp.lanes<Word<B>>(instruction.operands[2]);
  forLanes(warp.active, [&](unsigned lane) { d[lane] = toWord<D>(body(fromWord<A>(a[lane]), fromWord<B>(b[lane]))); });
  return Step::next;
}

/// d = body(a, b, c)
template <typename D, typename A, typename C, typename Body>
Step ternary(Warp &warp, const Instruction &instruction, Body body) {
  auto *d = warp.lanes<Word<D>>(instruction.operands[0]);
  const auto *a = warp.lanes<Word<A>>(instruction.operands[1]);
  const auto *b = warp.lanes<Word<A>>(instruction.operands[2]);
  const auto *c = warp.lanes<Word<C>>(instruction.operands[3]);
  forLanes(warp.active, [&](unsigned lane) {
    d[lane] = toWord<D>(body(fromWord<A>(a[lane]), fromWord<A>(b[lane]), fromWord<C>(c[lane])));
  });
  return Step::next;
}

/// The destinations of a setp whose comparison holds in the lanes of `result`: combined with a third predicate where
/// there is one, and the opposite in a second destination.
inline void setCompared(Warp &warp, const Instruction &instruction, uint32_t result) {
  auto combined = [&](uint32_t value) {
    if (instruction.operation == Operation::none)
      return value;
    uint32_t other = warp.predicate(instruction.operands[3]);
    return instruction.operation == Operation::bitAnd  ? value & other
           : instruction.operation == Operation::bitOr ? value | other
                                                       : value ^ other;
  };
  uint32_t first = combined(result), second = combined(~result);
  if (instruction.operands[4].kind != Operand::Kind::none)
    warp.setPredicate(instruction.operands[4], second);
  warp.setPredicate(instruction.operands[0], first);
}

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_LANES_H

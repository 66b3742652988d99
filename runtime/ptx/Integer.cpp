//===- Integer.cpp - integer arithmetic, logic, comparisons and moves -===//
//
// One switch over the opcode, one over the type. Arithmetic is done on unsigned values, so it wraps.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"

#include <algorithm>
#include <limits>

namespace attn::ptx {

namespace {

template <typename T> using Unsigned = std::make_unsigned_t<T>;

template <typename T> struct WiderOf;
template <> struct WiderOf<uint8_t> { using type = uint16_t; };
template <> struct WiderOf<int8_t> { using type = int16_t; };
template <> struct WiderOf<uint16_t> { using type = uint32_t; };
template <> struct WiderOf<int16_t> { using type = int32_t; };
template <> struct WiderOf<uint32_t> { using type = uint64_t; };
template <> struct WiderOf<int32_t> { using type = int64_t; };
template <> struct WiderOf<uint64_t> { using type = unsigned __int128; };
template <> struct WiderOf<int64_t> { using type = __int128; };
template <typename T> using Wider = typename WiderOf<T>::type;

template <typename T> T wrappingMul(T a, T b) { return T(uint64_t(Unsigned<T>(a)) * uint64_t(Unsigned<T>(b))); }

template <typename T> Step multiply(Warp &warp, const Instruction &instruction) {
  if constexpr (sizeof(T) < 8)
    if (instruction.flags & flag::wide) {
      if (instruction.opcode == Opcode::mul)
        return binary<Wider<T>, T, T>(warp, instruction, [](T a, T b) { return Wider<T>(Wider<T>(a) * b); });
      return ternary<Wider<T>, T, Wider<T>>(warp, instruction, [](T a, T b, Wider<T> c) {
        using U = std::conditional_t<sizeof(T) == 4, uint64_t, uint32_t>;
        return Wider<T>(U(Wider<T>(a) * b) + U(c));
      });
    }
  if (instruction.flags & flag::hi) {
    auto high = [](T a, T b) { return T((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T))); };
    if (instruction.opcode == Opcode::mul)
      return binary<T, T, T>(warp, instruction, high);
    return ternary<T, T, T>(warp, instruction,
                            [&](T a, T b, T c) { return T(Unsigned<T>(high(a, b)) + Unsigned<T>(c)); });
  }
  if (instruction.opcode == Opcode::mul)
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return wrappingMul(a, b); });
  return ternary<T, T, T>(warp, instruction,
                          [](T a, T b, T c) { return T(Unsigned<T>(wrappingMul(a, b)) + Unsigned<T>(c)); });
}

template <typename T> Step saturatingAdd(Warp &warp, const Instruction &instruction) {
  bool subtract = instruction.opcode == Opcode::sub;
  return binary<T, T, T>(warp, instruction, [subtract](T a, T b) {
    int64_t sum = subtract ? int64_t(a) - int64_t(b) : int64_t(a) + int64_t(b);
    return T(std::clamp<int64_t>(sum, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  });
}

/// Division by zero has no trap: all bits are set.
template <typename T> Step divide(Warp &warp, const Instruction &instruction) {
  bool remainder = instruction.opcode == Opcode::rem;
  return binary<T, T, T>(warp, instruction, [remainder](T a, T b) {
    if (b == 0)
      return remainder ? a : T(~T(0));
    if (std::is_signed_v<T> && b == T(-1))
      return remainder ? T(0) : T(Unsigned<T>(0) - Unsigned<T>(a));
    return T(remainder ? a % b : a / b);
  });
}

template <typename T> Step shift(Warp &warp, const Instruction &instruction) {
  constexpr uint32_t bits = 8 * sizeof(T);
  if (instruction.opcode == Opcode::shl)
    return binary<T, T, uint32_t>(warp, instruction,
                                  [](T a, uint32_t n) { return n >= bits ? T(0) : T(uint64_t(Unsigned<T>(a)) << n); });
  return binary<T, T, uint32_t>(warp, instruction, [](T a, uint32_t n) {
    if (n >= bits)
      return std::is_signed_v<T> && a < 0 ? T(-1) : T(0);
    return T(a >> n);
  });
}

/// The field at `position` of `length` bits; signed ones extend its top bit.
template <typename T> Step extractField(Warp &warp, const Instruction &instruction) {
  const uint32_t *positions = warp.lanes<uint32_t>(instruction.operands[2]);
  const uint32_t *lengths = warp.lanes<uint32_t>(instruction.operands[3]);
  const auto *a = warp.lanes<Word<T>>(instruction.operands[1]);
  auto *d = warp.lanes<Word<T>>(instruction.operands[0]);
  constexpr uint32_t bits = 8 * sizeof(T);
  forLanes(warp.active, [&](unsigned lane) {
    uint32_t position = positions[lane] & 0xff, length = lengths[lane] & 0xff;
    T value = fromWord<T>(a[lane]);
    uint64_t wide = uint64_t(int64_t(value)), field = position >= bits ? 0 : wide >> position;
    uint64_t mask = length >= 64 ? ~uint64_t(0) : (uint64_t(1) << length) - 1;
    field &= mask;
    uint32_t top = std::min(position + length - 1, bits - 1);
    bool negative = std::is_signed_v<T> && length > 0 && (wide >> top & 1);
    d[lane] = toWord<T>(T(negative ? field | ~mask | ~((uint64_t(1) << std::min(length, 63u)) - 1) : field));
  });
  return Step::next;
}

template <typename T> Step insertField(Warp &warp, const Instruction &instruction) {
  const auto *a = warp.lanes<Word<T>>(instruction.operands[1]), *b = warp.lanes<Word<T>>(instruction.operands[2]);
  const uint32_t *positions = warp.lanes<uint32_t>(instruction.operands[3]);
  const uint32_t *lengths = warp.lanes<uint32_t>(instruction.operands[4]);
  auto *d = warp.lanes<Word<T>>(instruction.operands[0]);
  constexpr uint32_t bits = 8 * sizeof(T);
  forLanes(warp.active, [&](unsigned lane) {
    uint32_t position = positions[lane] & 0xff, length = lengths[lane] & 0xff;
    uint64_t mask = position >= bits ? 0 : (length >= 64 ? ~uint64_t(0) : (uint64_t(1) << length) - 1) << position;
    d[lane] = Word<T>((b[lane] & ~mask) | (position >= bits ? 0 : (uint64_t(a[lane]) << position & mask)));
  });
  return Step::next;
}

template <typename T> Step countBits(Warp &warp, const Instruction &instruction) {
  if (instruction.opcode == Opcode::popc)
    return unary<uint32_t, T>(warp, instruction, [](T a) { return uint32_t(__builtin_popcountll(Unsigned<T>(a))); });
  return unary<uint32_t, T>(warp, instruction, [](T a) {
    return a == 0 ? uint32_t(8 * sizeof(T)) : uint32_t(__builtin_clzll(Unsigned<T>(a))) - uint32_t(64 - 8 * sizeof(T));
  });
}

template <typename T> Step reverseBits(Warp &warp, const Instruction &instruction) {
  return unary<T, T>(warp, instruction, [](T a) {
    Unsigned<T> from = Unsigned<T>(a), to = 0;
    for (unsigned i = 0; i < 8 * sizeof(T); ++i)
      to = Unsigned<T>(to << 1 | (from >> i & 1));
    return T(to);
  });
}

template <typename T> Step compare(Warp &warp, const Instruction &instruction, Compare compare) {
  const auto *a = warp.lanes<Word<T>>(instruction.operands[1]), *b = warp.lanes<Word<T>>(instruction.operands[2]);
  uint32_t result = 0;
  auto test = [&](auto holds) {
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result |= uint32_t(holds(fromWord<T>(a[lane]), fromWord<T>(b[lane]))) << lane;
  };
  switch (compare) {
  case Compare::eq:
    test([](T x, T y) { return x == y; });
    break;
  case Compare::ne:
    test([](T x, T y) { return x != y; });
    break;
  case Compare::lt:
  case Compare::lo:
    test([](T x, T y) { return x < y; });
    break;
  case Compare::le:
  case Compare::ls:
    test([](T x, T y) { return x <= y; });
    break;
  case Compare::gt:
  case Compare::hi:
    test([](T x, T y) { return x > y; });
    break;
  case Compare::ge:
  case Compare::hs:
    test([](T x, T y) { return x >= y; });
    break;
  default:
    return warp.block.fault(warp, -1, "this comparison is for floats only");
  }
  setCompared(warp, instruction, result);
  return Step::next;
}

template <typename T> Step select(Warp &warp, const Instruction &instruction) {
  uint32_t mask = warp.predicate(instruction.operands[3]);
  const auto *a = warp.lanes<T>(instruction.operands[1]), *b = warp.lanes<T>(instruction.operands[2]);
  auto *d = warp.lanes<T>(instruction.operands[0]);
  forLanes(warp.active, [&](unsigned lane) { d[lane] = mask >> lane & 1 ? a[lane] : b[lane]; });
  return Step::next;
}

template <typename T> Step arithmetic(Warp &warp, const Instruction &instruction) {
  using U = Unsigned<T>;
  switch (instruction.opcode) {
  case Opcode::add:
    if (instruction.flags & flag::sat)
      return saturatingAdd<T>(warp, instruction);
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return T(U(a) + U(b)); });
  case Opcode::sub:
    if (instruction.flags & flag::sat)
      return saturatingAdd<T>(warp, instruction);
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return T(U(a) - U(b)); });
  case Opcode::mul:
  case Opcode::mad:
    return multiply<T>(warp, instruction);
  case Opcode::neg:
    return unary<T, T>(warp, instruction, [](T a) { return T(U(0) - U(a)); });
  case Opcode::abs:
    return unary<T, T>(warp, instruction, [](T a) { return std::is_signed_v<T> && a < 0 ? T(U(0) - U(a)) : a; });
  case Opcode::min:
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return std::min(a, b); });
  case Opcode::max:
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return std::max(a, b); });
  case Opcode::div:
  case Opcode::rem:
    return divide<T>(warp, instruction);
  case Opcode::bitAnd:
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return T(a & b); });
  case Opcode::bitOr:
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return T(a | b); });
  case Opcode::bitXor:
    return binary<T, T, T>(warp, instruction, [](T a, T b) { return T(a ^ b); });
  case Opcode::bitNot:
    return unary<T, T>(warp, instruction, [](T a) { return T(~a); });
  case Opcode::shl:
  case Opcode::shr:
    return shift<T>(warp, instruction);
  case Opcode::bfe:
    return extractField<T>(warp, instruction);
  case Opcode::bfi:
    return insertField<T>(warp, instruction);
  case Opcode::popc:
  case Opcode::clz:
    return countBits<T>(warp, instruction);
  case Opcode::brev:
    return reverseBits<T>(warp, instruction);
  case Opcode::setp:
    return compare<T>(warp, instruction, instruction.compare);
  default:
    return warp.block.fault(warp, -1, "this instruction does not take integers");
  }
}

/// Four bytes out of the eight of b:a, each chosen by a nibble whose top bit replicates the sign.
Step permuteBytes(Warp &warp, const Instruction &instruction) {
  return ternary<uint32_t, uint32_t, uint32_t>(warp, instruction, [](uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t bytes = uint64_t(b) << 32 | a;
    uint32_t result = 0;
    for (unsigned i = 0; i < 4; ++i) {
      uint32_t choice = selector >> (4 * i) & 0xf, byte = uint32_t(bytes >> (8 * (choice & 7)) & 0xff);
      if (choice & 8)
        byte = byte & 0x80 ? 0xff : 0;
      result |= byte << (8 * i);
    }
    return result;
  });
}

Step funnelShift(Warp &warp, const Instruction &instruction) {
  bool right = instruction.flags & flag::right, clamps = instruction.flags & flag::clamp;
  return ternary<uint32_t, uint32_t, uint32_t>(warp, instruction, [=](uint32_t low, uint32_t high, uint32_t amount) {
    uint32_t n = clamps ? std::min(amount, 32u) : amount & 31;
    uint64_t both = uint64_t(high) << 32 | low;
    return right ? uint32_t(both >> n) : uint32_t((both << n) >> 32);
  });
}

Step lookUpLogic(Warp &warp, const Instruction &instruction) {
  uint32_t table = uint32_t(instruction.immediate);
  return ternary<uint32_t, uint32_t, uint32_t>(warp, instruction, [table](uint32_t a, uint32_t b, uint32_t c) {
    uint32_t result = 0;
    for (unsigned i = 0; i < 8; ++i)
      if (table >> i & 1)
        result |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    return result;
  });
}

Step predicateLogic(Warp &warp, const Instruction &instruction) {
  uint32_t a = warp.predicate(instruction.operands[1]);
  uint32_t b = instruction.operands[2].kind == Operand::Kind::none ? 0 : warp.predicate(instruction.operands[2]);
  switch (instruction.opcode) {
  case Opcode::mov:
    warp.setPredicate(instruction.operands[0], a);
    return Step::next;
  case Opcode::bitAnd:
    warp.setPredicate(instruction.operands[0], a & b);
    return Step::next;
  case Opcode::bitOr:
    warp.setPredicate(instruction.operands[0], a | b);
    return Step::next;
  case Opcode::bitXor:
    warp.setPredicate(instruction.operands[0], a ^ b);
    return Step::next;
  case Opcode::bitNot:
    warp.setPredicate(instruction.operands[0], ~a);
    return Step::next;
  default:
    return warp.block.fault(warp, -1, "this instruction does not take predicates");
  }
}

/// mov between one register and the pieces it is made of.
Step movePieces(Warp &warp, const Instruction &instruction) {
  unsigned bits = 8 * sizeOf(instruction.sourceType);
  uint64_t mask = (uint64_t(1) << bits) - 1;
  bool packs = instruction.opcode == Opcode::pack;
  const Operand &whole = instruction.operands[packs ? 0 : 1], &pieces = instruction.operands[packs ? 1 : 0];
  forLanes(warp.active, [&](unsigned lane) {
    uint64_t value = packs ? 0 : warp.value(whole, lane);
    for (unsigned i = 0; i < pieces.count; ++i) {
      if (packs)
        value |= (warp.value(warp.element(pieces, i), lane) & mask) << (bits * i);
      else
        warp.set(warp.element(pieces, i), lane, value >> (bits * i) & mask);
    }
    if (packs)
      warp.set(whole, lane, value);
  });
  return Step::next;
}

} // namespace

Step executeInteger(Warp &warp, const Instruction &instruction) {
  if (instruction.type == Type::pred)
    return predicateLogic(warp, instruction);
  bool wide = sizeOf(instruction.type) == 8;
  switch (instruction.opcode) {
  case Opcode::mov:
    return wide ? unary<uint64_t, uint64_t>(warp, instruction, [](uint64_t a) { return a; })
                : unary<uint32_t, uint32_t>(warp, instruction, [](uint32_t a) { return a; });
  case Opcode::selp:
    return wide ? select<uint64_t>(warp, instruction) : select<uint32_t>(warp, instruction);
  case Opcode::pack:
  case Opcode::unpack:
    return movePieces(warp, instruction);
  case Opcode::prmt:
    return permuteBytes(warp, instruction);
  case Opcode::shf:
    return funnelShift(warp, instruction);
  case Opcode::lop3:
    return lookUpLogic(warp, instruction);
  default:
    break;
  }
  switch (instruction.type) {
  case Type::b8:
  case Type::u8:
    return arithmetic<uint8_t>(warp, instruction);
  case Type::s8:
    return arithmetic<int8_t>(warp, instruction);
  case Type::b16:
  case Type::u16:
    return arithmetic<uint16_t>(warp, instruction);
  case Type::s16:
    return arithmetic<int16_t>(warp, instruction);
  case Type::b32:
  case Type::u32:
    return arithmetic<uint32_t>(warp, instruction);
  case Type::s32:
    return arithmetic<int32_t>(warp, instruction);
  case Type::s64:
    return arithmetic<int64_t>(warp, instruction);
  default:
    return arithmetic<uint64_t>(warp, instruction);
  }
}

} // namespace attn::ptx

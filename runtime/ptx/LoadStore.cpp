//===- LoadStore.cpp - ld, st, atom and red -===//
//
// Lane by lane, in the order of the lanes.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Formats.h"
#include "runtime/ptx/Lanes.h"

#include <algorithm>
#include <cstring>

namespace attn::ptx {

namespace {

/// What a register wider than the loaded type holds: signed types are extended.
uint64_t extended(Type type, uint64_t bits, unsigned width) {
  int64_t value;
  switch (type) {
  case Type::s8:
    value = int8_t(bits);
    break;
  case Type::s16:
    value = int16_t(bits);
    break;
  case Type::s32:
    value = int32_t(bits);
    break;
  default:
    return bits;
  }
  return width == 8 ? uint64_t(value) : uint32_t(value);
}

Step loadOrStore(Warp &warp, const Instruction &instruction) {
  bool writes = instruction.opcode == Opcode::st;
  const Operand &data = instruction.operands[0], &address = instruction.operands[1];
  unsigned bytes = sizeOf(instruction.type);
  warp.block.events += writes;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    std::byte *at =
        warp.block.resolve(warp, lane, instruction.space, warp.value(address, lane), bytes * data.count, writes);
    if (!at)
      return Step::wait;
    for (unsigned i = 0; i < data.count; ++i) {
      const Operand &element = warp.element(data, i);
      uint64_t bits = 0;
      if (writes) {
        bits = warp.value(element, lane);
        std::memcpy(at + i * bytes, &bits, bytes);
      } else {
        std::memcpy(&bits, at + i * bytes, bytes);
        warp.set(element, lane, extended(instruction.type, bits, element.width));
      }
    }
  }
  return Step::next;
}

template <typename T> T combined(Operation operation, T old, T value, T third) {
  switch (operation) {
  case Operation::add:
    return T(old + value);
  case Operation::min:
    return std::min(old, value);
  case Operation::max:
    return std::max(old, value);
  case Operation::exch:
    return value;
  case Operation::cas:
    return old == value ? third : old;
  case Operation::inc:
    return old >= value ? T(0) : T(old + 1);
  case Operation::dec:
    return old == T(0) || old > value ? value : T(old - 1);
  default:
    if constexpr (std::is_integral_v<T>)
      return operation == Operation::bitAnd  ? T(old & value)
             : operation == Operation::bitOr ? T(old | value)
                                             : T(old ^ value);
    return old;
  }
}

template <typename T> uint64_t update(Operation operation, uint64_t old, uint64_t value, uint64_t third) {
  return toWord<T>(
      combined<T>(operation, fromWord<T>(Word<T>(old)), fromWord<T>(Word<T>(value)), fromWord<T>(Word<T>(third))));
}

uint64_t addHalves(Type type, uint64_t old, uint64_t value) {
  uint32_t result = 0;
  bool bf16 = type == Type::bf16 || type == Type::bf16x2;
  for (unsigned shift = 0; shift < 8 * sizeOf(type); shift += 16) {
    uint16_t a = uint16_t(old >> shift), b = uint16_t(value >> shift);
    result |= uint32_t(bf16 ? toBf16(fromBf16(a) + fromBf16(b)) : toF16(fromF16(a) + fromF16(b))) << shift;
  }
  return result;
}

bool canCombine(const Instruction &instruction) {
  if (isHalf(instruction.type))
    return instruction.operation == Operation::add;
  if (isFloat(instruction.type))
    return instruction.operation == Operation::add || instruction.operation == Operation::exch;
  return sizeOf(instruction.type) >= 4;
}

uint64_t updated(const Instruction &instruction, uint64_t old, uint64_t value, uint64_t third) {
  switch (instruction.type) {
  case Type::f32:
    return update<float>(instruction.operation, old, value, third);
  case Type::f64:
    return update<double>(instruction.operation, old, value, third);
  case Type::s32:
    return update<int32_t>(instruction.operation, old, value, third);
  case Type::s64:
    return update<int64_t>(instruction.operation, old, value, third);
  case Type::u64:
  case Type::b64:
    return update<uint64_t>(instruction.operation, old, value, third);
  case Type::u32:
  case Type::b32:
    return update<uint32_t>(instruction.operation, old, value, third);
  default:
    return addHalves(instruction.type, old, value);
  }
}

Step atomically(Warp &warp, const Instruction &instruction) {
  if (!canCombine(instruction))
    return warp.block.fault(warp, -1, "this atomic operation is not carried for its type");
  unsigned bytes = sizeOf(instruction.type);
  Block &block = warp.block;
  ++block.events;
  // Atomics on shared memory do not race with each other; they are ordered as if they were release and acquire.
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint64_t address = warp.value(instruction.operands[1], lane);
    bool isShared = instruction.space == Space::shared ||
                    (instruction.space == Space::generic && (address & windowMask) == sharedWindow);
    uint32_t byte;
    std::byte *at = isShared ? block.sharedBytes(warp, int(lane), address & ~windowMask, bytes, bytes, byte)
                             : block.resolve(warp, lane, instruction.space, address, bytes, true);
    if (!at)
      return Step::wait;
    uint64_t old = 0;
    std::memcpy(&old, at, bytes);
    uint64_t third =
        instruction.operands[3].kind == Operand::Kind::none ? 0 : warp.value(instruction.operands[3], lane);
    uint64_t value = updated(instruction, old, warp.value(instruction.operands[2], lane), third);
    std::memcpy(at, &value, bytes);
    if (instruction.flags & flag::returns)
      warp.set(instruction.operands[0], lane, old);
  }
  return Step::next;
}

} // namespace

Step executeMemory(Warp &warp, const Instruction &instruction) {
  return instruction.opcode == Opcode::atom ? atomically(warp, instruction) : loadOrStore(warp, instruction);
}

} // namespace attn::ptx

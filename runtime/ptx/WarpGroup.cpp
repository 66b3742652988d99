//===- WarpGroup.cpp - wgmma -===//
//
// Four warps issue a product together and each holds 16 of its 64 rows. It is executed when the last of the four has
// issued it (early) or when one of them waits for its group (late); the wait of one warp lets all four go on, because
// the product is one operation.
//
// Between issue and wait the registers belong to the product. Per warp and register, bits say so:
//   accumulates  an accumulator in flight: nobody may touch it but another product
//   feeds        a first factor in flight: may be read, not written
//   dirty        written since the last wgmma.fence: a product may not read it
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"
#include "runtime/ptx/Product.h"
#include "runtime/ptx/TensorMap.h"

#include <algorithm>
#include <cstring>

namespace attn::ptx {

namespace {

constexpr uint8_t accumulates = 1, feeds = 2, dirty = 4;

uint8_t &bitsOf(std::vector<uint8_t> &registers, const Operand &operand) { return registers[operand.slot / 128]; }

/// A matrix descriptor: where the operand lies in shared memory.
struct Descriptor {
  uint32_t start, leading, stride; ///< bytes
  uint32_t swizzle;                ///< bytes of a row of the atom, or 0
  bool transposed;                 ///< the rows of memory run along m or n instead of k
  uint32_t extent;                 ///< in m or n

  Descriptor(uint64_t bits, bool transposed, uint32_t extent)
      : start(uint32_t(bits & 0x3fff) << 4), leading(uint32_t(bits >> 16 & 0x3fff) << 4),
        stride(uint32_t(bits >> 32 & 0x3fff) << 4), swizzle(bits >> 62 ? 256u >> (bits >> 62) : 0),
        transposed(transposed), extent(extent) {}

  /// The 16-byte chunk with `line` (a row m, or k if transposed) and the 8 elements from `begin` along the other.
  uint32_t chunk(uint32_t line, uint32_t begin) const {
    uint32_t group = line / 8, row = line % 8, address;
    if (swizzle == 0)
      address = transposed ? start + begin / 8 * stride + group * leading + row * 16
                           : start + group * stride + begin / 8 * leading + row * 16;
    else if (!transposed)
      address = start + group * stride + row * swizzle + begin * 2;
    else
      address = start + begin / (swizzle / 2) * leading + group * stride + row * swizzle + begin % (swizzle / 2) * 2;
    return swizzled(address, swizzle);
  }
};

/// Reports a descriptor that no layout of the architecture has; `which` names the operand.
bool checkDescriptor(Warp &warp, uint64_t bits, const Descriptor &d, const char *which) {
  Block &block = warp.block;
  constexpr uint64_t reserved = 0x3ff1c000c000c000;
  if (bits & reserved) {
    block.fault(warp, -1, "bad descriptor of %s: 0x%016llx has reserved bits set", which,
                static_cast<unsigned long long>(bits));
    return false;
  }
  if (bits >> 49 & 7) {
    block.fault(warp, -1, "bad descriptor of %s: a base offset is not carried; align the tile to its atom", which);
    return false;
  }
  uint32_t atom = d.swizzle ? 8 * d.swizzle : 128;
  if (d.swizzle && d.start % atom >= d.swizzle) {
    block.fault(warp, -1, "bad descriptor of %s: start %u lies in row %u of its %u-byte atom, but must lie in row 0",
                which, d.start, d.start % atom / d.swizzle, atom);
    return false;
  }
  // Which strides are used depends on the layout; the others may hold anything.
  bool strideUsed = (d.swizzle && d.transposed) || d.extent > 8;
  bool leadingUsed = d.swizzle == 0 || (d.transposed && d.extent > d.swizzle / 2);
  const struct {
    bool used;
    uint32_t value;
    const char *name;
  } strides[] = {{strideUsed, d.stride, "stride byte offset"}, {leadingUsed, d.leading, "leading byte offset"}};
  for (const auto &entry : strides) {
    if (!entry.used || (entry.value >= atom && (d.swizzle == 0 || entry.value % atom == 0)))
      continue;
    block.fault(warp, -1, "bad descriptor of %s: its %s is %u, but must be a multiple of the %u-byte atom and not 0",
                which, entry.name, entry.value, atom);
    return false;
  }
  return true;
}

/// Calls `visit(line, begin, chunk)` for the chunks of `lines` x `extent` elements, from `firstLine` on.
template <typename Visit> bool forChunks(const Descriptor &d, uint32_t first, uint32_t count, Visit visit) {
  // First and count select along m or n; k is 16 always.
  if (!d.transposed) {
    for (uint32_t line = first; line < first + count; ++line)
      for (uint32_t k = 0; k < 16; k += 8)
        if (!visit(line, k, d.chunk(line, k)))
          return false;
    return true;
  }
  for (uint32_t k = 0; k < 16; ++k)
    for (uint32_t begin = first; begin < first + count; begin += 8)
      if (!visit(k, begin, d.chunk(k, begin)))
        return false;
  return true;
}

/// Bounds of an operand, and races on it as seen by what all four warps know.
bool checkOperand(Warp &warp, const Descriptor &d, const Knowledge *knowledge, Epoch actor) {
  return forChunks(d, 0, d.extent, [&](uint32_t, uint32_t, uint32_t address) {
    uint32_t byte;
    return warp.block.sharedBytes(warp, -1, address, 16, 16, byte) &&
           warp.block.checkShared(warp, actor, true, byte, 16, false, knowledge);
  });
}

/// Reads `count` rows of m or n into `out[k][row]`, or `out[row][k]` if `rowMajor`.
void readOperand(Block &block, const Descriptor &d, uint32_t first, uint32_t count, bool bf16, bool rowMajor,
                 float *out) {
  (void)forChunks(d, first, count, [&](uint32_t line, uint32_t begin, uint32_t address) {
    uint16_t elements[8];
    std::memcpy(elements, block.shared.data() + address - sharedBase, 16);
    for (uint32_t i = 0; i < 8; ++i) {
      uint32_t row = (d.transposed ? begin + i : line) - first, k = d.transposed ? line : begin + i;
      out[rowMajor ? row * 16 + k : k * count + row] = bf16 ? fromBf16(elements[i]) : fromF16(elements[i]);
    }
    return true;
  });
}

/// Executes one warp's 16 rows; `b` is 16 by n.
void executeRows(Warp &warp, const PendingProduct &product, float *b) {
  const Instruction &instruction = *product.instruction;
  unsigned n = unsigned(instruction.immediate);
  bool bf16 = instruction.flags & flag::bf16;
  alignas(64) float a[16 * 16], d[16 * 256];
  if (instruction.flags & flag::registersA) {
    for (unsigned part = 0; part < 4; ++part) {
      const uint32_t *lanes = warp.lanes<uint32_t>(warp.element(instruction.operands[1], part));
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        float *at = a + (lane / 4 + part % 2 * 8) * 16 + lane % 4 * 2 + part / 2 * 8;
        at[0] = factor(lanes[lane], 0, bf16);
        at[1] = factor(lanes[lane], 1, bf16);
      }
    }
  } else {
    Descriptor descriptor(product.descriptorA, instruction.flags & flag::transA, 64);
    readOperand(warp.block, descriptor, warp.index % 4 * 16, 16, bf16, true, a);
  }
  if (((instruction.flags & flag::negA) != 0) != ((instruction.flags & flag::negB) != 0))
    for (float &x : a)
      x = -x;
  auto place = [n](unsigned lane, unsigned i) {
    return (lane / 4 + i % 4 / 2 * 8) * n + i / 4 * 8 + lane % 4 * 2 + i % 2;
  };
  for (unsigned i = 0; i < n / 2; ++i) {
    const float *lanes = warp.lanes<float>(warp.element(instruction.operands[0], i));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[place(lane, i)] = product.accumulate ? lanes[lane] : 0.0f;
  }
  multiplyAccumulate(d, a, b, 16, n);
  for (unsigned i = 0; i < n / 2; ++i) {
    float *lanes = warp.lanes<float>(warp.element(instruction.operands[0], i));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      lanes[lane] = d[place(lane, i)];
  }
}

/// Executes the oldest product, which all four warps have issued.
void executeOldest(Block &block, unsigned groupIndex) {
  WarpGroup &group = block.warpGroups[groupIndex];
  alignas(64) float b[16 * 256];
  for (unsigned i = 0; i < 4; ++i) {
    Warp &warp = block.warps[groupIndex * 4 + i];
    const PendingProduct &product = group.queue[i].front();
    const Instruction &instruction = *product.instruction;
    if (i == 0) {
      uint32_t n = uint32_t(instruction.immediate);
      Descriptor descriptor(product.descriptorB, instruction.flags & flag::transB, n);
      readOperand(block, descriptor, 0, n, instruction.flags & flag::bf16, false, b);
    }
    executeRows(warp, product, b);
  }
  for (auto &queue : group.queue)
    queue.pop_front();
  ++group.executed;
}

bool checkIssue(Warp &warp, const Instruction &instruction, const PendingProduct &product) {
  Block &block = warp.block;
  auto &registers = block.warpGroups[warp.index / 4].registers[warp.index % 4];
  for (unsigned i = 0; i < instruction.operands[0].count && product.accumulate; ++i)
    if (bitsOf(registers, warp.element(instruction.operands[0], i)) & dirty) {
      block.fault(warp, -1, "accumulator %u was written since the last wgmma.fence; a fence is missing", i);
      return false;
    }
  if (!(instruction.flags & flag::registersA))
    return true;
  for (unsigned i = 0; i < 4; ++i) {
    uint8_t bits = bitsOf(registers, warp.element(instruction.operands[1], i));
    if (bits & (dirty | accumulates)) {
      block.fault(warp, -1,
                  bits & dirty ? "register %u of the first factor was written since the last wgmma.fence; a fence is "
                                 "missing"
                               : "register %u of the first factor is an accumulator in flight; a wait is missing",
                  i);
      return false;
    }
  }
  return true;
}

/// The last of the four warps has issued: from here on the product may read its operands at any time.
Step startProduct(Warp &warp, const Instruction &instruction, const Descriptor &a, const Descriptor &b,
                  uint32_t inGroup) {
  Block &block = warp.block;
  unsigned groupIndex = warp.index / 4;
  Knowledge common;
  if (block.races) {
    common = block.races->of(groupIndex * 4);
    for (unsigned i = 1; i < 4; ++i)
      common.meet(block.races->of(groupIndex * 4 + i));
  }
  Epoch actor = epochOf(wgmmaAgent + groupIndex, inGroup);
  if (!(instruction.flags & flag::registersA) && !checkOperand(warp, a, &common, actor))
    return Step::wait;
  if (!checkOperand(warp, b, &common, actor))
    return Step::wait;
  if (block.mode == Mode::early)
    executeOldest(block, groupIndex);
  return Step::next;
}

Step issueProduct(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  unsigned groupIndex = warp.index / 4, member = warp.index % 4;
  if (groupIndex * 4 + 4 > block.warps.size())
    return block.fault(warp, -1, "wgmma needs four full warps, but the block ends with warp %zu",
                       block.warps.size() - 1);
  WarpGroup &group = block.warpGroups[groupIndex];
  unsigned lane = warp.firstLane();
  bool registersA = instruction.flags & flag::registersA;
  PendingProduct product{&instruction, registersA ? 0 : warp.value(instruction.operands[1], lane),
                         warp.value(instruction.operands[2], lane),
                         (warp.predicate(instruction.operands[3]) >> lane & 1) != 0};
  if (!checkIssue(warp, instruction, product))
    return Step::wait;
  Descriptor a(product.descriptorA, instruction.flags & flag::transA, 64);
  Descriptor b(product.descriptorB, instruction.flags & flag::transB, uint32_t(instruction.immediate));
  if ((!registersA && !checkDescriptor(warp, product.descriptorA, a, "the first factor")) ||
      !checkDescriptor(warp, product.descriptorB, b, "the second factor"))
    return Step::wait;
  for (unsigned i = 0; i < 4; ++i)
    if (group.queue[i].size() > group.queue[member].size() &&
        group.queue[i][group.queue[member].size()].instruction != &instruction)
      return block.fault(warp, -1, "the warps of a group issue different products: warp %u issued line %u",
                         groupIndex * 4 + i, group.queue[i][group.queue[member].size()].instruction->line);
  group.queue[member].push_back(product);
  ++group.issued[member];
  auto &registers = group.registers[member];
  for (unsigned i = 0; i < instruction.operands[0].count; ++i)
    bitsOf(registers, warp.element(instruction.operands[0], i)) = accumulates; // what was there no longer counts
  for (unsigned i = 0; registersA && i < 4; ++i)
    bitsOf(registers, warp.element(instruction.operands[1], i)) |= feeds;
  uint32_t inGroup = uint32_t(group.groupEnds[member].size()) + 1;
  group.inFlight[member].push_back({&instruction, inGroup});
  return group.issued[member] == *std::min_element(group.issued, group.issued + 4)
             ? startProduct(warp, instruction, a, b, inGroup)
             : Step::next;
}

/// Waits until at most `immediate` of the warp's groups are in flight.
Step waitForGroups(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  unsigned groupIndex = warp.index / 4, member = warp.index % 4;
  WarpGroup &group = block.warpGroups[groupIndex];
  size_t committed = group.groupEnds[member].size();
  if (committed <= size_t(instruction.immediate))
    return Step::next;
  uint32_t target = uint32_t(committed - size_t(instruction.immediate));
  for (unsigned i = 0; i < 4; ++i)
    if (group.groupEnds[i].size() < target) {
      if (block.explains)
        block.waiting = "warp " + std::to_string(groupIndex * 4 + i) + " to commit the same wgmma group";
      return Step::wait;
    }
  while (group.executed < group.groupEnds[member][target - 1])
    executeOldest(block, groupIndex);
  auto &inFlight = group.inFlight[member];
  inFlight.erase(std::remove_if(inFlight.begin(), inFlight.end(), [&](auto &entry) { return entry.group <= target; }),
                 inFlight.end());
  auto &registers = group.registers[member];
  for (uint8_t &bits : registers)
    bits &= dirty;
  for (const WarpGroup::InFlight &entry : inFlight) {
    for (unsigned i = 0; i < entry.instruction->operands[0].count; ++i)
      bitsOf(registers, warp.element(entry.instruction->operands[0], i)) |= accumulates;
    for (unsigned i = 0; entry.instruction->flags & flag::registersA && i < 4; ++i)
      bitsOf(registers, warp.element(entry.instruction->operands[1], i)) |= feeds;
  }
  if (block.races) {
    uint32_t &seen = block.races->of(warp.index).seen[wgmmaAgent + groupIndex];
    seen = std::max(seen, target);
  }
  return Step::next;
}

/// The product in flight that has `slot` among its registers.
const Instruction *ownerOf(Warp &warp, uint32_t slot) {
  for (const WarpGroup::InFlight &entry : warp.block.warpGroups[warp.index / 4].inFlight[warp.index % 4])
    for (unsigned operand = 0; operand < 2; ++operand) {
      const Operand &vector = entry.instruction->operands[operand];
      for (unsigned i = 0; vector.kind == Operand::Kind::vector && i < vector.count; ++i)
        if (warp.element(vector, i).slot == slot)
          return entry.instruction;
    }
  return nullptr;
}

bool checkRegister(Warp &warp, std::vector<uint8_t> &registers, const Operand &operand, bool writes) {
  if (operand.constant)
    return true;
  uint8_t &bits = bitsOf(registers, operand);
  if (bits & accumulates || (writes && bits & feeds)) {
    const Instruction *owner = ownerOf(warp, operand.slot);
    uint32_t line = owner ? owner->line : 0;
    warp.block.fault(warp, -1, "%s %s of the wgmma of line %u before a wgmma.wait_group that covers it",
                     writes ? "writes" : "reads", bits & accumulates ? "an accumulator" : "a first factor", line);
    return false;
  }
  if (writes)
    bits |= dirty;
  return true;
}

} // namespace

bool checkProductRegisters(Warp &warp, const Instruction &instruction) {
  if (instruction.family == Family::wgmma)
    return true;
  auto &registers = warp.block.warpGroups[warp.index / 4].registers[warp.index % 4];
  bool firstIsRead = instruction.opcode == Opcode::st || instruction.opcode == Opcode::stmatrix;
  for (unsigned i = 0; i < 5; ++i) {
    const Operand &operand = instruction.operands[i];
    bool writes = i == 0 && !firstIsRead;
    switch (operand.kind) {
    case Operand::Kind::lanes:
    case Operand::Kind::address:
      if (!checkRegister(warp, registers, operand, writes && operand.kind == Operand::Kind::lanes))
        return false;
      break;
    case Operand::Kind::vector:
      for (unsigned element = 0; element < operand.count; ++element)
        if (!checkRegister(warp, registers, warp.element(operand, element), writes))
          return false;
      break;
    default:
      break;
    }
  }
  return true;
}

Step executeWarpGroup(Warp &warp, const Instruction &instruction) {
  if (!converged(warp, warp.present))
    return Step::wait;
  WarpGroup &group = warp.block.warpGroups[warp.index / 4];
  unsigned member = warp.index % 4;
  switch (instruction.opcode) {
  case Opcode::wgmmaFence:
    for (uint8_t &bits : group.registers[member])
      bits &= uint8_t(~dirty);
    return Step::next;
  case Opcode::wgmmaCommit:
    group.groupEnds[member].push_back(group.issued[member]);
    ++warp.block.events;
    return Step::next;
  case Opcode::wgmmaWait:
    return waitForGroups(warp, instruction);
  default:
    return issueProduct(warp, instruction);
  }
}

} // namespace attn::ptx

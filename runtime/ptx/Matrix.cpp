//===- Matrix.cpp - ldmatrix, stmatrix and mma.sync -===//
//
// In every fragment lane 4 g + t holds, of row (or column) g, the pair of elements 2 t and 2 t + 1.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"
#include "runtime/ptx/Product.h"

#include <cstring>

namespace attn::ptx {

// Wider vectors halve the time twice; without contraction every clone computes the same bits.
#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void multiplyAccumulate(float *d, const float *a, const float *b, unsigned k, unsigned n) {
  for (unsigned row = 0; row < 16; ++row) {
    float *out = d + row * n;
    for (unsigned i = 0; i < k; ++i) {
      float x = a[row * k + i];
      const float *in = b + i * n;
      for (unsigned column = 0; column < n; column += 8)
        for (unsigned j = 0; j < 8; ++j)
          out[column + j] += x * in[column + j];
    }
  }
}

namespace {

/// Lane 8 m + r has the address of row r of matrix m, 16 bytes.
Step moveMatrices(Warp &warp, const Instruction &instruction) {
  if (!converged(warp, warp.present))
    return Step::wait;
  bool stores = instruction.opcode == Opcode::stmatrix, transposed = instruction.flags & flag::trans;
  const Operand &registers = instruction.operands[0];
  for (unsigned matrix = 0; matrix < registers.count; ++matrix) {
    uint16_t elements[8][8];
    std::byte *rows[8];
    for (unsigned row = 0; row < 8; ++row) {
      unsigned lane = matrix * 8 + row;
      rows[row] =
          warp.block.resolve(warp, lane, instruction.space, warp.value(instruction.operands[1], lane), 16, stores);
      if (!rows[row])
        return Step::wait;
      std::memcpy(elements[row], rows[row], 16);
    }
    uint32_t *lanes = warp.lanes<uint32_t>(warp.element(registers, matrix));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned half = 0; half < 2; ++half) {
        unsigned row = lane / 4, column = lane % 4 * 2 + half;
        uint16_t &element = transposed ? elements[column][row] : elements[row][column];
        if (stores)
          element = uint16_t(lanes[lane] >> (16 * half));
        else
          lanes[lane] = half ? lanes[lane] | uint32_t(element) << 16 : element;
      }
    for (unsigned row = 0; row < 8 && stores; ++row)
      std::memcpy(rows[row], elements[row], 16);
  }
  return Step::next;
}

/// mma.sync: d = a b + c, 16 by 8 from 16 by k and k by 8.
Step multiply(Warp &warp, const Instruction &instruction) {
  if (!converged(warp, warp.present))
    return Step::wait;
  unsigned k = unsigned(instruction.immediate);
  bool bf16 = instruction.flags & flag::bf16;
  alignas(64) float a[16 * 16], b[16 * 8], d[16 * 8];
  for (unsigned part = 0; part < k / 4; ++part) { // registers: rows g and g + 8, then k + 8
    const uint32_t *lanes = warp.lanes<uint32_t>(warp.element(instruction.operands[1], part));
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      float *at = a + (lane / 4 + part % 2 * 8) * k + lane % 4 * 2 + part / 2 * 8;
      at[0] = factor(lanes[lane], 0, bf16);
      at[1] = factor(lanes[lane], 1, bf16);
    }
  }
  for (unsigned part = 0; part < k / 8; ++part) {
    const uint32_t *lanes = warp.lanes<uint32_t>(warp.element(instruction.operands[2], part));
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      float *at = b + (lane % 4 * 2 + part * 8) * 8 + lane / 4;
      at[0] = factor(lanes[lane], 0, bf16);
      at[8] = factor(lanes[lane], 1, bf16);
    }
  }
  auto place = [](unsigned lane, unsigned part) { return (lane / 4 + part / 2 * 8) * 8 + lane % 4 * 2 + part % 2; };
  for (unsigned part = 0; part < 4; ++part) {
    const float *lanes = warp.lanes<float>(warp.element(instruction.operands[3], part));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[place(lane, part)] = lanes[lane];
  }
  multiplyAccumulate(d, a, b, k, 8);
  for (unsigned part = 0; part < 4; ++part) {
    float *lanes = warp.lanes<float>(warp.element(instruction.operands[0], part));
    for (unsigned lane = 0; lane < warpSize; ++lane)
      lanes[lane] = d[place(lane, part)];
  }
  return Step::next;
}

} // namespace

Step executeMatrix(Warp &warp, const Instruction &instruction) {
  return instruction.opcode == Opcode::mma ? multiply(warp, instruction) : moveMatrices(warp, instruction);
}

} // namespace attn::ptx

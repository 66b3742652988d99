//===- Product.h - the product that all matrix instructions come down to -*- C++ -*-===//
//
// Factors of 16 bits are exact in f32 and so are their products; sums are taken in f32 with ascending k, one product at
// a time, onto the accumulator. A tensor core sums in an order of its own, so last bits differ.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_PRODUCT_H
#define ATTN_RUNTIME_PTX_PRODUCT_H

#include "runtime/ptx/Formats.h"

#include <cstdint>

namespace attn::ptx {

/// d += a b, with a 16 by k, b k by n, d 16 by n, each row after row.
void multiplyAccumulate(float *d, const float *a, const float *b, unsigned k, unsigned n);

/// One register of two 16-bit factors.
inline float factor(uint32_t pair, unsigned which, bool bf16) {
  uint16_t bits = uint16_t(pair >> (16 * which));
  return bf16 ? fromBf16(bits) : fromF16(bits);
}

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_PRODUCT_H

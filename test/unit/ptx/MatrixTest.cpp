//===- MatrixTest.cpp - ldmatrix, mma.sync, cp.async and wgmma -===//
//
// Factors are small integers, so products are exact and compared bit for bit whatever the order of the sum.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

#include <random>

namespace attn::ptx {
namespace {

/// A matrix of small integers, as values and in the 16-bit format.
struct Factor {
  std::vector<float> values;
  std::vector<uint16_t> bits;
  Factor(size_t count, unsigned seed, bool bf16) : values(count), bits(count) {
    std::mt19937 random(seed);
    for (size_t i = 0; i < count; ++i) {
      values[i] = float(int(random() % 9) - 4);
      if (bf16) {
        uint32_t wide;
        std::memcpy(&wide, &values[i], 4);
        bits[i] = uint16_t(wide >> 16);
      } else { // integers up to 4 have at most three binary digits
        int magnitude = std::abs(int(values[i])), exponent = magnitude >= 4 ? 2 : magnitude >= 2 ? 1 : 0;
        uint32_t mantissa = magnitude ? uint32_t(magnitude << (10 - exponent)) & 1023 : 0;
        bits[i] = uint16_t((values[i] < 0 ? 0x8000 : 0) | (magnitude ? uint32_t(exponent + 15) << 10 : 0) | mantissa);
      }
    }
  }
};

std::vector<float> product(const Factor &a, const Factor &b, int m, int n, int k) {
  std::vector<float> c(size_t(m) * size_t(n));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int l = 0; l < k; ++l)
        c[size_t(i * n + j)] += a.values[size_t(i * k + l)] * b.values[size_t(j * k + l)];
  return c;
}

void gemm(const char *kernel, bool bf16, int m, int n, int k) {
  Factor a(size_t(m * k), 1, bf16), b(size_t(n * k), 2, bf16);
  std::vector<float> c(size_t(m * n), -1.0f);
  TestLaunch("gemm80", kernel)
      .buffer(a.bits, "a", false)
      .buffer(b.bits, "b", false)
      .buffer(c, "c")
      .value(m)
      .value(n)
      .value(k)
      .grid(uint32_t(n + 63) / 64, uint32_t(m + 63) / 64)
      .block(128)
      .expectSuccess();
  EXPECT_EQ(c, product(a, b, m, n, k));
}

TEST(Matrix, mma_of_bf16_with_double_buffering) { gemm("gemm_bf16", true, 128, 64, 160); }
TEST(Matrix, mma_of_f16_with_tails) { gemm("gemm_f16", false, 70, 100, 64); }
TEST(Matrix, mma_of_one_step) { gemm("gemm_bf16", true, 1, 1, 32); }

TEST(Matrix, ldmatrix_transposes) {
  std::vector<uint16_t> in(4 * 64), out(4 * 64);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = uint16_t(i);
  TestLaunch("gemm80", "transpose_tiles").buffer(in, "in").buffer(out, "out").block(32).expectSuccess();
  for (size_t tile = 0; tile < 4; ++tile)
    for (size_t row = 0; row < 8; ++row)
      for (size_t column = 0; column < 8; ++column)
        EXPECT_EQ(out[tile * 64 + row * 8 + column], in[tile * 64 + column * 8 + row]);
}

class WarpGroup : public testing::TestWithParam<const char *> {};

TEST_P(WarpGroup, multiplies) {
  Factor a(64 * 64, 3, true), b(128 * 64, 4, true);
  std::vector<float> c(64 * 128, -1.0f);
  TestLaunch("gemm90", GetParam())
      .buffer(a.bits, "a", false)
      .buffer(b.bits, "b", false)
      .buffer(c, "c")
      .block(128)
      .shared((64 + 128) * 64 * 2)
      .expectSuccess();
  EXPECT_EQ(c, product(a, b, 64, 128, 64));
}

INSTANTIATE_TEST_SUITE_P(Layouts, WarpGroup,
                         testing::Values("product_128", "product_64", "product_32", "product_plain",
                                         "product_128_transposed", "product_64_transposed_b",
                                         "product_plain_transposed", "product_registers",
                                         "product_registers_transposed_b"),
                         [](const auto &info) { return std::string(info.param); });

TEST(Matrix, pipelined_by_a_producer_warp) {
  const uint32_t k = 64 * 5;
  Factor a(64 * k, 5, true), b(128 * k, 6, true);
  std::vector<float> c(64 * 128, -1.0f);
  auto map = [&](const Factor &factor, uint32_t rows) {
    const uint32_t sizes[] = {k, rows}, box[] = {64, rows};
    const uint64_t strides[] = {k * 2};
    auto encoded = encodeTensorMap(factor.bits.data(), 2, 2, sizes, strides, box, 128);
    EXPECT_TRUE(encoded.ok()) << encoded.status().message();
    return *encoded;
  };
  TestLaunch("gemm90", "pipelined")
      .lend(a.bits, "a", false)
      .lend(b.bits, "b", false)
      .value(map(a, 64))
      .value(map(b, 128))
      .buffer(c, "c")
      .value(int(k))
      .block(160)
      .shared(2 * (64 + 128) * 128)
      .expectSuccess();
  EXPECT_EQ(c, product(a, b, 64, 128, int(k)));
}

} // namespace
} // namespace attn::ptx

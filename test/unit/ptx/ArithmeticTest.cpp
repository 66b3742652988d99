//===- ArithmeticTest.cpp - instructions of one value a thread -===//
//
// Integers bit for bit; floats bit for bit where the instruction is exactly rounded, to an ulp or two where it is
// approximate; f16 and bf16 against a rounding written from the definition of the formats.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

#include <cmath>
#include <limits>
#include <random>

namespace attn::ptx {
namespace {

constexpr int integers = 24, floats = 20, halves = 12, roundings = 9;

uint32_t reversed(uint32_t x) {
  uint32_t r = 0;
  for (int i = 0; i < 32; ++i)
    r |= (x >> i & 1) << (31 - i);
  return r;
}

std::vector<int> integerInputs() {
  std::vector<int> x = {0, 1, -1, 2, 7, std::numeric_limits<int>::max(), std::numeric_limits<int>::min(), 255};
  std::mt19937 random(2);
  while (x.size() < 64)
    x.push_back(int(random()) >> (random() % 28));
  return x;
}

TEST(Arithmetic, integers) {
  std::vector<int> x = integerInputs(), y(x.rbegin(), x.rend()), out(64 * integers);
  TestLaunch("arithmetic", "integer_operations")
      .buffer(x, "x")
      .buffer(y, "y")
      .buffer(out, "out")
      .grid(2)
      .block(32)
      .expectSuccess();
  for (size_t i = 0; i < 64; ++i) {
    int a = x[i], b = y[i];
    uint32_t ua = uint32_t(a), ub = uint32_t(b);
    int64_t wide = int64_t(a) * b;
    int64_t quotient = b ? int64_t(a) / b : 0, remainder = b ? int64_t(a) % b : 0;
    uint32_t bytes[8], permuted = 0;
    for (int j = 0; j < 4; ++j)
      bytes[j] = ua >> (8 * j) & 255, bytes[j + 4] = ub >> (8 * j) & 255;
    const int selector[4] = {0, 6, 3, 9};
    for (int j = 0; j < 4; ++j) {
      uint32_t byte = bytes[selector[j] & 7];
      permuted |= (selector[j] & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * j);
    }
    uint32_t m = 0x7ffu << 7;
    const uint32_t expected[integers] = {ua + ub,
                                         ua - ub,
                                         ua * ub,
                                         uint32_t(wide >> 32),
                                         uint32_t(uint64_t(ua) * ub >> 32),
                                         uint32_t(quotient),
                                         uint32_t(remainder),
                                         ub ? ua / ub : 0,
                                         ub ? ua % ub : 0,
                                         uint32_t(a >> (ub & 31)),
                                         ua >> (ub & 31),
                                         ua << (ub & 31),
                                         uint32_t(std::min(a, b) ^ std::max(a, b)),
                                         std::min(ua, ub),
                                         uint32_t(__builtin_popcount(ua) + 100 * (ua ? __builtin_clz(ua) : 32)),
                                         reversed(ua),
                                         ua >> 5 & 0x1ff,
                                         uint32_t(int32_t(ua << 18) >> 23),
                                         (ub & ~m) | (ua << 7 & m),
                                         (ua & ub) | (~ua & 0x0ff0f00f),
                                         permuted,
                                         uint32_t((uint64_t(ub) << 32 | ua) << 11 >> 32),
                                         uint32_t(wide >> 13),
                                         uint32_t(a < 0 ? -ua : ua) + uint32_t(int16_t(b)) - uint32_t(int8_t(a)) +
                                             uint16_t(a)};
    for (int j = 0; j < integers; ++j)
      ASSERT_EQ(uint32_t(out[i * integers + size_t(j)]), expected[j]) << "operation " << j << " of " << a << ", " << b;
  }
}

std::vector<float> floatInputs() {
  std::vector<float> x = {0.0f, -0.0f, 1.0f,       -1.5f,      65504.0f,  65520.0f,  1e-7f, 6e-8f, 2.5f,
                          3.5f, -2.5f, 0x1.004p0f, 0x1.00cp0f, 0x1.01p0f, 0x1.03p0f, 1e-5f, 3e38f, 100.25f};
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 10);
  while (x.size() < 64)
    x.push_back(normal(random));
  return x;
}

bool close(float a, float b, float relative) {
  return (std::isnan(a) && std::isnan(b)) || a == b || std::fabs(a - b) <= relative * std::fabs(b);
}

TEST(Arithmetic, floats) {
  std::vector<float> x = floatInputs(), y(x.rbegin(), x.rend()), out(64 * floats);
  TestLaunch("arithmetic", "float_operations")
      .buffer(x, "x")
      .buffer(y, "y")
      .buffer(out, "out")
      .grid(2)
      .block(32)
      .expectSuccess();
  for (size_t i = 0; i < 64; ++i) {
    float a = x[i], b = y[i], magnitude = std::fabs(a);
    const float expected[floats] = {a + b,
                                    a - b,
                                    a * b,
                                    std::fma(a, b, 1.5f),
                                    std::fmin(a, b),
                                    std::fmax(a, b),
                                    a / b,
                                    std::sqrt(magnitude),
                                    std::exp2(a),
                                    std::log2(magnitude),
                                    magnitude > 0x1p126f ? std::copysign(0.0f, a) : 1 / a, // .ftz
                                    1 / std::sqrt(magnitude),
                                    std::tanh(a),
                                    magnitude > 3e9f ? 2147483648.0f : std::nearbyint(a),
                                    magnitude > 3e9f ? 2147483648.0f : std::trunc(a),
                                    magnitude > 4e9f ? 4294967296.0f : std::floor(magnitude),
                                    std::nearbyint(a) + std::floor(b),
                                    a < b ? 1.0f : 2.0f,
                                    std::copysign(b, a),
                                    float(double(a) * double(b))};
    for (int j = 0; j < floats; ++j) {
      bool approximate = j >= 8 && j <= 12;
      ASSERT_TRUE(close(out[i * floats + size_t(j)], expected[j], approximate ? 3e-7f : 0.0f))
          << "operation " << j << " of " << a << ", " << b << ": " << out[i * floats + size_t(j)] << " instead of "
          << expected[j];
    }
  }
}

/// The neighbour of `nearest` that lies on the wanted side of the exact `value`: -1 below, 1 above, 0 towards zero.
float directed(double value, int side) {
  float nearest = float(value);
  bool tooHigh = double(nearest) > value, tooLow = double(nearest) < value;
  int wanted = side != 0 ? side : value > 0 ? -1 : 1;
  if (wanted < 0)
    return tooHigh ? std::nextafter(nearest, -HUGE_VALF) : nearest;
  return tooLow ? std::nextafter(nearest, HUGE_VALF) : nearest;
}

TEST(Arithmetic, directed_roundings) {
  std::mt19937 random(4);
  std::uniform_real_distribution<float> uniform(-20, 20); // sums and products of these are exact in f64
  std::vector<float> x(64), y(64), out(64 * roundings);
  for (size_t i = 0; i < 64; ++i)
    x[i] = uniform(random), y[i] = uniform(random);
  TestLaunch("arithmetic", "directed_roundings")
      .buffer(x, "x")
      .buffer(y, "y")
      .buffer(out, "out")
      .grid(2)
      .block(32)
      .expectSuccess();
  for (size_t i = 0; i < 64; ++i) {
    double a = x[i], b = y[i], fused = a * b + double(0.1f);
    const float expected[roundings] = {directed(a + b, 0),  directed(a + b, -1), directed(a + b, 1),
                                       directed(a * b, 0),  directed(a * b, -1), directed(fused, 1),
                                       directed(fused, -1), float(a + b),        std::exp(x[i] * 0.1f)};
    for (int j = 0; j < roundings; ++j)
      ASSERT_TRUE(close(out[i * roundings + size_t(j)], expected[j], j == 8 ? 3e-7f : 0.0f))
          << "operation " << j << " of " << a << ", " << b;
  }
}

/// The nearest value of a format with `digits` binary digits and exponents down to `least`, ties to even.
float rounded(double value, int digits, int least, double largest, bool towardsZero = false) {
  if (value == 0 || !std::isfinite(value))
    return float(value);
  int exponent = std::max(std::ilogb(value), least);
  double unit = std::ldexp(1.0, exponent - digits + 1), scaled = value / unit;
  double result = (towardsZero ? std::trunc(scaled) : std::nearbyint(scaled)) * unit;
  if (std::fabs(result) > largest)
    return float(std::copysign(towardsZero ? largest : HUGE_VAL, value));
  return std::copysign(float(result), float(value));
}
float f16(double x, bool towardsZero = false) { return rounded(x, 11, -14, 65504, towardsZero); }
float bf16(double x) { return rounded(x, 8, -126, 0x1.fep127); }

float f16Value(uint32_t bits) {
  int exponent = int(bits >> 10 & 31), mantissa = int(bits & 1023);
  float value = exponent == 31 ? (mantissa ? NAN : HUGE_VALF)
                : exponent     ? std::ldexp(float(1024 + mantissa), exponent - 25)
                               : std::ldexp(float(mantissa), -24);
  return bits & 0x8000 ? -value : value;
}
float bf16Value(uint32_t bits) {
  uint32_t wide = (bits & 0xffff) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

TEST(Arithmetic, halves) {
  std::vector<float> x = floatInputs(), y(x.rbegin(), x.rend());
  std::vector<unsigned> out(64 * halves);
  TestLaunch("arithmetic", "half_operations")
      .buffer(x, "x")
      .buffer(y, "y")
      .buffer(out, "out")
      .grid(2)
      .block(32)
      .expectSuccess();
  for (size_t i = 0; i < 64; ++i) {
    const unsigned *o = &out[i * halves];
    float a = x[i], b = y[i], ha = f16(a), hb = f16(b), ba = bf16(a), bb = bf16(b);
    ASSERT_TRUE(close(f16Value(o[0]), ha, 0)) << a;
    ASSERT_TRUE(close(bf16Value(o[1]), bb, 0)) << b;
    ASSERT_TRUE(close(f16Value(o[2]), f16(b, true), 0)) << b;
    ASSERT_TRUE(close(f16Value(o[3] >> 16), ha, 0) && close(f16Value(o[3]), hb, 0)) << a << " " << b;
    ASSERT_TRUE(close(bf16Value(o[4] >> 16), ba, 0) && close(bf16Value(o[4]), bb, 0)) << a << " " << b;
    ASSERT_TRUE(close(f16Value(o[5]), f16(2.0 * hb), 0)) << b;
    ASSERT_TRUE(close(f16Value(o[6] >> 16), f16(double(ha) * ha), 0)) << a;
    ASSERT_TRUE(close(bf16Value(o[7]), bf16(double(bb) * bb + bb), 0)) << b;
    ASSERT_TRUE(close(f16Value(o[8]), f16(double(hb) * hb + hb), 0)) << b;
    ASSERT_TRUE(close(f16Value(o[9]), std::fmax(hb, f16(2.0 * hb)), 0)) << b;
    float back, bback;
    std::memcpy(&back, o + 10, 4);
    std::memcpy(&bback, o + 11, 4);
    ASSERT_TRUE(close(back, ha, 0)) << a;
    ASSERT_TRUE(close(bback, bb, 0)) << b;
  }
}

} // namespace
} // namespace attn::ptx

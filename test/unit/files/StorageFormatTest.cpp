//===- StorageFormatTest.cpp - number formats and their conversions -------===//

#include "runtime/files/StorageFormat.h"

#include "runtime/files/WeightTensor.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

using namespace attn;

/// The value of a half, from the definition.
static double halfByDefinition(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31)
    return mantissa ? std::nan("") : sign * INFINITY;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(StorageFormat, EveryHalfIsWhatItsDefinitionSaysAndComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = floatFromHalf(static_cast<uint16_t>(bits));
    double expected = halfByDefinition(static_cast<uint16_t>(bits));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(value) && std::isnan(floatFromHalf(halfFromFloat(value)))) << bits;
      continue;
    }
    ASSERT_EQ(value, expected) << bits;
    ASSERT_EQ(std::signbit(value), std::signbit(expected)) << bits;
    ASSERT_EQ(halfFromFloat(value), bits);
  }
}

TEST(StorageFormat, HalvesRoundToNearestAndTiesToEven) {
  // Between each two neighbours: the middle goes to the even one, anything beside it to the nearer one.
  for (uint16_t bits = 0; bits < 0x7bff; ++bits) {
    float low = floatFromHalf(bits), high = floatFromHalf(bits + 1), middle = low + (high - low) / 2;
    uint16_t even = bits & 1 ? bits + 1 : bits;
    ASSERT_EQ(halfFromFloat(middle), even) << bits;
    ASSERT_EQ(halfFromFloat(-middle), even | 0x8000) << bits;
    ASSERT_EQ(halfFromFloat(std::nextafterf(middle, 0)), bits);
    ASSERT_EQ(halfFromFloat(std::nextafterf(middle, INFINITY)), bits + 1);
  }
  EXPECT_EQ(halfFromFloat(65519.996f), 0x7bff);
  EXPECT_EQ(halfFromFloat(65520), 0x7c00);
  EXPECT_EQ(halfFromFloat(INFINITY), 0x7c00);
  EXPECT_EQ(halfFromFloat(0x1p-25f), 0);
  EXPECT_EQ(halfFromFloat(0x1.000002p-25f), 1);
}

TEST(StorageFormat, Bfloat16RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(bfloat16FromFloat(1), 0x3f80);
  EXPECT_EQ(floatFromBfloat16(0x3f80), 1);
  EXPECT_EQ(bfloat16FromFloat(0x1.01p0f), 0x3f80);     // a tie, down to even
  EXPECT_EQ(bfloat16FromFloat(0x1.03p0f), 0x3f82);     // a tie, up to even
  EXPECT_EQ(bfloat16FromFloat(0x1.010002p0f), 0x3f81); // above a tie
  EXPECT_EQ(bfloat16FromFloat(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_TRUE(std::isnan(floatFromBfloat16(bfloat16FromFloat(NAN))));
  uint32_t bits = 0x7f800001; // a NaN whose payload is in the bits that go
  float value;
  std::memcpy(&value, &bits, 4);
  EXPECT_TRUE(std::isnan(floatFromBfloat16(bfloat16FromFloat(value))));
}

/// A block of 32 with a scale of 0.5, a minimum of -3 where there is one, and quants 0, 1, 2, ...
static std::vector<std::byte> block(StorageFormat format) {
  std::vector<std::byte> bytes(blockBytes(format));
  uint16_t scale = halfFromFloat(0.5f), minimum = halfFromFloat(-3);
  std::memcpy(bytes.data(), &scale, 2);
  size_t head = 2;
  if (format == StorageFormat::q4_1) {
    std::memcpy(bytes.data() + 2, &minimum, 2);
    head = 4;
  }
  for (size_t i = head; i < bytes.size(); ++i)
    bytes[i] = format == StorageFormat::q8_0 ? static_cast<std::byte>(i - head - 16)
                                             : static_cast<std::byte>((i - head) | (15 - (i - head)) << 4);
  return bytes;
}

TEST(StorageFormat, BlocksAreWhatTheirFormulasSay) {
  for (StorageFormat format : {StorageFormat::q8_0, StorageFormat::q4_0, StorageFormat::q4_1}) {
    std::vector<std::byte> one = block(format), two(1); // at an odd address, and twice
    two.insert(two.end(), one.begin(), one.end());
    two.insert(two.end(), one.begin(), one.end());
    float values[64];
    dequantize(format, two.data() + 1, 64, values);
    for (int i = 0; i < 64; ++i) {
      int j = i % 32, nibble = j < 16 ? j : 15 - (j - 16);
      float expected = format == StorageFormat::q8_0   ? 0.5f * (j - 16)
                       : format == StorageFormat::q4_0 ? 0.5f * (nibble - 8)
                                                       : 0.5f * nibble - 3;
      EXPECT_EQ(values[i], expected) << formatName(format) << " " << i;
    }
  }
}

TEST(StorageFormat, PlainNumbersWiden) {
  const int32_t words[2] = {-7, 1 << 20};
  const int64_t longs[2] = {-7, int64_t{1} << 40};
  const uint16_t halves[2] = {0x3c00, 0xc000}, brains[2] = {0x3f80, 0xc000};
  const uint8_t bytes[2] = {0, 200};
  const float floats[2] = {1.5f, -2};
  auto expect = [](StorageFormat format, const void *data, float first, float second) {
    float values[2];
    dequantize(format, static_cast<const std::byte *>(data), 2, values);
    EXPECT_EQ(values[0], first) << formatName(format);
    EXPECT_EQ(values[1], second) << formatName(format);
  };
  expect(StorageFormat::i32, words, -7, 1 << 20);
  expect(StorageFormat::i64, longs, -7, 0x1p40f);
  expect(StorageFormat::f16, halves, 1, -2);
  expect(StorageFormat::bf16, brains, 1, -2);
  expect(StorageFormat::u8, bytes, 0, 200);
  expect(StorageFormat::i8, bytes, 0, -56);
  expect(StorageFormat::boolean, bytes, 0, 1);
  expect(StorageFormat::f32, floats, 1.5f, -2);
}

TEST(StorageFormat, NamesAndNumbersFindTheirFormat) {
  EXPECT_EQ(formatByName("q4_1"), StorageFormat::q4_1);
  EXPECT_EQ(formatByName("q9_9"), std::nullopt);
  EXPECT_EQ(formatOfGgmlType(30), StorageFormat::bf16);
  EXPECT_EQ(formatOfGgmlType(4), std::nullopt); // q4_2, withdrawn
  EXPECT_EQ(formatOfGgmlType(UINT32_MAX), std::nullopt);
  EXPECT_EQ(formatOfSafetensorsType("BF16"), StorageFormat::bf16);
  EXPECT_EQ(formatOfSafetensorsType("bf16"), std::nullopt);
  EXPECT_EQ(blockElements(StorageFormat::q6_k), 256);
  EXPECT_EQ(blockBytes(StorageFormat::q6_k), 210u);
}

TEST(WeightTensor, BytesOfAShape) {
  EXPECT_EQ(tensorBytes(StorageFormat::f32, {}), 4u);
  EXPECT_EQ(tensorBytes(StorageFormat::q4_1, {3, 64}), 120u);
  EXPECT_EQ(tensorBytes(StorageFormat::q4_1, {64, 3}), std::nullopt);
  EXPECT_EQ(tensorBytes(StorageFormat::q4_1, {64, 0}), 0u);
  EXPECT_EQ(tensorBytes(StorageFormat::f32, {-1}), std::nullopt);
  EXPECT_EQ(tensorBytes(StorageFormat::f32, {INT64_MAX, 0, INT64_MAX}), std::nullopt);
  EXPECT_EQ(tensorBytes(StorageFormat::f32, {INT64_MAX / 4 + 1}), std::nullopt);
  EXPECT_EQ(shapeText({64, 576}), "64x576");
  EXPECT_EQ(shapeText({}), "scalar");
}

//===- StorageFormat.cpp - how the numbers of a weight are stored ---------===//

#include "runtime/files/StorageFormat.h"

#include <cassert>
#include <cmath>
#include <cstring>

using namespace attn;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {

struct Row {
  StorageFormat format;
  const char *name;
  int64_t elements; ///< in a block
  uint64_t bytes;   ///< of a block
  bool supported;
  int ggml;                ///< type number in GGUF, or -1
  const char *safetensors; ///< type name in safetensors, or null
};

} // namespace

/// In the order of the enumeration, so that a format is its own index.
static constexpr Row table[] = {
    {StorageFormat::f32, "f32", 1, 4, true, 0, "F32"},
    {StorageFormat::bf16, "bf16", 1, 2, true, 30, "BF16"},
    {StorageFormat::f16, "f16", 1, 2, true, 1, "F16"},
    {StorageFormat::q8_0, "q8_0", 32, 34, true, 8, nullptr},
    {StorageFormat::q4_0, "q4_0", 32, 18, true, 2, nullptr},
    {StorageFormat::q4_1, "q4_1", 32, 20, true, 3, nullptr},
    {StorageFormat::i32, "i32", 1, 4, true, 26, "I32"},
    {StorageFormat::i64, "i64", 1, 8, true, 27, "I64"},
    {StorageFormat::u8, "u8", 1, 1, true, -1, "U8"},
    {StorageFormat::i8, "i8", 1, 1, true, 24, "I8"},
    {StorageFormat::boolean, "bool", 1, 1, true, -1, "BOOL"},
    {StorageFormat::f64, "f64", 1, 8, false, 28, "F64"},
    {StorageFormat::i16, "i16", 1, 2, false, 25, "I16"},
    {StorageFormat::q5_0, "q5_0", 32, 22, false, 6, nullptr},
    {StorageFormat::q5_1, "q5_1", 32, 24, false, 7, nullptr},
    {StorageFormat::q8_1, "q8_1", 32, 36, false, 9, nullptr},
    {StorageFormat::q2_k, "q2_K", 256, 84, false, 10, nullptr},
    {StorageFormat::q3_k, "q3_K", 256, 110, false, 11, nullptr},
    {StorageFormat::q4_k, "q4_K", 256, 144, false, 12, nullptr},
    {StorageFormat::q5_k, "q5_K", 256, 176, false, 13, nullptr},
    {StorageFormat::q6_k, "q6_K", 256, 210, false, 14, nullptr},
    {StorageFormat::q8_k, "q8_K", 256, 292, false, 15, nullptr},
};

static constexpr bool tableIsInOrder() {
  int index = 0;
  for (const Row &row : table)
    if (static_cast<int>(row.format) != index++)
      return false;
  return index == static_cast<int>(StorageFormat::q8_k) + 1;
}
static_assert(tableIsInOrder());

static const Row &rowOf(StorageFormat format) { return table[static_cast<int>(format)]; }

const char *attn::formatName(StorageFormat format) { return rowOf(format).name; }
int64_t attn::blockElements(StorageFormat format) { return rowOf(format).elements; }
uint64_t attn::blockBytes(StorageFormat format) { return rowOf(format).bytes; }
bool attn::isSupported(StorageFormat format) { return rowOf(format).supported; }

std::optional<StorageFormat> attn::formatByName(std::string_view name) {
  for (const Row &row : table)
    if (name == row.name)
      return row.format;
  return std::nullopt;
}

std::optional<StorageFormat> attn::formatOfGgmlType(uint32_t type) {
  for (const Row &row : table)
    if (row.ggml >= 0 && type == static_cast<uint32_t>(row.ggml))
      return row.format;
  return std::nullopt;
}

std::optional<StorageFormat> attn::formatOfSafetensorsType(std::string_view type) {
  for (const Row &row : table)
    if (row.safetensors && type == row.safetensors)
      return row.format;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// The 16-bit types
//===----------------------------------------------------------------------===//

static float floatFromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bitsOfFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float attn::floatFromHalf(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f, mantissa = bits & 0x3ff;
  if (exponent == 0x1f) // infinity and NaN
    return floatFromBits(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) { // zero and subnormals: a multiple of 2^-24, exact in f32
    float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return floatFromBits(sign | (exponent + 112) << 23 | mantissa << 13);
}

uint16_t attn::halfFromFloat(float value) {
  uint32_t bits = bitsOfFloat(value);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) // NaN: keep the upper payload, and set the quiet bit so that it does not become infinity
    return static_cast<uint16_t>(sign | 0x7e00 | (magnitude >> 13 & 0x1ff));
  if (magnitude >= 0x477ff000) // 65520 and more round to infinity
    return sign | 0x7c00;
  if (magnitude < 0x38800000) { // below 2^-14: adding 1/2 makes the hardware round to multiples of 2^-24
    uint32_t rounded = bitsOfFloat(floatFromBits(magnitude) + 0.5f) - 0x3f000000;
    return static_cast<uint16_t>(sign | rounded);
  }
  uint32_t tieToEven = magnitude >> 13 & 1;
  return static_cast<uint16_t>(sign | (magnitude - 0x38000000 + 0xfff + tieToEven) >> 13);
}

float attn::floatFromBfloat16(uint16_t bits) { return floatFromBits(uint32_t(bits) << 16); }

uint16_t attn::bfloat16FromFloat(float value) {
  uint32_t bits = bitsOfFloat(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

//===----------------------------------------------------------------------===//
// Dequantising
//===----------------------------------------------------------------------===//

template <typename T> static T load(const std::byte *data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

template <typename T> static void widen(const std::byte *data, int64_t count, float *out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(load<T>(data + i * sizeof(T)));
}

/// One block of 32 nibbles: low ones first, then high ones.
static void expandNibbles(const std::byte *nibbles, float scale, float offset, float *out) {
  for (int i = 0; i < 16; ++i) {
    unsigned pair = static_cast<unsigned>(nibbles[i]);
    out[i] = static_cast<float>(pair & 15) * scale + offset;
    out[i + 16] = static_cast<float>(pair >> 4) * scale + offset;
  }
}

static void dequantizeBlock(StorageFormat format, const std::byte *block, float *out) {
  float scale = floatFromHalf(load<uint16_t>(block));
  if (format == StorageFormat::q4_0)
    return expandNibbles(block + 2, scale, -8.0f * scale, out);
  if (format == StorageFormat::q4_1)
    return expandNibbles(block + 4, scale, floatFromHalf(load<uint16_t>(block + 2)), out);
  assert(format == StorageFormat::q8_0 && "the last of the block formats that are supported");
  for (int i = 0; i < 32; ++i)
    out[i] = static_cast<float>(load<int8_t>(block + 2 + i)) * scale;
}

void attn::dequantize(StorageFormat format, const std::byte *data, int64_t count, float *out) {
  assert(isSupported(format) && count % blockElements(format) == 0);
  switch (format) {
  case StorageFormat::f32:
    if (count != 0)
      std::memcpy(out, data, static_cast<size_t>(count) * sizeof(float));
    return;
  case StorageFormat::bf16:
    for (int64_t i = 0; i < count; ++i)
      out[i] = floatFromBfloat16(load<uint16_t>(data + 2 * i));
    return;
  case StorageFormat::f16:
    for (int64_t i = 0; i < count; ++i)
      out[i] = floatFromHalf(load<uint16_t>(data + 2 * i));
    return;
  case StorageFormat::q8_0:
  case StorageFormat::q4_0:
  case StorageFormat::q4_1:
    for (int64_t i = 0; i < count; i += blockElements(format), data += blockBytes(format))
      dequantizeBlock(format, data, out + i);
    return;
  case StorageFormat::i32:
    return widen<int32_t>(data, count, out);
  case StorageFormat::i64:
    return widen<int64_t>(data, count, out);
  case StorageFormat::i8:
    return widen<int8_t>(data, count, out);
  case StorageFormat::u8:
    return widen<uint8_t>(data, count, out);
  case StorageFormat::boolean:
    for (int64_t i = 0; i < count; ++i)
      out[i] = data[i] != std::byte{0} ? 1.0f : 0.0f;
    return;
  case StorageFormat::f64:
  case StorageFormat::i16:
  case StorageFormat::q5_0:
  case StorageFormat::q5_1:
  case StorageFormat::q8_1:
  case StorageFormat::q2_k:
  case StorageFormat::q3_k:
  case StorageFormat::q4_k:
  case StorageFormat::q5_k:
  case StorageFormat::q6_k:
  case StorageFormat::q8_k:
    assert(false && "callers ask isSupported first");
  }
}

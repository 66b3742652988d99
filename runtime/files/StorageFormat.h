//===- StorageFormat.h - how the numbers of a weight are stored -*- C++ -*-===//
//
// A weight has a logical shape, and a storage format that says how a row of it lies in the file: one number after the
// other, or in blocks that share a scale (and a minimum). Blocks run along the last dimension. One table, in
// StorageFormat.cpp, holds all that is known about a format.
//
// Block formats that the runtime computes with; d and m are fp16, and element i of the low nibbles comes before element
// i + 16 of the high ones:
//   q8_0   34 bytes, 32 elements: d, int8 q[32]      x = d·q
//   q4_0   18 bytes, 32 elements: d, nibbles         x = d·(q − 8)
//   q4_1   20 bytes, 32 elements: d, m, nibbles      x = d·q + m
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_STORAGEFORMAT_H
#define ATTN_RUNTIME_FILES_STORAGEFORMAT_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace attn {

enum class StorageFormat {
  f32,
  bf16,
  f16,
  q8_0,
  q4_0,
  q4_1,
  i32,
  i64,
  u8,
  i8,
  boolean,
  // Of known size, so that a file with such a tensor can be opened; binding one is an error.
  f64,
  i16,
  q5_0,
  q5_1,
  q8_1,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  q8_k,
};

/// The name used in program.json and in messages, such as `q4_1`.
const char *formatName(StorageFormat format);
std::optional<StorageFormat> formatByName(std::string_view name);

/// Elements in a block, 1 for plain numbers; the last dimension is a multiple of it.
int64_t blockElements(StorageFormat format);
uint64_t blockBytes(StorageFormat format);

/// Whether `dequantize` and the kernels know the format.
bool isSupported(StorageFormat format);

/// Writes |count| elements, a multiple of `blockElements`, as f32. |data| may stand at any address. The format must be
/// supported.
void dequantize(StorageFormat format, const std::byte *data, int64_t count, float *out);

std::optional<StorageFormat> formatOfGgmlType(uint32_t type);
std::optional<StorageFormat> formatOfSafetensorsType(std::string_view type);

/// Conversions of the two 16-bit types; narrowing rounds to the nearest, ties to even, and keeps a NaN a NaN.
float floatFromHalf(uint16_t bits);
uint16_t halfFromFloat(float value);
float floatFromBfloat16(uint16_t bits);
uint16_t bfloat16FromFloat(float value);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_STORAGEFORMAT_H

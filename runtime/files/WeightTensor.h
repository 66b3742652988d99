//===- WeightTensor.h - a named tensor in a file of weights -*- C++ -*-===//
//
// What GGUF and safetensors have in common, and the one check that both need: how many bytes a shape takes, without
// overflowing on the sizes that a damaged file may claim.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_WEIGHTTENSOR_H
#define ATTN_RUNTIME_FILES_WEIGHTTENSOR_H

#include "runtime/files/StorageFormat.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attn {

struct WeightTensor {
  std::string name;
  StorageFormat format = StorageFormat::f32;
  std::vector<int64_t> shape;      ///< logical, the last dimension varies fastest
  const std::byte *data = nullptr; ///< in the mapped file; aligned as the file aligns it, which may be not at all
  uint64_t bytes = 0;
};

/// The bytes of a tensor, or nothing where the last dimension is no multiple of the format's block, a dimension is
/// negative, or the number of elements or bytes exceeds 2^63 - 1. Dimensions of zero do not hide an overflow of others.
std::optional<uint64_t> tensorBytes(StorageFormat format, const std::vector<int64_t> &shape);

/// `64x576`, or `scalar`; for messages.
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_WEIGHTTENSOR_H

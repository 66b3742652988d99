//===- WeightTensor.cpp - a named tensor in a file of weights -------------===//

#include "runtime/files/WeightTensor.h"

using namespace attn;

std::optional<uint64_t> attn::tensorBytes(StorageFormat format, const std::vector<int64_t> &shape) {
  int64_t last = shape.empty() ? 1 : shape.back();
  if (last % blockElements(format) != 0)
    return std::nullopt;
  int64_t bound = 1; // as if each dimension of zero were one
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bound, extent == 0 ? 1 : extent, &bound))
      return std::nullopt;
    empty |= extent == 0;
  }
  int64_t bytes;
  if (__builtin_mul_overflow(bound, static_cast<int64_t>(blockBytes(format)), &bytes))
    return std::nullopt;
  return empty ? 0 : static_cast<uint64_t>(bytes) / blockElements(format);
}

std::string attn::shapeText(const std::vector<int64_t> &shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

//===- CudaCopy.cpp - a strided copy as a GPU's driver takes it -*- C++ -*-===//

#include "runtime/cuda/CudaCopy.h"

namespace attn {

namespace {

/// A dimension, with what a step along it is in bytes.
struct Step {
  int64_t size, from, to;
};

} // namespace

/// The largest distance of rows that every driver takes.
static constexpr int64_t maxPitch = INT32_MAX;

/// Dimensions, outermost first, without those of size 1, and with those joined that are one in both buffers. The last
/// one counts bytes of an element, or of a row of them.
static std::vector<Step> collapse(const BufferCopy &copy) {
  std::vector<Step> out;
  int64_t element = elementSize(copy.type);
  auto add = [&](Step dimension) {
    if (dimension.size == 1)
      return;
    bool joins = !out.empty() && out.back().from == dimension.size * dimension.from &&
                 out.back().to == dimension.size * dimension.to;
    if (joins)
      out.back() = {out.back().size * dimension.size, dimension.from, dimension.to};
    else
      out.push_back(dimension);
  };
  for (int d = 0; d < copy.rank; ++d)
    add({copy.from.sizes[d], copy.from.strides[d] * element, copy.to.strides[d] * element});
  add({element, 1, 1});
  if (out.empty() || out.back().from != 1 || out.back().to != 1)
    out.push_back({1, 1, 1}); // an element of one byte among others that are not its neighbours
  return out;
}

std::vector<cuda::CUDA_MEMCPY2D> splitCopy(const BufferCopy &copy) {
  std::vector<cuda::CUDA_MEMCPY2D> out;
  for (int d = 0; d < copy.rank; ++d)
    if (copy.from.sizes[d] == 0)
      return out;
  std::vector<Step> dimensions = collapse(copy);
  cuda::CUDA_MEMCPY2D piece;
  int64_t width = dimensions.back().size;
  dimensions.pop_back();
  piece.WidthInBytes = piece.srcPitch = piece.dstPitch = static_cast<size_t>(width);
  piece.Height = 1;
  auto isPitch = [&](int64_t step) { return step >= width && step <= maxPitch; };
  if (!dimensions.empty() && isPitch(dimensions.back().from) && isPitch(dimensions.back().to)) {
    piece.Height = static_cast<size_t>(dimensions.back().size);
    piece.srcPitch = static_cast<size_t>(dimensions.back().from);
    piece.dstPitch = static_cast<size_t>(dimensions.back().to);
    dimensions.pop_back();
  }
  int64_t count = 1;
  for (const Step &dimension : dimensions)
    count *= dimension.size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t from = 0, to = 0, rest = i;
    for (size_t d = dimensions.size(); d-- > 0; rest /= dimensions[d].size) {
      from += rest % dimensions[d].size * dimensions[d].from;
      to += rest % dimensions[d].size * dimensions[d].to;
    }
    piece.srcDevice = reinterpret_cast<uintptr_t>(copy.from.data) + static_cast<uint64_t>(from);
    piece.dstDevice = reinterpret_cast<uintptr_t>(copy.to.data) + static_cast<uint64_t>(to);
    out.push_back(piece);
  }
  return out;
}

} // namespace attn

//===- TiledTensor.h - a buffer as TMA sees it -*- C++ -*-===//
//
// Item 7 of artifact.h: what a tensor map is made of, and what a buffer must be for one. The devices make the map
// itself, each in its own form.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_TILEDTENSOR_H
#define ATTN_RUNTIME_CUDA_TILEDTENSOR_H

#include "runtime/Program.h"
#include "runtime/artifact.h"

namespace attn {

/// Dimensions are in TMA's order, the fastest first.
struct TiledTensor {
  static constexpr int maxRank = 5;
  static constexpr size_t mapBytes = 128, mapAlignment = 64;
  static constexpr uint64_t addressAlignment = 16;

  int argument = 0;
  void *data = nullptr; ///< null: no elements, and the map is 128 zeros
  ElementType type = ElementType::f32;
  uint32_t rank = 0;
  uint64_t sizes[maxRank] = {};
  uint64_t strideBytes[maxRank - 1] = {}; ///< of dimensions 1 and up
  uint32_t box[maxRank] = {};
  uint32_t swizzleBytes = 0;
};

/// |buffer| as the map |use| of an argument of |kernel| takes it; a failure names the argument and what is wrong with
/// its sizes or strides. Its address is not looked at: it may be known later than its strides.
Result<TiledTensor> makeTiledTensor(const Kernel &kernel, const TensorMapUse &use, const attn_buffer &buffer);

/// The address, which a launch knows.
Status checkTiledAddress(const Kernel &kernel, const TiledTensor &tensor);

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_TILEDTENSOR_H

//===- TensorMap.cpp - what a TMA copy knows of its tensor -===//
//
// The checks of cuTensorMapEncodeTiled.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/TensorMap.h"

namespace attn::ptx {

Result<TensorMap> encodeTensorMap(const void *base, uint32_t elementBytes, uint32_t rank, const uint32_t *sizes,
                                  const uint64_t *strideBytes, const uint32_t *box, uint32_t swizzleBytes) {
  auto wrong = [](const char *what, unsigned long long value, const char *rule) {
    return failure(Code::invalid_argument, "tensor map: %s is %llu, but %s", what, value, rule);
  };
  TensorMap map;
  map.base = reinterpret_cast<uintptr_t>(base);
  map.rank = rank;
  map.elementBytes = elementBytes;
  map.swizzle = swizzleBytes;
  if (map.base % 16 != 0)
    return wrong("the address", map.base, "must be a multiple of 16");
  if (rank < 1 || rank > 5)
    return wrong("the rank", rank, "must be 1 to 5");
  if (elementBytes != 1 && elementBytes != 2 && elementBytes != 4 && elementBytes != 8)
    return wrong("the size of an element", elementBytes, "must be 1, 2, 4 or 8");
  if (swizzleBytes != 0 && swizzleBytes != 32 && swizzleBytes != 64 && swizzleBytes != 128)
    return wrong("the swizzle", swizzleBytes, "must be 0, 32, 64 or 128");
  for (uint32_t i = 0; i < rank; ++i) {
    map.sizes[i] = sizes[i];
    map.box[i] = box[i];
    if (sizes[i] == 0)
      return wrong("a size", 0, "must be at least 1");
    if (box[i] == 0 || box[i] > 256)
      return wrong("an extent of the box", box[i], "must be 1 to 256");
    if (i == 0)
      continue;
    map.strides[i - 1] = strideBytes[i - 1];
    if (strideBytes[i - 1] % 16 != 0 || strideBytes[i - 1] >= uint64_t(1) << 40)
      return wrong("a stride", strideBytes[i - 1], "must be a multiple of 16 below 2^40");
  }
  uint32_t inner = box[0] * elementBytes;
  if (inner % 16 != 0)
    return wrong("the bytes of the box's rows", inner, "must be a multiple of 16");
  if (swizzleBytes && inner > swizzleBytes)
    return wrong("the bytes of the box's rows", inner, "must fit the swizzle");
  return map;
}

} // namespace attn::ptx

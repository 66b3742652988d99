//===- TiledTensor.cpp - a buffer as TMA sees it -*- C++ -*-===//

#include "runtime/cuda/TiledTensor.h"

#include <algorithm>

namespace attn {

/// The rules of cuTensorMapEncodeTiled (CUDA driver API).
static constexpr int64_t endOfSizes = int64_t{1} << 32, maxStrideBytes = int64_t{1} << 40, strideAlignment = 16;

Result<TiledTensor> makeTiledTensor(const Kernel &kernel, const TensorMapUse &use, const attn_buffer &buffer) {
  const KernelArgument &argument = kernel.arguments[use.argument];
  auto wrong = [&](const char *what, int64_t value, const char *rule) {
    return failure(Code::unsupported, "kernel '%s': argument %d has a %s of %lld%s", kernel.name.c_str(), use.argument,
                   what, static_cast<long long>(value), rule);
  };
  TiledTensor out;
  out.argument = use.argument;
  out.data = buffer.data;
  out.type = argument.type;
  out.rank = static_cast<uint32_t>(argument.rank);
  out.swizzleBytes = static_cast<uint32_t>(use.swizzle);
  for (int i = 0; i < argument.rank; ++i) {
    int dimension = argument.rank - 1 - i;
    int64_t size = buffer.sizes[dimension], stride = buffer.strides[dimension];
    out.box[i] = static_cast<uint32_t>(use.box[dimension]);
    out.sizes[i] = static_cast<uint64_t>(size);
    if (size == 0)
      out.data = nullptr;
    if (size >= endOfSizes)
      return wrong("size", size, ", but a tensor map takes less than 2^32; use smaller inputs");
    if (i == 0) {
      if (stride != 1 && size > 1)
        return wrong("last stride", stride, ", but a tensor map needs 1; pass it dense");
      continue;
    }
    int64_t bytes;
    bool overflows = __builtin_mul_overflow(stride, elementSize(argument.type), &bytes);
    if (overflows || bytes < 0 || bytes >= maxStrideBytes || bytes % strideAlignment != 0)
      return wrong("stride", stride,
                   " elements, but a tensor map needs a multiple of 16 bytes below 2^40; pass it dense");
    out.strideBytes[i - 1] = static_cast<uint64_t>(bytes);
  }
  return out;
}

Status checkTiledAddress(const Kernel &kernel, const TiledTensor &tensor) {
  if (reinterpret_cast<uintptr_t>(tensor.data) % TiledTensor::addressAlignment == 0)
    return Status();
  return failure(Code::invalid_argument,
                 "kernel '%s': argument %d begins at no multiple of %d bytes, which its tensor map needs; align the "
                 "tensor, or compile for sm_80",
                 kernel.name.c_str(), tensor.argument, static_cast<int>(TiledTensor::addressAlignment));
}

} // namespace attn

//===- HostTensor.cpp - tensors in the host's memory -*- C++ -*-===//

#include "runtime/HostTensor.h"

#include <cstring>

namespace attn {

bool isDense(const attn_tensor_t &tensor) {
  int64_t stride = 1;
  for (int32_t i = tensor.rank; i-- > 0;) {
    if (tensor.sizes[i] > 1 && tensor.strides[i] != stride)
      return false;
    stride *= tensor.sizes[i];
  }
  return true;
}

uint64_t bytesOf(const attn_tensor_t &tensor) {
  uint64_t bytes = static_cast<uint64_t>(attn_type_size(tensor.type));
  for (int32_t i = 0; i < tensor.rank; ++i)
    bytes *= static_cast<uint64_t>(tensor.sizes[i]);
  return bytes;
}

/// What lies below |dimension|, from where the offsets, in elements, stand.
static void copyFrom(const attn_tensor_t &from, const attn_tensor_t &to, int32_t dimension, int64_t fromAt,
                     int64_t toAt) {
  int64_t size = attn_type_size(from.type);
  if (dimension == from.rank) {
    std::memcpy(static_cast<char *>(to.data) + toAt * size, static_cast<const char *>(from.data) + fromAt * size,
                static_cast<size_t>(size));
    return;
  }
  for (int64_t i = 0; i < from.sizes[dimension]; ++i)
    copyFrom(from, to, dimension + 1, fromAt + i * from.strides[dimension], toAt + i * to.strides[dimension]);
}

void copyHost(const attn_tensor_t &from, const attn_tensor_t &to) { copyFrom(from, to, 0, 0, 0); }

std::vector<std::byte> packHost(const attn_tensor_t &tensor) {
  std::vector<std::byte> bytes(bytesOf(tensor));
  copyHost(tensor, attn_tensor(bytes.data(), tensor.type, tensor.rank, tensor.sizes));
  return bytes;
}

} // namespace attn

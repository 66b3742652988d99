//===- HostTensor.h - tensors in the host's memory -*- C++ -*-===//

#ifndef ATTN_RUNTIME_HOSTTENSOR_H
#define ATTN_RUNTIME_HOSTTENSOR_H

#include "runtime/attn.h"

#include <cstddef>
#include <vector>

namespace attn {

/// Whether the elements lie one after the other, the last dimension fastest.
bool isDense(const attn_tensor_t &tensor);

/// Of all elements, without what strides leave between them.
uint64_t bytesOf(const attn_tensor_t &tensor);

/// Copies between tensors of equal type and shape.
void copyHost(const attn_tensor_t &from, const attn_tensor_t &to);

/// The elements, dense.
std::vector<std::byte> packHost(const attn_tensor_t &tensor);

} // namespace attn

#endif // ATTN_RUNTIME_HOSTTENSOR_H

//===- Arrays.h - tensors from and to .npy files -*- C++ -*-===//
//
// NumPy knows no bf16: an f32 array is rounded to the type of its argument (nearest, ties to even), and a bf16 result
// is written as f32. Integers change their width if they fit; nothing else is converted.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_RUN_ARRAYS_H
#define ATTN_TOOLS_RUN_ARRAYS_H

#include "runtime/Program.h"
#include "runtime/attn.h"

namespace attn::run {

/// A dense tensor that owns its memory.
struct Array {
  std::vector<std::byte> data;
  attn_tensor_t tensor = {};
};

/// What --input's value |text| says for an argument |what| of |type| and |rank|: a file, or a number, of rank 0, for a
/// scalar, and for any where a number is each element.
Result<Array> readArray(const std::string &text, const std::string &what, ElementType type, size_t rank,
                        bool takesNumber = false);

Status writeArray(const std::string &path, const attn_tensor_t &tensor);

/// An element as a double, for messages.
double valueAt(const attn_tensor_t &tensor, int64_t i);

/// Whether a float tensor, of any strides, holds a NaN or an infinity; others never do.
bool hasNonFinite(const attn_tensor_t &tensor);

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_ARRAYS_H

//===- Safetensors.h - weights in the safetensors format -*- C++ -*-===//
//
//   1. u64 length of the header
//   2. the header: a JSON object from names to {"dtype", "shape", "data_offsets": [begin, end]}; the name __metadata__
//   is
//      an object from text to text; spaces may follow
//   3. the data, which the tensors cover without holes or overlap
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_SAFETENSORS_H
#define ATTN_RUNTIME_FILES_SAFETENSORS_H

#include "runtime/Status.h"
#include "runtime/files/WeightTensor.h"

namespace attn {

/// The tensors of a safetensors file in the order of their data, borrowed from |data|, after all of the above has been
/// checked. |name| is what error messages call the file.
Result<std::vector<WeightTensor>> parseSafetensors(const std::byte *data, uint64_t size, const std::string &name);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_SAFETENSORS_H

//===- Consistency.h - what a reader promises about what it accepts -*- C++ -*-===//
//
// One function a reader: tells whether a table that the reader returned keeps its promises, and touches every byte that
// the table says is there. Unit tests and fuzz targets ask the same.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_FILES_CONSISTENCY_H
#define ATTN_TEST_UNIT_FILES_CONSISTENCY_H

#include "runtime/files/Gguf.h"
#include "runtime/files/Npy.h"
#include "runtime/files/Zip.h"

#include <set>

namespace attn {

/// Whether [begin, begin + bytes) lies in [data, data + size); reads each byte of it.
inline bool readable(const std::byte *begin, uint64_t bytes, const std::byte *data, uint64_t size) {
  if (bytes == 0)
    return true;
  if (begin < data || bytes > size || static_cast<uint64_t>(begin - data) > size - bytes)
    return false;
  volatile unsigned sum = 0;
  for (uint64_t i = 0; i < bytes; ++i)
    sum = sum + static_cast<unsigned>(begin[i]);
  return true;
}

inline bool consistent(const std::vector<WeightTensor> &tensors, const std::byte *data, uint64_t size) {
  std::set<std::string> names;
  for (const WeightTensor &tensor : tensors) {
    std::optional<uint64_t> bytes = tensorBytes(tensor.format, tensor.shape);
    if (!bytes || *bytes != tensor.bytes || !readable(tensor.data, tensor.bytes, data, size) ||
        !names.insert(tensor.name).second)
      return false;
    int64_t block = blockElements(tensor.format);
    int64_t count = static_cast<int64_t>(tensor.bytes / blockBytes(tensor.format)) * block;
    if (!isSupported(tensor.format))
      continue;
    std::vector<float> values(static_cast<size_t>(count));
    dequantize(tensor.format, tensor.data, count, values.data());
  }
  return true;
}

inline bool consistent(const Gguf &file, const std::byte *data, uint64_t size) {
  for (const std::string &key : file.keys()) {
    const GgufValue *value = file.find(key);
    if (!value || (!value->isArray && value->count != 1) ||
        (value->type == GgufType::text && value->text.size() != value->count))
      return false;
    for (std::string_view text : value->text)
      if (!readable(reinterpret_cast<const std::byte *>(text.data()), text.size(), data, size))
        return false;
    // Each getter either gives a value or says why not; none of them may read outside.
    bool any = file.unsignedAt(key).ok() + file.integerAt(key).ok() + file.floatAt(key).ok() + file.boolAt(key).ok() +
               file.textAt(key).ok() + file.integersAt(key).ok() + file.floatsAt(key).ok() + file.textsAt(key).ok();
    bool none = value->isArray && (value->type == GgufType::boolean || value->type == GgufType::u64);
    if (!any && !none)
      return false;
  }
  return consistent(file.tensors(), data, size);
}

inline bool consistent(const NpyArray &array, const std::byte *data, uint64_t size) {
  uint64_t bytes = elementBytes(array.type);
  for (int64_t extent : array.shape)
    bytes *= static_cast<uint64_t>(extent);
  return bytes == array.bytes && readable(array.data, array.bytes, data, size);
}

inline bool consistent(const ZipReader &archive, const std::byte *data, uint64_t size) {
  std::set<std::string> names;
  for (const ZipEntry &entry : archive.entries())
    if (entry.name.empty() || !names.insert(entry.name).second || !readable(entry.data, entry.size, data, size) ||
        crc32(entry.data, entry.size) != entry.checksum || !archive.find(entry.name))
      return false;
  return true;
}

} // namespace attn

#endif // ATTN_TEST_UNIT_FILES_CONSISTENCY_H

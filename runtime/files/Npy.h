//===- Npy.h - NumPy's array files -*- C++ -*-===//
//
// Versions 1 and 2: "\x93NUMPY", two bytes of version, the header's length (u16 or u32), the header, then the elements.
// The header is a Python dictionary of exactly `descr`, `fortran_order` and `shape`. Elements are little-endian, the
// last dimension varies fastest; anything else is an error that says how to convert it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_NPY_H
#define ATTN_RUNTIME_FILES_NPY_H

#include "runtime/Status.h"
#include "runtime/files/MappedFile.h"

#include <vector>

namespace attn {

enum class NpyType { f32, f16, i8, i16, i32, i64, u8, u16, u32, u64, boolean };

const char *typeName(NpyType type);
uint64_t elementBytes(NpyType type);

struct NpyArray {
  NpyType type = NpyType::f32;
  std::vector<int64_t> shape;
  const std::byte *data = nullptr; ///< may stand at any address: copy elements out
  uint64_t bytes = 0;
};

/// An array that borrows |data|. |name| is what error messages call the file.
Result<NpyArray> parseNpy(const std::byte *data, uint64_t size, const std::string &name);

/// An array file that stays mapped.
class NpyFile {
public:
  static Result<NpyFile> open(const std::string &path);

  const std::string &name() const { return file_.name(); }
  const NpyArray &array() const { return array_; }

private:
  NpyFile(MappedFile file, NpyArray array) : file_(std::move(file)), array_(std::move(array)) {}

  MappedFile file_;
  NpyArray array_;
};

/// The bytes of a version 1 file; its elements start at a multiple of 64.
std::vector<std::byte> encodeNpy(NpyType type, const std::vector<int64_t> &shape, const void *data);
Status writeNpy(const std::string &path, NpyType type, const std::vector<int64_t> &shape, const void *data);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_NPY_H

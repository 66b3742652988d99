//===- Gguf.h - weights and metadata in the GGUF format -*- C++ -*-===//
//
// GGUF, versions 2 and 3, little-endian:
//   1. "GGUF", u32 version, u64 number of tensors, u64 number of metadata entries
//   2. metadata: key, u32 type, value; text is a u64 length and the bytes; an array is a u32 type, a u64 count, values
//   3. tensors: name, u32 rank, u64 extents (fastest first), u32 type, u64 offset into the data
//   4. zeros up to a multiple of the alignment (key general.alignment, 32 if absent), then the data
//
// Nothing that the file claims is used before it is checked: counts against the bytes that are left, offsets and sizes
// without overflow, names against each other, tensors against overlap. Arrays of arrays are refused.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_GGUF_H
#define ATTN_RUNTIME_FILES_GGUF_H

#include "runtime/Status.h"
#include "runtime/files/WeightTensor.h"

#include <string_view>
#include <unordered_map>

namespace attn {

/// The types of metadata values, numbered as in the file.
enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

const char *typeName(GgufType type);

/// A metadata value: a scalar is a sequence of one element.
struct GgufValue {
  GgufType type = GgufType::u8; ///< of the elements
  bool isArray = false;
  uint64_t count = 1;
  const std::byte *data = nullptr;    ///< the elements as they stand in the file, unless they are text
  std::vector<std::string_view> text; ///< the elements, if they are text
};

/// The table of a checked file. It borrows the bytes it was parsed from, and so do its text values.
class Gguf {
public:
  /// |name| is what error messages call the file.
  static Result<Gguf> parse(const std::byte *data, uint64_t size, const std::string &name);

  const std::string &name() const { return name_; }
  const std::vector<WeightTensor> &tensors() const { return tensors_; }

  bool has(const std::string &key) const { return find(key) != nullptr; }
  const GgufValue *find(const std::string &key) const;
  /// All keys, in the order of the file.
  const std::vector<std::string> &keys() const { return keys_; }

  // Typed access. A missing key is `not_found`, another type is `unsupported`; both messages name the file and the key.
  // Any integer type will do for an integer that fits, and any float type for a float.
  Result<uint64_t> unsignedAt(const std::string &key) const;
  Result<int64_t> integerAt(const std::string &key) const;
  Result<double> floatAt(const std::string &key) const;
  Result<bool> boolAt(const std::string &key) const;
  Result<std::string_view> textAt(const std::string &key) const;
  Result<std::vector<int64_t>> integersAt(const std::string &key) const;
  Result<std::vector<double>> floatsAt(const std::string &key) const;
  /// Valid as long as this object.
  Result<const std::vector<std::string_view> *> textsAt(const std::string &key) const;

private:
  friend class GgufParser;

  Result<const GgufValue *> require(const std::string &key, bool array) const;
  Status mismatch(const std::string &key, const GgufValue &value, const char *wanted) const;

  std::string name_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, GgufValue> values_;
  std::vector<WeightTensor> tensors_;
};

} // namespace attn

#endif // ATTN_RUNTIME_FILES_GGUF_H

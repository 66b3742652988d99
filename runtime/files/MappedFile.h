//===- MappedFile.h - whole files, read by mapping and written durably -*- C++ -*-===//
//
// Reading maps a file and copies nothing, so that weights larger than free memory can be used. Writing makes a file
// that is either the old one or the whole new one, whatever happens in between.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_MAPPEDFILE_H
#define ATTN_RUNTIME_FILES_MAPPEDFILE_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace attn {

/// A file mapped for reading. The bytes stay at their address while the object is moved, and go with the last owner.
class MappedFile {
public:
  static Result<MappedFile> open(const std::string &path);

  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  /// The path as it was given; error messages start with it.
  const std::string &name() const { return name_; }
  const std::byte *data() const { return data_; }
  uint64_t size() const { return size_; }

private:
  MappedFile(std::string name, const std::byte *data, uint64_t size);

  std::string name_;
  const std::byte *data_ = nullptr; ///< null for an empty file
  uint64_t size_ = 0;
};

/// Writes `size` bytes to a temporary file beside |path|, flushes it to the disk and renames it to |path|. Where |path|
/// is a device or a pipe, the bytes are written into it. Every step is checked; on failure an older file is untouched.
Status writeFile(const std::string &path, const void *data, uint64_t size);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_MAPPEDFILE_H

//===- Zip.h - zip files with stored entries, read in place and written -*- C++ -*-===//
//
// The container of artefacts. Entries are stored, never compressed, so that they can be used where they lie in a mapped
// file; the writer aligns each entry's bytes by an extra field of its local header (the one that Android's zipalign
// uses), which every unzip skips.
//
// The reader takes what the writer gives, and nothing else: no byte of an archive may have two values. What it
// guarantees about one that it accepts:
//   1. it ends with an end record without a comment, and the central directory lies right before that record;
//   2. each entry's local header repeats its central record: name, flags, method, date, sizes and checksum;
//   3. no entry is compressed, encrypted, split over disks, or of zip64;
//   4. entries follow each other in the order of the central directory, from the first byte up to it, without gaps;
//   5. names are not empty and differ from each other;
//   6. each entry's bytes have the checksum that its record gives;
//   7. fields that say nothing (dates, owners, comments) have the values that the writer gives them, and an extra field
//      is an alignment's, with the length that this alignment needs and zeros.
//
// This header is also used by the compiler: it needs nothing but the standard library and Status.h.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_ZIP_H
#define ATTN_RUNTIME_FILES_ZIP_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// One file in an archive; |data| points into the archive's bytes.
struct ZipEntry {
  std::string name;
  const std::byte *data = nullptr;
  uint64_t size = 0;
  uint32_t checksum = 0; ///< CRC-32 of the bytes
};

/// The table of an archive that has been checked. It borrows the bytes it was opened over.
class ZipReader {
public:
  /// |name| is what error messages call the archive.
  static Result<ZipReader> open(const std::byte *data, uint64_t size, const std::string &name);

  /// In the order of the central directory.
  const std::vector<ZipEntry> &entries() const { return entries_; }
  /// The entry of that name, or null.
  const ZipEntry *find(std::string_view name) const;

private:
  std::vector<ZipEntry> entries_;
};

/// Builds an archive in memory. The same entries give the same bytes: no times, no owners.
class ZipWriter {
public:
  static constexpr uint64_t default_alignment = 64;
  static constexpr uint64_t max_alignment = 16384; ///< the padding has to fit an extra field

  /// Appends an entry; its bytes will start at a multiple of |alignment|, a power of two. The bytes are copied.
  Status add(const std::string &name, const void *data, uint64_t size, uint64_t alignment = default_alignment);

  /// The whole archive. Nothing can be added afterwards.
  Result<std::vector<std::byte>> finish();

private:
  struct Record {
    std::string name;
    uint32_t checksum;
    uint32_t size;
    uint32_t header; ///< where the local header starts
  };

  std::vector<std::byte> bytes_;
  std::vector<Record> records_;
  bool finished_ = false;
};

/// CRC-32 as zip uses it.
uint32_t crc32(const std::byte *data, uint64_t size);

} // namespace attn

#endif // ATTN_RUNTIME_FILES_ZIP_H

//===- Zip.cpp - zip files with stored entries, read in place and written -===//

#include "runtime/files/Zip.h"

#include "runtime/files/ByteReader.h"

#include <array>
#include <cstring>
#include <set>

using namespace attn;

static constexpr uint32_t local_signature = 0x04034b50;
static constexpr uint32_t central_signature = 0x02014b50;
static constexpr uint32_t end_signature = 0x06054b50;
static constexpr uint64_t local_size = 30;
static constexpr uint64_t central_size = 46;
static constexpr uint64_t end_size = 22;

static constexpr uint16_t version_stored = 20;  ///< the features of zip 2.0 are enough for stored entries
static constexpr uint16_t version_made_by = 20; ///< MS-DOS rules, which means no owners and no modes
static constexpr uint16_t flag_utf8 = 1u << 11;
static constexpr uint16_t flag_encrypted = 1u << 0;
static constexpr uint16_t method_stored = 0;
static constexpr uint16_t alignment_field = 0xd935;
static constexpr uint16_t midnight = 0;
static constexpr uint16_t first_of_1980 = (1u << 5) | 1u; ///< the earliest date that zip can say

/// How long an extra field must be so that what follows |offset| starts aligned: nothing, or a field's header (4
/// bytes), the alignment (2 bytes) and zeros.
static uint64_t paddingAfter(uint64_t offset, uint64_t alignment) {
  uint64_t padding = (alignment - offset % alignment) % alignment;
  while (padding != 0 && padding < 6)
    padding += alignment;
  return padding;
}

static bool isAlignment(uint64_t alignment) {
  return alignment != 0 && (alignment & (alignment - 1)) == 0 && alignment <= ZipWriter::max_alignment;
}

//===----------------------------------------------------------------------===//
// CRC-32: eight bytes a step, with one table for each
//===----------------------------------------------------------------------===//

using ChecksumTables = std::array<std::array<uint32_t, 256>, 8>;

static constexpr ChecksumTables makeChecksumTables() {
  ChecksumTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = value & 1 ? (value >> 1) ^ 0xedb88320u : value >> 1;
    tables[0][byte] = value;
  }
  for (size_t step = 1; step < 8; ++step)
    for (uint32_t byte = 0; byte < 256; ++byte)
      tables[step][byte] = (tables[step - 1][byte] >> 8) ^ tables[0][tables[step - 1][byte] & 0xff];
  return tables;
}

static constexpr ChecksumTables checksum_tables = makeChecksumTables();

uint32_t attn::crc32(const std::byte *data, uint64_t size) {
  const ChecksumTables &t = checksum_tables;
  uint32_t value = ~0u;
  for (; size >= 8; size -= 8, data += 8) {
    uint32_t low, high;
    std::memcpy(&low, data, 4);
    std::memcpy(&high, data + 4, 4);
    low ^= value;
    value = t[7][low & 0xff] ^ t[6][(low >> 8) & 0xff] ^ t[5][(low >> 16) & 0xff] ^ t[4][low >> 24] ^
            t[3][high & 0xff] ^ t[2][(high >> 8) & 0xff] ^ t[1][(high >> 16) & 0xff] ^ t[0][high >> 24];
  }
  for (; size > 0; --size, ++data)
    value = (value >> 8) ^ t[0][(value ^ static_cast<uint32_t>(*data)) & 0xff];
  return ~value;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// The fields that a local header and a central record share.
struct Shared {
  uint16_t version, flags, method, time, date;
  uint32_t checksum, packed, size;
  uint16_t nameLength, extraLength;

  bool read(ByteReader &in) {
    return in.read(version) && in.read(flags) && in.read(method) && in.read(time) && in.read(date) &&
           in.read(checksum) && in.read(packed) && in.read(size) && in.read(nameLength) && in.read(extraLength);
  }
};

/// Reads one archive, record by record; carries what every message needs.
class Archive {
public:
  Archive(const std::byte *data, uint64_t size, const std::string &name) : data_(data), size_(size), name_(name) {}

  Status read(std::vector<ZipEntry> &entries);

private:
  Status readEnd();
  Status readCentral(ByteReader &in, std::vector<ZipEntry> &entries);
  Status checkKind(const Shared &record, const std::string &entry) const;
  Status readLocal(const Shared &central, uint32_t header, ZipEntry &entry);
  bool isPadding(std::string_view extra, uint64_t offset) const;

  Status corrupt(const char *what) const {
    return failure(Code::corrupt, "%s: %s; the file is damaged, make or fetch it again", name_.c_str(), what);
  }
  Status corrupt(const std::string &entry, const char *what) const {
    return corrupt(("entry '" + entry + "' " + what).c_str());
  }

  const std::byte *data_;
  uint64_t size_;
  const std::string &name_;
  uint64_t directory_ = 0; ///< where the central directory starts
  uint16_t count_ = 0;
  std::set<std::string_view> names_;
  uint64_t next_ = 0; ///< where the next local header starts: entries follow each other
};

} // namespace

Status Archive::readEnd() {
  if (size_ < end_size)
    return failure(Code::corrupt,
                   "%s: has %llu bytes, fewer than any zip file; the file is damaged, make or fetch it again",
                   name_.c_str(), static_cast<unsigned long long>(size_));
  ByteReader in(data_, size_, size_ - end_size);
  uint32_t signature, directorySize, directory;
  uint16_t disk, directoryDisk, countHere, commentLength;
  bool complete = in.read(signature) && in.read(disk) && in.read(directoryDisk) && in.read(countHere) &&
                  in.read(count_) && in.read(directorySize) && in.read(directory) && in.read(commentLength);
  if (!complete || signature != end_signature)
    return corrupt("does not end with a zip end record");
  if (commentLength != 0)
    return corrupt("announces a comment after its end");
  if (count_ == UINT16_MAX || directory == UINT32_MAX || directorySize == UINT32_MAX)
    return failure(Code::unsupported, "%s: is a zip64 file; archives of up to 4 GiB and 65534 entries can be read",
                   name_.c_str());
  if (disk != 0 || directoryDisk != 0 || countHere != count_)
    return corrupt("claims to be one of several disks");
  if (uint64_t(directory) + directorySize != size_ - end_size)
    return corrupt("has a central directory that does not end at its end record");
  directory_ = directory;
  return Status();
}

Status Archive::checkKind(const Shared &record, const std::string &entry) const {
  if (record.flags & flag_encrypted)
    return failure(Code::unsupported, "%s: entry '%s' is encrypted; store it plainly", name_.c_str(), entry.c_str());
  if (record.method != method_stored)
    return failure(Code::unsupported, "%s: entry '%s' is compressed; store it (zip -0)", name_.c_str(), entry.c_str());
  if (record.packed == UINT32_MAX || record.size == UINT32_MAX)
    return failure(Code::unsupported, "%s: entry '%s' is of zip64; an entry may have up to 4 GiB", name_.c_str(),
                   entry.c_str());
  if (record.version > version_stored || (record.flags & ~flag_utf8) != 0)
    return failure(Code::unsupported, "%s: entry '%s' needs zip features beyond stored files; store it (zip -0 -X)",
                   name_.c_str(), entry.c_str());
  if (record.packed != record.size)
    return corrupt(entry, "is stored, but its two sizes differ");
  if (record.version != version_stored || record.flags != flag_utf8 || record.time != midnight ||
      record.date != first_of_1980)
    return corrupt(entry, "has a record with values that attn-opt does not write");
  return Status();
}

/// Whether |extra|, which begins at |offset|, is the field that aligns an entry, or not there.
bool Archive::isPadding(std::string_view extra, uint64_t offset) const {
  if (extra.empty())
    return true;
  ByteReader in(reinterpret_cast<const std::byte *>(extra.data()), extra.size(), 0);
  uint16_t field, length, alignment;
  return in.read(field) && in.read(length) && in.read(alignment) && field == alignment_field &&
         length == extra.size() - 4 && isAlignment(alignment) && paddingAfter(offset, alignment) == extra.size() &&
         extra.find_first_not_of('\0', 6) == std::string_view::npos;
}

Status Archive::readLocal(const Shared &central, uint32_t header, ZipEntry &entry) {
  // The central directory bounds what a local header may reach.
  ByteReader in(data_, directory_, header);
  uint32_t signature;
  Shared local;
  std::string_view name, extra;
  if (header > directory_ || !in.read(signature) || !local.read(in) || !in.readText(local.nameLength, name))
    return corrupt(entry.name, "has a local header that lies outside the file");
  uint64_t extraAt = in.position();
  if (!in.readText(local.extraLength, extra))
    return corrupt(entry.name, "has a local header that lies outside the file");
  if (signature != local_signature || name != entry.name || local.version != central.version ||
      local.flags != central.flags || local.method != central.method || local.time != central.time ||
      local.date != central.date || local.checksum != central.checksum || local.packed != central.packed ||
      local.size != central.size)
    return corrupt(entry.name, "has a local header that contradicts the central directory");
  if (!isPadding(extra, extraAt))
    return corrupt(entry.name, "has an extra field that does not align it");
  entry.data = in.here();
  entry.size = central.size;
  entry.checksum = central.checksum;
  if (!in.skip(entry.size))
    return corrupt(entry.name, "reaches into the central directory");
  if (header != next_)
    return corrupt(entry.name, "does not begin where the entry before it ends");
  next_ = in.position();
  if (crc32(entry.data, entry.size) != entry.checksum)
    return corrupt(entry.name, "does not have the checksum that its record gives");
  return Status();
}

Status Archive::readCentral(ByteReader &in, std::vector<ZipEntry> &entries) {
  uint32_t signature, external, header;
  uint16_t madeBy, commentLength, disk, internal;
  Shared record;
  std::string_view name;
  bool complete = in.read(signature) && in.read(madeBy) && record.read(in) && in.read(commentLength) && in.read(disk) &&
                  in.read(internal) && in.read(external) && in.read(header) && in.readText(record.nameLength, name) &&
                  in.skip(record.extraLength) && in.skip(commentLength);
  if (!complete || signature != central_signature)
    return corrupt("has a central directory with a broken record");
  ZipEntry entry;
  entry.name = std::string(name);
  if (name.empty() || name.find('\0') != std::string_view::npos)
    return corrupt("has an entry without a name, or with a zero byte in it");
  ATTN_RETURN_IF_ERROR(checkKind(record, entry.name));
  if (disk != 0)
    return corrupt(entry.name, "claims to lie on another disk");
  if (madeBy != version_made_by || record.extraLength != 0 || commentLength != 0 || internal != 0 || external != 0)
    return corrupt(entry.name, "has a central record with values that attn-opt does not write");
  if (!names_.insert(name).second)
    return corrupt(entry.name, "is there twice");
  ATTN_RETURN_IF_ERROR(readLocal(record, header, entry));
  entries.push_back(std::move(entry));
  return Status();
}

Status Archive::read(std::vector<ZipEntry> &entries) {
  ATTN_RETURN_IF_ERROR(readEnd());
  ByteReader in(data_, size_ - end_size, directory_);
  if (uint64_t(count_) * central_size > in.remaining())
    return corrupt("counts more entries than its central directory can hold");
  for (unsigned i = 0; i < count_; ++i)
    ATTN_RETURN_IF_ERROR(readCentral(in, entries));
  if (in.remaining() != 0)
    return corrupt("has a central directory longer than its entries");
  if (next_ != directory_)
    return corrupt("has bytes between its last entry and its central directory");
  return Status();
}

Result<ZipReader> ZipReader::open(const std::byte *data, uint64_t size, const std::string &name) {
  ZipReader reader;
  ATTN_RETURN_IF_ERROR(Archive(data, size, name).read(reader.entries_));
  return reader;
}

const ZipEntry *ZipReader::find(std::string_view name) const {
  for (const ZipEntry &entry : entries_)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

template <typename T> static void put(std::vector<std::byte> &bytes, T value) {
  const std::byte *begin = reinterpret_cast<const std::byte *>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof(T));
}

static void putText(std::vector<std::byte> &bytes, const std::string &text) {
  const std::byte *begin = reinterpret_cast<const std::byte *>(text.data());
  bytes.insert(bytes.end(), begin, begin + text.size());
}

static void putShared(std::vector<std::byte> &bytes, const std::string &name, uint32_t checksum, uint32_t size,
                      uint16_t extra) {
  put<uint16_t>(bytes, version_stored);
  put<uint16_t>(bytes, flag_utf8);
  put<uint16_t>(bytes, method_stored);
  put<uint16_t>(bytes, midnight);
  put<uint16_t>(bytes, first_of_1980);
  put<uint32_t>(bytes, checksum);
  put<uint32_t>(bytes, size);
  put<uint32_t>(bytes, size);
  put<uint16_t>(bytes, static_cast<uint16_t>(name.size()));
  put<uint16_t>(bytes, extra);
}

Status ZipWriter::add(const std::string &name, const void *data, uint64_t size, uint64_t alignment) {
  if (finished_)
    return failure(Code::invalid_argument, "cannot add '%s' to a finished archive", name.c_str());
  if (name.empty() || name.size() > UINT16_MAX || name.find('\0') != std::string::npos)
    return failure(Code::invalid_argument, "an entry's name must have 1 to 65535 bytes, none of them zero");
  if (!isAlignment(alignment))
    return failure(Code::invalid_argument,
                   "entry '%s' asks for alignment %llu, but it must be a power of two up to %llu", name.c_str(),
                   static_cast<unsigned long long>(alignment), static_cast<unsigned long long>(max_alignment));
  for (const Record &record : records_)
    if (record.name == name)
      return failure(Code::invalid_argument, "entry '%s' is already in the archive", name.c_str());
  uint64_t header = bytes_.size();
  uint64_t extra = paddingAfter(header + local_size + name.size(), alignment);
  if (size >= UINT32_MAX || header + local_size + name.size() + extra + size >= UINT32_MAX ||
      records_.size() + 1 >= UINT16_MAX)
    return failure(Code::out_of_range,
                   "entry '%s' of %llu bytes makes the archive larger than a plain zip file can be (4 GiB)",
                   name.c_str(), static_cast<unsigned long long>(size));

  const std::byte *content = static_cast<const std::byte *>(data);
  Record record{name, crc32(content, size), static_cast<uint32_t>(size), static_cast<uint32_t>(header)};
  put<uint32_t>(bytes_, local_signature);
  putShared(bytes_, name, record.checksum, record.size, static_cast<uint16_t>(extra));
  putText(bytes_, name);
  if (extra != 0) {
    put<uint16_t>(bytes_, alignment_field);
    put<uint16_t>(bytes_, static_cast<uint16_t>(extra - 4));
    put<uint16_t>(bytes_, static_cast<uint16_t>(alignment));
    bytes_.resize(bytes_.size() + extra - 6);
  }
  if (size != 0)
    bytes_.insert(bytes_.end(), content, content + size);
  records_.push_back(std::move(record));
  return Status();
}

Result<std::vector<std::byte>> ZipWriter::finish() {
  if (finished_)
    return failure(Code::invalid_argument, "the archive is already finished");
  finished_ = true;
  uint64_t directory = bytes_.size();
  for (const Record &record : records_) {
    put<uint32_t>(bytes_, central_signature);
    put<uint16_t>(bytes_, version_made_by);
    putShared(bytes_, record.name, record.checksum, record.size, 0);
    put<uint16_t>(bytes_, 0); // comment
    put<uint16_t>(bytes_, 0); // disk
    put<uint16_t>(bytes_, 0); // internal attributes
    put<uint32_t>(bytes_, 0); // external attributes
    put<uint32_t>(bytes_, record.header);
    putText(bytes_, record.name);
  }
  uint64_t directorySize = bytes_.size() - directory;
  if (directory + directorySize >= UINT32_MAX)
    return failure(Code::out_of_range, "the archive is larger than a plain zip file can be (4 GiB)");
  put<uint32_t>(bytes_, end_signature);
  put<uint16_t>(bytes_, 0);
  put<uint16_t>(bytes_, 0);
  put<uint16_t>(bytes_, static_cast<uint16_t>(records_.size()));
  put<uint16_t>(bytes_, static_cast<uint16_t>(records_.size()));
  put<uint32_t>(bytes_, static_cast<uint32_t>(directorySize));
  put<uint32_t>(bytes_, static_cast<uint32_t>(directory));
  put<uint16_t>(bytes_, 0);
  return std::move(bytes_);
}

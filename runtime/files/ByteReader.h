//===- ByteReader.h - reads little-endian values within bounds -*- C++ -*-===//
//
// A cursor over bytes that somebody else owns. Every read says whether it stayed inside; a read that did not leaves the
// cursor where it was. Values are copied out, so they may stand at any address. The runtime runs on little-endian
// machines only, where the order in the file is the order in memory.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_BYTEREADER_H
#define ATTN_RUNTIME_FILES_BYTEREADER_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the readers copy little-endian values as they stand");

namespace attn {

class ByteReader {
public:
  ByteReader(const std::byte *data, uint64_t size, uint64_t position = 0)
      : data_(data), size_(size), position_(position < size ? position : size) {}

  uint64_t position() const { return position_; }
  uint64_t remaining() const { return size_ - position_; }
  const std::byte *here() const { return data_ + position_; }

  template <typename T> [[nodiscard]] bool read(T &value) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>, "a byte other than 0 and 1 is no bool");
    if (remaining() < sizeof(T))
      return false;
    std::memcpy(&value, here(), sizeof(T));
    position_ += sizeof(T);
    return true;
  }

  [[nodiscard]] bool skip(uint64_t count) {
    if (remaining() < count)
      return false;
    position_ += count;
    return true;
  }

  /// The next `count` bytes as text, without copying.
  [[nodiscard]] bool readText(uint64_t count, std::string_view &text) {
    const char *begin = reinterpret_cast<const char *>(here());
    if (!skip(count))
      return false;
    text = std::string_view(begin, count);
    return true;
  }

private:
  const std::byte *data_;
  uint64_t size_;
  uint64_t position_;
};

} // namespace attn

#endif // ATTN_RUNTIME_FILES_BYTEREADER_H

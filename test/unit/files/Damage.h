//===- Damage.h - every small damage to a file -*- C++ -*-===//
//
// Cuts a file at each length and changes each of its bytes, and hands each damaged copy to a reader. The copy is
// allocated at its exact size, so that the address sanitizer sees a read one byte behind it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_FILES_DAMAGE_H
#define ATTN_TEST_UNIT_FILES_DAMAGE_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace attn {

/// Calls |read| with the first n bytes of |file|, for each n below its size.
template <typename Read> void truncateEverywhere(const std::vector<std::byte> &file, Read read) {
  for (uint64_t size = 0; size < file.size(); ++size) {
    std::unique_ptr<std::byte[]> copy(new std::byte[size]);
    if (size != 0)
      std::memcpy(copy.get(), file.data(), size);
    read(copy.get(), size);
  }
}

/// Calls |read| with each byte of |file| inverted, set to 0 and to 255, and with each of its bits flipped.
template <typename Read> void changeEverywhere(const std::vector<std::byte> &file, Read read) {
  std::unique_ptr<std::byte[]> copy(new std::byte[file.size()]);
  std::memcpy(copy.get(), file.data(), file.size());
  for (uint64_t i = 0; i < file.size(); ++i) {
    std::vector<std::byte> others = {~file[i], std::byte{0}, std::byte{255}};
    for (int bit = 0; bit < 8; ++bit)
      others.push_back(file[i] ^ std::byte(1u << bit));
    for (std::byte other : others) {
      if (other == file[i])
        continue;
      copy[i] = other;
      read(copy.get(), file.size());
    }
    copy[i] = file[i];
  }
}

} // namespace attn

#endif // ATTN_TEST_UNIT_FILES_DAMAGE_H

//===- BytePairEncoder.h - merges the bytes of a word into tokens -*- C++ -*-===//
//
// Byte-pair encoding (Sennrich et al., 2016, on bytes): a word starts as one token a byte; while two neighbours have a
// merge, the merge of the lowest rank, and among equals the leftmost, replaces them. A queue of candidate merges makes
// that n log n in the word's length, so that a megabyte without a space is no attack. A byte without a token is left
// out, and its neighbours are then next to each other.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TEXT_BYTEPAIRENCODER_H
#define ATTN_RUNTIME_TEXT_BYTEPAIRENCODER_H

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attn {

class BytePairEncoder {
public:
  BytePairEncoder() { bytes_.fill(-1); }

  /// Makes |token| the token of one byte.
  void setByte(uint8_t byte, int32_t token) { bytes_[byte] = token; }
  /// Adds the next merge; of two merges of the same pair the first counts.
  void addMerge(int32_t left, int32_t right, int32_t merged);

  /// Appends the tokens of |word|.
  void encode(std::string_view word, std::vector<int32_t> &tokens) const;

private:
  struct Merge {
    int32_t rank;
    int32_t token;
  };

  const Merge *find(int32_t left, int32_t right) const;

  std::array<int32_t, 256> bytes_;             ///< -1 where a byte has no token
  std::unordered_map<uint64_t, Merge> merges_; ///< by left token, then right token
};

} // namespace attn

#endif // ATTN_RUNTIME_TEXT_BYTEPAIRENCODER_H

//===- Problem.h - one call of attention: what goes in, and where it stands -*- C++ -*-===//

#ifndef ATTN_TEST_NUMERICS_PROBLEM_H
#define ATTN_TEST_NUMERICS_PROBLEM_H

#include "test/numerics/Array.h"

#include <optional>

namespace attn::numerics {

/// What is fixed when a case is compiled.
struct Geometry {
  int64_t heads, keyHeads;
  int64_t width, valueWidth;
  attn_type_t type;     ///< of queries and output
  attn_type_t keyType;  ///< of keys and values
  int64_t ofValues = 0; ///< heads of values, where they are not those of keys

  int64_t valueHeads() const { return ofValues ? ofValues : keyHeads; }
  int64_t keyHead(int64_t head) const { return head / (heads / keyHeads); }
  int64_t valueHead(int64_t head) const { return head / (heads / valueHeads()); }
};

/// How sequences lie in the tensors.
enum class Layout {
  dense,  ///< (n, position, head, width), every row valid
  ragged, ///< the same, with lengths; rows beyond them hold NaN
  packed, ///< (rows, head, width), by offsets; rows past the last hold NaN
};

/// Where the queries stand on the key axis.
enum class Start { topLeft, bottomRight, value };

/// One call.
struct Problem {
  Geometry geometry;
  Layout layout;
  int64_t batch = 0;          ///< sequences
  int64_t rows = 0, keys = 0; ///< sizes of the tensors: of each sequence, or of all of them when packed
  std::vector<int32_t> queryLengths, keyLengths, starts;
  std::vector<int32_t> queryOffsets, keyOffsets; ///< when packed
  Array query, key, value;
  bool areValuesColumns =
      false; ///< of an identity: a key of the call has a 1, in its own column, none before it has one

  /// Features of query row `r` of sequence n, of the key at position j, of its value: element 0; the rest follow.
  int64_t queryAt(int64_t n, int64_t r, int64_t head) const;
  int64_t keyAt(int64_t n, int64_t j, int64_t keyHead) const;
  int64_t valueAt(int64_t n, int64_t j, int64_t valueHead) const;
  /// The row of the output; features or the log-sum-exp follow.
  int64_t outputAt(int64_t n, int64_t r, int64_t head) const;

  std::vector<int64_t> outputSizes() const;
  std::vector<int64_t> lseSizes() const;
};

/// What a call's lengths are: for dense layouts every sequence has `rows` and `keys`; for others these are the most,
/// and each sequence draws its own, the edges 0 and the most included.
struct Lengths {
  int64_t batch, rows, keys;
};

/// The valid rows of (sequence, position, head, width) data end to end, and two rows behind them that are of none.
Array pack(const Array &rows, const std::vector<int32_t> &lengths);
/// The reverse; rows that are of no sequence have to be 0.
std::optional<std::string> unpack(const Array &packed, const std::vector<int32_t> &lengths, Array &rows);

Problem makeProblem(const Geometry &geometry, Layout layout, Start start, const Lengths &lengths, Random &random);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_PROBLEM_H

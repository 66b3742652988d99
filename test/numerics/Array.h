//===- Array.h - typed arrays of a test, and its own 16-bit floats -*- C++ -*-===//
//
// Independent of the runtime's conversions on purpose: a test that rounds as the code under test does proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_ARRAY_H
#define ATTN_TEST_NUMERICS_ARRAY_H

#include "runtime/attn.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace attn::numerics {

/// Elements one after the other, the last dimension fastest.
class Array {
public:
  Array() = default;
  Array(attn_type_t type, std::vector<int64_t> sizes);

  /// A scalar is an array of rank 0.
  static Array scalar(attn_type_t type, double value);
  static Array vector(const std::vector<int32_t> &values);

  attn_type_t type() const { return type_; }
  const std::vector<int64_t> &sizes() const { return sizes_; }
  int64_t count() const;

  double at(int64_t index) const;
  double at(std::initializer_list<int64_t> indices) const { return at(offset(indices)); }
  /// Rounds to the array's type, to nearest even.
  void set(int64_t index, double value);
  void set(std::initializer_list<int64_t> indices, double value) { set(offset(indices), value); }
  void fill(double value);

  const std::vector<uint8_t> &bytes() const { return bytes_; }
  attn_tensor_t tensor();

private:
  int64_t offset(std::initializer_list<int64_t> indices) const;

  attn_type_t type_ = ATTN_F32;
  std::vector<int64_t> sizes_;
  std::vector<uint8_t> bytes_;
};

/// Numbers that depend on a seed only (SplitMix64).
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t bits();
  double uniform(double low, double high);
  double normal();
  int64_t integer(int64_t low, int64_t high); ///< in [low, high]
  bool chance(double probability) { return uniform(0, 1) < probability; }

private:
  uint64_t state;
};

/// The element type's name in MLIR.
std::string typeName(attn_type_t type);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_ARRAY_H

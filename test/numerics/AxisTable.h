//===- AxisTable.h - tensors from outside whose dimensions are named -*- C++ -*-===//
//
// n sequence, h query head, t the call's query row (packed ones counted through all sequences), s the sequence's key.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_AXISTABLE_H
#define ATTN_TEST_NUMERICS_AXISTABLE_H

#include "test/numerics/Oracle.h"

#include <functional>

namespace attn::numerics {

/// In nn.dims: as many as the longest sequence has keys.
inline constexpr const char *keysOfSequence = "S_n";

class AxisTable {
public:
  AxisTable(std::string name, std::string axes, attn_type_t type)
      : name(std::move(name)), axes(std::move(axes)), type(type) {}

  Argument argument(const Geometry &) const;
  /// Makes the array for one call, an element at a time; kept for `at`.
  Array draw(const Problem &, const std::function<double()> &element);
  double at(const Pair &) const;

  const std::string name, axes;

private:
  attn_type_t type;
  Array values;
  std::vector<int32_t> firstRows; ///< of each sequence's queries
};

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_AXISTABLE_H

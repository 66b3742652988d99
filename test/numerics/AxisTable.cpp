//===- AxisTable.cpp - tensors from outside whose dimensions are named ---===//

#include "test/numerics/AxisTable.h"

#include <algorithm>

namespace attn::numerics {

Argument AxisTable::argument(const Geometry &geometry) const {
  Argument result{name, "tensor<", {}};
  for (char axis : axes) {
    if (axis == ' ')
      continue;
    result.type += axis == 'h' ? std::to_string(geometry.heads) + "x" : "?x";
    result.dims.push_back(axis == 'h'   ? std::to_string(geometry.heads)
                          : axis == 'n' ? "B"
                          : axis == 't' ? "T"
                                        : keysOfSequence);
  }
  result.type += typeName(type) + ">";
  return result;
}

Array AxisTable::draw(const Problem &problem, const std::function<double()> &element) {
  auto most = [](const std::vector<int32_t> &lengths) { return *std::max_element(lengths.begin(), lengths.end()); };
  bool packed = problem.layout == Layout::packed;
  std::vector<int64_t> sizes;
  for (char axis : axes) {
    if (axis == 'n')
      sizes.push_back(problem.batch);
    if (axis == 'h')
      sizes.push_back(problem.geometry.heads);
    if (axis == 't')
      sizes.push_back(problem.rows);
    if (axis == 's')
      sizes.push_back(packed ? most(problem.keyLengths) : problem.keys);
  }
  values = Array(type, sizes);
  firstRows = packed ? problem.queryOffsets : std::vector<int32_t>(problem.batch, 0);
  for (int64_t index = 0; index < values.count(); ++index)
    values.set(index, element());
  return values;
}

double AxisTable::at(const Pair &pair) const {
  int64_t offset = 0;
  size_t dimension = 0;
  for (char axis : axes) {
    if (axis == ' ')
      continue;
    int64_t index = axis == 'n' ? pair.n : axis == 'h' ? pair.h : axis == 't' ? firstRows[pair.n] + pair.row : pair.j;
    offset = offset * values.sizes()[dimension++] + index;
  }
  return values.at(offset);
}

} // namespace attn::numerics

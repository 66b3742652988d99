//===- Masked.cpp - a boolean tensor admits pairs, by its axes ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>

namespace attn::numerics {

namespace {

/// True is attend; t counts the call's query rows, packed ones through all sequences, s the sequence's keys.
class Masked : public Modifier {
public:
  explicit Masked(std::string axes) : axes(std::move(axes)) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    Argument mask{"mask", "tensor<", {}};
    for (char axis : axes) {
      if (axis == ' ')
        continue;
      mask.type += axis == 'h' ? std::to_string(geometry.heads) + "x" : "?x";
      // Sizes of its own: a packed call has no dimension that holds a sequence's length.
      mask.dims.push_back(axis == 'h' ? std::to_string(geometry.heads) : std::string("M") + axis);
    }
    mask.type += "i1>";
    return {mask};
  }

  std::vector<Array> draw(const Problem &problem, Random &random) override {
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
    mask = Array(ATTN_I1, sizes);
    firstRows = packed ? problem.queryOffsets : std::vector<int32_t>(problem.batch, 0);
    double density = random.chance(0.3) ? 0.02 : 0.5; // Rows without any key are among them.
    for (int64_t index = 0; index < mask.count(); ++index)
      mask.set(index, random.chance(density));
    return {mask};
  }

  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return out + " = attn.masked " + in + " by %mask axes \"" + axes + "\" : " + arguments(geometry).front().type;
  }

  bool admits(const Pair &pair) const override {
    int64_t offset = 0;
    size_t dimension = 0;
    for (char axis : axes) {
      if (axis == ' ')
        continue;
      int64_t index = axis == 'n' ? pair.n : axis == 'h' ? pair.h : axis == 't' ? firstRows[pair.n] + pair.row : pair.j;
      offset = offset * mask.sizes()[dimension++] + index;
    }
    return mask.at(offset) != 0;
  }

private:
  std::string axes;
  Array mask;
  std::vector<int32_t> firstRows; ///< of each sequence's queries
};

} // namespace

void casesOfMasked(Cases &cases) {
  for (const char *axes : {"t s", "n s", "n t s", "n h t s", "h s"})
    cases.push_back(makeCase(std::string("masked (") + axes + ")", plain(), Layout::ragged, Start::bottomRight,
                             {modify<Masked>(axes)}));
  for (attn_type_t type : {ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("masked causal", plain(type), Layout::dense, Start::value, {modify<Masked>("n h t s"), causal()}));
  cases.push_back(makeCase("masked", plain(), Layout::packed, Start::bottomRight, {modify<Masked>("n t s")}));
}

} // namespace attn::numerics

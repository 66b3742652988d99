//===- TextVariant.h - variants written as text, by their formulas -*- C++ -*-===//
//
// An entry names a file of models/variants/text, says what its parameters are drawn from, and gives the formula in
// double. The compiler reads that very file (--with), so that what is tested is what users take.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_TEXTVARIANT_H
#define ATTN_TEST_NUMERICS_TEXTVARIANT_H

#include "test/numerics/Oracle.h"

#include <utility>

namespace attn::numerics {

/// What a formula sees of a call: its lengths, and the values of the parameters in their order.
struct TextCall {
  const Problem *problem = nullptr;
  std::vector<Array> values;

  double number(size_t parameter) const { return values[parameter].at(0); }
  int64_t integer(size_t parameter) const { return static_cast<int64_t>(number(parameter)); }
  /// As attn.load: an index outside is clamped.
  double load(size_t parameter, std::initializer_list<int64_t> indices) const;
  int64_t keys(const Pair &pair) const { return problem->keyLengths[pair.n]; }
  /// The row of the query in tensors by (n, row), as attn.row.
  int64_t row(const Pair &pair) const;
};

/// A parameter of a variant; its type is what the array's type and sizes say, all of these dynamic.
struct TextParameter {
  std::string name;
  attn_type_t type;
  size_t rank; ///< 0: a scalar
  std::function<Array(const Problem &, Random &)> draw;
};

/// An i32 or f32, one of these.
TextParameter drawn(std::string name, attn_type_t type, std::vector<double> edges);
/// A tensor; `sizes` of the problem, `element` from its indices.
TextParameter table(std::string name, attn_type_t type, size_t rank,
                    std::function<std::vector<int64_t>(const Problem &)> sizes,
                    std::function<double(const Problem &, Random &, const std::vector<int64_t> &)> element);
/// Sizes of tensors that regions read: (n), (h), (n, position, h); positions are those of the longest sequence.
std::vector<int64_t> perSequence(const Problem &);
std::vector<int64_t> perHead(const Problem &);
int64_t longest(const Problem &);

/// A variant: the formulas that it has, the others null.
struct TextVariant {
  std::string file; ///< models/variants/text/<file>.mlir
  std::string name; ///< the attn.variant in it
  std::vector<TextParameter> parameters = {};
  std::function<double(double s, const Pair &, const TextCall &)> score = nullptr;
  std::function<bool(const Pair &, const TextCall &)> admits = nullptr;
  std::function<double(const Pair &, const TextCall &)> factor = nullptr;
  std::function<double(double x)> feature = nullptr;
  std::function<double(double a, double b)> term = nullptr;
};

/// How a variant is tried: whatever does not depend on where the queries stand is tried where they stand anywhere.
struct TextTrial {
  TextVariant variant;
  Start start = Start::bottomRight;
  std::optional<double> scale = std::nullopt;
  std::string closing = "softmax";
};

/// The cases of a trial: f32 and bf16, ragged and packed.
void addTextCases(Cases &cases, const TextTrial &trial);

/// oracle/text/*.cpp, which `casesOfText` calls.
void casesOfTextMasks(Cases &cases);
void casesOfTextScores(Cases &cases);
void casesOfTextWeights(Cases &cases);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_TEXTVARIANT_H

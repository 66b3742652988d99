//===- Sampler.h - draws the next token from logits -*- C++ -*-===//
//
// In this order: temperature divides the logits (0 means the largest one); top-k keeps the k largest; top-p keeps the
// smallest set of the largest whose probability, among those kept by top-k, reaches p, at least one; what is left is
// renormalised and drawn from. Equal logits are ordered by token, the lower one first.
//
// A draw depends on the seed, the step and the logits only, and comes out alike on every machine: its random number is
// counter-based (Philox-4x32-10; Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), and its
// arithmetic is in double with an exponential of our own, since libraries differ in the last bit.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TEXT_SAMPLER_H
#define ATTN_RUNTIME_TEXT_SAMPLER_H

#include "runtime/Status.h"

#include <array>
#include <cstdint>

namespace attn {

struct SamplerOptions {
  double temperature = 0; ///< 0 or more
  int64_t topK = 0;       ///< 0 keeps all
  double topP = 1;        ///< from 0 to 1
  uint64_t seed = 0;
};

class Sampler {
public:
  /// Checks the options.
  static Result<Sampler> create(const SamplerOptions &options);

  /// The token drawn at |step| from |count| logits. Logits of minus infinity are never drawn; NaN and plus infinity are
  /// errors, and so is a row without a finite logit. Safe to call from several threads.
  Result<int32_t> sample(const float *logits, int64_t count, uint32_t step) const;

private:
  explicit Sampler(const SamplerOptions &options) : options_(options) {}

  SamplerOptions options_;
};

/// The random function behind it: four words from a counter and a key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// e to the power of |x| for x up to 0, to about one unit in the last place, with the same bits everywhere.
double portableExp(double x);

} // namespace attn

#endif // ATTN_RUNTIME_TEXT_SAMPLER_H

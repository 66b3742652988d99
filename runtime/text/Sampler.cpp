//===- Sampler.cpp - draws the next token from logits ---------------------===//

#include "runtime/text/Sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace attn;

//===----------------------------------------------------------------------===//
// Random numbers and the exponential
//===----------------------------------------------------------------------===//

std::array<uint32_t, 4> attn::philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t first = uint64_t{0xD2511F53} * counter[0], second = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(second),
               static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(first)};
    key[0] += 0x9E3779B9; // the golden ratio
    key[1] += 0xBB67AE85; // the square root of 3, less 1
  }
  return counter;
}

double attn::portableExp(double x) {
  if (x < -745.2) // below half of the smallest subnormal
    return 0;
  // x = n·ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, the first with so few bits that n times it is exact.
  double n = std::nearbyint(x * 0x1.71547652b82fep+0);
  double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  double sum = 1; // the Taylor series to r^13 / 13!, whose remainder is below 2^-57
  for (int i = 13; i >= 1; --i)
    sum = 1 + r / i * sum;
  return std::ldexp(sum, static_cast<int>(n));
}

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

namespace {

struct Candidate {
  double logit;
  int32_t token;

  /// Whether this one comes after |other|, so that the top of a heap is the first one.
  bool operator<(const Candidate &other) const {
    return logit != other.logit ? logit < other.logit : token > other.token;
  }
};

/// The candidates in falling order, found one by one: few are asked for, and a full sort of a large vocabulary costs
/// more than a small model's layer.
class Falling {
public:
  explicit Falling(std::vector<Candidate> all) : heap_(std::move(all)), end_(heap_.size()) {
    std::make_heap(heap_.begin(), heap_.end());
  }

  size_t size() const { return heap_.size(); }
  const Candidate &operator[](size_t index) {
    while (end_ > heap_.size() - 1 - index) {
      std::pop_heap(heap_.begin(), heap_.begin() + end_);
      --end_;
    }
    return heap_[heap_.size() - 1 - index];
  }

private:
  std::vector<Candidate> heap_; ///< a heap up to end_, then those that were taken from it, rising
  size_t end_;
};

} // namespace

Result<Sampler> Sampler::create(const SamplerOptions &options) {
  if (!(options.temperature >= 0) || std::isinf(options.temperature))
    return failure(Code::invalid_argument, "temperature is %g, but it must be 0 or more", options.temperature);
  if (options.topK < 0)
    return failure(Code::invalid_argument, "top-k is %lld, but it must be 0 (keep all) or more",
                   static_cast<long long>(options.topK));
  if (!(options.topP >= 0 && options.topP <= 1))
    return failure(Code::invalid_argument, "top-p is %g, but it must be from 0 to 1", options.topP);
  return Sampler(options);
}

/// The index of the largest logit, the lower one of equals; or why there is none.
static Result<int32_t> findLargest(const float *logits, int64_t count) {
  if (count <= 0 || count > INT32_MAX)
    return failure(Code::invalid_argument, "a row of %lld logits cannot be sampled from",
                   static_cast<long long>(count));
  int64_t best = -1;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(logits[i]) || logits[i] == std::numeric_limits<float>::infinity())
      return failure(Code::device, "the logit of token %lld is %g; find its origin with --check-numerics",
                     static_cast<long long>(i), logits[i]);
    if (!std::isinf(logits[i]) && (best < 0 || logits[i] > logits[best]))
      best = i;
  }
  if (best < 0)
    return failure(Code::device, "all %lld logits are minus infinity; find their origin with --check-numerics",
                   static_cast<long long>(count));
  return static_cast<int32_t>(best);
}

Result<int32_t> Sampler::sample(const float *logits, int64_t count, uint32_t step) const {
  ATTN_ASSIGN_OR_RETURN(largest, findLargest(logits, count));
  if (options_.temperature == 0 || options_.topK == 1)
    return largest;

  std::vector<Candidate> all;
  all.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    if (!std::isinf(logits[i]))
      all.push_back({double(logits[i]), static_cast<int32_t>(i)});
  double top = logits[largest];
  auto weight = [&](const Candidate &candidate) { return portableExp((candidate.logit - top) / options_.temperature); };

  // The mass of all that top-k keeps, summed in an order that depends on the logits only.
  size_t kept = all.size();
  double mass = 0;
  bool keepsAll = options_.topK == 0 || static_cast<size_t>(options_.topK) >= kept;
  if (keepsAll)
    for (const Candidate &candidate : all)
      mass += weight(candidate);
  Falling falling(std::move(all));
  if (!keepsAll) {
    kept = static_cast<size_t>(options_.topK);
    for (size_t i = 0; i < kept; ++i)
      mass += weight(falling[i]);
  }
  if (options_.topP < 1) {
    double wanted = options_.topP * mass;
    size_t reached = 0;
    mass = 0;
    do
      mass += weight(falling[reached++]);
    while (reached < kept && mass < wanted);
    kept = reached;
  }

  std::array<uint32_t, 2> key = {static_cast<uint32_t>(options_.seed), static_cast<uint32_t>(options_.seed >> 32)};
  double target = philox({step, 0, 0, 0}, key)[0] * 0x1p-32 * mass;
  double passed = 0;
  for (size_t i = 0; i + 1 < kept; ++i) {
    passed += weight(falling[i]);
    if (passed > target)
      return falling[i].token;
  }
  return falling[kept - 1].token;
}

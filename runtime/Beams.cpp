//===- Beams.cpp - the likeliest continuation, by several at once -*- C++ -*-===//

#include "runtime/Beams.h"

#include "runtime/Generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attn {

namespace {

/// A hypothesis that is not finished; `score` is the sum of its log-probabilities.
struct Beam {
  std::vector<int32_t> tokens;
  double score = 0;
  int64_t sequence = 0;
};

struct Extension {
  size_t beam;
  int32_t token;
  double score;
};

class Search {
public:
  Search(Session &session, int function, const BeamOptions &options)
      : session_(session), step_(session, function, options.inputs), options_(options),
        width_(static_cast<size_t>(session.sequences())) {}

  Result<Hypothesis> run(const std::vector<int32_t> &prompt);

private:
  /// The likeliest extensions of all beams, twice as many as beams are kept: half of them may end.
  std::vector<Extension> extend() const;
  void extend(size_t beam, std::vector<Extension> &out) const;
  /// Keeps the best extensions; those that end go to the finished ones.
  std::vector<Extension> keep(const std::vector<Extension> &extensions);
  /// Makes beams of the extensions, each in a sequence that holds its parent's past.
  Status move(const std::vector<Extension> &kept);
  void finish(const std::vector<int32_t> &tokens, double score, size_t length);

  Session &session_;
  Step step_;
  BeamOptions options_;
  size_t width_;
  std::vector<Beam> beams_;
  std::vector<Hypothesis> finished_;
};

} // namespace

void Search::extend(size_t beam, std::vector<Extension> &out) const {
  const float *logits = step_.logits(beams_[beam].sequence);
  std::vector<int32_t> order(static_cast<size_t>(step_.vocabulary()));
  std::iota(order.begin(), order.end(), 0);
  size_t count = std::min(order.size(), 2 * width_);
  auto isBefore = [&](int32_t a, int32_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(), isBefore);
  double greatest = logits[order[0]], sum = 0;
  for (int64_t i = 0; i < step_.vocabulary(); ++i)
    sum += std::exp(logits[i] - greatest);
  for (size_t i = 0; i < count; ++i)
    out.push_back({beam, order[i], beams_[beam].score + (logits[order[i]] - greatest - std::log(sum))});
}

std::vector<Extension> Search::extend() const {
  std::vector<Extension> all;
  for (size_t beam = 0; beam < beams_.size(); ++beam)
    extend(beam, all);
  // Beams stand in order, and the extensions of each: a stable sort keeps the first of equal ones.
  std::stable_sort(all.begin(), all.end(), [](const Extension &a, const Extension &b) { return a.score > b.score; });
  all.resize(std::min(all.size(), 2 * width_));
  return all;
}

void Search::finish(const std::vector<int32_t> &tokens, double score, size_t length) {
  finished_.push_back({tokens, score / static_cast<double>(length)});
}

std::vector<Extension> Search::keep(const std::vector<Extension> &extensions) {
  std::vector<Extension> kept;
  for (size_t rank = 0; rank < extensions.size() && kept.size() < width_; ++rank) {
    const Extension &extension = extensions[rank];
    if (extension.token != options_.stopToken)
      kept.push_back(extension);
    else if (rank < width_) // an end that is not among the best would not have been kept either
      finish(beams_[extension.beam].tokens, extension.score, beams_[extension.beam].tokens.size() + 1);
  }
  return kept;
}

Status Search::move(const std::vector<Extension> &kept) {
  std::vector<bool> isTaken(width_, false);
  for (const Extension &extension : kept)
    isTaken[static_cast<size_t>(beams_[extension.beam].sequence)] = true;
  std::vector<bool> stays(beams_.size(), true);
  std::vector<Beam> next;
  for (const Extension &extension : kept) {
    Beam beam = beams_[extension.beam];
    if (!stays[extension.beam]) {
      auto free = std::find(isTaken.begin(), isTaken.end(), false);
      *free = true;
      int64_t to = free - isTaken.begin();
      ATTN_RETURN_IF_ERROR(session_.states().copySequence(to, session_.states(), beam.sequence));
      beam.sequence = to;
    }
    stays[extension.beam] = false;
    beam.tokens.push_back(extension.token);
    beam.score = extension.score;
    next.push_back(std::move(beam));
  }
  beams_ = std::move(next);
  return Status();
}

Result<Hypothesis> Search::run(const std::vector<int32_t> &prompt) {
  ATTN_RETURN_IF_ERROR(step_.prefill(prompt));
  ATTN_RETURN_IF_ERROR(step_.checkSequencesAreAlike());
  beams_ = {Beam()};
  int64_t most = options_.maxTokens;
  if (int64_t room = step_.roomLeft(); room < most)
    most = room + 1; // the last token is said, but not read
  for (int64_t produced = 0; produced < most; ++produced) {
    std::vector<Extension> kept = keep(extend());
    if (finished_.size() >= width_)
      break;
    ATTN_RETURN_IF_ERROR(move(kept));
    if (produced + 1 == most || beams_.empty())
      break;
    std::vector<int32_t> tokens(width_, -1);
    for (const Beam &beam : beams_)
      tokens[static_cast<size_t>(beam.sequence)] = beam.tokens.back();
    ATTN_RETURN_IF_ERROR(step_.runEach(tokens));
  }
  if (finished_.size() < width_)
    for (const Beam &beam : beams_)
      finish(beam.tokens, beam.score, beam.tokens.size());
  return *std::max_element(finished_.begin(), finished_.end(),
                           [](const Hypothesis &a, const Hypothesis &b) { return a.score < b.score; });
}

Result<Hypothesis> searchBeams(Session &session, const std::vector<int32_t> &prompt, const BeamOptions &options) {
  ATTN_ASSIGN_OR_RETURN(function, findLanguageModel(session.program()));
  return Search(session, function, options).run(prompt);
}

} // namespace attn

//===- AttentionMaps.h - the weights of a run's attention, by the kernels that computed it -*- C++ -*-===//
//
// Nothing of a fused kernel keeps weights. But its output is linear in the values and in the sums of earlier keys'
// values: launched with values of which each key's are a column of the identity, and sums of 0, it gives the weights of
// as many keys as values are wide. So every variant can be looked at, in every artefact, at the price of S / e
// launches, by the kernel that runs, or by its twin where the values are keys, too.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_RUN_ATTENTIONMAPS_H
#define ATTN_TOOLS_RUN_ATTENTIONMAPS_H

#include "runtime/Session.h"
#include "tools/run/Options.h"

#include <map>

namespace attn::run {

/// The weights of one launch, (sequence, head, query row, key), dense.
struct AttentionMap {
  std::string function, kernel;
  int64_t sequences = 0, heads = 0, rows = 0, keys = 0;
  std::vector<float> weights;

  const float *row(int64_t n, int64_t h, int64_t t) const { return &weights[((n * heads + h) * rows + t) * keys]; }
};

/// Watches the first run of each function in a session from `watch` on; it must outlive the session's runs.
class AttentionMaps {
public:
  explicit AttentionMaps(const Options &options) : path_(options.dumpAttention) {}

  /// Does nothing where no maps were asked for.
  Status watch(Session &session);

  /// Writes what was seen: an image for .png, arrays for .npy.
  Status write() const;

private:
  Status see(const Program &program, const Session::Watched &watched);
  bool isInFirstRun(const Session::Watched &watched);
  Status writeArrays() const;

  std::string path_;
  std::vector<AttentionMap> maps_;
  std::map<const Function *, bool> isOver_; ///< by function: whether its first run is
  const Function *running_ = nullptr;
  size_t lastCommand_ = 0;
};

/// A picture of the first sequence of each map: a line of heads for each map, queries downwards, keys to the right.
/// 8-bit RGB, row by row.
struct Picture {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> pixels;
};
Result<Picture> drawMaps(const std::vector<AttentionMap> &maps);

/// The picture as PNG (ISO/IEC 15948).
Result<std::vector<uint8_t>> encodePng(const Picture &picture);

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_ATTENTIONMAPS_H

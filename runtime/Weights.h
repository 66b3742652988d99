//===- Weights.h - finds a program's weights and puts them before a device -*- C++ -*-===//
//
// A source of weights is a mapped file or a seed. All tensors that a program wants are looked up and checked (shapes,
// and that each kernel has code for the storage formats that it meets), and all that is wrong is reported at once,
// before any is bound. On a device that shares the host's memory a bound weight lies in the mapped file itself.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_WEIGHTS_H
#define ATTN_RUNTIME_WEIGHTS_H

#include "runtime/Device.h"
#include "runtime/files/WeightFile.h"

#include <memory>

namespace attn {

/// Immutable; shared by sessions.
class WeightSource {
public:
  static Result<std::shared_ptr<WeightSource>> open(const std::string &path);
  static std::shared_ptr<WeightSource> random(uint64_t seed);

  /// Null for random weights.
  const WeightFile *file() const { return file_.get(); }
  uint64_t seed() const { return seed_; }
  std::string name() const { return file_ ? file_->name() : "random weights"; }

private:
  std::unique_ptr<WeightFile> file_;
  uint64_t seed_ = 0;
};

/// The storage format of each tensor, by weight and then by its index.
using WeightFormats = std::vector<std::vector<StorageFormat>>;

/// The formats that |source| has its weights in, after checking that they fit (WeightFormats.cpp). |source| may be null
/// for a program that wants none.
Result<WeightFormats> chooseFormats(const Artifact &artifact, const WeightSource *source, const Device &device);

struct BoundWeight {
  StorageFormat format = StorageFormat::f32;
  void *data = nullptr; ///< of the device
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides; ///< in elements, or in blocks where the format has blocks
};

/// All weights of a program on a device. The device, the artefact and the source outlive it.
class BoundWeights {
public:
  /// |source| may be null for a program that wants none.
  static Result<std::unique_ptr<BoundWeights>> bind(const Artifact &artifact, const WeightSource *source,
                                                    Device &device);
  ~BoundWeights();

  const BoundWeight &get(int weight, int64_t i) const { return tensors_[weight][i]; }

private:
  explicit BoundWeights(Device &device) : device_(device) {}

  Status bindTensor(const WeightDeclaration &weight, int64_t i, const WeightSource &source, BoundWeight &bound);
  Status place(BoundWeight &bound, const std::byte *data, uint64_t bytes);

  Device &device_;
  std::vector<std::vector<BoundWeight>> tensors_; ///< by weight, then by its index
  std::vector<std::pair<void *, uint64_t>> owned_;
};

} // namespace attn

#endif // ATTN_RUNTIME_WEIGHTS_H

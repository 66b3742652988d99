//===- AttentionMaps.cpp - the weights of a run's attention, by the kernels that computed it ---===//

#include "tools/run/AttentionMaps.h"

#include "runtime/Implementations.h"
#include "runtime/files/MappedFile.h"
#include "tools/run/Arrays.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

namespace attn::run {

//===----------------------------------------------------------------------===//
// Buffers in place of a launch's own
//===----------------------------------------------------------------------===//

namespace {

/// A dense buffer of the host with the sizes of one of the launch's; of zeros.
struct Replacement {
  Replacement(const attn_buffer &like, const KernelArgument &argument)
      : sizes(like.sizes, like.sizes + argument.rank), strides(sizes.size()), type(argument.type) {
    int64_t count = 1;
    for (size_t d = sizes.size(); d-- > 0; count *= sizes[d])
      strides[d] = count;
    bytes.resize(static_cast<size_t>(count * elementSize(type)));
  }

  attn_buffer buffer() { return {bytes.data(), sizes.data(), strides.data()}; }
  attn_tensor_t tensor() {
    return attn_tensor(bytes.data(), static_cast<attn_type_t>(type), static_cast<int32_t>(sizes.size()), sizes.data());
  }
  /// The size of a dimension counted from the end: 1 the width, 2 heads, 3 positions or packed rows, 4 sequences.
  int64_t sizeFromEnd(size_t d) const { return d > sizes.size() ? 1 : sizes[sizes.size() - d]; }

  std::vector<int64_t> sizes, strides;
  ElementType type;
  std::vector<std::byte> bytes;
};

/// A launch of attention that gives weights and leaves the run's own memory as it is: what it would read of values and
/// of sums of earlier values is replaced, and so is all that it would write. Where the values are keys, too, the
/// kernel's twin is launched, which takes them twice.
class WeighingLaunch {
public:
  WeighingLaunch(const Program &program, const Kernel &kernel, const Session::Watched &watched);

  /// Launches with values of which each key from |first| on has a column of the identity, for as many keys as values
  /// are wide: the output holds their weights.
  Status run(int64_t first);

  Replacement &values() { return values_; }
  Replacement &output() { return of(kernel_.attention->output); }

private:
  Replacement &of(int argument) { return *replacements_[kernel_.bufferNumber(argument)]; }
  const attn_buffer &ownOf(int argument) const { return watched_.launch.args.buffers[kernel_.bufferNumber(argument)]; }
  Status restore();
  Result<Launch> prepare(const std::vector<attn_buffer> &buffers) const;

  const Program &program_;
  const Kernel &kernel_;
  const Session::Watched &watched_;
  Replacement values_;
  std::vector<std::optional<Replacement>> replacements_; ///< by the launch's buffer; none where its own is read
};

} // namespace

WeighingLaunch::WeighingLaunch(const Program &program, const Kernel &kernel, const Session::Watched &watched)
    : program_(program), kernel_(kernel), watched_(watched),
      values_(ownOf(kernel.attention->value), kernel.arguments[kernel.attention->value]) {
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    const KernelArgument &argument = kernel.arguments[i];
    if (argument.kind == KernelArgument::Kind::scalar)
      continue;
    int number = static_cast<int>(i);
    bool isWritten = argument.kind == KernelArgument::Kind::buffer && argument.access != KernelArgument::Access::read;
    if (isWritten || number == kernel.attention->state)
      replacements_.emplace_back(std::in_place, ownOf(number), argument);
    else
      replacements_.emplace_back();
  }
}

/// Gives what an earlier launch of this may have updated its content again.
Status WeighingLaunch::restore() {
  for (size_t i = 0; i < kernel_.arguments.size(); ++i) {
    const KernelArgument &argument = kernel_.arguments[i];
    int number = static_cast<int>(i);
    if (argument.kind != KernelArgument::Kind::buffer || argument.access != KernelArgument::Access::update)
      continue;
    Replacement &updated = of(number);
    if (number == kernel_.attention->state)
      std::fill(updated.bytes.begin(), updated.bytes.end(), std::byte{0});
    else
      ATTN_RETURN_IF_ERROR(watched_.device.copy({ownOf(number), updated.buffer(), argument.rank, argument.type}));
  }
  return Status();
}

static void storeOne(ElementType type, std::byte *at) {
  static constexpr float one = 1;
  static constexpr uint16_t bf16One = 0x3f80, f16One = 0x3c00;
  if (type == ElementType::f32)
    std::memcpy(at, &one, sizeof one);
  else
    std::memcpy(at, type == ElementType::bf16 ? &bf16One : &f16One, sizeof bf16One);
}

/// Values of which keys first … first + width − 1 have the columns of the identity, in all sequences and heads; the
/// rest is 0.
static void fillIdentity(Replacement &values, int64_t first) {
  std::fill(values.bytes.begin(), values.bytes.end(), std::byte{0});
  int64_t width = values.sizeFromEnd(1), heads = values.sizeFromEnd(2), keys = values.sizeFromEnd(3);
  for (int64_t n = 0; n < values.sizeFromEnd(4); ++n)
    for (int64_t j = first; j < std::min(first + width, keys); ++j)
      for (int64_t h = 0; h < heads; ++h)
        storeOne(values.type,
                 &values.bytes[(((n * keys + j) * heads + h) * width + j - first) * elementSize(values.type)]);
}

/// The launch with other buffers, or the twin's: the implementation that the device runs at their sizes.
Result<Launch> WeighingLaunch::prepare(const std::vector<attn_buffer> &buffers) const {
  Launch launch = watched_.launch;
  launch.args.buffers = buffers.data();
  if (kernel_.attention->twin < 0)
    return launch;
  launch.kernel = kernel_.attention->twin;
  const Kernel &twin = program_.kernels[launch.kernel];
  ExpressionValues sizes{nullptr, buffers.data()};
  for (const Implementation &candidate : twin.implementations) {
    ATTN_ASSIGN_OR_RETURN(holds, candidate.when.evaluate(sizes));
    if (!holds || !takes(candidate, watched_.device, {}))
      continue;
    launch.implementation = static_cast<int>(&candidate - twin.implementations.data());
    ATTN_RETURN_IF_ERROR(setGrid(twin, candidate, sizes, launch.args));
    return launch;
  }
  return failure(Code::unsupported,
                 "--dump-attention asks kernel '%s', which has no implementation for device '%s' at these sizes; run "
                 "with --device=cpu",
                 twin.name.c_str(), watched_.device.target());
}

Status WeighingLaunch::run(int64_t first) {
  ATTN_RETURN_IF_ERROR(restore());
  fillIdentity(values_, first);
  std::vector<attn_buffer> buffers;
  for (std::optional<Replacement> &replacement : replacements_)
    buffers.push_back(replacement ? replacement->buffer() : watched_.launch.args.buffers[buffers.size()]);
  if (kernel_.attention->twin < 0)
    buffers[kernel_.bufferNumber(kernel_.attention->value)] = values_.buffer();
  else
    buffers.push_back(values_.buffer());
  ATTN_ASSIGN_OR_RETURN(launch, prepare(buffers));
  if (launch.args.grid[0] != 0)
    ATTN_RETURN_IF_ERROR(watched_.device.launch(watched_.code, launch));
  return watched_.device.synchronize();
}

//===----------------------------------------------------------------------===//
// Capturing
//===----------------------------------------------------------------------===//

Status AttentionMaps::watch(Session &session) {
  if (path_.empty())
    return Status();
  if (!session.device().sharesHostMemory())
    return failure(Code::unsupported, "--dump-attention looks into the host's memory; run with --device=cpu");
  session.watchLaunches([this, &session](const Session::Watched &watched) { return see(session.program(), watched); });
  return Status();
}

/// Keys behind the last one that any query weighs are cut: the free places of a cache.
static void cutUnusedKeys(AttentionMap &map) {
  int64_t used = 1;
  for (size_t at = 0; at < map.weights.size(); ++at)
    if (map.weights[at] != 0)
      used = std::max(used, static_cast<int64_t>(at) % map.keys + 1);
  for (size_t row = 0; row < map.weights.size() / static_cast<size_t>(map.keys); ++row)
    std::memmove(&map.weights[row * used], &map.weights[row * map.keys], used * sizeof(float));
  map.weights.resize(map.weights.size() / map.keys * used);
  map.keys = used;
}

/// A run ends where another function's begins, or its own numbers begin again.
bool AttentionMaps::isInFirstRun(const Session::Watched &watched) {
  bool isNewRun = running_ != &watched.function || watched.command <= lastCommand_;
  if (isNewRun && running_)
    isOver_[running_] = true;
  running_ = &watched.function;
  lastCommand_ = watched.command;
  return !isOver_[running_];
}

Status AttentionMaps::see(const Program &program, const Session::Watched &watched) {
  const Kernel &kernel = program.kernels[watched.launch.kernel];
  if (!isInFirstRun(watched) || !kernel.attention)
    return Status();

  WeighingLaunch weighing(program, kernel, watched);
  Replacement &output = weighing.output();
  AttentionMap map;
  map.function = watched.function.name;
  map.kernel = kernel.name;
  map.sequences = output.sizeFromEnd(4);
  map.heads = output.sizeFromEnd(2);
  map.rows = output.sizeFromEnd(3);
  map.keys = weighing.values().sizeFromEnd(3);
  map.weights.resize(static_cast<size_t>(map.sequences * map.heads * map.rows * map.keys));
  int64_t width = output.sizeFromEnd(1);
  for (int64_t first = 0; first < map.keys; first += width) {
    ATTN_RETURN_IF_ERROR(weighing.run(first));
    attn_tensor_t result = output.tensor();
    int64_t at = 0;
    for (int64_t n = 0; n < map.sequences; ++n)
      for (int64_t t = 0; t < map.rows; ++t)
        for (int64_t h = 0; h < map.heads; ++h)
          for (int64_t e = 0; e < width; ++e, ++at)
            if (first + e < map.keys)
              map.weights[((n * map.heads + h) * map.rows + t) * map.keys + first + e] =
                  static_cast<float>(valueAt(result, at));
  }
  if (!map.weights.empty())
    cutUnusedKeys(map);
  maps_.push_back(std::move(map));
  return Status();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// One array (map, sequence, head, query, key) where all maps have the same queries, with 0 for keys that only others
/// have; else an array for each map, in files that are numbered.
Status AttentionMaps::writeArrays() const {
  bool areAlike = std::all_of(maps_.begin(), maps_.end(), [&](const AttentionMap &map) {
    return map.sequences == maps_[0].sequences && map.heads == maps_[0].heads && map.rows == maps_[0].rows;
  });
  auto write = [&](const std::string &path, size_t first, size_t count) {
    int64_t keys = 0;
    for (size_t i = first; i < first + count; ++i)
      keys = std::max(keys, maps_[i].keys);
    std::vector<float> all;
    for (size_t i = first; i < first + count; ++i)
      for (size_t row = 0; row * maps_[i].keys < maps_[i].weights.size(); ++row) {
        const float *from = &maps_[i].weights[row * maps_[i].keys];
        all.insert(all.end(), from, from + maps_[i].keys);
        all.resize(all.size() + keys - maps_[i].keys);
      }
    const AttentionMap &map = maps_[first];
    int64_t sizes[] = {static_cast<int64_t>(count), map.sequences, map.heads, map.rows, keys};
    return writeArray(path, attn_tensor(all.data(), ATTN_F32, 5, sizes));
  };
  if (areAlike)
    return write(path_, 0, maps_.size());
  for (size_t i = 0; i < maps_.size(); ++i) {
    std::string path = path_.substr(0, path_.size() - 3) + std::to_string(i) + ".npy";
    ATTN_RETURN_IF_ERROR(write(path, i, 1));
    std::fprintf(stderr, "%s: function '%s', kernel '%s'\n", path.c_str(), maps_[i].function.c_str(),
                 maps_[i].kernel.c_str());
  }
  return Status();
}

Status AttentionMaps::write() const {
  if (path_.empty())
    return Status();
  if (maps_.empty())
    return failure(
        Code::unsupported,
        "--dump-attention found no attention in what ran, or none that can be asked for its weights; leave it "
        "out, or compile for the CPU and run with --device=cpu");
  if (endsWith(path_, ".npy"))
    return writeArrays();
  ATTN_ASSIGN_OR_RETURN(picture, drawMaps(maps_));
  ATTN_ASSIGN_OR_RETURN(bytes, encodePng(picture));
  return writeFile(path_, bytes.data(), bytes.size());
}

} // namespace attn::run

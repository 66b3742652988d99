//===- WeightFormats.cpp - which storage format each weight of a program has -*- C++ -*-===//
//
// A weight fits if it is there, has its shape, and if every launch that reads it has code for the formats of all
// weights that it reads together. That depends on names only, so all that is wrong is found before anything is placed
// or run.
//
//===----------------------------------------------------------------------===//

#include "runtime/Implementations.h"
#include "runtime/Weights.h"

#include <algorithm>
#include <set>

namespace attn {

static constexpr StorageFormat allFormats[] = {StorageFormat::f32,  StorageFormat::bf16, StorageFormat::f16,
                                               StorageFormat::q8_0, StorageFormat::q4_0, StorageFormat::q4_1};

namespace {

/// A launch that reads weights, in a repeat once for each of its rounds.
struct WeightLaunch {
  int kernel = 0;
  std::vector<std::pair<int, int>> reads; ///< argument, weight
  int64_t rounds = 1;
};

class FormatChooser {
public:
  FormatChooser(const Program &program, const WeightSource &source, const Device &device)
      : program_(program), source_(source), device_(device) {
    collectLaunches();
  }

  Result<WeightFormats> run() {
    for (size_t w = 0; w < program_.weights.size(); ++w) {
      formats_.emplace_back(static_cast<size_t>(program_.weights[w].count));
      if (!source_.file()) {
        drawFormat(static_cast<int>(w));
        continue;
      }
      for (int64_t i = 0; i < program_.weights[w].count; ++i)
        findTensor(static_cast<int>(w), i);
    }
    for (const WeightLaunch &launch : launches_)
      for (int64_t round = 0; round < launch.rounds; ++round)
        checkTogether(launch, round);
    ATTN_RETURN_IF_ERROR(complaints());
    WeightFormats out;
    for (const auto &tensors : formats_) {
      std::vector<StorageFormat> &formats = out.emplace_back();
      for (const std::optional<StorageFormat> &format : tensors)
        formats.push_back(*format);
    }
    return out;
  }

private:
  /// Those that this device has code for: a function that launches others is refused when it is run.
  void collectLaunches() {
    for (const Function &function : program_.functions)
      for (const Block &block : function.blocks)
        for (const Command &command : block.commands) {
          WeightLaunch launch;
          launch.kernel = command.kernel;
          launch.rounds = block.repeat;
          for (size_t i = 0; i < command.operands.size(); ++i)
            if (command.operands[i].kind == Operand::Kind::weight)
              launch.reads.emplace_back(static_cast<int>(i), command.operands[i].index);
          if (!launch.reads.empty() && launch.rounds > 0 && takes(program_.kernels[launch.kernel], device_, {}))
            add(std::move(launch));
        }
  }

  /// Functions that share layers share launches.
  void add(WeightLaunch launch) {
    for (WeightLaunch &known : launches_)
      if (known.kernel == launch.kernel && known.reads == launch.reads) {
        known.rounds = std::max(known.rounds, launch.rounds);
        return;
      }
    launches_.push_back(std::move(launch));
  }

  /// Which tensor of |weight| a launch reads in |round|.
  int64_t indexOf(int weight, int64_t round) const { return program_.weights[weight].index.empty() ? 0 : round; }

  LaunchFormats formatsOf(const WeightLaunch &launch, int64_t round) const {
    LaunchFormats formats;
    for (const auto &[argument, weight] : launch.reads) {
      bool isKnown = static_cast<size_t>(weight) < formats_.size();
      formats.emplace_back(argument, isKnown ? formats_[weight][indexOf(weight, round)] : std::nullopt);
    }
    return formats;
  }

  //===--------------------------------------------------------------------===//
  // One tensor
  //===--------------------------------------------------------------------===//

  void complain(const std::vector<std::string> &names, const std::string &text) {
    misfits_.insert(names.begin(), names.end());
    text_ += "\n  " + text;
  }

  std::string listFormats(const Kernel &kernel, int argument) const {
    std::string list;
    for (StorageFormat format : allFormats)
      if (takes(kernel, device_, {{argument, format}}))
        list += (list.empty() ? "" : ", ") + std::string(formatName(format));
    return list;
  }

  void findTensor(int w, int64_t i) {
    const WeightDeclaration &weight = program_.weights[w];
    std::string name = weight.tensorName(i);
    const WeightTensor *tensor = source_.file()->find(name);
    if (!tensor || tensor->shape != weight.shape) {
      isOtherModel_ = true;
      return complain({name}, "'" + name + "' " +
                                  (!tensor ? "is missing"
                                           : "has shape " + shapeText(tensor->shape) + ", but " +
                                                 shapeText(weight.shape) + " is needed"));
    }
    for (const WeightLaunch &launch : launches_)
      for (const auto &[argument, read] : launch.reads) {
        const Kernel &kernel = program_.kernels[launch.kernel];
        if (read == w && !takes(kernel, device_, {{argument, tensor->format}}))
          return complain({name}, "'" + name + "' is stored as " + formatName(tensor->format) + ", but kernel '" +
                                      kernel.name + "' takes " + listFormats(kernel, argument));
      }
    formats_[w][i] = tensor->format;
  }

  /// Random weights have the first format that goes with what was chosen before.
  void drawFormat(int w) {
    const WeightDeclaration &weight = program_.weights[w];
    for (StorageFormat format : allFormats) {
      formats_[w].assign(formats_[w].size(), format);
      bool fits = tensorBytes(format, weight.shape).has_value();
      for (const WeightLaunch &launch : launches_) {
        bool reads =
            std::any_of(launch.reads.begin(), launch.reads.end(), [&](auto &read) { return read.second == w; });
        fits = fits && (!reads || takes(program_.kernels[launch.kernel], device_, formatsOf(launch, 0)));
      }
      if (fits)
        return;
    }
    formats_[w].assign(formats_[w].size(), std::nullopt);
    complain({weight.name}, "'" + weight.name + "' has no storage format that all its kernels take");
  }

  //===--------------------------------------------------------------------===//
  // All of a launch
  //===--------------------------------------------------------------------===//

  /// Of a tensor that does not fit by itself something has been said already.
  void checkTogether(const WeightLaunch &launch, int64_t round) {
    LaunchFormats formats = formatsOf(launch, round);
    const Kernel &kernel = program_.kernels[launch.kernel];
    bool isKnown = std::all_of(formats.begin(), formats.end(), [](auto &format) { return format.second.has_value(); });
    if (!isKnown || takes(kernel, device_, formats))
      return;
    std::vector<std::string> names;
    std::string text;
    for (size_t i = 0; i < formats.size(); ++i) {
      int weight = launch.reads[i].second;
      names.push_back(program_.weights[weight].tensorName(indexOf(weight, round)));
      text += (i ? " and '" : "'") + names.back() + "' as " + formatName(*formats[i].second);
    }
    complain(names, "kernel '" + kernel.name + "' does not take together " + text);
  }

  Status complaints() const {
    if (misfits_.empty())
      return Status();
    return failure(isOtherModel_ ? Code::not_found : Code::unsupported,
                   "%s: %zu of the weights that %s needs do not fit; use the file that the program was made for, or "
                   "compile it for this one with attn-opt --weights:%s",
                   source_.name().c_str(), misfits_.size(), program_.name.c_str(), text_.c_str());
  }

  const Program &program_;
  const WeightSource &source_;
  const Device &device_;
  std::vector<WeightLaunch> launches_;
  /// By weight, as far as they have been looked at, and its index; nothing where a tensor does not fit.
  std::vector<std::vector<std::optional<StorageFormat>>> formats_;
  std::set<std::string> misfits_;
  std::string text_;
  bool isOtherModel_ = false; ///< a tensor is missing, or has another shape
};

} // namespace

Result<WeightFormats> chooseFormats(const Artifact &artifact, const WeightSource *source, const Device &device) {
  const Program &program = artifact.program();
  if (program.weights.empty())
    return WeightFormats();
  if (!source)
    return failure(Code::invalid_argument,
                   "%s: it needs %zu weights, but none are given; pass them to attn_session_create",
                   artifact.name().c_str(), program.weights.size());
  return FormatChooser(program, *source, device).run();
}

} // namespace attn

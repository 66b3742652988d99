//===- Weights.cpp - finds a program's weights and puts them before a device -*- C++ -*-===//

#include "runtime/Weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace attn {

Result<std::shared_ptr<WeightSource>> WeightSource::open(const std::string &path) {
  ATTN_ASSIGN_OR_RETURN(file, WeightFile::open(path));
  auto source = std::make_shared<WeightSource>();
  source->file_ = std::move(file);
  return source;
}

std::shared_ptr<WeightSource> WeightSource::random(uint64_t seed) {
  auto source = std::make_shared<WeightSource>();
  source->seed_ = seed;
  return source;
}

//===----------------------------------------------------------------------===//
// Random weights
//===----------------------------------------------------------------------===//

/// splitmix64: a counter-based generator, so that a tensor depends on its seed only.
static uint64_t mix(uint64_t &state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// A normally distributed number with variance 1, by Box and Muller.
static float drawNormal(uint64_t &state) {
  double u = (static_cast<double>(mix(state) >> 11) + 1) * 0x1p-53;
  double v = static_cast<double>(mix(state) >> 11) * 0x1p-53;
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v));
}

/// One block of |format| whose numbers are about as large as |scale|.
static void drawBlock(StorageFormat format, float scale, uint64_t &state, std::byte *out) {
  auto put16 = [](std::byte *at, uint16_t bits) { std::memcpy(at, &bits, sizeof bits); };
  switch (format) {
  case StorageFormat::bf16:
    return put16(out, bfloat16FromFloat(scale * drawNormal(state)));
  case StorageFormat::f16:
    return put16(out, halfFromFloat(scale * drawNormal(state)));
  case StorageFormat::q8_0:
  case StorageFormat::q4_0:
  case StorageFormat::q4_1: {
    // Uniform codes: the standard deviation of 0..n-1 is n/sqrt(12).
    float step = scale * 3.4641016f / (format == StorageFormat::q8_0 ? 256 : 16);
    put16(out, halfFromFloat(step));
    size_t header = 2;
    if (format == StorageFormat::q4_1) {
      put16(out + 2, halfFromFloat(-7.5f * step));
      header = 4;
    }
    for (size_t i = header; i < blockBytes(format); ++i)
      out[i] = static_cast<std::byte>(mix(state) >> 56);
    return;
  }
  default: {
    float value = scale * drawNormal(state);
    std::memcpy(out, &value, sizeof value);
  }
  }
}

static std::vector<std::byte> drawTensor(StorageFormat format, const std::string &name,
                                         const std::vector<int64_t> &shape, uint64_t bytes, uint64_t seed) {
  uint64_t state = seed;
  for (unsigned char c : name)
    state = (state ^ c) * 0x100000001b3u;
  // Rows of a matrix are scaled by their width; a vector is a norm's gain or a bias, near 1 and near 0 alike.
  float scale = shape.size() > 1 ? 1.0f / std::sqrt(static_cast<float>(std::max<int64_t>(shape.back(), 1))) : 1.0f;
  std::vector<std::byte> data(bytes);
  for (uint64_t at = 0; at < bytes; at += blockBytes(format))
    drawBlock(format, scale, state, data.data() + at);
  return data;
}

//===----------------------------------------------------------------------===//
// Binding
//===----------------------------------------------------------------------===//

BoundWeights::~BoundWeights() {
  for (const auto &[memory, bytes] : owned_)
    device_.release(memory, bytes);
}

/// The alignment of an element, or of a block's scale.
static uint64_t alignmentOf(StorageFormat format) { return format == StorageFormat::f32 ? 4 : 2; }

Status BoundWeights::place(BoundWeight &bound, const std::byte *data, uint64_t bytes) {
  bool isUsable = device_.sharesHostMemory() && reinterpret_cast<uintptr_t>(data) % alignmentOf(bound.format) == 0;
  if (isUsable) {
    bound.data = const_cast<std::byte *>(data);
    return Status();
  }
  ATTN_ASSIGN_OR_RETURN(memory, device_.allocate(bytes));
  owned_.emplace_back(memory, bytes);
  bound.data = memory;
  return device_.upload(memory, data, bytes);
}

static void fillStrides(BoundWeight &bound) {
  bound.strides.assign(bound.sizes.size(), 1);
  int64_t stride = 1;
  for (size_t i = bound.sizes.size(); i-- > 0;) {
    bound.strides[i] = stride;
    stride *= i + 1 == bound.sizes.size() ? bound.sizes[i] / blockElements(bound.format) : bound.sizes[i];
  }
}

/// Fills tensor |i| of |weight|, whose format is chosen.
Status BoundWeights::bindTensor(const WeightDeclaration &weight, int64_t i, const WeightSource &source,
                                BoundWeight &bound) {
  std::string name = weight.tensorName(i);
  bound.sizes = weight.shape;
  fillStrides(bound);
  if (source.file()) {
    const WeightTensor *tensor = source.file()->find(name);
    return place(bound, tensor->data, tensor->bytes);
  }
  uint64_t bytes = *tensorBytes(bound.format, weight.shape);
  std::vector<std::byte> data = drawTensor(bound.format, name, weight.shape, bytes, source.seed());
  ATTN_ASSIGN_OR_RETURN(memory, device_.allocate(bytes));
  owned_.emplace_back(memory, bytes);
  bound.data = memory;
  return device_.upload(memory, data.data(), bytes);
}

Result<std::unique_ptr<BoundWeights>> BoundWeights::bind(const Artifact &artifact, const WeightSource *source,
                                                         Device &device) {
  ATTN_ASSIGN_OR_RETURN(formats, chooseFormats(artifact, source, device));
  const Program &program = artifact.program();
  std::unique_ptr<BoundWeights> out(new BoundWeights(device));
  for (size_t w = 0; w < program.weights.size(); ++w) {
    std::vector<BoundWeight> &tensors = out->tensors_.emplace_back(formats[w].size());
    for (size_t i = 0; i < tensors.size(); ++i) {
      tensors[i].format = formats[w][i];
      ATTN_RETURN_IF_ERROR(out->bindTensor(program.weights[w], static_cast<int64_t>(i), *source, tensors[i]));
    }
  }
  return out;
}

} // namespace attn

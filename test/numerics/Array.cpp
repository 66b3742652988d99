//===- Array.cpp - typed arrays of a test, and its own 16-bit floats ---===//

#include "test/numerics/Array.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// 16-bit floats, by arithmetic on values
//===----------------------------------------------------------------------===//

/// A binary float of 16 bits: bf16 has 8 bits of exponent, f16 has 5.
struct Half {
  int exponentBits, fractionBits;
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
};
static constexpr Half bf16 = {8, 7}, f16 = {5, 10};

static uint16_t encode(Half format, double value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  uint16_t infinity = ((1 << format.exponentBits) - 1) << format.fractionBits;
  if (std::isnan(value))
    return sign | infinity | 1 << (format.fractionBits - 1);
  double magnitude = std::fabs(value);
  if (magnitude == 0 || std::isinf(magnitude))
    return magnitude == 0 ? sign : sign | infinity;
  // The spacing of numbers around the value; below the smallest normal number it stays constant.
  int exponent = std::max(std::ilogb(magnitude), 1 - format.bias());
  double spacing = std::ldexp(1.0, exponent - format.fractionBits);
  double steps = std::nearbyint(magnitude / spacing);
  // Steps count on from the exponent's first number, so that a carry runs into the exponent by itself.
  auto code = static_cast<int64_t>(steps) + (static_cast<int64_t>(exponent + format.bias() - 1) << format.fractionBits);
  return code >= infinity ? sign | infinity : sign | static_cast<uint16_t>(code);
}

static double decode(Half format, uint16_t code) {
  int exponent = (code & 0x7fff) >> format.fractionBits;
  int fraction = code & ((1 << format.fractionBits) - 1);
  double sign = code & 0x8000 ? -1 : 1;
  if (exponent == (1 << format.exponentBits) - 1)
    return fraction ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - format.bias() - format.fractionBits);
  return sign * std::ldexp(fraction + (1 << format.fractionBits), exponent - format.bias() - format.fractionBits);
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

Array::Array(attn_type_t type, std::vector<int64_t> sizes) : type_(type), sizes_(std::move(sizes)) {
  // An empty array has an address too: one without is given memory of the session.
  bytes_.resize(static_cast<size_t>(std::max<int64_t>(count() * attn_type_size(type), 1)));
}

Array Array::scalar(attn_type_t type, double value) {
  Array result(type, {});
  result.set(0, value);
  return result;
}

Array Array::vector(const std::vector<int32_t> &values) {
  Array result(ATTN_I32, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    result.set(static_cast<int64_t>(i), values[i]);
  return result;
}

int64_t Array::count() const {
  int64_t result = 1;
  for (int64_t size : sizes_)
    result *= size;
  return result;
}

int64_t Array::offset(std::initializer_list<int64_t> indices) const {
  assert(indices.size() == sizes_.size() && "one index a dimension");
  int64_t result = 0;
  size_t dimension = 0;
  for (int64_t index : indices) {
    assert(index >= 0 && index < sizes_[dimension] && "an index outside the array");
    result = result * sizes_[dimension++] + index;
  }
  return result;
}

template <typename T> static T load(const uint8_t *from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T> static void store(uint8_t *to, T value) { std::memcpy(to, &value, sizeof(T)); }

double Array::at(int64_t index) const {
  const uint8_t *from = bytes_.data() + index * attn_type_size(type_);
  switch (type_) {
  case ATTN_F32:
    return load<float>(from);
  case ATTN_BF16:
    return decode(bf16, load<uint16_t>(from));
  case ATTN_F16:
    return decode(f16, load<uint16_t>(from));
  case ATTN_I32:
    return load<int32_t>(from);
  case ATTN_I64:
    return static_cast<double>(load<int64_t>(from));
  default:
    assert(type_ == ATTN_I1 && "a type that no test uses");
    return *from;
  }
}

void Array::set(int64_t index, double value) {
  uint8_t *to = bytes_.data() + index * attn_type_size(type_);
  switch (type_) {
  case ATTN_F32:
    return store(to, static_cast<float>(value));
  case ATTN_BF16:
    return store(to, encode(bf16, value));
  case ATTN_F16:
    return store(to, encode(f16, value));
  case ATTN_I32:
    return store(to, static_cast<int32_t>(value));
  case ATTN_I64:
    return store(to, static_cast<int64_t>(value));
  default:
    assert(type_ == ATTN_I1 && "a type that no test uses");
    *to = value != 0;
  }
}

void Array::fill(double value) {
  if (bytes_.empty())
    return;
  set(0, value);
  for (size_t size = attn_type_size(type_), at = size; at < bytes_.size(); at += size)
    std::memcpy(&bytes_[at], bytes_.data(), size);
}

attn_tensor_t Array::tensor() {
  return attn_tensor(bytes_.data(), type_, static_cast<int32_t>(sizes_.size()), sizes_.data());
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

uint64_t Random::bits() {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Random::uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
}

double Random::normal() {
  double radius = std::sqrt(-2 * std::log(1 - uniform(0, 1)));
  return radius * std::cos(uniform(0, 2 * M_PI));
}

int64_t Random::integer(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(bits() % static_cast<uint64_t>(high - low + 1));
}

std::string typeName(attn_type_t type) { return attn_type_name(type); }

} // namespace attn::numerics

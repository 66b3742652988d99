//===- Arrays.cpp - tensors from and to .npy files -*- C++ -*-===//

#include "tools/run/Arrays.h"

#include "runtime/files/Npy.h"
#include "runtime/files/WeightTensor.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace attn::run {

template <typename T> static T load(const std::byte *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T> static void store(std::byte *at, T value) { std::memcpy(at, &value, sizeof value); }

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static bool isFloat(NpyType type) { return type == NpyType::f32 || type == NpyType::f16; }
static bool isFloat(ElementType type) {
  return type == ElementType::f32 || type == ElementType::bf16 || type == ElementType::f16;
}

static float loadFloat(NpyType type, const std::byte *at) {
  return type == NpyType::f32 ? load<float>(at) : floatFromHalf(load<uint16_t>(at));
}

/// Whether the element fits a signed 64-bit integer.
static bool loadInteger(NpyType type, const std::byte *at, int64_t &out) {
  switch (type) {
  case NpyType::i8:
    out = load<int8_t>(at);
    return true;
  case NpyType::i16:
    out = load<int16_t>(at);
    return true;
  case NpyType::i32:
    out = load<int32_t>(at);
    return true;
  case NpyType::i64:
    out = load<int64_t>(at);
    return true;
  case NpyType::u8:
  case NpyType::boolean:
    out = load<uint8_t>(at);
    return true;
  case NpyType::u16:
    out = load<uint16_t>(at);
    return true;
  case NpyType::u32:
    out = load<uint32_t>(at);
    return true;
  case NpyType::u64: {
    uint64_t value = load<uint64_t>(at);
    out = static_cast<int64_t>(value);
    return value <= INT64_MAX;
  }
  case NpyType::f32:
  case NpyType::f16:
    break;
  }
  return false;
}

static void storeFloat(ElementType type, float value, std::byte *at) {
  if (type == ElementType::f32)
    store(at, value);
  else
    store(at, type == ElementType::bf16 ? bfloat16FromFloat(value) : halfFromFloat(value));
}

/// Whether |value| fits |type|.
static bool storeInteger(ElementType type, int64_t value, std::byte *at) {
  auto put = [&](auto narrow) {
    store(at, narrow);
    return static_cast<int64_t>(narrow) == value;
  };
  switch (type) {
  case ElementType::i32:
    return put(static_cast<int32_t>(value));
  case ElementType::i64:
    return put(value);
  case ElementType::i8:
    return put(static_cast<int8_t>(value));
  case ElementType::u8:
    return put(static_cast<uint8_t>(value));
  case ElementType::i1:
    store(at, static_cast<uint8_t>(value != 0));
    return value == 0 || value == 1;
  case ElementType::f32:
  case ElementType::bf16:
  case ElementType::f16:
    break;
  }
  return false;
}

/// Whether the element is a number of |type|: an integer of its range, or of a mask 0 or 1 in whatever type.
static bool convert(NpyType source, const std::byte *from, ElementType type, std::byte *to) {
  if (isFloat(type)) {
    storeFloat(type, loadFloat(source, from), to);
    return true;
  }
  if (isFloat(source)) { // for a mask
    float value = loadFloat(source, from);
    return (value == 0 || value == 1) && storeInteger(type, value == 1, to);
  }
  int64_t value = 0;
  return loadInteger(source, from, value) && storeInteger(type, value, to);
}

static std::string textOf(NpyType type, const std::byte *from) {
  int64_t value = 0;
  char text[32];
  if (isFloat(type))
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(loadFloat(type, from)));
  else if (loadInteger(type, from, value))
    std::snprintf(text, sizeof text, "%" PRId64, value);
  else
    std::snprintf(text, sizeof text, "%" PRIu64, load<uint64_t>(from));
  return text;
}

double valueAt(const attn_tensor_t &tensor, int64_t i) {
  const std::byte *at = static_cast<const std::byte *>(tensor.data) + i * attn_type_size(tensor.type);
  switch (tensor.type) {
  case ATTN_F32:
    return load<float>(at);
  case ATTN_BF16:
    return floatFromBfloat16(load<uint16_t>(at));
  case ATTN_F16:
    return floatFromHalf(load<uint16_t>(at));
  case ATTN_I32:
    return load<int32_t>(at);
  case ATTN_I64:
    return static_cast<double>(load<int64_t>(at));
  case ATTN_I8:
    return load<int8_t>(at);
  case ATTN_U8:
  case ATTN_I1:
    return load<uint8_t>(at);
  }
  return 0;
}

/// Whether one of |count| numbers, |stride| apart, has all |exponent| bits set: it is infinite or no number.
template <typename Bits> static bool anyNonFinite(const std::byte *data, int64_t count, int64_t stride, Bits exponent) {
  bool found = false;
  if (stride == 1) // No early exit, so that this runs in vectors.
    for (int64_t i = 0; i < count; ++i)
      found |= (load<Bits>(data + i * static_cast<int64_t>(sizeof(Bits))) & exponent) == exponent;
  else
    for (int64_t i = 0; i < count; ++i)
      found |= (load<Bits>(data + i * stride * static_cast<int64_t>(sizeof(Bits))) & exponent) == exponent;
  return found;
}

/// The numbers of the last dimensions that lie as one run, from |dimension| on, or of slices of them.
static bool hasNonFiniteFrom(const attn_tensor_t &tensor, int32_t dimension, const std::byte *data) {
  int64_t count = 1, stride = 1;
  int32_t first = tensor.rank;
  for (; first > dimension; --first) {
    int64_t size = tensor.sizes[first - 1], step = tensor.strides[first - 1];
    if (size == 1)
      continue;
    if (count == 1)
      stride = step;
    else if (step != count * stride)
      break;
    count *= size;
  }
  if (first > dimension) {
    int64_t step = tensor.strides[dimension] * static_cast<int64_t>(attn_type_size(tensor.type));
    for (int64_t i = 0; i < tensor.sizes[dimension]; ++i)
      if (hasNonFiniteFrom(tensor, dimension + 1, data + i * step))
        return true;
    return false;
  }
  switch (tensor.type) {
  case ATTN_F32:
    return anyNonFinite<uint32_t>(data, count, stride, 0x7f800000);
  case ATTN_BF16:
    return anyNonFinite<uint16_t>(data, count, stride, 0x7f80);
  case ATTN_F16:
    return anyNonFinite<uint16_t>(data, count, stride, 0x7c00);
  default:
    return false;
  }
}

bool hasNonFinite(const attn_tensor_t &tensor) {
  return tensor.data && hasNonFiniteFrom(tensor, 0, static_cast<const std::byte *>(tensor.data));
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Array allocate(ElementType type, const std::vector<int64_t> &shape) {
  Array array;
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  // One byte more, so that the data of an empty tensor is not null.
  array.data.resize(static_cast<size_t>(count * elementSize(type)) + 1);
  array.tensor =
      attn_tensor(array.data.data(), static_cast<attn_type_t>(type), static_cast<int32_t>(shape.size()), shape.data());
  return array;
}

static Result<Array> readNumber(const std::string &text, const std::string &what, ElementType type) {
  Array array = allocate(type, {});
  char *end = nullptr;
  bool fits;
  if (isFloat(type)) {
    storeFloat(type, static_cast<float>(std::strtod(text.c_str(), &end)), array.data.data());
    fits = true;
  } else {
    fits = storeInteger(type, std::strtoll(text.c_str(), &end, 10), array.data.data());
  }
  if (!*text.c_str() || *end || !fits)
    return failure(Code::invalid_argument, "%s takes a number of type %s, but got '%s'", what.c_str(),
                   elementTypeName(type), text.c_str());
  return array;
}

static bool looksLikeNumber(const std::string &text) {
  char *end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && !*end;
}

/// Where element |i| of a dense array stands: "[1, 0, 4]".
static std::string placeText(const std::vector<int64_t> &shape, uint64_t i) {
  std::vector<int64_t> place(shape.size());
  for (size_t d = shape.size(); d-- > 0; i /= static_cast<uint64_t>(shape[d]))
    place[d] = static_cast<int64_t>(i % static_cast<uint64_t>(shape[d]));
  return describeShape(place.data(), place.size());
}

Result<Array> readArray(const std::string &text, const std::string &what, ElementType type, size_t rank,
                        bool takesNumber) {
  if ((rank == 0 || takesNumber) && looksLikeNumber(text))
    return readNumber(text, what, type);
  bool isFile = access(text.c_str(), F_OK) == 0;
  if (rank == 0 && !isFile)
    return failure(Code::invalid_argument, "%s is a scalar of type %s, but '%s' is neither a number nor a file",
                   what.c_str(), elementTypeName(type), text.c_str());
  if (!isFile && looksLikeNumber(text))
    return failure(Code::invalid_argument,
                   "%s is a tensor of %zu dimensions, but got the number '%s'; name a file of it", what.c_str(), rank,
                   text.c_str());
  ATTN_ASSIGN_OR_RETURN(file, NpyFile::open(text));
  const NpyArray &source = file.array();
  if (source.shape.size() != rank || rank > ATTN_MAX_RANK)
    return failure(Code::invalid_argument, "%s: it has shape %s, but %s has %zu dimensions", text.c_str(),
                   shapeText(source.shape).c_str(), what.c_str(), rank);
  if (isFloat(source.type) != isFloat(type) && type != ElementType::i1)
    return failure(Code::invalid_argument, "%s: it holds %s, but %s is of type %s", text.c_str(), typeName(source.type),
                   what.c_str(), elementTypeName(type));
  Array array = allocate(type, source.shape);
  uint64_t width = elementBytes(source.type);
  for (uint64_t i = 0; i * width < source.bytes; ++i) {
    const std::byte *from = source.data + i * width;
    std::byte *to = array.data.data() + i * static_cast<uint64_t>(elementSize(type));
    if (!convert(source.type, from, type, to))
      return failure(Code::out_of_range, "%s: element %s is %s, which does not fit type %s of %s%s", text.c_str(),
                     placeText(source.shape, i).c_str(), textOf(source.type, from).c_str(), elementTypeName(type),
                     what.c_str(), type == ElementType::i1 ? "; make it 0 or 1, as x != 0 does" : "");
  }
  return array;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

Status writeArray(const std::string &path, const attn_tensor_t &tensor) {
  std::vector<int64_t> shape(tensor.sizes, tensor.sizes + tensor.rank);
  switch (tensor.type) {
  case ATTN_F32:
    return writeNpy(path, NpyType::f32, shape, tensor.data);
  case ATTN_F16:
    return writeNpy(path, NpyType::f16, shape, tensor.data);
  case ATTN_I32:
    return writeNpy(path, NpyType::i32, shape, tensor.data);
  case ATTN_I64:
    return writeNpy(path, NpyType::i64, shape, tensor.data);
  case ATTN_I8:
    return writeNpy(path, NpyType::i8, shape, tensor.data);
  case ATTN_U8:
    return writeNpy(path, NpyType::u8, shape, tensor.data);
  case ATTN_I1:
    return writeNpy(path, NpyType::boolean, shape, tensor.data);
  case ATTN_BF16:
    break;
  }
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::vector<float> wide(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    wide[static_cast<size_t>(i)] = static_cast<float>(valueAt(tensor, i));
  return writeNpy(path, NpyType::f32, shape, wide.data());
}

} // namespace attn::run

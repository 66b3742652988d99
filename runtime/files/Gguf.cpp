//===- Gguf.cpp - weights and metadata in the GGUF format -----------------===//

#include "runtime/files/Gguf.h"

#include "runtime/files/ByteReader.h"

#include <algorithm>
#include <unordered_set>

using namespace attn;

static constexpr uint64_t default_alignment = 32;
static constexpr uint64_t max_alignment = 1u << 20;
static constexpr uint32_t max_rank = 4;

/// Names come from the file, so messages show only what a terminal can take, and not too much of it.
static std::string shown(std::string_view text) {
  std::string result;
  for (char c : text.substr(0, 80))
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return text.size() > 80 ? result + "..." : result;
}

/// Bytes of a fixed-size value; 0 for text and arrays.
static uint64_t sizeOf(GgufType type) {
  switch (type) {
  case GgufType::u8:
  case GgufType::i8:
  case GgufType::boolean:
    return 1;
  case GgufType::u16:
  case GgufType::i16:
    return 2;
  case GgufType::u32:
  case GgufType::i32:
  case GgufType::f32:
    return 4;
  case GgufType::u64:
  case GgufType::i64:
  case GgufType::f64:
    return 8;
  case GgufType::text:
  case GgufType::array:
    return 0;
  }
  return 0;
}

const char *attn::typeName(GgufType type) {
  static constexpr const char *names[] = {"u8",   "i8",   "u16",   "i16", "u32", "i32", "f32",
                                          "bool", "text", "array", "u64", "i64", "f64"};
  return names[static_cast<uint32_t>(type)];
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace attn {

/// Reads one file from front to back.
class GgufParser {
public:
  GgufParser(const std::byte *data, uint64_t size, Gguf &file)
      : in_(data, size), data_(data), size_(size), file_(file) {}

  Status parse();

private:
  Status readHead();
  Status readText(std::string_view &text, const char *what);
  Status readType(GgufType &type, const std::string &key);
  Status readEntry();
  Status readElements(const std::string &key, GgufValue &value);
  Status readAlignment();
  Status readTensor();
  Status placeTensors();

  Status corrupt(const std::string &what) const {
    return failure(Code::corrupt, "%s: %s; the file is damaged, fetch it again", file_.name_.c_str(), what.c_str());
  }
  Status endsIn(const std::string &what) const {
    return corrupt("ends at byte " + std::to_string(size_) + ", in the middle of " + what);
  }

  ByteReader in_;
  const std::byte *data_;
  uint64_t size_;
  Gguf &file_;
  uint64_t tensorCount_ = 0, entryCount_ = 0;
  uint64_t alignment_ = default_alignment;
  std::vector<uint64_t> offsets_; ///< of each tensor, from the start of the data
  std::unordered_set<std::string_view> tensorNames_;
};

} // namespace attn

Status GgufParser::readHead() {
  std::string_view magic;
  uint32_t version;
  if (!in_.readText(4, magic) || magic != "GGUF")
    return corrupt("does not begin with 'GGUF'");
  if (!in_.read(version))
    return endsIn("its version");
  if (version != 2 && version != 3) {
    bool swapped = version == 0x02000000 || version == 0x03000000;
    return failure(Code::unsupported, "%s: is GGUF version %u%s; versions 2 and 3, little-endian, can be read",
                   file_.name_.c_str(), swapped ? version >> 24 : version, swapped ? " for big-endian machines" : "");
  }
  if (!in_.read(tensorCount_) || !in_.read(entryCount_))
    return endsIn("its counts");
  // An entry takes 13 bytes or more, a tensor 24: a count that cannot fit is refused before anything is allocated.
  if (entryCount_ > in_.remaining() / 13 || tensorCount_ > in_.remaining() / 24)
    return corrupt("counts " + std::to_string(tensorCount_) + " tensors and " + std::to_string(entryCount_) +
                   " metadata entries, more than it can hold");
  return Status();
}

Status GgufParser::readText(std::string_view &text, const char *what) {
  uint64_t length;
  if (!in_.read(length) || !in_.readText(length, text))
    return endsIn(what);
  return Status();
}

Status GgufParser::readType(GgufType &type, const std::string &key) {
  uint32_t number;
  if (!in_.read(number))
    return endsIn("the value of key '" + shown(key) + "'");
  if (number > static_cast<uint32_t>(GgufType::f64))
    return corrupt("key '" + shown(key) + "' has a value of unknown type " + std::to_string(number));
  type = static_cast<GgufType>(number);
  return Status();
}

Status GgufParser::readElements(const std::string &key, GgufValue &value) {
  if (value.type == GgufType::array)
    return failure(Code::unsupported, "%s: key '%s' is an array of arrays; remove it from the file",
                   file_.name_.c_str(), shown(key).c_str());
  uint64_t least = value.type == GgufType::text ? 8 : sizeOf(value.type);
  if (value.count > in_.remaining() / least)
    return endsIn("the value of key '" + shown(key) + "'");
  if (value.type == GgufType::text) {
    value.text.resize(value.count);
    for (std::string_view &text : value.text)
      ATTN_RETURN_IF_ERROR(readText(text, "a metadata text"));
    return Status();
  }
  value.data = in_.here();
  bool inside = in_.skip(value.count * least);
  assert(inside && "the count was checked above");
  (void)inside;
  if (value.type == GgufType::boolean)
    for (uint64_t i = 0; i < value.count; ++i)
      if (value.data[i] > std::byte{1})
        return corrupt("key '" + shown(key) + "' holds a bool that is neither 0 nor 1");
  return Status();
}

Status GgufParser::readEntry() {
  std::string_view text;
  ATTN_RETURN_IF_ERROR(readText(text, "a metadata key"));
  std::string key(text);
  if (key.empty())
    return corrupt("has a metadata entry without a key");
  GgufValue value;
  ATTN_RETURN_IF_ERROR(readType(value.type, key));
  if (value.type == GgufType::array) {
    value.isArray = true;
    ATTN_RETURN_IF_ERROR(readType(value.type, key));
    if (!in_.read(value.count))
      return endsIn("the value of key '" + shown(key) + "'");
  }
  ATTN_RETURN_IF_ERROR(readElements(key, value));
  if (!file_.values_.emplace(key, std::move(value)).second)
    return corrupt("has metadata key '" + shown(key) + "' twice");
  file_.keys_.push_back(std::move(key));
  return Status();
}

Status GgufParser::readAlignment() {
  if (!file_.has("general.alignment"))
    return Status();
  ATTN_ASSIGN_OR_RETURN(alignment, file_.unsignedAt("general.alignment"));
  if (alignment < 8 || alignment > max_alignment || (alignment & (alignment - 1)) != 0)
    return corrupt("key 'general.alignment' is " + std::to_string(alignment) + ", not a power of two from 8 to " +
                   std::to_string(max_alignment));
  alignment_ = alignment;
  return Status();
}

Status GgufParser::readTensor() {
  std::string_view name;
  uint32_t rank, type;
  uint64_t extents[max_rank], offset;
  ATTN_RETURN_IF_ERROR(readText(name, "a tensor's name"));
  if (name.empty() || !tensorNames_.insert(name).second)
    return corrupt(name.empty() ? "has a tensor without a name" : "has tensor '" + shown(name) + "' twice");
  std::string where = "tensor '" + shown(name) + "'";
  if (!in_.read(rank))
    return endsIn(where);
  if (rank > max_rank)
    return corrupt(where + " has " + std::to_string(rank) + " dimensions, but GGUF knows up to 4");
  for (uint32_t i = 0; i < rank; ++i)
    if (!in_.read(extents[i]))
      return endsIn(where);
  if (!in_.read(type) || !in_.read(offset))
    return endsIn(where);
  std::optional<StorageFormat> format = formatOfGgmlType(type);
  if (!format)
    return failure(Code::unsupported,
                   "%s: %s is stored as ggml type %u, which is not known; convert the file to q8_0, "
                   "q4_0, q4_1, f16, bf16 or f32",
                   file_.name_.c_str(), where.c_str(), type);
  WeightTensor tensor;
  tensor.name = std::string(name);
  tensor.format = *format;
  for (uint32_t i = rank; i-- > 0;) { // the file gives the fastest dimension first
    if (extents[i] > static_cast<uint64_t>(INT64_MAX))
      return corrupt(where + " has a dimension of " + std::to_string(extents[i]));
    tensor.shape.push_back(static_cast<int64_t>(extents[i]));
  }
  std::optional<uint64_t> bytes = tensorBytes(tensor.format, tensor.shape);
  if (!bytes)
    return corrupt(where + " of shape " + shapeText(tensor.shape) + " cannot be stored as " +
                   formatName(tensor.format));
  tensor.bytes = *bytes;
  file_.tensors_.push_back(std::move(tensor));
  offsets_.push_back(offset);
  return Status();
}

Status GgufParser::placeTensors() {
  uint64_t padding = (alignment_ - in_.position() % alignment_) % alignment_;
  if (!in_.skip(padding)) {
    if (!file_.tensors_.empty())
      return endsIn("the padding before its data");
    return Status(); // a file of metadata only (a vocabulary) may end unpadded
  }
  uint64_t start = in_.position(), available = in_.remaining();
  std::vector<size_t> order(offsets_.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    WeightTensor &tensor = file_.tensors_[i];
    std::string where = "tensor '" + shown(tensor.name) + "'";
    if (offsets_[i] % alignment_ != 0)
      return corrupt(where + " starts at offset " + std::to_string(offsets_[i]) + ", which is not a multiple of " +
                     std::to_string(alignment_));
    if (offsets_[i] > available || tensor.bytes > available - offsets_[i])
      return corrupt(where + " takes " + std::to_string(tensor.bytes) + " bytes from offset " +
                     std::to_string(offsets_[i]) + ", but the file has " + std::to_string(available) +
                     " bytes of data");
    tensor.data = data_ + start + offsets_[i];
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return offsets_[a] < offsets_[b]; });
  uint64_t end = 0;
  for (size_t i : order) {
    const WeightTensor &tensor = file_.tensors_[i];
    if (tensor.bytes == 0)
      continue;
    if (offsets_[i] < end)
      return corrupt("tensor '" + shown(tensor.name) + "' overlaps another one");
    end = offsets_[i] + tensor.bytes;
  }
  return Status();
}

Status GgufParser::parse() {
  ATTN_RETURN_IF_ERROR(readHead());
  for (uint64_t i = 0; i < entryCount_; ++i)
    ATTN_RETURN_IF_ERROR(readEntry());
  ATTN_RETURN_IF_ERROR(readAlignment());
  for (uint64_t i = 0; i < tensorCount_; ++i)
    ATTN_RETURN_IF_ERROR(readTensor());
  return placeTensors();
}

Result<Gguf> Gguf::parse(const std::byte *data, uint64_t size, const std::string &name) {
  Gguf file;
  file.name_ = name;
  ATTN_RETURN_IF_ERROR(GgufParser(data, size, file).parse());
  return file;
}

//===----------------------------------------------------------------------===//
// Typed access
//===----------------------------------------------------------------------===//

const GgufValue *Gguf::find(const std::string &key) const {
  auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

Status Gguf::mismatch(const std::string &key, const GgufValue &value, const char *wanted) const {
  return failure(Code::unsupported, "%s: metadata key '%s' is %s%s, but %s is expected", name_.c_str(), key.c_str(),
                 value.isArray ? "an array of " : "", typeName(value.type), wanted);
}

Result<const GgufValue *> Gguf::require(const std::string &key, bool array) const {
  const GgufValue *value = find(key);
  if (!value)
    return failure(Code::not_found, "%s: metadata key '%s' is missing; use a file that carries it", name_.c_str(),
                   key.c_str());
  if (value->isArray != array)
    return mismatch(key, *value, array ? "an array" : "a single value");
  return value;
}

template <typename T> static T load(const GgufValue &value, uint64_t index) {
  T element;
  std::memcpy(&element, value.data + index * sizeof(T), sizeof(T));
  return element;
}

/// An element of any integer type; nothing if it is of another type or exceeds int64.
static std::optional<int64_t> integerOf(const GgufValue &value, uint64_t index) {
  switch (value.type) {
  case GgufType::u8:
    return load<uint8_t>(value, index);
  case GgufType::i8:
    return load<int8_t>(value, index);
  case GgufType::u16:
    return load<uint16_t>(value, index);
  case GgufType::i16:
    return load<int16_t>(value, index);
  case GgufType::u32:
    return load<uint32_t>(value, index);
  case GgufType::i32:
    return load<int32_t>(value, index);
  case GgufType::i64:
    return load<int64_t>(value, index);
  case GgufType::u64: {
    uint64_t element = load<uint64_t>(value, index);
    return element <= static_cast<uint64_t>(INT64_MAX) ? std::optional<int64_t>(element) : std::nullopt;
  }
  case GgufType::f32:
  case GgufType::f64:
  case GgufType::boolean:
  case GgufType::text:
  case GgufType::array:
    return std::nullopt;
  }
  return std::nullopt;
}

static std::optional<double> floatOf(const GgufValue &value, uint64_t index) {
  if (value.type == GgufType::f32)
    return load<float>(value, index);
  if (value.type == GgufType::f64)
    return load<double>(value, index);
  return std::nullopt;
}

Result<int64_t> Gguf::integerAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, false));
  if (std::optional<int64_t> element = integerOf(*value, 0))
    return *element;
  return mismatch(key, *value, "an integer below 2^63");
}

Result<uint64_t> Gguf::unsignedAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, false));
  if (value->type == GgufType::u64)
    return load<uint64_t>(*value, 0);
  if (std::optional<int64_t> element = integerOf(*value, 0); element && *element >= 0)
    return static_cast<uint64_t>(*element);
  return mismatch(key, *value, "an integer that is not negative");
}

Result<double> Gguf::floatAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, false));
  if (std::optional<double> element = floatOf(*value, 0))
    return *element;
  return mismatch(key, *value, "a float");
}

Result<bool> Gguf::boolAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, false));
  if (value->type != GgufType::boolean)
    return mismatch(key, *value, "a bool");
  return value->data[0] != std::byte{0};
}

Result<std::string_view> Gguf::textAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, false));
  if (value->type != GgufType::text)
    return mismatch(key, *value, "a text");
  return value->text[0];
}

Result<std::vector<int64_t>> Gguf::integersAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, true));
  std::vector<int64_t> elements(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    std::optional<int64_t> element = integerOf(*value, i);
    if (!element)
      return mismatch(key, *value, "an array of integers below 2^63");
    elements[i] = *element;
  }
  return elements;
}

Result<std::vector<double>> Gguf::floatsAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, true));
  std::vector<double> elements(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    std::optional<double> element = floatOf(*value, i);
    if (!element)
      return mismatch(key, *value, "an array of floats");
    elements[i] = *element;
  }
  return elements;
}

Result<const std::vector<std::string_view> *> Gguf::textsAt(const std::string &key) const {
  ATTN_ASSIGN_OR_RETURN(value, require(key, true));
  if (value->type != GgufType::text)
    return mismatch(key, *value, "an array of texts");
  return &value->text;
}

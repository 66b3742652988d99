//===- Safetensors.cpp - weights in the safetensors format ----------------===//

#include "runtime/files/Safetensors.h"

#include "runtime/files/ByteReader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

using namespace attn;
using nlohmann::json;

/// As large as the format's own reader takes; no real header comes near.
static constexpr uint64_t max_header = 100'000'000;

namespace {

struct Placed {
  WeightTensor tensor;
  uint64_t begin, end; ///< in the data
};

} // namespace

static Status corrupt(const std::string &name, const std::string &what) {
  return failure(Code::corrupt, "%s: %s; the file is damaged, fetch it again", name.c_str(), what.c_str());
}

/// Parses the header; JSON objects that give a key twice are refused, since only one of the two values could be seen.
static Result<json> parseHeader(std::string_view text, const std::string &name) {
  std::vector<std::set<std::string>> open; // the keys of each object that is being read
  std::string twice;
  auto watch = [&](int, json::parse_event_t event, json &value) {
    if (event == json::parse_event_t::object_start)
      open.emplace_back();
    else if (event == json::parse_event_t::object_end)
      open.pop_back();
    else if (event == json::parse_event_t::key && !open.back().insert(value.get_ref<const std::string &>()).second)
      twice = value.get_ref<const std::string &>();
    return true;
  };
  json header = json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (!header.is_object())
    return corrupt(name, "has a header that is not a JSON object");
  if (!twice.empty())
    return corrupt(name, "gives '" + twice + "' twice in its header");
  return header;
}

static bool readCounts(const json &list, std::vector<int64_t> &counts) {
  if (!list.is_array())
    return false;
  for (const json &element : list) {
    if (!element.is_number_unsigned() || element.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      return false;
    counts.push_back(element.get<int64_t>());
  }
  return true;
}

static Result<Placed> readTensor(const std::string &key, const json &facts, const std::string &name) {
  std::string where = "tensor '" + key + "'";
  Placed placed;
  placed.tensor.name = key;
  if (!facts.is_object() || facts.size() != 3 || !facts.contains("dtype") || !facts.contains("shape") ||
      !facts.contains("data_offsets") || !facts["dtype"].is_string())
    return corrupt(name, where + " does not have exactly dtype, shape and data_offsets");
  const std::string &type = facts["dtype"].get_ref<const std::string &>();
  std::optional<StorageFormat> format = formatOfSafetensorsType(type);
  if (!format)
    return failure(Code::unsupported, "%s: %s is of type %s, which is not known; convert it to F32, F16 or BF16",
                   name.c_str(), where.c_str(), type.c_str());
  placed.tensor.format = *format;
  std::vector<int64_t> offsets;
  if (!readCounts(facts["shape"], placed.tensor.shape) || !readCounts(facts["data_offsets"], offsets) ||
      offsets.size() != 2 || offsets[0] > offsets[1])
    return corrupt(name, where + " has a shape or offsets that are not lists of counts");
  placed.begin = static_cast<uint64_t>(offsets[0]);
  placed.end = static_cast<uint64_t>(offsets[1]);
  placed.tensor.bytes = placed.end - placed.begin;
  std::optional<uint64_t> bytes = tensorBytes(*format, placed.tensor.shape);
  if (!bytes || *bytes != placed.tensor.bytes)
    return corrupt(name, where + " of shape " + shapeText(placed.tensor.shape) + " and type " + type + " is given " +
                             std::to_string(placed.tensor.bytes) + " bytes");
  return placed;
}

static bool isTextMap(const json &value) {
  return value.is_object() &&
         std::all_of(value.begin(), value.end(), [](const json &element) { return element.is_string(); });
}

Result<std::vector<WeightTensor>> attn::parseSafetensors(const std::byte *data, uint64_t size,
                                                         const std::string &name) {
  ByteReader in(data, size);
  uint64_t length;
  std::string_view text;
  if (!in.read(length) || length > max_header || !in.readText(length, text))
    return corrupt(name, "has " + std::to_string(size) + " bytes, fewer than its header announces");
  if (text.empty() || text[0] != '{')
    return corrupt(name, "has a header that does not begin with '{'");
  ATTN_ASSIGN_OR_RETURN(header, parseHeader(text, name));

  std::vector<Placed> all;
  for (const auto &[key, facts] : header.items()) {
    if (key == "__metadata__") {
      if (!isTextMap(facts))
        return corrupt(name, "has a __metadata__ that is not a map of texts");
      continue;
    }
    ATTN_ASSIGN_OR_RETURN(placed, readTensor(key, facts, name));
    all.push_back(std::move(placed));
  }
  std::sort(all.begin(), all.end(), [](const Placed &a, const Placed &b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.tensor.name < b.tensor.name;
  });
  uint64_t end = 0;
  std::vector<WeightTensor> tensors;
  for (Placed &placed : all) {
    if (placed.begin != end)
      return corrupt(name, "tensor '" + placed.tensor.name + "' starts at byte " + std::to_string(placed.begin) +
                               " of the data, but the one before it ends at " + std::to_string(end));
    end = placed.end;
    if (end > in.remaining())
      return corrupt(name, "tensor '" + placed.tensor.name + "' ends at byte " + std::to_string(end) +
                               " of the data, but the file has " + std::to_string(in.remaining()));
    placed.tensor.data = in.here() + placed.begin;
    tensors.push_back(std::move(placed.tensor));
  }
  if (end != in.remaining())
    return corrupt(name, "has " + std::to_string(in.remaining() - end) + " bytes of data that no tensor covers");
  return tensors;
}

//===- WeightFile.cpp - one interface over the files that carry weights ---===//

#include "runtime/files/WeightFile.h"

#include "runtime/files/Safetensors.h"

#include <cstring>

using namespace attn;

static bool startsWith(const MappedFile &file, uint64_t offset, std::string_view text) {
  return file.size() >= offset + text.size() && std::memcmp(file.data() + offset, text.data(), text.size()) == 0;
}

Result<std::unique_ptr<WeightFile>> WeightFile::open(const std::string &path) {
  ATTN_ASSIGN_OR_RETURN(mapped, MappedFile::open(path));
  std::unique_ptr<WeightFile> weights(new WeightFile(std::move(mapped)));
  const MappedFile &file = weights->file_;
  if (startsWith(file, 0, "GGUF")) {
    ATTN_ASSIGN_OR_RETURN(gguf, Gguf::parse(file.data(), file.size(), file.name()));
    weights->gguf_ = std::move(gguf);
  } else if (startsWith(file, 8, "{")) {
    ATTN_ASSIGN_OR_RETURN(tensors, parseSafetensors(file.data(), file.size(), file.name()));
    weights->safetensors_ = std::move(tensors);
  } else if (file.size() <= 8) {
    return failure(Code::corrupt, "%s: has %llu bytes, fewer than any file of weights; fetch or make it again",
                   path.c_str(), static_cast<unsigned long long>(file.size()));
  } else {
    return failure(Code::unsupported,
                   "%s: is neither a GGUF nor a safetensors file; convert the weights to one of them", path.c_str());
  }
  for (const WeightTensor &tensor : weights->tensors())
    weights->byName_.emplace(tensor.name, &tensor);
  return weights;
}

const std::vector<WeightTensor> &WeightFile::tensors() const { return gguf_ ? gguf_->tensors() : safetensors_; }

const WeightTensor *WeightFile::find(std::string_view name) const {
  auto found = byName_.find(name);
  return found == byName_.end() ? nullptr : found->second;
}

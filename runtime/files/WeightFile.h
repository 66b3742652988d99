//===- WeightFile.h - one interface over the files that carry weights -*- C++ -*-===//
//
// A file of weights stays mapped as long as its object lives, and is read only: any number of sessions may share it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FILES_WEIGHTFILE_H
#define ATTN_RUNTIME_FILES_WEIGHTFILE_H

#include "runtime/files/Gguf.h"
#include "runtime/files/MappedFile.h"

#include <memory>

namespace attn {

class WeightFile {
public:
  /// Opens a GGUF or a safetensors file, told apart by how it begins, and checks its whole table.
  static Result<std::unique_ptr<WeightFile>> open(const std::string &path);

  WeightFile(const WeightFile &) = delete;
  WeightFile &operator=(const WeightFile &) = delete;

  const std::string &name() const { return file_.name(); }
  /// The tensor of that name, or null.
  const WeightTensor *find(std::string_view name) const;
  const std::vector<WeightTensor> &tensors() const;
  /// What a GGUF file says beside its tensors (tokeniser, sizes, chat template); null for safetensors.
  const Gguf *metadata() const { return gguf_ ? &*gguf_ : nullptr; }

private:
  explicit WeightFile(MappedFile file) : file_(std::move(file)) {}

  MappedFile file_;
  std::optional<Gguf> gguf_;
  std::vector<WeightTensor> safetensors_;
  std::unordered_map<std::string_view, const WeightTensor *> byName_; ///< keys borrowed from the tensors
};

} // namespace attn

#endif // ATTN_RUNTIME_FILES_WEIGHTFILE_H

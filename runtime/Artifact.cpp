//===- Artifact.cpp - opens and checks a compiled program -*- C++ -*-===//

#include "runtime/Artifact.h"

#include <cstdio>
#include <cstring>

namespace attn {

Result<std::unique_ptr<Artifact>> Artifact::open(const std::string &path) {
  ATTN_ASSIGN_OR_RETURN(file, MappedFile::open(path));
  std::unique_ptr<Artifact> artifact(new Artifact());
  artifact->name_ = path;
  artifact->file_ = std::move(file);
  ATTN_RETURN_IF_ERROR(artifact->read(artifact->file_->data(), artifact->file_->size()));
  return artifact;
}

Result<std::unique_ptr<Artifact>> Artifact::fromBytes(const void *bytes, uint64_t size, const std::string &name) {
  std::unique_ptr<Artifact> artifact(new Artifact());
  artifact->name_ = name;
  artifact->bytes_.resize(size);
  if (size)
    std::memcpy(artifact->bytes_.data(), bytes, size);
  ATTN_RETURN_IF_ERROR(artifact->read(artifact->bytes_.data(), size));
  return artifact;
}

/// Item 14 of artifact.h: code that says which program.json it was compiled with is not run with another.
static Status checkDigest(const ZipEntry &program, const ZipEntry &code) {
  std::string_view text(reinterpret_cast<const char *>(code.data), static_cast<size_t>(code.size));
  size_t place = text.find(ATTN_DIGEST_PREFIX);
  if (place == std::string_view::npos)
    return Status();
  char digits[ATTN_DIGEST_DIGITS + 1];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(attn_digest(program.data, static_cast<size_t>(program.size))));
  if (text.substr(place + std::strlen(ATTN_DIGEST_PREFIX), ATTN_DIGEST_DIGITS) == digits)
    return Status();
  return failure(Code::corrupt,
                 "program.json is not the one that %s was compiled with: it was changed since, so that grids, scratch "
                 "or shapes may not be those of the code; compile the program again",
                 code.name.c_str());
}

Status Artifact::read(const std::byte *data, uint64_t size) {
  if (size >= 2 && std::memcmp(data, "PK", 2) != 0)
    return failure(Code::corrupt, "%s: does not begin like an artefact; name one that attn-opt --emit=artifact wrote",
                   name_.c_str());
  ATTN_ASSIGN_OR_RETURN(archive, ZipReader::open(data, size, name_));
  archive_ = std::move(archive);
  const ZipEntry *json = archive_.find("program.json");
  if (!json)
    return failure(Code::corrupt,
                   "%s: there is no program.json in it; it is a zip file, but not an artefact of attn-opt",
                   name_.c_str());
  Result<Program> program =
      readProgram(std::string_view(reinterpret_cast<const char *>(json->data), static_cast<size_t>(json->size)));
  if (!program)
    return program.status().at(name_ + ": program.json");
  program_ = std::move(*program);
  ATTN_RETURN_IF_ERROR(checkProgram(program_).at(name_ + ": program.json"));

  for (const Target &target : program_.targets)
    if (!archive_.find(target.entry))
      return failure(Code::corrupt,
                     "%s: the code for device '%s' should be in '%s', which is missing; compile it again",
                     name_.c_str(), target.device.c_str(), target.entry.c_str());
  for (const Target &target : program_.targets)
    ATTN_RETURN_IF_ERROR(checkDigest(*json, entry(target.entry)).at(name_));
  const ZipEntry *constants = archive_.find("constants.bin");
  uint64_t available = constants ? constants->size : 0;
  for (const Constant &constant : program_.constants)
    if (constant.offset > available || constant.bytes > available - constant.offset)
      return failure(Code::corrupt, "%s: constant %zu ends at byte %llu, but constants.bin has %llu; compile it again",
                     name_.c_str(), &constant - program_.constants.data(),
                     static_cast<unsigned long long>(constant.offset + constant.bytes),
                     static_cast<unsigned long long>(available));
  constants_ = constants ? constants->data : nullptr;
  return Status();
}

const Target *Artifact::findTarget(std::string_view device) const {
  for (const Target &target : program_.targets)
    if (target.device == device)
      return &target;
  return nullptr;
}

} // namespace attn

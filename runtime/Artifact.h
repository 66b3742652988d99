//===- Artifact.h - a compiled program in its file -*- C++ -*-===//
//
// Opening an artefact checks all of it before anything is used: the archive and its checksums, program.json, and that
// the entries and constants that the program names are there. Afterwards it is immutable and may be shared by threads.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_ARTIFACTFILE_H
#define ATTN_RUNTIME_ARTIFACTFILE_H

#include "runtime/Program.h"
#include "runtime/files/MappedFile.h"
#include "runtime/files/Zip.h"

#include <memory>

namespace attn {

class Artifact {
public:
  static Result<std::unique_ptr<Artifact>> open(const std::string &path);
  /// Copies |bytes|; |name| is what messages call the artefact.
  static Result<std::unique_ptr<Artifact>> fromBytes(const void *bytes, uint64_t size, const std::string &name);

  Artifact(const Artifact &) = delete;
  Artifact &operator=(const Artifact &) = delete;

  const std::string &name() const { return name_; }
  const Program &program() const { return program_; }
  /// The program's target for |device|, or null.
  const Target *findTarget(std::string_view device) const;
  /// An entry that a target names; it is there.
  const ZipEntry &entry(const std::string &name) const { return *archive_.find(name); }
  const std::byte *constant(const Constant &constant) const { return constants_ + constant.offset; }

private:
  Artifact() = default;
  Status read(const std::byte *data, uint64_t size);

  std::string name_;
  std::optional<MappedFile> file_;
  std::vector<std::byte> bytes_;
  ZipReader archive_;
  Program program_;
  const std::byte *constants_ = nullptr;
};

} // namespace attn

#endif // ATTN_RUNTIME_ARTIFACTFILE_H

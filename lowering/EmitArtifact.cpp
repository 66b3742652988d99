//===- EmitArtifact.cpp - the only writer of artefacts ---===//
//
// The zip itself is written by the file of the runtime that also reads it (runtime/files/Zip.h): one place knows it.
//
//===----------------------------------------------------------------------===//

#include "lowering/EmitArtifact.h"

#include "runtime/artifact.h"
#include "runtime/files/Zip.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace attn;

FailureOr<std::string> attn::writeProgram(ArrayRef<LoweredTarget> targets) {
  FailureOr<llvm::json::Object> program = describeProgram(targets);
  if (failed(program))
    return mlir::failure();
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(*program));
  return text;
}

std::string attn::digestText(StringRef program) {
  uint64_t digest = attn_digest(program.data(), program.size());
  return ATTN_DIGEST_PREFIX + llvm::utohexstr(digest, /*LowerCase=*/true, /*Width=*/ATTN_DIGEST_DIGITS);
}

FailureOr<std::vector<std::byte>> attn::packArtifact(StringRef program, ArrayRef<ArtifactEntry> entries,
                                                     Location location) {
  ZipWriter zip;
  Status status = zip.add("program.json", program.data(), program.size(), ATTN_ENTRY_ALIGNMENT);
  for (const ArtifactEntry &entry : entries) {
    bool isObject = StringRef(entry.name).ends_with(".so");
    if (status.ok())
      status = zip.add(entry.name, entry.bytes.data(), entry.bytes.size(),
                       isObject ? ATTN_OBJECT_ALIGNMENT : ATTN_ENTRY_ALIGNMENT);
  }
  if (!status.ok())
    return emitError(location) << "cannot pack the artefact: " << status.message();
  Result<std::vector<std::byte>> bytes = zip.finish();
  if (!bytes.ok())
    return emitError(location) << "cannot pack the artefact: " << bytes.status().message();
  return std::move(*bytes);
}

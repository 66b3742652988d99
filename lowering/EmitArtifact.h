//===- EmitArtifact.h - the only writer of artefacts -*- C++ -*-===//

#ifndef ATTN_LOWERING_EMITARTIFACT_H
#define ATTN_LOWERING_EMITARTIFACT_H

#include "lowering/Program.h"

#include <cstddef>
#include <string>
#include <vector>

namespace attn {

/// One file inside an artefact besides program.json.
struct ArtifactEntry {
  std::string name;
  std::vector<char> bytes;
};

/// The text of program.json for the targets together.
mlir::FailureOr<std::string> writeProgram(llvm::ArrayRef<LoweredTarget> targets);

/// What code that belongs to the program says of it (runtime/artifact.h, 14).
std::string digestText(llvm::StringRef program);

/// Packs the program and the targets' code; errors are emitted at `location`.
mlir::FailureOr<std::vector<std::byte>> packArtifact(llvm::StringRef program, llvm::ArrayRef<ArtifactEntry> entries,
                                                     mlir::Location location);

} // namespace attn

#endif // ATTN_LOWERING_EMITARTIFACT_H

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

/// Packs the described program and the targets' code.
mlir::FailureOr<std::vector<std::byte>> packArtifact(llvm::ArrayRef<LoweredTarget> targets,
                                                     llvm::ArrayRef<ArtifactEntry> entries);

} // namespace attn

#endif // ATTN_LOWERING_EMITARTIFACT_H

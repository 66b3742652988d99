//===- EmitArtifact.h - the only writer of artefacts -*- C++ -*-===//

#ifndef ATTN_LOWERING_EMITARTIFACT_H
#define ATTN_LOWERING_EMITARTIFACT_H

#include "mlir/IR/BuiltinOps.h"

#include <cstddef>
#include <string>
#include <vector>

namespace attn {

struct Target;

/// One file inside an artefact besides program.json.
struct ArtifactEntry {
  std::string name;
  std::vector<char> bytes;
};

/// Packs the described program and the targets' code. The module's kernels are lowered for all of `targets`.
mlir::FailureOr<std::vector<std::byte>> packArtifact(mlir::ModuleOp module, llvm::ArrayRef<Target> targets,
                                                     llvm::ArrayRef<ArtifactEntry> entries);

} // namespace attn

#endif // ATTN_LOWERING_EMITARTIFACT_H

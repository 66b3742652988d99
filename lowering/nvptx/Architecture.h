//===- Architecture.h - what differs from one GPU architecture to the next -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_ARCHITECTURE_H
#define ATTN_LOWERING_NVPTX_ARCHITECTURE_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace attn {

struct Architecture {
  llvm::StringRef name;
  /// The pass that turns planned sweeps into `module @<name>`.
  std::unique_ptr<mlir::Pass> (*makeSweepLowering)();
  /// LLVM's features: the PTX version, the first that knows the architecture.
  llvm::StringRef features;

  /// Null for an architecture that has no lowering.
  static const Architecture *find(llvm::StringRef name);
};

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_ARCHITECTURE_H

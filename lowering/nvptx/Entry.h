//===- Entry.h - a kernel becomes an entry of a GPU's module -*- C++ -*-===//
//
// What is the same on every architecture around a sweep: parameters, the scalar code of the kernel, the record that the
// kernel leaves behind.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_NVPTX_ENTRY_H
#define ATTN_LOWERING_NVPTX_ENTRY_H

#include "lowering/AttentionSweep.h"
#include "lowering/nvptx/GlobalBuffer.h"
#include "passes/Target.h"

namespace attn {

/// What a launch has to know.
struct EntryLaunch {
  int64_t threads, sharedBytes;
  /// How many blocks a multiprocessor is to hold at once: ptxas gives a thread its share of registers.
  int64_t blocks = 1;
};

/// How an architecture lowers a sweep.
struct SweepLowering {
  Target target;
  /// The arguments that the sweep copies boxes of, each once.
  llvm::SmallVector<tile::TensorMapAttr> (*findTensorMaps)(AttentionSweep &);
  /// Emits what one thread does for a task: `mapping` and `buffers` say what stands for the kernel's scalars and
  /// buffers, `shared` is the block's dynamic shared memory.
  mlir::FailureOr<EntryLaunch> (*emit)(ThreadBuilder &, AttentionSweep &, const mlir::IRMapping &mapping,
                                       const BufferMap &buffers, mlir::Value shared);
};

/// Adds `module @<architecture>` with an entry for each kernel that planning has not left out, and leaves the kernels
/// behind as records.
mlir::LogicalResult lowerKernelsToEntries(mlir::ModuleOp module, const SweepLowering &lowering);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_ENTRY_H

//===- Sm80Sweep.h - a forward sweep as fragments of mma.sync -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_SM80SWEEP_H
#define ATTN_LOWERING_NVPTX_SM80SWEEP_H

#include "lowering/AttentionSweep.h"
#include "lowering/nvptx/Fragments.h"

namespace attn {

/// What a launch has to know.
struct Sm80Launch {
  int64_t threads, sharedBytes;
};

/// Emits what one thread does for a task, of a sweep that planning found to be carried (passes/Carried.h): `mapping`
/// and `buffers` say what stands for the kernel's scalars and buffers, `shared` is the block's dynamic shared memory.
mlir::FailureOr<Sm80Launch> emitSm80Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const mlir::IRMapping &mapping,
                                          const BufferMap &buffers, mlir::Value shared);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_SM80SWEEP_H

//===- Sm80Sweep.h - a forward sweep as fragments of mma.sync -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_SM80SWEEP_H
#define ATTN_LOWERING_NVPTX_SM80SWEEP_H

#include "lowering/nvptx/Entry.h"

namespace attn {

/// `SweepLowering::emit` of sm_80, for a plan of at least 2 stages.
mlir::FailureOr<EntryLaunch> emitSm80Sweep(ThreadBuilder &builder, AttentionSweep &sweep,
                                           const mlir::IRMapping &mapping, const BufferMap &buffers,
                                           mlir::Value shared);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_SM80SWEEP_H

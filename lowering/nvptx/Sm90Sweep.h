//===- Sm90Sweep.h - a forward sweep as products of warp groups -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_SM90SWEEP_H
#define ATTN_LOWERING_NVPTX_SM90SWEEP_H

#include "lowering/nvptx/Entry.h"

namespace attn {

/// Keys and values, in boxes of 64 columns of one step's keys.
llvm::SmallVector<tile::TensorMapAttr> findSm90TensorMaps(AttentionSweep &sweep);

/// `SweepLowering::emit` of sm_90a, for a plan of 64, 128 or 192 rows and at least 2 stages.
mlir::FailureOr<EntryLaunch> emitSm90Sweep(ThreadBuilder &builder, AttentionSweep &sweep,
                                           const mlir::IRMapping &mapping, const BufferMap &buffers,
                                           mlir::Value shared);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_SM90SWEEP_H

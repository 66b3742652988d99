//===- Passes.td - the lowering passes -*- tablegen -*-===//

#ifndef ATTN_LOWERING_PASSES
#define ATTN_LOWERING_PASSES

include "mlir/Pass/PassBase.td"

include "lowering/reference/Reference.td"
include "lowering/cpu/Attention.td"
include "lowering/cpu/State.td"
include "lowering/cpu/Contract.td"
include "lowering/cpu/RowWise.td"
include "lowering/cpu/LoopNest.td"
include "lowering/cpu/Functions.td"
include "lowering/nvptx/Sm80.td"
include "lowering/nvptx/Sm90.td"

#endif // ATTN_LOWERING_PASSES

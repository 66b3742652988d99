//===- Passes.td - the target-independent passes, in pipeline order -*- tablegen -*-===//

#ifndef ATTN_PASSES_PASSES
#define ATTN_PASSES_PASSES

include "mlir/Pass/PassBase.td"

// Each pass's entry stands in its own file, in the order of the pipeline.
include "passes/ExpandLayers.td"
include "passes/Generalize.td"
include "passes/Fuse.td"
include "passes/RecordStates.td"
include "passes/Outline.td"
include "passes/Bufferize.td"
include "passes/AssignMemory.td"
include "passes/Plan.td"
include "passes/Tile.td"

#endif // ATTN_PASSES_PASSES

//===- Pipelines.cpp - the passes in order, and what holds between each two ---===//

#include "passes/Pipelines.h"

#include "passes/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace attn;

void attn::buildGraphPipeline(OpPassManager &pipeline, const PipelineOptions &options) {
  // A model: functions over tensors in nn and attn ops; private functions are a way to write, nothing more.
  pipeline.addPass(createInlinerPass());
  pipeline.addPass(createSymbolDCEPass());

  // Public functions only, each with its whole graph in its body.
  pipeline.addPass(createExpandLayers());

  // No layer is left: chains, and the ops around them.
  pipeline.addPass(createGeneralize());
  if (options.until == Stage::generic)
    return;

  // Every chain is one attn.generic; no pass from here on names a variant.
  FuseOptions fuse;
  fuse.activations = options.activations;
  pipeline.addPass(createFuse(fuse));

  // Linear layers are nn.contract with their epilogues; the types say the activation policy.
}

void attn::buildLaunchPipeline(OpPassManager &pipeline) {
  pipeline.addPass(createRecordStates());

  // Caches say by which argument they grow. Appends still stand in the graph.
  pipeline.addPass(createOutline());

  // Compute pieces are kernels, each once; functions hold launches, views, weights and repeats, on tensors.
  pipeline.addPass(createBufferize());

  // Memrefs and handles only; every temporary is a tile.alloc.
  pipeline.addPass(createAssignMemory());

  // Temporaries have lifetimes. The graph is final: what follows looks at one kernel at a time, for one target.
}

void attn::buildKernelPipeline(OpPassManager &pipeline, const PipelineOptions &options) {
  if (options.reference)
    return;
  PlanOptions plan;
  plan.target = options.target;
  plan.partial = options.partial;
  pipeline.addPass(createPlan(plan));
  if (options.until == Stage::planned)
    return;

  // Every kernel exists as one or more implementations for the target, or says why it has none.
  pipeline.addPass(createTile());

  // Attention kernels are sweeps over key ranges, on layout-free tiles.
}

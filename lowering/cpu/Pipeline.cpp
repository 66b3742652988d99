//===- Pipeline.cpp - the road from kernels to functions of the CPU ---===//

#include "lowering/cpu/Pipeline.h"

#include "lowering/Passes.h"
#include "lowering/cpu/Object.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace attn;

void attn::buildCpuPipeline(OpPassManager &pipeline, const PipelineOptions &options) {
  if (options.reference) {
    // Attention becomes plain loops before planning; a kernel that has a grid is planned already.
    pipeline.addPass(createReferenceLowering());
    PlanOptions plan;
    plan.target = options.target;
    pipeline.addPass(createPlan(plan));
  }
  if (options.until <= Stage::tiles)
    return;

  // Sweeps, contractions, row-wise kernels and nests of loops on memrefs; each lowering takes its own kind.
  CpuAttentionOptions attention;
  attention.target = options.target;
  pipeline.addPass(createCpuAttention(attention));
  CpuStateOptions state;
  state.target = options.target;
  pipeline.addPass(createCpuState(state));
  CpuContractOptions contract;
  contract.target = options.target;
  pipeline.addPass(createCpuContract(contract));
  CpuRowWiseOptions rowWise;
  rowWise.target = options.target;
  pipeline.addPass(createCpuRowWise(rowWise));
  CpuLoopNestOptions loops;
  loops.target = options.target;
  pipeline.addPass(createCpuLoopNest(loops));
  if (options.until == Stage::vectors)
    return;

  // Bodies hold vector, scf, memref and arith only; weights are memrefs of one storage format.
  pipeline.addPass(createCpuFunctions());

  // `module @cpu` has a function for each kernel; the kernels are records.
  buildToLLVM(pipeline.nest<ModuleOp>());
}

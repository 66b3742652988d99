//===- Pipeline.cpp - the road from kernels to PTX ---===//

#include "lowering/nvptx/Pipeline.h"

#include "lowering/nvptx/Architecture.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace attn;

void attn::buildNvptxPipeline(OpPassManager &pipeline, const PipelineOptions &options) {
  if (options.until <= Stage::tiles)
    return;
  const Architecture *architecture = Architecture::find(options.target);
  if (!architecture) // Planning has left out every kernel.
    return;
  pipeline.addPass(architecture->makeSweepLowering());
  OpPassManager &functions = pipeline.nest<ModuleOp>();
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  if (options.until == Stage::vectors)
    return;

  // `module @<architecture>` has a function for each kernel: scalars of arith, math and scf around nvvm and llvm.
  functions.addPass(createSCFToControlFlowPass());
  functions.addPass(arith::createArithExpandOpsPass());
  functions.addPass(createArithToLLVMConversionPass());
  functions.addPass(createConvertMathToLLVMPass());
  functions.addPass(createConvertControlFlowToLLVMPass());
  functions.addPass(createConvertNVVMToLLVMPass()); // what has no intrinsic becomes inline assembly
  functions.addPass(createReconcileUnrealizedCastsPass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
}

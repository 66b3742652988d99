//===- ToLLVM.cpp - the last stretch of the CPU road: vectors to the LLVM dialect ---===//
//
// Upstream passes only, in the one order that was found to work (each line says what it leaves behind).
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Object.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildToLLVM(OpPassManager &pipeline) {
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
  // Transfers of rank over 1 become loops; no vector op on memrefs of vectors remains.
  pipeline.addPass(createConvertVectorToSCFPass());
  pipeline.addPass(memref::createExpandStridedMetadataPass());
  pipeline.addPass(createLowerAffinePass());
  pipeline.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vectors;
  vectors.x86Vector = true;
  pipeline.addPass(createConvertVectorToLLVMPass(vectors));
  pipeline.addPass(createFinalizeMemRefToLLVMConversionPass());
  // Vector and memref lowering leave index and affine arithmetic of their own.
  pipeline.addPass(createLowerAffinePass());
  pipeline.addPass(createConvertIndexToLLVMPass());
  pipeline.addPass(createArithToLLVMConversionPass());
  pipeline.addPass(createConvertMathToLLVMPass());
  pipeline.addPass(createConvertControlFlowToLLVMPass());
  pipeline.addPass(createConvertFuncToLLVMPass());
  pipeline.addPass(createUBToLLVMConversionPass());
  pipeline.addPass(createReconcileUnrealizedCastsPass());
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
}

//===- Sm80.td - sweeps on fragments of mma.sync -*- tablegen -*-===//

def NvptxSm80 : Pass<"attn-nvptx-sm80", "::mlir::ModuleOp"> {
  let summary = "lower sweeps to kernels of sm_80: cp.async, ldmatrix, mma.sync";
  let description = [{
    Each kernel's body becomes an `llvm.func` of `module @sm_80`, what one thread does: every tile is spelled out as the
    fragments that a thread holds of it, regions are inlined once per element of the accumulator. A parameter of 8 bytes
    for each of data, sizes and strides of a buffer, or for a scalar (runtime/artifact.h). The kernel stays behind
    empty, as a record, with `threads` of a block and `shared`, its bytes of dynamic shared memory.

    Requires: kernels from `attn-tile`, each with a plan of form `fragments`; any other kernel is an error.
    Ensures: `module @sm_80` holds arith, math, scf, nvvm and llvm; kernels hold nothing but `tile.return`.

    Example: test/lowering/nvptx/sm80.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect"];
}

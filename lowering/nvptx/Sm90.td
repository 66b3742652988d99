//===- Sm90.td - sweeps as products of warp groups -*- tablegen -*-===//

def NvptxSm90 : Pass<"attn-nvptx-sm90", "::mlir::ModuleOp"> {
  let summary = "lower sweeps to kernels of sm_90a: TMA, mbarriers, wgmma, setmaxnreg";
  let description = [{
    As `attn-nvptx-sm80`, from the same plans and sweeps, to entries of `module @sm_90a`: one warp group copies keys and
    values with TMA into rings in shared memory, the others multiply with wgmma and keep the weights in registers. Keys
    and values are passed as tensor maps, too, behind the other parameters; the kernel's record says which, in
    `tensor_maps`.

    Requires: kernels from `attn-tile`, each with a plan of form `fragments` and rows for 1 to 3 warp groups; any other
    kernel is an error. Ensures: `module @sm_90a` holds arith, math, scf, nvvm and llvm; kernels hold nothing but
    `tile.return`.

    Example: test/lowering/nvptx/sm90.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect"];
}

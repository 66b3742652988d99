//===- Functions.td - the interface of kernels -*- tablegen -*-===//

def CpuFunctions : Pass<"attn-cpu-functions", "::mlir::ModuleOp"> {
  let summary = "turn lowered kernels into functions of the kernel interface";
  let description = [{
    Each kernel's body moves into a function `(args, task, scratch) -> i32` of `module @cpu`, the interface of
    runtime/artifact.h: arguments are unpacked from `attn_args`, the grid's indices from the task's number, and
    allocas at the top of the body become places in the task's scratch. The kernel stays behind empty, with its
    `scratch` size, as the record that the artefact's writer reads.

    Requires: bodies hold upstream dialects only; arguments are memrefs or scalars; the grid is known.
    Ensures: `module @cpu` has one function a kernel; kernels hold nothing but `tile.return`.

    Example: test/lowering/cpu/functions.mlir
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect", "::mlir::arith::ArithDialect"];
}

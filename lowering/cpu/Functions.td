def CpuFunctions : Pass<"attn-cpu-functions", "::mlir::ModuleOp"> {
  let summary = "turn lowered kernels into functions of the kernel interface";
}

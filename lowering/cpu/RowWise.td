def CpuRowWise : Pass<"attn-cpu-row-wise", "::mlir::ModuleOp"> {
  let summary = "lower row-wise kernels to vector loops";
}

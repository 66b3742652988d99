def CpuAttention : Pass<"attn-cpu-attention", "::mlir::ModuleOp"> {
  let summary = "lower sweeps to vector code, queries or features in lanes";
}

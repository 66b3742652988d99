def CpuContract : Pass<"attn-cpu-contract", "::mlir::ModuleOp"> {
  let summary = "lower linear layers to vector code, one implementation for each storage format";
}

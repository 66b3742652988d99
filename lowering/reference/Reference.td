def ReferenceLowering : Pass<"attn-reference", "::mlir::ModuleOp"> {
  let summary = "lower kernels to the plain loops that their definitions say";
}

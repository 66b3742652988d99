def Plan : Pass<"attn-plan", "::mlir::ModuleOp"> {
  let summary = "choose implementations, tile sizes and forms for a target";
}

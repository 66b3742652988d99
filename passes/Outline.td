def Outline : Pass<"attn-outline", "::mlir::ModuleOp"> {
  let summary = "make every compute piece a kernel";
}

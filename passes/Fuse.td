def Fuse : Pass<"attn-fuse", "::mlir::ModuleOp"> {
  let summary = "join what feeds and follows attention and linear layers";
}

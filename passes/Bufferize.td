def Bufferize : Pass<"attn-bufferize", "::mlir::ModuleOp"> {
  let summary = "turn the graph of launches from tensors to memrefs";
}

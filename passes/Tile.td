def Tile : Pass<"attn-tile", "::mlir::ModuleOp"> {
  let summary = "turn attn.generic into sweeps over key ranges";
}

def Generalize : Pass<"attn-generalize", "::mlir::ModuleOp"> {
  let summary = "turn chains of named ops into attn.generic";
}

def AssignMemory : Pass<"attn-assign-memory", "::mlir::ModuleOp"> {
  let summary = "find the lifetimes of temporaries";
}

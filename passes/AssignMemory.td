//===- AssignMemory.td - find the lifetimes of temporaries ---===//

def AssignMemory : Pass<"attn-assign-memory", "::mlir::ModuleOp"> {
  let summary = "find the lifetimes of temporaries";
  let description = [{
    Gives each `tile.alloc` the commands between which it is live, numbered as runtime/artifact.h (11) says: launches,
    copies and repeats in the order written, a repeat's body once. Where a session places them is its own business.

    Requires: attn-bufferize.
    Ensures: each `tile.alloc` has `live first to last`.

    Example, test/passes/assign-memory.mlir:

        %t = tile.alloc ["B", "576"] : memref<?x576xf32>

    becomes

        %t = tile.alloc ["B", "576"] live 0 to 1 : memref<?x576xf32>
  }];
}

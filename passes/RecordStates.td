//===- RecordStates.td - by which argument does a cache grow -*- tablegen -*-===//

def RecordStates : Pass<"attn-record-states", "::mlir::ModuleOp"> {
  let summary = "record on each cache argument by which argument its length grows";
  let description = [{
    A cache that a function appends to gets the argument attribute `nn.advance`: the name of the argument that holds
    how many rows of each sequence are valid in a call, by which the runtime grows the cache's length afterwards. Where
    rows are packed it is `nn.advance_offsets`: the name of the argument between whose elements the rows lie.

    Requires: appends stand in functions, at sequences whose query lengths or offsets are a function argument.
    Ensures: every cache argument that is written has `nn.advance` or `nn.advance_offsets`, all appends agreeing.

    Example: test/passes/record-states.mlir
  }];
}

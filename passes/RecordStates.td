//===- RecordStates.td - what must the runtime know of lengths -*- tablegen -*-===//

def RecordStates : Pass<"attn-record-states", "::mlir::ModuleOp"> {
  let summary = "record by which argument the length of each cache and state grows, and what lengths count";
  let description = [{
    A cache that a function appends to gets the argument attribute `nn.advance`: the name of the argument that holds
    how many rows of each sequence are valid in a call, by which the runtime grows the cache's length afterwards. Where
    rows are packed it is `nn.advance_offsets`: the name of the argument between whose elements the rows lie.

    A state that attention updates counts by the same, and gets `nn.sequence_axis`: how many dimensions of layers stand
    before its sequences. Where attention has a `switch_over`, its caches get it as `nn.folds_at`: a sequence that has
    as many positions after a call is emptied, because the state has taken them in.

    An argument that is lengths, or offsets, of what the function attends to, appends or pools says what it counts:
    `nn.lengths = "T"`, that no element is above T; `nn.offsets = "R"`, that none is above R, and none below the one
    before; `nn.steps = "S"`, that none is above the one before by more than S.

    Requires: appends, and attention with states, stand in functions, at sequences whose query lengths or offsets are a
    function argument, and in no case of an `nn.choose`: the runtime counts for all cases.
    Ensures: every cache and state argument that is written has `nn.advance` or `nn.advance_offsets`, all of its writers
    agreeing; a cache that is emptied is emptied at one number of positions. Lengths that are arguments say what they
    count.

    Example: test/passes/record-states.mlir
  }];
}

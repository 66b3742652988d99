//===- Plan.td - what becomes of each kernel on a target -*- tablegen -*-===//

def Plan : Pass<"attn-plan", "::mlir::ModuleOp"> {
  let summary = "choose implementations, tile sizes and forms for a target";
  let description = [{
    Each kernel becomes one or more implementations for the target. An attention kernel has up to three, all made from
    one sweep and picked by the number of rows (positions × heads of a group): `decode` (features in lanes), `small`
    (queries in lanes, one vector of them) and `prefill` (queries in lanes, tiles that fill the registers). A kernel
    that reads weights has one for each way in which they may be stored: those that its attribute `stored_formats`
    lists, which a file of weights asks for, else one format for its matrices, and the same or f32 for its vectors.

    Attention that gives weights in place of its output has one form, `weights`: a task has whole positions, all heads
    of a group of each.

    Attention with linear weights has a form that carries a state over keys, where nothing looks at a pair: `chunked`,
    when its multiplications are no more than those of pairs, or `recurrent`, one token at a time, for short calls that
    continue a state. The attribute `form` of the generic form asks for one of them, or for `quadratic`.

    The twin of a kernel of attention, which only tells weights, has the implementation that serves all sizes on a CPU,
    and none on a GPU.

    A GPU carries attention only, one implementation a kernel: `fragments`, a task of as many rows as the warps of a
    block hold in the registers of mma.sync (sm_80) or wgmma (sm_90a), whose weights meet the values in the values' own
    type, and as many stages as shared memory has places for, up to what the architecture's kernels use.

    Requires: kernels on memrefs, each with one compute piece. Ensures: every kernel says `plan`, or is row-wise, or
    is `left_out`.

    What the target's kernels do not carry (a slot of `attn.generic`, a type, a width, on a GPU any other piece) is an
    error which names it and says what carries it. With `partial`, where other targets are compiled for too, such a
    kernel becomes an empty record instead, whose attribute `left_out` is the error's text.

    ```mlir
    tile.kernel @attention access [...] { ... }
    // becomes
    tile.kernel @attention_decode implements "attention" when "dim(0,1) * 3 <= 8" access [...] plan <...> { ... }
    tile.kernel @attention_small implements "attention" when "dim(0,1) * 3 <= 32" access [...] plan <...> { ... }
    tile.kernel @attention_prefill implements "attention" access [...] plan <...> { ... }
    ```

    Example: test/passes/plan-attention.mlir
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
        "what is compiled for: cpu, cpu:FEATURE+FEATURE, sm_80, sm_90a">,
    Option<"partial", "partial", "bool", "false", "leave out kernels that the target does not carry, with the reason">,
  ];
}

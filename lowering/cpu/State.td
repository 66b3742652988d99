//===- State.td - attention with linear weights becomes vector code, chunk by chunk -*- tablegen -*-===//

def CpuState : Pass<"attn-cpu-state", "::mlir::ModuleOp"> {
  let summary = "lower attention with linear weights chunk by chunk, with a state between";
  let description = [{
    Replaces the body of every attention kernel planned in form `chunked`, `recurrent` or `quadratic` by scf, vector,
    arith and memref: one task a sequence and key head, which carries the state over all keys in scratch and takes
    `keys` tokens of the plan at a time; in quadratic form without a state one for each chunk of queries, too, which
    meets the keys of earlier chunks as pairs that fade. A state whose rows are whole vectors is worked on where it
    stands. The algorithm is that of lowering/cpu/StateTask.h.

    ```mlir
    tile.kernel @attention_chunked ... plan <rows = 64, keys = 64, form = "chunked"> { attn.generic linear sum ... }
    // becomes
    tile.kernel @attention_chunked ... grid ["dim(0,0)", "3"] { scf.for ... }
    ```

    Requires: attn.generic on memrefs and handles, with linear weighting, one key part, no score, factor, pair or
    epilogue region, and a mask that is j ≤ i, a condition on keys, both or none. Ensures: no attn or tile op is left
    in them but `tile.return`; no call is needed to run them.

    Example: test/lowering/cpu/state.mlir
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "what is compiled for: cpu or cpu:FEATURE+FEATURE">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

//===- Generalize.td - chains of named ops become attn.generic -*- tablegen -*-===//

def Generalize : Pass<"attn-generalize", "::mlir::ModuleOp"> {
  let summary = "turn chains of named ops into attn.generic";
  let description = [{
    Walks each chain from its closing op back to its source and lets each op say, source first, what it adds to the one
    `attn.generic` that replaces it. Score changes apply in the order written, masks are joined by `and`. Variants
    written as text are inlined and their declarations dropped. `attn.weights` becomes one more `attn.generic` with the
    same operands and regions, which gives weights; attention whose output nothing else uses goes.

    Requires: where a score or mask uses the query's position, either the sequences have a `start`, or queries and keys
    have one length: the same static size, or dimensions that `nn.dims` gives one name.
    Ensures: no op after it is a source, a modifier or a closing op: no later pass names a variant.

    Before:

        %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
        %s1 = attn.causal %s0
        %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>

    After:

        %scale = arith.constant 1.250000e-01 : f32
        %o = attn.generic exp sum queries(%q : tensor<?x?x9x64xbf16>) keys(%k : tensor<?x?x3x64xbf16>)
          value(%v : tensor<?x?x3x64xbf16>) scale %scale mask {
        ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
          %admitted = arith.cmpi sle, %j, %i : i32
          attn.yield %admitted : i1
        } -> tensor<?x?x9x64xbf16>
  }];
  let dependentDialects = ["::attn::AttnDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

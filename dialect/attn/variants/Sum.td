//===- Sum.td - weights are scores over their sum -*- tablegen -*-===//

def Attn_SumOp : Attn_Closing<"sum", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "weights are scores over their sum";
  let source = "Katharopoulos et al., 2020, §3.2";
  let description = [{
        o_i = Σ_j w_ij v_j / (Σ_j w_ij + ε)

    with ε = 0 unless given; 0 where the divisor is 0. With a state, keys of earlier calls count too, and the state
    after the last key is a result:

        U = e^(A_S) U₀ + Σ_j e^(A_S − A_j) φ(k_j) v_jᵀ,  u = e^(A_S) u₀ + Σ_j e^(A_S − A_j) φ(k_j)

    U is (n, Hk, Φ, e) and u (n, Hk, Φ), f32, exact and in lexicographic order whatever is used inside: of power p, one
    feature for each i₁ ≤ … ≤ i_p, Φ = C(d + p − 1, p), whose multiplicity p!/∏ n_v! is on the key's side. `form` is
    quadratic, chunked or recurrent; left out, lengths and widths decide.

        %o, %U, %u = attn.sum %s1, %v epsilon 1.0e-06 state(%U0, %u0 : tensor<?x3x64x64xf32>, tensor<?x3x64xf32>) : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>, tensor<?x3x64xf32>

    A state given as handles stays with the runtime and is updated in place; there is no final one then. A decoder's
    step reads U once a token, and would write it once, too: with `switch_over` N, keys and values are caches, whose
    keys a query meets one by one; U takes a sequence's keys in, and the runtime empties their caches, in a call after
    which there are at least N. So caches need room for N − 1 positions and the most rows of a call, and positions
    begin anew behind each; what depends on positions of the whole text takes `attn.length` of U.

        %o = attn.sum %s1, %vc state(%U, %u : !attn.state<?x3x2080x64xf32>, !attn.state<?x3x2080xf32>) switch_over 128 in %seq : !attn.cache<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>

    * (C1) H is a multiple of the value's heads. (C2) the output has the value's width.
    * (C3) a state is U and u, and so is what is left of it. (C4) ε is at least 0.
    * (C5) `form` is quadratic, chunked, chunked N of N tokens a chunk, 1 ≤ N ≤ 1024, or recurrent.
    * (C6) `switch_over` is as attn.generic's (C14) has it.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, OptionalAttr<F32Attr>:$epsilon,
                       Variadic<Attn_StateData>:$state, OptionalAttr<I64Attr>:$switchOver,
                       Optional<Attn_SequencesType>:$sequences,
                       OptionalAttr<StrAttr>:$form);
  let results = (outs AnyRankedTensor:$output, Variadic<RankedTensorOf<[F32]>>:$final);
  let assemblyFormat = [{
    $scores `,` $value (`epsilon` $epsilon^)? (`state` `(` $state^ `:` type($state) `)`)?
    (`switch_over` $switchOver^)? (`in` $sequences^)?
    (`form` $form^)? attr-dict `:` type($value) `->` type($output) (`final` type($final)^)?
  }];
  let hasVerifier = 1;
}

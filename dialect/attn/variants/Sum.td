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

    * (C1) H is a multiple of the value's heads. (C2) the output has the value's width.
    * (C3) a state is U and u, and so is what is left of it. (C4) ε is at least 0.
    * (C5) `form` is quadratic, chunked or recurrent.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, OptionalAttr<F32Attr>:$epsilon,
                       Variadic<Attn_TableOf<[F32]>>:$state, Optional<Attn_SequencesType>:$sequences,
                       OptionalAttr<StrAttr>:$form);
  let results = (outs AnyRankedTensor:$output, Variadic<RankedTensorOf<[F32]>>:$final);
  let assemblyFormat = [{
    $scores `,` $value (`epsilon` $epsilon^)? (`state` `(` $state^ `:` type($state) `)`)? (`in` $sequences^)?
    (`form` $form^)? attr-dict `:` type($value) `->` type($output) (`final` type($final)^)?
  }];
  let hasVerifier = 1;
}

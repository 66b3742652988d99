//===- Attn.td - the generic form and what belongs to no variant -*- tablegen -*-===//
//
// `attn.generic` is the one form that passes see. Named ops (variants/) are sugar that `attn-generalize` removes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_ATTN
#define ATTN_DIALECT_ATTN_ATTN

include "dialect/attn/AttnBase.td"

//===----------------------------------------------------------------------===//
// The generic form
//===----------------------------------------------------------------------===//

def Attn_GenericOp : Attn_Op<"generic", [AttrSizedOperandSegments, AttrSizedResultSegments, NoTerminator,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "attention, in the form that every pass sees";
  let description = [{
    For query i and key j of sequence n and query head h, with i and j positions on the key axis:

        s_ij = score(scale · Σ_p q_p,i · k_p,j)            or  score(Σ_f pair(q_i,f, k_j,f)), features applied before
        w_ij = mask(i, j) ? (exp: e^s_ij | linear: s_ij^power) · e^(gates of j+1..i) : 0
        o_i  = epilogue((Σ_j factor · w_ij · v_j + state) / (sum: Σ_j w_ij + e^sink + ε | none: 1))

    Softmax is `exp sum`, linear attention `linear sum` with ε and features, power `linear sum power p`, retention
    `linear none` with gates, sigmoid and relu `linear none` with a score region.

    Query head h reads key head ⌊h / (H / Hk)⌋ of each part. Regions work on scalars with arith, math and `attn.load`,
    `attn.row`, `attn.key_row`, `attn.count`, `attn.random`; their arguments are

        pair     (a: f32, b: f32, feature: i32,               captures…) -> f32
        features (x: f32,                                     captures…) -> f32
        score    (s: f32, n: i32, h: i32, i: i32, j: i32,     captures…) -> f32
        mask     (n: i32, h: i32, i: i32, j: i32,             captures…) -> i1
        factor   (n: i32, h: i32, i: i32, j: i32,             captures…) -> f32
        epilogue (o: f32, n: i32, h: i32, i: i32, e: i32,     captures…) -> f32

    They are speculated: they run for pairs outside the lengths or the mask, and what they give there is discarded.
    No region transforms keys or values: rotations, norms and gates belong to their producer.
    A row without an admitted key gives output 0 and log-sum-exp −∞ (with a sink: the sink), never NaN.

    Keys before the call come in as `state`, and the state after the call's last valid key is `final`: exactly the
    sums Σ_j e^(gates of j+1..) φ(k_j) v_jᵀ and Σ_j e^(…) φ(k_j). A state that is a handle is updated in place. With
    `switch_over` N, keys of earlier calls stand partly in caches, and are read as pairs: the state takes in the keys of
    a sequence in a call that leaves it with at least N of them, and then the runtime empties their caches.

    With `weights` the result is what values are multiplied by, a_ij = factor · w_ij / (Σ_j w_ij …), in place of the
    output: of each head, or their mean. What stands in an initial state has no pairs; of it there is u in the sum.

    Before bufferisation results are tensors; after it `into` names the destinations and there are no results: output,
    then log-sum-exp (`exp`) or the final state (`linear`).

    Constraints:
    * (C1) as many query parts as key parts, at least one, of equal width pair by pair.
    * (C2) query parts are (n, T, H, d), or (rows, H, d) when packed; all share sequences, rows and heads.
    * (C3) the query heads are a multiple of the key heads of each part and of the value.
    * (C4) key parts and value share positions, and sequences with the queries. Caches have room behind the keys that
      they hold, and `sequences` says how many those are.
    * (C5) the output is (n, T, H, e) with e the width of the value; log-sum-exp is (n, T, H) in f32.
    * (C6) regions take the arguments above and yield one value of the type above.
    * (C7) regions hold only scalar, speculatable ops.
    * (C8) `power` is at least 1 and goes with `linear`, with `sum` it is even; `epsilon` goes with `sum`.
    * (C9) gates and states need `linear` weighting. Gates are (Hk), or (n, S, Hk) as the keys are, of f32, and need a
      mask that keeps j ≤ i among its conditions. A state needs no score, factor or pair region and a mask that is
      j ≤ i, a condition on keys alone, both or none.
    * (C10) the number of destinations is that of results in tensor form, and they are memrefs.
    * (C11) data without a sequence dimension goes with `attn.packed`: queries always, keys and value with key offsets.
    * (C12) a sink is (H) of f32, bf16 or f16 and goes with `exp sum`.
    * (C13) a state goes with one key part; it is U (n, Hk, Φ, e) and, with `sum`, u (n, Hk, Φ), both f32, with
      Φ = C(d + p − 1, p) features in lexicographic order, multiplicities on the key's side; so is the final one.
      Handles have no final one beside them.
    * (C14) `switch_over` is at least 1 and goes with a state of handles, a mask that keeps j ≤ i, and caches as keys
      and value; gates of each key are a cache (n, S, Hk, 1) then.
    * (C15) `weights` goes with padded queries and with neither log-sum-exp, final state nor epilogue; an initial state
      is u alone, of `sum`; the result is f32, (n, H, T, S) for `heads` and (n, T, S) for `mean`.
  }];
  let arguments = (ins
    Attn_WeightingAttr:$weighting, Attn_NormalizerAttr:$normalizer,
    OptionalAttr<F32Attr>:$epsilon, OptionalAttr<I64Attr>:$power, OptionalAttr<I64Attr>:$switchOver,
    OptionalAttr<Attn_WeightsOfAttr>:$weights,
    Variadic<Attn_Data>:$queries, Variadic<Attn_Data>:$keys, Attn_Data:$value, F32:$scale,
    Optional<Attn_SequencesType>:$sequences, Optional<Attn_GateData>:$gates, Optional<Attn_Data>:$sink,
    Variadic<Attn_StateData>:$state, Variadic<AnyType>:$captures, Variadic<AnyStridedMemRef>:$destinations);
  let regions = (region AnyRegion:$pair, AnyRegion:$features, AnyRegion:$score, AnyRegion:$mask, AnyRegion:$factor,
                        AnyRegion:$epilogue);
  let results = (outs Optional<AnyRankedTensor>:$output, Optional<AnyRankedTensor>:$lse,
                      Variadic<AnyRankedTensor>:$final);
  let assemblyFormat = [{
    $weighting $normalizer
    `queries` `(` $queries `:` type($queries) `)` `keys` `(` $keys `:` type($keys) `)`
    `value` `(` $value `:` type($value) `)` `scale` $scale
    (`epsilon` $epsilon^)? (`power` $power^)? (`weights` $weights^)? (`in` $sequences^)?
    (`gates` `(` $gates^ `:` type($gates) `)`)? (`sink` `(` $sink^ `:` type($sink) `)`)?
    (`state` `(` $state^ `:` type($state) `)`)? (`switch_over` $switchOver^)?
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    (`into` `(` $destinations^ `:` type($destinations) `)`)?
    (`pair` $pair^)? (`features` $features^)? (`score` $score^)? (`mask` $mask^)? (`factor` $factor^)?
    (`epilogue` $epilogue^)?
    attr-dict (`->` type($output)^)? (`lse` type($lse)^)? (`final` type($final)^)?
  }];
  let hasVerifier = 1;
}

def Attn_WeightsOp : Attn_Op<"weights", [Pure]> {
  let summary = "the attention weights behind an output";
  let description = [{
        a_ij = factor_ij · w_ij / Σ_j w_ij      (without the sum where nothing divides; the sink and ε in the sum)

    of every pair that gave `output`, the result of a closing op or of `attn.generic`: what its values were multiplied
    by, after dropout, and 0 for keys that are hidden, do not exist, or belong to a row without a key. Where the call
    begins with a state, they are those of its own keys, of which the sum is not the whole. (n, H, T, S), or
    with `mean` the mean over heads, (n, T, S), f32; S is the size of the keys' row dimension. It computes scores again
    and is the only op that writes T · S numbers; where `output` has no other use, attention itself is not run.

        %o = attn.softmax %s, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
        %a = attn.weights of %o : tensor<?x?x9x64xbf16> -> tensor<?x9x?x?xf32>

    * (C1) `output` comes from a closing op or `attn.generic` with padded queries.
    * (C2) the result is (n, H, T, S), with `mean` (n, T, S).
  }];
  let arguments = (ins UnitAttr:$mean, AnyRankedTensor:$output);
  let results = (outs RankedTensorOf<[F32]>:$weights);
  let assemblyFormat = "(`mean` $mean^)? `of` $output attr-dict `:` type($output) `->` type($weights)";
  let hasVerifier = 1;
}

def Attn_YieldOp : Attn_Op<"yield", [Pure, Terminator]> {
  let summary = "ends a region of scalars";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

//===----------------------------------------------------------------------===//
// What regions may use besides arith and math
//===----------------------------------------------------------------------===//

def Attn_LoadOp : Attn_Op<"load", [Pure]> {
  let summary = "one element of a captured tensor";
  let description = [{
    Reads `capture[indices]` as a scalar; 16-bit floats arrive as f32. Because regions are speculated, an index outside
    the tensor is clamped into it. It stands in regions of attention, not in those of nn.generic, which reads by maps.

    The attribute `axes` says what each index is, by a letter for each: sequence n, query head h, query row t or key s.
    Ops whose axes are written, such as attn.masked, give it; sizes of that tensor are then compared with those of
    queries and keys when a program is compiled. Without it only what the indices compute is known.

    * (C1) as many indices as the capture has dimensions; the result is the element type, or f32 for a 16-bit float.
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$capture, Variadic<I32>:$indices);
  let results = (outs AnyTypeOf<[F32, I32, I1]>:$value);
  let assemblyFormat = "$capture `[` $indices `]` attr-dict `:` type($capture) `->` type($value)";
  let hasVerifier = 1;
}

def Attn_RowOp : Attn_Op<"row", [Pure]> {
  let summary = "the row of a per-query tensor in which query i of sequence n stands: i − start_n";
  let arguments = (ins I32:$n, I32:$i);
  let results = (outs I32:$row);
  let assemblyFormat = "$n `,` $i attr-dict";
}

def Attn_KeyRowOp : Attn_Op<"key_row", [Pure]> {
  let summary = "the row of a per-key tensor in which key j of sequence n stands";
  let arguments = (ins I32:$n, I32:$j);
  let results = (outs I32:$row);
  let assemblyFormat = "$n `,` $j attr-dict";
}

def Attn_CountOp : Attn_Op<"count", [Pure]> {
  let summary = "how many valid queries or keys sequence n has";
  let arguments = (ins UnitAttr:$keys, I32:$n);
  let results = (outs I32:$count);
  let assemblyFormat = "(`keys` $keys^):(`queries`)? `[` $n `]` attr-dict";
}

def Attn_RandomOp : Attn_Op<"random", [Pure]> {
  let summary = "a uniform number in [0, 1) that depends on seed and (n, h, i, j) only";
  let description = [{ Philox-4x32-10 (Salmon et al., 2011): key = seed, counter = (n, h, i, j), first word · 2⁻³². }];
  let arguments = (ins I64:$seed, I32:$n, I32:$h, I32:$i, I32:$j);
  let results = (outs F32:$value);
  let assemblyFormat = "$seed `[` $n `,` $h `,` $i `,` $j `]` attr-dict";
}

//===----------------------------------------------------------------------===//
// Variants as text
//===----------------------------------------------------------------------===//

def Attn_VariantOp : Attn_Op<"variant", [Symbol, IsolatedFromAbove, NoTerminator]> {
  let summary = "a variant written as text";
  let description = [{
    Declares regions of a modifier that `attn.apply` adds to a chain. Region arguments are those of `attn.generic` with
    the parameters of `attn.apply` in place of the captures. Several changes of a score apply in the order of the chain,
    masks commute, factors multiply; features are applied one after the other to queries and keys; a chain has one pair
    region, which takes the place of the product.

    `weights` says how the variant's chains must be closed: `exp sum` by attn.softmax, `linear sum` by attn.sum, `linear
    none` by attn.none. Left out, every closing op will do. `summary` and `source` (paper, section) are for
    `attn-opt --list-variants`.

        attn.variant @sandwich summary "a bias that falls with the logarithm of the distance" score {
        ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %slope: f32):
          …
          attn.yield %r : f32
        }

    * (C1) at least one region. (C2) all regions agree on the parameters. (C3) as attn.generic's (C6) and (C7).
    * (C4) weights are not `exp none`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$summary, OptionalAttr<StrAttr>:$source,
                       OptionalAttr<Attn_WeightingAttr>:$weighting, OptionalAttr<Attn_NormalizerAttr>:$normalizer);
  let regions = (region AnyRegion:$pair, AnyRegion:$features, AnyRegion:$score, AnyRegion:$mask, AnyRegion:$factor);
  let assemblyFormat = [{
    $sym_name (`summary` $summary^)? (`source` $source^)? (`weights` $weighting^ $normalizer)?
    (`pair` $pair^)? (`features` $features^)? (`score` $score^)? (`mask` $mask^)? (`factor` $factor^)? attr-dict
  }];
  let extraClassDeclaration = [{
    /// The types of the parameters: what region arguments follow the fixed ones.
    ::mlir::TypeRange getParameterTypes();
    ::mlir::Region &regionOf(::attn::RegionKind kind) { return getOperation()->getRegion(static_cast<unsigned>(kind)); }
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Sequences and caches
//===----------------------------------------------------------------------===//

def Attn_PaddedOp : Attn_Op<"padded", [Pure, AttrSizedOperandSegments]> {
  let summary = "sequences as rows of a batch, with lengths";
  let description = [{
    Sequence n has `queries[n]` valid query rows (left out: T) and `keys[n]` valid keys. Keys left out mean
    start_n + T_n where a start is given by value, else S. The query in row r stands at i = start_n + r:
    `top_left`: start 0, `bottom_right`: start S_n − T_n, or a value per sequence (for a cache, its length before the
    append: `attn.length`).

        %len = attn.length %cache : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
        %seq = attn.padded queries(%lengths : tensor<?xi32>) start %len : tensor<?xi32>

    * (C1) lengths and start are rank 1.
  }];
  let arguments = (ins Optional<Attn_Vector>:$queryLengths, Optional<Attn_Vector>:$keyLengths,
                       OptionalAttr<Attn_AlignmentAttr>:$alignment, Optional<Attn_Vector>:$start);
  let results = (outs Attn_SequencesType:$sequences);
  let assemblyFormat = [{
    (`queries` `(` $queryLengths^ `:` type($queryLengths) `)`)? (`keys` `(` $keyLengths^ `:` type($keyLengths) `)`)?
    (`start` custom<Start>($alignment, $start, type($start))^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Attn_PackedOp : Attn_Op<"packed", [Pure, AttrSizedOperandSegments]> {
  let summary = "sequences end to end in one row dimension, by offsets";
  let description = [{
    Sequence n has the query rows query_offsets[n] … query_offsets[n+1]−1 and the keys key_offsets[n] … likewise.
    Rows past the last offset belong to no sequence and are 0. Sequences never meet.

    Key offsets left out: keys are not packed, and sequence n has the first start_n + T_n of its own row of positions,
    as `attn.padded` has them. So it is over a cache, whose lengths no caller needs to know:

        %len = attn.length %cache : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
        %seq = attn.packed %offsets : tensor<?xi32> start %len : tensor<?xi32>
        attn.append %cache, %rows at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>

    Where keys are not packed and key offsets are given, sequence n has the first key_offsets[n+1] − key_offsets[n].

    * (C1) offsets are rank 1. (C2) a start is required: `top_left`, `bottom_right` or a value per sequence.
    * (C3) without key offsets the start is a value.
  }];
  let arguments = (ins Attn_Vector:$queryOffsets, Optional<Attn_Vector>:$keyOffsets,
                       OptionalAttr<Attn_AlignmentAttr>:$alignment, Optional<Attn_Vector>:$start);
  let results = (outs Attn_SequencesType:$sequences);
  let assemblyFormat = [{
    $queryOffsets (`,` $keyOffsets^)? `:` type($queryOffsets) (`,` type($keyOffsets)^)?
    (`start` custom<Start>($alignment, $start, type($start))^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Attn_LengthOp : Attn_Op<"length"> {
  let summary = "how many positions of each sequence a cache holds, or a state has met, before this call's";
  let arguments = (ins Arg<Attn_Handle, "", [MemRead]>:$cache);
  let results = (outs RankedTensorOf<[I32]>:$lengths);
  let assemblyFormat = "$cache attr-dict `:` type($cache) `->` type($lengths)";
}

def Attn_AppendOp : Attn_Op<"append", [Attn_RowWiseOpInterface]> {
  let summary = "writes the rows of this call into a cache";
  let description = [{
    Row r < T_n of sequence n goes to cache[n, start_n + r], converted to the cache's type (round to nearest even). A
    call that exceeds the capacity is refused by the runtime before anything is written. Rows may be packed; the cache
    never is, since every sequence grows by itself.

    * (C1) the cache is (n, position, head, width), rows agree with it in head and width.
    * (C2) the sequences have a start by value.
    * (C3) rows are (n, T, head, width) at `attn.padded`, (rows, head, width) at `attn.packed`.
  }];
  let arguments = (ins Arg<Attn_CacheType, "", [MemWrite]>:$cache, AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$rows,
                       Attn_SequencesType:$sequences);
  let assemblyFormat = "$cache `,` $rows `at` $sequences attr-dict `:` type($cache) `,` type($rows)";
  let extraClassDeclaration = [{
    ::mlir::Value getRowData() { return getRows(); }
    unsigned getFeatureRank() { return 2; }
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_ATTN

//===- Graph.td - what layers are made of besides named ops: loops over scalars, and a choice -*- tablegen -*-===//
//
// Included by NN.td. `nn.generic` is for nn what linalg.generic is for linalg: what no named op says, and what needs no
// kernel of its own (a gate broadcast over a head, two partial results merged, a product for each head, a statistic).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_NN_GRAPH
#define ATTN_DIALECT_NN_GRAPH

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "dialect/Interfaces.td"

/// What an index map reads: a tensor, or a weight by its logical shape.
def NN_Indexed : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef, NN_WeightType], "tensor, memref or weight">;

def NN_GenericOp : NN_Op<"generic", [AttrSizedOperandSegments]> {
  let summary = "a nest of loops over scalars, by index maps";
  let description = [{
        y[p] = region(x_0[m_0(p)], …, p)                              without reductions
        y[p] = fold over r, from init: a ← region(x_0[m_0(p, r)], …, a, p, r)

    The loops are the dimensions of the maps, one map an input: the result's dimensions p first, then reductions r, the
    last the innermost. The region's arguments are an element of each input (16-bit floats arrive as f32), the
    accumulator where there are reductions, and the index of each loop, i32. It yields the element, or the next
    accumulator.

    A loop of the result runs over the result's size, a reduction over that of the first input that it indexes alone.
    Sizes that one loop indexes alone agree where both are dynamic. An element outside of an input reads as 0.

        %gated = nn.generic ins(%o, %g : tensor<?x?x8x64xf32>, tensor<?x?x8xf32>)
          maps [affine_map<(n, t, h, e) -> (n, t, h, e)>, affine_map<(n, t, h, e) -> (n, t, h)>] {
        ^bb0(%x: f32, %gate: f32, %n: i32, %t: i32, %h: i32, %e: i32):
          %y = arith.mulf %x, %gate : f32
          nn.yield %y : f32
        } -> tensor<?x?x8x64xf32>

    The order of a fold is fixed, but over the innermost reduction not the one written, where the region ends in a sum
    or a maximum of the accumulator.

    * (C1) one map an input, with one result for each of its dimensions, all of the same loops and without symbols.
    * (C2) at least as many loops as the result has dimensions; `init` is there exactly where there are more.
    * (C3) the region's arguments and what it yields are as above; it holds only scalar, pure ops, and reads nothing
      but its arguments and scalars: no attn.load.
    * (C4) each reduction is the whole index of some dimension of an input.
    * (C5) elements are f32, bf16, f16, i32 or i1.
  }];
  let arguments = (ins Variadic<NN_Indexed>:$inputs, AffineMapArrayAttr:$maps, OptionalAttr<TypedAttrInterface>:$init,
                       Optional<AnyStridedMemRef>:$destination);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`ins` `(` $inputs^ `:` qualified(type($inputs)) `)`)? `maps` $maps (`init` $init^)?
    (`into` `(` $destination^ `:` type($destination) `)`)? $body attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = [{
    /// The result or destination.
    ::mlir::ShapedType getOutputType();
    unsigned getNumLoops() { return ::mlir::cast<::mlir::AffineMapAttr>(getMaps()[0]).getValue().getNumDims(); }
    unsigned getNumReductions() { return getNumLoops() - getOutputType().getRank(); }
    ::mlir::AffineMap getMap(unsigned input) {
      return ::mlir::cast<::mlir::AffineMapAttr>(getMaps()[input]).getValue();
    }
    /// The logical shape of an input.
    ::llvm::ArrayRef<int64_t> getInputShape(unsigned input);
    struct Dimension { unsigned input, dimension; };
    /// The first dimension of an input that `loop` indexes alone, of dynamic size where `dynamic`.
    ::std::optional<Dimension> findIndexedAlone(unsigned loop, bool dynamic = false);
  }];
  let hasVerifier = 1;
}

def NN_LoraOp : NN_Op<"lora", [Pure, AllTypesMatch<["base", "result"]>,
                              DeclareOpInterfaceMethods<Attn_LayerOpInterface, ["expand"]>]> {
  let summary = "adds one of several low-rank adapters to a linear layer, by an index";
  let description = [{
        y = base + (α / r) · B_k (A_k x)

    Hu et al., 2021, §4.1. `base` is W x. The K adapters lie in two weights: A is (K·r, in), the rows of A_k being
    k·r … k·r + r − 1, and B is (out, K·r), with the columns of B_k likewise; two small linear layers compute all of
    them and keep one, so that they may be stored in any format. The index k is a tensor of i32, (n) for one a sequence
    or (1) for one a call; a k outside 0 … K − 1, such as −1, adds nothing.

        %y = nn.lora %x, %base adapters %a, %b by %k rank 8 alpha 1.6e+01 : tensor<?x?x576xf32>, tensor<?x?x64xf32>,
          !nn.weight<24x576>, !nn.weight<64x24>, tensor<?xi32>

    * (C1) x is (n, …, in), base (n, …, out). (C2) A is (K·r, in), B (out, K·r), with a positive r.
    * (C3) the index is of rank 1, of one element or of as many as there are sequences.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$base, NN_WeightType:$down, NN_WeightType:$up,
                       1DTensorOf<[I32]>:$index, ConfinedAttr<I64Attr, [IntPositive]>:$rank, F32Attr:$alpha);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $base `adapters` $down `,` $up `by` $index `rank` $rank `alpha` $alpha attr-dict `:` type($input) `,`
    type($base) `,` qualified(type($down)) `,` qualified(type($up)) `,` type($index)
  }];
  let hasVerifier = 1;
}

def NN_ChooseOp : NN_Op<"choose", [SingleBlockImplicitTerminator<"YieldOp">, RecursiveMemoryEffects]> {
  let summary = "one of several graphs, chosen at run time by a flag";
  let description = [{
    Runs the case whose number the flag holds, counted from 0, and gives what it yields. All cases are compiled; their
    commands stand in the list one case after the other, each with the value of the flag `when` it runs
    (runtime/artifact.h, 12): there is no control flow on the host. A flag that is no case's number is an error at run
    time.

        %y = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
          nn.yield %a : tensor<?x64xf32>
        }, {
          %b = nn.silu %a : tensor<?x64xf32> -> tensor<?x64xf32>
          nn.yield %b : tensor<?x64xf32>
        }

    After bufferisation cases write to one buffer and yield nothing.

    * (C1) at least two cases, without arguments; each yields the result types.
    * (C2) the flag is one i32.
    * (C3) cases hold no nn.repeat, no nn.choose and no attn.append: a cache grows whatever is chosen.
  }];
  let arguments = (ins AnyTypeOf<[1DTensorOf<[I32]>, MemRefRankOf<[I32], [1]>]>:$flag);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region VariadicRegion<SizedRegion<1>>:$cases);
  let assemblyFormat = "$flag `:` type($flag) (`->` type($results)^)? $cases attr-dict";
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_NN_GRAPH

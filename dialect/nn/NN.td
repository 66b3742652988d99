//===- NN.td - the graph ops of LM and ViT models -*- tablegen -*-===//
//
// What stands around attention in a model. All reductions in f32; results in the input's type unless said.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_NN_NN
#define ATTN_DIALECT_NN_NN

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::attn::nn";
  let summary = "the graph ops of LM and ViT models";
  let description = [{
    A model is a function over tensors. Its named dimensions are written on the arguments:
    `%tokens: tensor<?x?xi32> {nn.dims = ["B", "T"], nn.name = "tokens"}`; results are named likewise by result
    attributes. What the function is for is its `nn.task`, an `#nn.lm<…>`.

    Attributes of the dialect, all checked; others of its prefix are errors:
    * on arguments and results `nn.dims`: one string a dimension, a name for a dynamic one, the number for a static one;
      `nn.name`: what the runtime calls it. After bufferisation an argument that was a result has `nn.result`.
      `nn.advance` on a cache: the name of the argument by which its lengths grow; or `nn.advance_offsets`: that of the
      argument of offsets, n + 1 of them, by whose differences they grow.
    * on functions `nn.task`, and `nn.bounds = {T = 512}`: the largest values of dimensions.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

//===----------------------------------------------------------------------===//
// Types and attributes
//===----------------------------------------------------------------------===//

def NN_WeightType : TypeDef<NN_Dialect, "Weight"> {
  let mnemonic = "weight";
  let summary = "a learned tensor by name: a logical shape, its storage chosen when weights are bound";
  let description = [{
    `!nn.weight<576x1536>`, (out, in) for a linear layer. Storage: f32, bf16, f16, q8_0, q4_0, q4_1.

    * (C1) one or two sizes, all positive.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape);
  let assemblyFormat = "`<` custom<WeightShape>($shape) `>`";
  let genVerifyDecl = 1;
}

def NN_LMAttr : AttrDef<NN_Dialect, "LM"> {
  let mnemonic = "lm";
  let summary = "the function is a language model's step";
  let description = [{
    Indices of the arguments `tokens` (B, T) i32 and `lengths` (B) i32 and of the result `logits` (B, vocabulary) f32,
    those of the last valid token of each row. `metadata` holds keys of the weight file and the values
    that this description was written for; binding other weights is an error that lists what differs.
  }];
  let parameters = (ins "int64_t":$tokens, "int64_t":$lengths, "int64_t":$logits, OptionalParameter<"::mlir::DictionaryAttr">:$metadata);
  let assemblyFormat = "`<` struct(params) `>`";
}

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, traits>;

def NN_Data : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "tensor or memref">;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def NN_WeightOp : NN_Op<"weight", [Pure]> {
  let summary = "a weight of the model by its name in the weight file";
  let description = [{
    Inside `nn.repeat`, `{layer}` in the name stands for the round: `nn.weight "blk.{layer}.attn_q.weight"`.

    * (C1) an index in braces names that of the enclosing `nn.repeat`.
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs NN_WeightType:$weight);
  let assemblyFormat = "$name attr-dict `:` qualified(type($weight))";
  let hasVerifier = 1;
}

def NN_EmbedOp : NN_Op<"embed", [Pure]> {
  let summary = "rows of a table, by token";
  let description = [{
    y = W[token]; a token outside the table is an error at run time.

    * (C1) the table is (vocabulary, D), tokens are i32 (…), the result (…, D).
  }];
  let arguments = (ins NN_Data:$tokens, NN_WeightType:$table);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$tokens `,` $table attr-dict `:` type($tokens) `,` qualified(type($table)) `->` type($result)";
  let hasVerifier = 1;
}

def NN_LinearOp : NN_Op<"linear", [Pure]> {
  let summary = "a linear layer: y = x Wᵀ + b";
  let description = [{
    * (C1) x is (…, in), W (out, in), b (out), the result (…, out).
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$weight, Optional<NN_WeightType>:$bias);
  let results = (outs NN_Data:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^ `:` qualified(type($bias)) `for`)? attr-dict `:` type($input) `,` qualified(type($weight)) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NN_SwigluOp : NN_Op<"swiglu", [Pure, AllTypesMatch<["gate", "up"]>]> {
  let summary = "a gated linear layer: silu(x W_gateᵀ) ⊙ (x W_upᵀ)";
  let description = [{
    Shazeer, 2020, §2.

    * (C1) x is (…, in), both weights (out, in), the result (…, out).
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$gate, NN_WeightType:$up);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $gate `,` $up attr-dict `:` type($input) `,` qualified(type($gate)) `->` type($result)";
  let hasVerifier = 1;
}

def NN_RmsNormOp : NN_Op<"rms_norm", [Pure]> {
  let summary = "x · g / √(mean(x²) + ε) over the last dimension";
  let description = [{
    Zhang & Sennrich, 2019.

    * (C1) g has the size of x's last dimension. (C2) ε is positive. (C3) the result has x's shape.
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$gain, F32Attr:$epsilon);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $gain `epsilon` $epsilon attr-dict `:` type($input) `,` qualified(type($gain)) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// The generic form of linear layers
//===----------------------------------------------------------------------===//

def NN_ContractOp : NN_Op<"contract", [AttrSizedOperandSegments]> {
  let summary = "products of one input with several weights and a scalar epilogue: the generic form of linear layers";
  let description = [{
        a_k[…, o] = Σ_i x[…, i] W_k[o, i],   y[…, o] = epilogue(a_0, …, a_K, e_0[…, o], …, b_0[o], …)

    The epilogue runs once an element on f32 scalars: one accumulator for each weight, then the extras (residuals, of
    the result's shape), then the vectors (biases, of size `out`); it yields one f32. `attn-fuse` makes linear,
    swiglu, add and activations into it. After bufferisation `into` names the destination and there is no result.

    The input is (…, in) of f32, bf16 or f16, or quantised by `nn.quantize`: (…, in/32, 40) of i8.

    * (C1) all weights are (out, in); the result and all extras (…, out).
    * (C2) the epilogue's arguments are as above, all f32, and it holds only scalar, pure ops.
  }];
  let arguments = (ins NN_Data:$input, Variadic<NN_WeightType>:$weights, Variadic<NN_Data>:$extras,
                       Variadic<NN_WeightType>:$vectors, Optional<AnyStridedMemRef>:$destination);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $input `weights` `(` $weights `:` qualified(type($weights)) `)` (`extras` `(` $extras^ `:` type($extras) `)`)?
    (`vectors` `(` $vectors^ `:` qualified(type($vectors)) `)`)? (`into` `(` $destination^ `:` type($destination) `)`)?
    $epilogue attr-dict `:` type($input) (`->` type($result)^)?
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Row-wise ops
//===----------------------------------------------------------------------===//

/// * (C1) input and result have one shape.
class NN_Unary<string mnemonic, string text> : NN_Op<mnemonic, [Pure, SameOperandsAndResultShape]> {
  let summary = text;
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

/// * (C1) both inputs and the result have one type: nothing is broadcast.
class NN_Binary<string mnemonic, string text> : NN_Op<mnemonic, [Pure, SameOperandsAndResultType]> {
  let summary = text;
  let arguments = (ins NN_Data:$lhs, NN_Data:$rhs);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def NN_SiluOp : NN_Unary<"silu", "x · σ(x)">;
def NN_CastOp : NN_Unary<"cast", "the same values in another float type, rounded to nearest even"> {
  let hasVerifier = 1;
}
def NN_AddOp : NN_Binary<"add", "elementwise sum">;
def NN_MulOp : NN_Binary<"mul", "elementwise product">;

def NN_QuantizeOp : NN_Op<"quantize", [Pure]> {
  let summary = "eight-bit activations in blocks of 32";
  let description = [{
    Each block of 32 values x becomes 40 bytes: f32 scale d = max|x|/127, f32 sum d·Σq, then 32 signed bytes
    q = round(x/d), ties to even (all 0 where d is 0).

    * (C1) (…, in) of f32 becomes (…, in/32, 40) of i8; in is a multiple of 32.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_LastOp : NN_Op<"last", [Pure]> {
  let summary = "the last valid row of each sequence";
  let description = [{
    y[n] = x[n, lengths[n] − 1]; 0 where a length is 0.

    * (C1) x is (n, T, D), lengths (n) i32, the result (n, D).
  }];
  let arguments = (ins NN_Data:$input, NN_Data:$lengths);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $lengths attr-dict `:` type($input) `,` type($lengths) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Views: strides, never copies
//===----------------------------------------------------------------------===//

def NN_SplitHeadsOp : NN_Op<"split_heads", [Pure]> {
  let summary = "(…, H·d) seen as (…, H, d): head h has the h-th block of d features";
  let description = [{
    On memrefs too: a last stride s becomes the strides d·s, s.

    * (C1) the result has one more dimension, the rows of the input, and its last two sizes are static, with the input's
      last size as product. (C2) both are tensors or both memrefs, of one element type.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_MergeHeadsOp : NN_Op<"merge_heads", [Pure]> {
  let summary = "(…, H, d) seen as (…, H·d)";
  let description = [{
    On memrefs, only of heads that stand side by side: identity layout. `attn-bufferize` copies others first.

    * (C1) as split_heads, the other way round. (C2) both are tensors or both memrefs, of one element type.
    * (C3) a memref has the identity layout.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

def NN_RepeatOp : NN_Op<"repeat", [AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">,
                                   RecursiveMemoryEffects]> {
  let summary = "the same layers again and again";
  let description = [{
    Runs the body `count` times. The carried values enter the first round from outside and each next round from
    `nn.yield`; the last ones are the results. Caches with a leading dimension of `count` are handed to the body as
    the round's slice. Its kernels are compiled once, because they are written once.

        %y = nn.repeat 30 "layer" carry(%x : tensor<?x?x576xf32>) slice(%k : !attn.cache<30x?x?x3x64xbf16>) {
        ^bb0(%h: tensor<?x?x576xf32>, %kl: !attn.cache<?x?x3x64xbf16>):
          %w = nn.weight "blk.{layer}.attn_q.weight" : !nn.weight<576x576>
          …
          nn.yield %h1 : tensor<?x?x576xf32>
        } -> tensor<?x?x576xf32>

    After bufferisation the carried values are memrefs updated in place, and there are no results.

    * (C1) block arguments are the carried values' types, then the slices' types without the leading dimension.
    * (C2) the leading dimension of every sliced cache is `count`, which is positive.
    * (C3) yielded types and results are the carried types; in memref form nothing is yielded.
    * (C4) repeats do not nest.

    Values of outside are used as they are: the body captures them.
  }];
  let arguments = (ins I64Attr:$count, StrAttr:$index, Variadic<NN_Data>:$carried, Variadic<AnyType>:$sliced);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $count $index (`carry` `(` $carried^ `:` type($carried) `)`)? (`slice` `(` $sliced^ `:` type($sliced) `)`)?
    $body attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
}

def NN_YieldOp : NN_Op<"yield", [Pure, Terminator, ParentOneOf<["RepeatOp", "ContractOp"]>]> {
  let summary = "ends a round, or an epilogue";
  let arguments = (ins Variadic<AnyType>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // ATTN_DIALECT_NN_NN

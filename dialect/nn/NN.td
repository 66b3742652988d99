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
include "dialect/attn/AttnBase.td"
include "dialect/nn/NNEnums.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::attn::nn";
  let summary = "the graph ops of LM and ViT models";
  let description = [{
    A model is a function over tensors. Its named dimensions are written on the arguments:
    `%tokens: tensor<?x?xi32> {nn.dims = ["B", "T"], nn.name = "tokens"}`; results are named likewise by result
    attributes. What the function is for is its `nn.task`, an `#nn.lm<…>`.

    Attributes of the dialect, all checked; others of its prefix are errors:
    * on arguments and results `nn.dims`: one string a dimension, a name for a dynamic one, or `NAME + 1` where it is
      one more than what has that name, the number for a static one; `nn.name`: what the runtime calls it. After
      bufferisation an argument that was a result has `nn.result`.
    * on caches and states, where passes write them: `nn.advance`, the name of the argument by which lengths grow, or
      `nn.advance_offsets`, that of the argument of offsets, n + 1 of them, by whose differences they grow;
      `nn.sequence_axis`, the dimension of sequences; `nn.folds_at`, at how many positions a cache is emptied, because
      a state has taken them in.
    * on functions `nn.task`, and `nn.bounds = {T = 512}`: the largest values of dimensions.
    * on calls of private functions `nn.choice`: the parameter by which another one of the same type may be called.
  }];
  let dependentDialects = ["::attn::AttnDialect"];
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
  let parameters = (ins "int64_t":$tokens, "int64_t":$lengths, "int64_t":$logits,
                        OptionalParameter<"::mlir::DictionaryAttr">:$metadata);
  let assemblyFormat = "`<` struct(params) `>`";
}

def NN_GeluFormAttr : EnumAttr<NN_Dialect, NN_GeluForm, "gelu_form">;
def NN_PoolKindAttr : EnumAttr<NN_Dialect, NN_PoolKind, "pool_kind">;

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, traits>;

def NN_Data : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "tensor or memref">;

/// Runs row by row, in one kernel with its neighbours.
class NN_RowWise<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([Pure, Attn_RowWiseOpInterface], traits)>;

/// Says what it computes on scalars; the rest follows. (dialect/nn/NNElementwise.cpp)
class NN_Elementwise<string mnemonic, list<Trait> traits = []>
    : NN_RowWise<mnemonic, !listconcat([DeclareOpInterfaceMethods<Attn_ElementwiseOpInterface>], traits)>;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def NN_WeightOp : NN_Op<"weight", [Pure]> {
  let summary = "a weight of the model by its name in the weight file";
  let description = [{
    Inside `nn.repeat`, `{layer}` in the name stands for the round: `nn.weight "blk.{layer}.attn_q.weight"`.

    * (C1) an index in braces names that of the enclosing `nn.repeat`, a private function's that around its calls.
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs NN_WeightType:$weight);
  let assemblyFormat = "$name attr-dict `:` qualified(type($weight))";
  let hasVerifier = 1;
}

def NN_EmbedOp : NN_RowWise<"embed"> {
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
    $input `,` $weight (`bias` $bias^ `:` qualified(type($bias)) `for`)? attr-dict `:` type($input) `,`
    qualified(type($weight)) `->` type($result)
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
  let assemblyFormat =
      "$input `,` $gate `,` $up attr-dict `:` type($input) `,` qualified(type($gate)) `->` type($result)";
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
// Elementwise ops
//===----------------------------------------------------------------------===//

/// * (C1) input and result have one shape.
class NN_Unary<string mnemonic, string text> : NN_Elementwise<mnemonic, [SameOperandsAndResultShape]> {
  let summary = text;
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

/// * (C1) both inputs and the result have one type: nothing is broadcast.
class NN_Binary<string mnemonic, string text> : NN_Elementwise<mnemonic, [SameOperandsAndResultType]> {
  let summary = text;
  let arguments = (ins NN_Data:$lhs, NN_Data:$rhs);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

/// * (C1) the vector has the size of the input's last dimension.
class NN_WithVector<string mnemonic, string text> : NN_Elementwise<mnemonic, [AllTypesMatch<["input", "result"]>]> {
  let summary = text;
  let arguments = (ins NN_Data:$input, NN_WeightType:$vector);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $vector attr-dict `:` type($input) `,` qualified(type($vector))";
  let hasVerifier = 1;
}

def NN_SiluOp : NN_Unary<"silu", "x · σ(x)">;
def NN_ReluOp : NN_Unary<"relu", "max(x, 0)">;
def NN_SigmoidOp : NN_Unary<"sigmoid", "1 / (1 + e^−x)">;
def NN_TanhOp : NN_Unary<"tanh", "tanh(x)">;
def NN_ExpOp : NN_Unary<"exp", "e^x">;
def NN_CastOp : NN_Unary<"cast", "the same values in another float type, rounded to nearest even"> {
  let hasVerifier = 1;
}

def NN_GeluOp : NN_Elementwise<"gelu", [SameOperandsAndResultShape]> {
  let summary = "x · Φ(x), Φ the normal distribution";
  let description = [{
    Hendrycks & Gimpel, 2016. `exact` is ½x(1 + erf(x/√2)), as in BERT and ViT; `tanh` is
    ½x(1 + tanh(√(2/π)(x + 0.044715x³))), as in GPT-2.

    * (C1) input and result have one shape.
  }];
  let arguments = (ins NN_Data:$input, NN_GeluFormAttr:$form);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input $form attr-dict `:` type($input) `->` type($result)";
}

def NN_ScaleOp : NN_Elementwise<"scale", [AllTypesMatch<["input", "result"]>]> {
  let summary = "x · factor, a constant";
  let arguments = (ins NN_Data:$input, F32Attr:$factor);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `by` $factor attr-dict `:` type($input)";
}

def NN_AddOp : NN_Binary<"add", "elementwise sum">;
def NN_SubOp : NN_Binary<"sub", "elementwise difference">;
def NN_MulOp : NN_Binary<"mul", "elementwise product">;
def NN_AddVectorOp : NN_WithVector<"add_vector", "adds one learned vector to every row">;
def NN_MulVectorOp : NN_WithVector<"mul_vector", "multiplies every row by one learned vector">;

//===----------------------------------------------------------------------===//
// Ops over the features of a row
//===----------------------------------------------------------------------===//

def NN_RmsNormOp : NN_RowWise<"rms_norm"> {
  let summary = "x · g / √(mean(x²) + ε) over the last dimension";
  let description = [{
    Zhang & Sennrich, 2019.

    * (C1) g has the size of x's last dimension. (C2) ε is positive. (C3) the result has x's shape.
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$gain, F32Attr:$epsilon);
  let results = (outs NN_Data:$result);
  let assemblyFormat =
      "$input `,` $gain `epsilon` $epsilon attr-dict `:` type($input) `,` qualified(type($gain)) `->` type($result)";
  let hasVerifier = 1;
}

def NN_LayerNormOp : NN_RowWise<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "(x − mean)/√(var + ε) · g + b over the last dimension";
  let description = [{
    Ba et al., 2016. var is the mean of the squared differences, 1/D of their sum; left out, g is 1 and b is 0.

    * (C1) g and b have the size of x's last dimension. (C2) ε is positive. (C3) the result has x's shape.
  }];
  let arguments = (ins NN_Data:$input, Optional<NN_WeightType>:$gain, Optional<NN_WeightType>:$bias, F32Attr:$epsilon);
  let results = (outs NN_Data:$result);
  let assemblyFormat = [{
    $input (`gain` $gain^ `:` qualified(type($gain)))? (`bias` $bias^ `:` qualified(type($bias)))? `epsilon` $epsilon
    attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NN_L2NormOp : NN_RowWise<"l2_norm"> {
  let summary = "x / max(√Σx², ε) over the last dimension";
  let description = [{
    * (C2) ε is positive. (C3) the result has x's shape.
  }];
  let arguments = (ins NN_Data:$input, F32Attr:$epsilon);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `epsilon` $epsilon attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_SoftmaxOp : NN_RowWise<"softmax", [SameOperandsAndResultShape]> {
  let summary = "e^x / Σe^x over the last dimension";
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def NN_LogSoftmaxOp : NN_RowWise<"log_softmax", [SameOperandsAndResultShape]> {
  let summary = "x − ln Σe^x over the last dimension";
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def NN_ArgmaxOp : NN_RowWise<"argmax"> {
  let summary = "where the greatest feature of a row is; the first of equal ones";
  let description = [{
    * (C1) the result is i32 and has the input's shape but for its last dimension.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$indices);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($indices)";
  let extraClassDeclaration = "unsigned getFeatureRank() { return 0; }";
  let hasVerifier = 1;
}

def NN_TopKOp : NN_RowWise<"top_k"> {
  let summary = "the k greatest features of a row, falling, and where they are; of equal ones the first comes first";
  let description = [{
    * (C1) values (…, k) have the input's element type, indices (…, k) are i32, k is at least 1 and at most the size of
      the input's last dimension.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$values, NN_Data:$indices);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($values) `,` type($indices)";
  let hasVerifier = 1;
}

def NN_QuantizeOp : NN_RowWise<"quantize"> {
  let summary = "eight-bit activations in blocks of 32";
  let description = [{
    Each block of 32 values x becomes 40 bytes: f32 scale d = max|x|/127, f32 sum d·Σq, then 32 signed bytes
    q = round(x/d), ties to even (all 0 where d is 0).

    * (C1) (…, in) of f32 becomes (…, in/32, 40) of i8; in is a multiple of 32.
  }];
  let arguments = (ins NN_Data:$input);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let extraClassDeclaration = "unsigned getFeatureRank() { return 2; }";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Ops that know where a row stands, or gather it from other rows
//===----------------------------------------------------------------------===//

def NN_AddPositionsOp : NN_RowWise<"add_positions", [AllTypesMatch<["input", "result"]>]> {
  let summary = "adds to each row the learned vector of its position";
  let description = [{
    y[n, r] = x[n, r] + W[i], i the row's position: start_n + r at sequences, r without. A row of a sequence whose
    position is outside the table is an error at run time; what stands beyond a sequence's length is not looked at.

        %y = nn.add_positions %x, %table at %seq : tensor<?x?x512xf32>, !nn.weight<512x512>

    * (C1) the table is (positions, D), D the size of x's last dimension. (C2) x has one row dimension at attn.packed,
      two otherwise.
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$table, Optional<Attn_SequencesType>:$sequences);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $table (`at` $sequences^)? attr-dict `:` type($input) `,` qualified(type($table))";
  let hasVerifier = 1;
}

def NN_PoolOp : NN_RowWise<"pool"> {
  let summary =
      "one row of each sequence: its first (a class token), its last valid one, or the mean of the valid ones";
  let description = [{
    Rows r < lengths[n] are valid, all of them without lengths; a sequence without any gives 0.

        %y = nn.pool mean %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x384xf32> -> tensor<?x384xf32>

    * (C1) x is (n, T, D), lengths (n) i32, the result (n, D) of x's element type.
  }];
  let arguments = (ins NN_PoolKindAttr:$kind, NN_Data:$input, Optional<NN_Data>:$lengths);
  let results = (outs NN_Data:$result);
  let assemblyFormat = [{
    $kind $input (`lengths` `(` $lengths^ `:` type($lengths) `)`)? attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NN_PrependOp : NN_RowWise<"prepend"> {
  let summary = "a learned row before the rows of every sequence: a class token";
  let description = [{
    y[n, 0] = w, y[n, 1 + r] = x[n, r].

    * (C1) x is (n, T, D) with static T, w has D elements, the result is (n, T + 1, D) of x's element type.
  }];
  let arguments = (ins NN_Data:$input, NN_WeightType:$row);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `,` $row attr-dict `:` type($input) `,` qualified(type($row)) `->` type($result)";
  let extraClassDeclaration = "unsigned getSharedRank() { return 1; }";
  let hasVerifier = 1;
}

def NN_PatchifyOp : NN_RowWise<"patchify"> {
  let summary = "square patches of images as rows";
  let description = [{
    A patch's features are its pixels in the order (c, y, x), its row is that of the patch from left to right, then
    downwards. With `nn.linear` behind it, a convolution whose kernel and stride are the patch.

        %rows = nn.patchify %images size 16 : tensor<?x3x224x224xf32> -> tensor<?x196x768xf32>

    * (C1) images are (n, c, height, width), all but n static; height and width are multiples of the patch's size, which
      is positive. (C2) the result is (n, height/p · width/p, c·p·p) of the images' element type.
  }];
  let arguments = (ins NN_Data:$images, I64Attr:$size);
  let results = (outs NN_Data:$patches);
  let assemblyFormat = "$images `size` $size attr-dict `:` type($images) `->` type($patches)";
  let extraClassDeclaration = "unsigned getSharedRank() { return 1; }";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Views: strides, never copies; and their opposite
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

def NN_SliceOp : NN_Op<"slice", [Pure]> {
  let summary = "a range along one dimension";
  let description = [{
        %y = nn.slice %x axis 2 from 64 : tensor<?x?x192xf32> -> tensor<?x?x64xf32>

    * (C1) the axis is static in the input and the result, the range lies inside; the other sizes are the input's.
    * (C2) both are tensors or both memrefs, of one element type.
  }];
  let arguments = (ins NN_Data:$input, I64Attr:$axis, I64Attr:$offset);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input `axis` $axis `from` $offset attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_TransposeOp : NN_Op<"transpose", [Pure]> {
  let summary = "dimension d of the result is dimension order[d] of the input";
  let description = [{
        %y = nn.transpose %x [0, 2, 1] : tensor<?x?x64xf32> -> tensor<?x64x?xf32>

    * (C1) the order is a permutation, and the result's sizes are the input's in that order.
    * (C2) both are tensors or both memrefs, of one element type.
  }];
  let arguments = (ins NN_Data:$input, DenseI64ArrayAttr:$order);
  let results = (outs NN_Data:$result);
  let assemblyFormat = "$input $order attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_ConcatOp : NN_Op<"concat", [Pure]> {
  let summary = "one after the other along one dimension";
  let description = [{
    Each input is written to its range of the result: by the kernel that computes it where that can be, else by a copy.

        %y = nn.concat %a, %b axis 1 : tensor<?x1x64xf32>, tensor<?x9x64xf32> -> tensor<?x10x64xf32>

    * (C1) the axis is static in all, and the result's is the sum of the inputs'; the other sizes agree.
    * (C2) all have one element type.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs) `->` type($result)";
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

def NN_YieldOp : NN_Op<"yield", [Pure, Terminator, ParentOneOf<["RepeatOp", "ContractOp", "GenericOp", "ChooseOp"]>]> {
  let summary = "ends a round, a case or a region of scalars";
  let arguments = (ins Variadic<AnyType>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

include "dialect/nn/Graph.td"

#endif // ATTN_DIALECT_NN_NN

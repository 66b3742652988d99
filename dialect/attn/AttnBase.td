//===- AttnBase.td - the attn dialect, its types and base classes -*- tablegen -*-===//

#ifndef ATTN_DIALECT_ATTN_ATTNBASE
#define ATTN_DIALECT_ATTN_ATTNBASE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialect/Interfaces.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::attn";
  let summary = "attention variants, declared";
  let description = [{
    Every attention variant is a chain of small ops over lazy scores, or one `attn.generic`, the form that every pass
    sees. The logical order of tensors is (sequence, position, head, width); strides are free.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Registers the named ops of chains (variants/), which have a header of their own.
    void addVariants();
  }];
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

class Attn_Type<string name, string typeMnemonic> : TypeDef<Attn_Dialect, name> { let mnemonic = typeMnemonic; }

def Attn_ScoresType : Attn_Type<"Scores", "scores"> {
  let summary = "what a chain of named ops describes; never materialised";
}

def Attn_SequencesType : Attn_Type<"Sequences", "sequences"> {
  let summary = "which rows and keys belong together, how many are valid, and where the queries stand";
}

def Attn_CacheType : Attn_Type<"Cache", "cache"> {
  let summary = "keys or values of earlier calls: (sequence, position, head, width), updated in place";
  let description = [{
    A handle with reference semantics: a function argument, written by `attn.append`, read by closing ops. The
    position dimension is its capacity; how many positions of a sequence are filled is its length, which the runtime
    keeps. `nn.repeat` hands its body slices of a cache that has a leading layer dimension.
    Example: `!attn.cache<?x?x3x64xbf16>`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<CacheShape>($shape, $elementType) `>`";
  let extraClassDeclaration = [{ int64_t getRank() const { return getShape().size(); } }];
}

def Attn_StateType : Attn_Type<"State", "state"> {
  let summary = "sums over the keys of earlier calls, updated in place: (sequence, key head, feature, width)";
  let description = [{
    A handle with reference semantics, like a cache, of what attention with linear weights keeps of its keys: U, or
    without the width u, as attn.sum has them. It is a function argument that a closing op reads and, once the call's
    keys are in it, writes; zero before the first call. The runtime keeps how many keys of a sequence it has met
    (`attn.length`). `nn.repeat` hands its body slices of a state that has a leading layer dimension.
    Example: `!attn.state<?x3x2080x64xf32>`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<CacheShape>($shape, $elementType) `>`";
}

def Attn_Scores : TypeConstraint<Attn_ScoresType.predicate, "scores", "::attn::ScoresType">;

/// Data in (sequence, position, head, width) order: a tensor, a memref after bufferisation, or a cache.
def Attn_Data : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef, Attn_CacheType], "tensor, memref or cache">;
/// A cache or a state: what the runtime keeps from call to call.
def Attn_Handle : AnyTypeOf<[Attn_CacheType, Attn_StateType], "cache or state">;
/// Parts of a state over keys: values, which come and go, or handles, which stay.
def Attn_StateData : AnyTypeOf<[RankedTensorOf<[F32]>, MemRefRankOf<[F32], [3, 4]>, Attn_StateType],
    "f32 tensor or memref, or state">;
/// Gates: values, or a cache of those of earlier calls.
def Attn_GateData : AnyTypeOf<[RankedTensorOf<[F32]>, MemRefOf<[F32]>, Attn_CacheType],
    "f32 tensor or memref, or cache">;
def Attn_Vector : AnyTypeOf<[RankedTensorOf<[I32]>, MemRefOf<[I32]>], "rank-1 tensor or memref of i32">;
def Attn_Number : AnyTypeOf<[F32, I32], "f32 or i32">;
/// What a layer has learned: a weight of the model, bound by name.
def Attn_Learned : Type<CPred<"::mlir::isa<::attn::nn::WeightType>($_self)">, "weight">;
/// What regions load from: a tensor from outside, of these elements; numbers may be learned.
class Attn_TableOf<list<Type> elements> : AnyTypeOf<[RankedTensorOf<elements>, MemRefOf<elements>]>;
def Attn_BooleanTable : Attn_TableOf<[I1]>;
def Attn_FloatTable : AnyTypeOf<[Attn_TableOf<[F32, BF16, F16]>, Attn_Learned],
    "tensor of f32, bf16 or f16, or weight">;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Attn_Enum<string name, string text, list<I32EnumAttrCase> cases> : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::attn";
  let genSpecializedAttr = 0;
}

def Attn_Weighting : Attn_Enum<"Weighting", "how a score becomes a weight",
    [I32EnumAttrCase<"exp", 0>, I32EnumAttrCase<"linear", 1>]>;
def Attn_WeightingAttr : EnumAttr<Attn_Dialect, Attn_Weighting, "weighting">;

def Attn_Normalizer : Attn_Enum<"Normalizer", "what the weighted sum is divided by",
    [I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"none", 1>]>;
def Attn_NormalizerAttr : EnumAttr<Attn_Dialect, Attn_Normalizer, "normalizer">;

def Attn_Alignment : Attn_Enum<"Alignment", "where the queries of a call stand on the key axis",
    [I32EnumAttrCase<"top_left", 0>, I32EnumAttrCase<"bottom_right", 1>]>;
def Attn_AlignmentAttr : EnumAttr<Attn_Dialect, Attn_Alignment, "alignment">;

def Attn_WeightsOf : Attn_Enum<"WeightsOf", "which weights attention gives in place of its output",
    [I32EnumAttrCase<"heads", 0>, I32EnumAttrCase<"mean", 1>]>;
def Attn_WeightsOfAttr : EnumAttr<Attn_Dialect, Attn_WeightsOf, "weights_of">;

def Attn_RotaryLayout : Attn_Enum<"RotaryLayout", "which features a rotation pairs",
    [I32EnumAttrCase<"interleaved", 0>, I32EnumAttrCase<"halves", 1>]>;
def Attn_RotaryLayoutAttr : EnumAttr<Attn_Dialect, Attn_RotaryLayout, "rotary_layout">;

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

class Attn_Op<string mnemonic, list<Trait> traits = []> : Op<Attn_Dialect, mnemonic, traits> {
  /// Of a variant: the paper and section that define it. --list-variants prints it.
  string source = ?;
}

/// Tensors or caches become scores.
class Attn_Source<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Attn_SourceOpInterface, ["begin"]>])>;

/// Scores become other scores: a dozen lines of its own each.
class Attn_Modifier<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic,
              !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Attn_ModifierOpInterface, ["contribute"]>])> {
  let results = (outs Attn_ScoresType:$result);
}

/// Scores and values become an output.
class Attn_Closing<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Attn_ClosingOpInterface, ["finish"]>])>;

/// Tensors become other tensors, before they meet.
class Attn_Operand<string mnemonic, list<Trait> traits = []> : Attn_Op<mnemonic, traits>;

/// A small graph of nn and attn ops under one name.
class Attn_Layer<string mnemonic, list<Trait> traits = []>
    : Attn_Op<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Attn_LayerOpInterface, ["expand"]>])>;

#endif // ATTN_DIALECT_ATTN_ATTNBASE

//===- Tile.td - the last level that all targets share -*- tablegen -*-===//
//
// Two groups of ops. Kernels and launches are the graph after outlining: nothing else runs anything. Tiles are what an
// attention kernel looks like once the algorithm is decided and before registers, memory and instructions are: rows,
// views, dots, maps, sweeps. Values carry no layout; a target lowers a sweep as a whole.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_TILE_TILE
#define ATTN_DIALECT_TILE_TILE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialect/attn/AttnBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::attn::tile";
  let summary = "kernels as sweeps over key ranges, on layout-free tiles";
  let dependentDialects = ["::attn::AttnDialect", "::mlir::memref::MemRefDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;
class Tile_Type<string name, string typeMnemonic> : TypeDef<Tile_Dialect, name> { let mnemonic = typeMnemonic; }

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Tile_TileType : Tile_Type<"Tile", "tile"> {
  let summary = "a block of values somewhere in a task; its layout belongs to the target";
  let description = [{
    Example: `!tile.tile<64x64xf32>`, (row, key) or (row, feature); `!tile.tile<64xf32>`, one a row.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<TileShape>($shape, $elementType) `>`";
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "a promise to load a tile: rows outside the data are zero";
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<TileShape>($shape, $elementType) `>`";
}

def Tile_RowsType : Tile_Type<"Rows", "rows"> {
  let summary = "the query rows of a tile: which head and position each stands for, and which exist";
  let parameters = (ins "int64_t":$count);
  let assemblyFormat = "`<` $count `>`";
}

def Tile_TileOrView : AnyTypeOf<[Tile_TileType, Tile_ViewType], "tile or view">;

def Tile_PlanAttr : AttrDef<Tile_Dialect, "Plan"> {
  let mnemonic = "plan";
  let summary = "how a kernel is tiled: query rows and keys of a tile";
  let description = [{
    `rows` is how many rows (query positions × heads of a group) a task holds, `keys` how many keys a step of the sweep
    takes, `form` what the target makes of the sweep: `prefill` (queries in lanes), `decode` (features in lanes) or
    `fragments` (the accumulators of a GPU's matrix instructions). `weights` is the type in which weights enter the
    product with values, where it is not f32. `stages` is how many steps' keys and values have a place of their own, so
    that they are copied while earlier ones are computed. Set by `attn-plan`, read by `attn-tile` and the lowerings.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$keys, StringRefParameter<>:$form,
                        OptionalParameter<"::mlir::Type">:$weights, DefaultValuedParameter<"int64_t", "1">:$stages);
  let builders = [AttrBuilder<(ins "int64_t":$rows, "int64_t":$keys, "::llvm::StringRef":$form), [{
    return $_get($_ctxt, rows, keys, form, ::mlir::Type(), 1);
  }]>];
  let assemblyFormat = "`<` struct(params) `>`";
}

def Tile_TensorMapAttr : AttrDef<Tile_Dialect, "TensorMap"> {
  let mnemonic = "tensor_map";
  let summary = "an argument that a GPU's kernel copies boxes of, in hardware";
  let description = [{
    `argument` is the number of a kernel argument, `box` the sizes of what one copy takes, outermost first like the
    argument's shape, `swizzle` the bytes over which a row's 16-byte chunks trade places in shared memory. What a
    lowering to a GPU leaves on a kernel as `tensor_maps`; runtime/artifact.h says what a launch makes of it.
  }];
  let parameters = (ins "int64_t":$argument, ArrayRefParameter<"int64_t">:$box, "int64_t":$swizzle);
  let assemblyFormat = "`<` $argument `box` `[` $box `]` `swizzle` $swizzle `>`";
}

//===----------------------------------------------------------------------===//
// Kernels and launches
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [Symbol, IsolatedFromAbove, AutomaticAllocationScope]> {
  let summary = "one compute piece, or one implementation of it";
  let description = [{
    Block arguments are the kernel's arguments: tensors (memrefs after bufferisation), caches, weights, scalars; after
    tiling, one index for each dimension of the grid follows. Before bufferisation `tile.return` gives the results.

    A planned kernel may exist several times: each says which kernel it implements (left out: itself), `when` it may
    be launched, a predicate over `dim(k,d)`, and which storage `formats` its weights must have, one entry an argument,
    "" where any will do. The grammar of predicates and grid expressions is that of runtime/artifact.h.

    * (C1) a grid has 1 to 3 expressions that parse, and the block has that many trailing index arguments.
    * (C2) `when` parses. (C3) `formats` and `access` have an entry for each argument.
    * (C4) `access` entries are "read", "write" or "update".
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$implements, OptionalAttr<StrAttr>:$when,
                       OptionalAttr<StrArrayAttr>:$formats, OptionalAttr<StrArrayAttr>:$access,
                       OptionalAttr<StrArrayAttr>:$grid, OptionalAttr<I64Attr>:$scratch,
                       OptionalAttr<Tile_PlanAttr>:$plan);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name (`implements` $implements^)? (`when` $when^)? (`formats` $formats^)? (`access` $access^)?
    (`grid` $grid^)? (`scratch` $scratch^)? (`plan` $plan^)? $body attr-dict
  }];
  let extraClassDeclaration = [{
    /// The kernel that a launch names.
    ::llvm::StringRef getImplemented() { return getImplements().value_or(getSymName()); }
    /// How many block arguments are the kernel's own: all but the grid's indices.
    unsigned getNumKernelArguments() { return getBody().getNumArguments() - (getGrid() ? getGrid()->size() : 0); }
    ::mlir::Block::BlockArgListType getKernelArguments() {
      return getBody().getArguments().take_front(getNumKernelArguments());
    }
    ::mlir::Block::BlockArgListType getGridIndices() {
      return getBody().getArguments().drop_front(getNumKernelArguments());
    }
  }];
  let hasVerifier = 1;
}

def Tile_ReturnOp : Tile_Op<"return", [Pure, Terminator, ParentOneOf<["KernelOp"]>]> {
  let summary = "ends a kernel";
  let description = [{
    With tensors before bufferisation; after it with nothing, or with an i32 code of runtime/artifact.h.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Tile_LaunchOp : Tile_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    Operands are the kernel's arguments in order. In tensor form it has the kernel's results; in memref form the
    destinations are operands like the rest.

    * (C1) the symbol names a kernel, or one that some kernel implements, of these operand types.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$arguments);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$kernel `(` ($arguments^ `:` type($arguments))? `)` attr-dict (`->` type($results)^)?";
}

def Tile_AllocOp : Tile_Op<"alloc"> {
  let summary = "a temporary of the graph: a shape in expressions over the function's symbols";
  let description = [{
    `first` and `last` are the commands between which it is live, set by `attn-assign-memory`.
    Example: `tile.alloc ["B", "T", "576"] : memref<?x?x576xf32>`.

    * (C1) one expression a dimension; they parse and agree with the static sizes.
  }];
  let arguments = (ins StrArrayAttr:$sizes, OptionalAttr<I64Attr>:$first, OptionalAttr<I64Attr>:$last);
  let results = (outs Res<AnyMemRef, "", [MemAlloc]>:$memref);
  let assemblyFormat = "$sizes (`live` $first^ `to` $last)? attr-dict `:` type($memref)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Sizes and rows
//===----------------------------------------------------------------------===//

def Tile_SizeOp : Tile_Op<"size", [Pure]> {
  let summary = "the size of a dimension of data, a cache's capacity among them";
  let arguments = (ins Attn_Data:$source, I64Attr:$dimension);
  let results = (outs Index:$size);
  let assemblyFormat = "$source `[` $dimension `]` attr-dict `:` type($source)";
}

def Tile_RowsOp : Tile_Op<"rows", [Pure]> {
  let summary = "the rows of tile t: positions × heads of one group";
  let description = [{
    Row x of the tile is y = t · size + x; it stands for head hk · group + y mod group at the sequence's row
    r = y div group, position i = start + r. Rows with r < `valid` exist; those with valid ≤ r < `count` are padding:
    views of them are zero and stores write 0 to them (log-sum-exp −∞); those with r ≥ count are nowhere. This and
    `view` are the only ops that know where rows stand.
  }];
  let arguments = (ins Index:$tile, Index:$sequence, Index:$keyHead, I64Attr:$group, Index:$valid, Index:$count,
                       Index:$start);
  let results = (outs Tile_RowsType:$rows);
  let assemblyFormat = [{
    $tile `of` $sequence `,` $keyHead `group` $group `valid` $valid `of` $count `start` $start attr-dict `->`
    type($rows)
  }];
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

def Tile_ViewOp : Tile_Op<"view", [Pure, AttrSizedOperandSegments]> {
  let summary = "a tile of a buffer: rows of queries, or consecutive keys of one head";
  let description = [{
    `origin` is where the sequence begins: its index in the first of four dimensions (sequence, position, head, width),
    or its first row in the first of three (row, head, width) where sequences are packed end to end.
    `rows %rows` gathers query rows; `keys %j of %hk below %count` takes keys j, j+1, … of key head hk. Keys at or
    beyond `count` are zero, whatever the buffer holds there.

    * (C1) exactly one of rows and keys. (C2) the view is (rows or keys, width) of the source's element type.
  }];
  let arguments = (ins Attn_Data:$source, Index:$origin, Optional<Tile_RowsType>:$rows, Optional<Index>:$key,
                       Optional<Index>:$keyHead, Optional<Index>:$keyCount);
  let results = (outs Tile_ViewType:$view);
  let assemblyFormat = [{
    $source `at` $origin (`rows` $rows^ `:` type($rows))? (`keys` $key^ `of` $keyHead `below` $keyCount)? attr-dict
    `:` type($source) `->` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_FillOp : Tile_Op<"fill", [Pure]> {
  let summary = "a tile of one value";
  let arguments = (ins F32:$value);
  let results = (outs Tile_TileType:$tile);
  let assemblyFormat = "$value attr-dict `->` type($tile)";
}

def Tile_DotOp : Tile_Op<"dot", [Pure, AttrSizedOperandSegments]> {
  let summary = "a product of two tiles, accumulated in f32";
  let description = [{
    scale · a (M, K) · b (K, N) + acc; `transpose_b`: b is (N, K), `transpose_a`: a is (K, M). Operands are tiles or
    views. With `pair`, terms that are no products are summed: the body takes an element of a, one of b and the number
    of the feature (f32, f32, i32), then the captures, and yields the term.

    * (C1) shapes agree. (C2) the result is f32. (C3) the body, where there is one, has the arguments above.
  }];
  let arguments = (ins Tile_TileOrView:$a, Tile_TileOrView:$b, Optional<Tile_TileType>:$acc, Optional<F32>:$scale,
                       Variadic<AnyType>:$captures, UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let regions = (region AnyRegion:$body);
  let results = (outs Tile_TileType:$result);
  let assemblyFormat = [{
    $a `,` $b (`into` $acc^ `:` type($acc))? (`scale` $scale^)? (`captures` `(` $captures^ `:` type($captures) `)`)?
    (`pair` $body^)? attr-dict `:` type($a) `,` type($b) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_Op<"map", [Pure, SingleBlock, AttrSizedOperandSegments]> {
  let summary = "a scalar function of the elements of tiles";
  let description = [{
    The body takes one scalar for each tile or view (row vectors are broadcast along the row), then, where rows are
    given, n, h, i, j (i32) of the element, then the captures. It yields the element of the result. Scalars are f32,
    whatever a view's type is, and so is what the body yields.

    * (C1) tiles have the result's shape, or its first dimension only. (C2) the block has the arguments above.
  }];
  let arguments = (ins Variadic<Tile_TileOrView>:$tiles, Optional<Tile_RowsType>:$rows, Optional<Index>:$key,
                       Variadic<AnyType>:$captures);
  let regions = (region SizedRegion<1>:$body);
  let results = (outs Tile_TileType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    ($tiles^ `:` type($tiles))? (`at` $rows^ `,` $key `:` type($rows))?
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    $body attr-dict `->` type($result)
  }];
}

def Tile_MaskOp : Tile_Op<"mask", [Pure, AllTypesMatch<["tile", "result"]>]> {
  let summary = "scores of pairs that the region does not admit become −∞";
  let description = [{
    The body takes n, h, i, j (i32), then the captures, and yields i1. Keys at or beyond `keyCount` are never admitted.
    Has no effect in full ranges, where a target drops it.

    * (C1) the body, where there is one, has the arguments above.
  }];
  let arguments = (ins Tile_TileType:$tile, Tile_RowsType:$rows, Index:$key, Index:$keyCount,
                       Variadic<AnyType>:$captures);
  let regions = (region AnyRegion:$body);
  let results = (outs Tile_TileType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $tile `at` $rows `,` $key `below` $keyCount (`captures` `(` $captures^ `:` type($captures) `)`)? (`admit` $body^)?
    attr-dict
    `:` type($tile) `,` type($rows)
  }];
}

def Tile_NormalizeOp : Tile_Op<"normalize", [Pure,
    AllTypesMatch<["maximum", "sum", "rescale", "newMaximum", "newSum"]>]> {
  let summary = "scores become weights, with a running maximum and sum";
  let description = [{
    exp sum: m' = max(m, max_j s), p = e^(s − m'), rescale = e^(m − m'), l' = l · rescale + Σ_j p, where −∞ is read as
    0 in the subtrahend, so that a row without a key keeps m = −∞, l = 0. It alone owns the rules for −∞.
    linear: p = s, or 0 where s is −∞; m stays, rescale = 1, l' = l + Σ_j p.
    The weights' type is that in which they enter the product with values; the sum is taken before rounding to it.
  }];
  let arguments = (ins Attn_WeightingAttr:$weighting, Attn_NormalizerAttr:$normalizer, Tile_TileType:$scores,
                       Tile_TileType:$maximum, Tile_TileType:$sum);
  let results = (outs Tile_TileType:$weights, Tile_TileType:$rescale, Tile_TileType:$newMaximum, Tile_TileType:$newSum);
  let assemblyFormat = [{
    $weighting $normalizer $scores `state` `(` $maximum `,` $sum `)` attr-dict
    `:` type($scores) `,` type($maximum) `->` type($weights)
  }];
}

def Tile_SweepOp : Tile_Op<"sweep", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "a loop over ranges of keys, in order, one body for all kinds";
  let description = [{
    For each range r (kind `kinds[r]`, bounds[2r] ≤ j < bounds[2r+1]), in order, the body runs with j = begin,
    begin + step, … and the carried tiles. Every step of a `full` range is whole and every row admits every key of it;
    in a `partial` range the mask decides, and keys at or beyond its end are not admitted. A target lowers the sweep as
    a whole and specialises the body for each kind.

    * (C1) two bounds for each kind. (C2) block arguments: j, then the carried types; the yield gives them back.
    * (C3) kinds are "full" or "partial".
  }];
  let arguments = (ins StrArrayAttr:$kinds, Variadic<Index>:$bounds, I64Attr:$step, Variadic<Tile_TileType>:$inits);
  let regions = (region SizedRegion<1>:$body);
  let results = (outs Variadic<Tile_TileType>:$results);
  let assemblyFormat = [{
    `over` $kinds `(` $bounds `)` `step` $step `init` `(` $inits `:` type($inits) `)` $body attr-dict `->`
    type($results)
  }];
  let hasVerifier = 1;
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator]> {
  let summary = "ends the body of a sweep, map or mask";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Tile_FinishOp : Tile_Op<"finish", [Pure,
    AllTypesMatch<["acc", "output"]>, AllTypesMatch<["maximum", "sum", "lse"]>]> {
  let summary = "divides by the normaliser: o = acc / l (0 where l is 0), log-sum-exp = m + log l";
  let description = [{
    A sink z, one value a row, joins the normaliser here and not in the sweep, so that partial results that are merged
    count it once: m' = max(m, z), l' = l · e^(m − m') + e^(z − m'), o = acc · e^(m − m') / l', with −∞ read as in
    `normalize`. Linear weights: o = acc / (l + ε), 0 where that divisor is 0. Normaliser `none` leaves the accumulator
    as it is.

    * (C1) the sink has the type of the maximum.
  }];
  let arguments = (ins Attn_WeightingAttr:$weighting, Attn_NormalizerAttr:$normalizer, OptionalAttr<F32Attr>:$epsilon,
                       Tile_TileType:$acc, Tile_TileType:$maximum, Tile_TileType:$sum, Optional<Tile_TileType>:$sink);
  let results = (outs Tile_TileType:$output, Tile_TileType:$lse);
  let assemblyFormat = [{
    $weighting $normalizer $acc `state` `(` $maximum `,` $sum `)` (`epsilon` $epsilon^)?
    (`sink` $sink^ `:` type($sink))? attr-dict
    `:` type($acc) `,` type($maximum)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary =
      "writes a tile's rows, converted to the buffer's type; rows of padding become 0, or −∞ in a log-sum-exp";
  let description = [{
    `origin` as in `view`. A tile of one value a row goes to a buffer without a width: a log-sum-exp.
  }];
  let arguments = (ins Tile_TileType:$tile, Arg<AnyStridedMemRef, "", [MemWrite]>:$destination, Index:$origin,
                       Tile_RowsType:$rows);
  let assemblyFormat = [{
    $tile `,` $destination `at` $origin `rows` $rows attr-dict `:` type($tile) `,` type($destination) `,` type($rows)
  }];
}

#endif // ATTN_DIALECT_TILE_TILE

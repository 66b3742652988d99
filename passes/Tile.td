//===- Tile.td - attention becomes sweeps -*- tablegen -*-===//

def Tile : Pass<"attn-tile", "::mlir::ModuleOp"> {
  let summary = "turn attn.generic into sweeps over key ranges";
  let description = [{
    A planned attention kernel becomes tile ops: which rows a task holds, scalar code that computes the ranges of keys
    they may meet (passes/MaskRanges.h), one sweep over these ranges, and stores. The kernel gets its grid: sequences ×
    key heads × tiles of rows.

    A mask that is no union of intervals with bounds monotone in i is evaluated for every pair; a remark names the op
    that stopped the analysis.

    Requires: `plan` on kernels around an `attn.generic` on memrefs. Ensures: no `attn.generic` is left in them.

    ```mlir
    attn.generic exp sum queries(%q) keys(%k) value(%v) scale %scale in %seq into(%o) mask {...}
    // becomes
    %rows = tile.rows %t of %n, %hk group 3 valid %rows_n of %T start %start -> !tile.rows<64>
    %r:3 = tile.sweep over ["full", "partial"](...) step 64 init(...) {...}
    %out, %lse = tile.finish exp sum %r#2 state(%r#0, %r#1)
    tile.store %out, %o at %n rows %rows
    ```

    Example: test/passes/tile.mlir
  }];
}

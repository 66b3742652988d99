//===- Reference.td - attention as plain loops: the oracle inside the IR -*- tablegen -*-===//

def ReferenceLowering : Pass<"attn-reference", "::mlir::ModuleOp"> {
  let summary = "lower attention kernels to the plain loops that their definition says";
  let description = [{
    A kernel that holds an `attn.generic` on memrefs becomes scalar loops, one task for each sequence, query row and
    head: a first pass over the keys finds the maximum, a second sums weights and weighted values in f32, and the
    sum is divided by the normaliser. Nothing is tiled, reordered or approximated: other lowerings are compared with it.

    Requires: the form after `attn-bufferize`; no gates, state or features of other levels.
    Ensures: such kernels hold scf, arith, math and memref ops on scalars, and have a grid.

    Before:

        tile.kernel @attention access ["read", "read", "read", "write"] {
        ^bb0(%q: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: !attn.cache<?x?x3x64xbf16>, …):
          attn.generic exp sum queries(%q : …) keys(%k : …) value(%v : …) scale %scale in %seq into(%o : …) mask {…}
          tile.return
        }

    After:

        tile.kernel @attention access […] grid ["dim(3,0)", "dim(3,1)", "9"] {
        ^bb0(%q: …, %k: memref<?x?x3x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, …, %n: index, %row: index, %h: index):
          %max = scf.for %j = %zero to %keys step %one iter_args(%m = %minus_infinity) -> (f32) {…}
          %sum = scf.for %j = %zero to %keys step %one iter_args(%l = %zero_f) -> (f32) {…}
          …
          tile.return
        }
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

//===- Outline.td - make every compute piece a kernel ---===//

def Outline : Pass<"attn-outline", "::mlir::ModuleOp"> {
  let summary = "make every compute piece a kernel";
  let description = [{
    Each `attn.generic`, `nn.contract` and `nn.generic` and each group of row-wise ops over the same rows becomes the
    body of a `tile.kernel`; a `tile.launch` takes its place. Equal pieces share a kernel, across functions too.
    Weights, lengths and views stay in the graph; scalar constants and sequences are repeated inside kernels. Before
    anything moves, sizes that ops need to be equal are compared by their names, and what nobody uses is erased unless
    it writes to a cache or state.

    Requires: attn-generalize, attn-fuse; calls are inlined.
    Ensures: a function holds launches, views, weights, lengths, repeats and what ends blocks, and nothing else.

        %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x576xf32>, !nn.weight<576> -> tensor<?x576xf32>

    becomes

        tile.kernel @rms_norm {
        ^bb0(%x: tensor<?x576xf32>, %g: !nn.weight<576>):
          %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x576xf32>, !nn.weight<576> -> tensor<?x576xf32>
          tile.return %n : tensor<?x576xf32>
        }
        …
        %n = tile.launch @rms_norm(%x, %g : tensor<?x576xf32>, !nn.weight<576>) -> tensor<?x576xf32>
  }];
  let dependentDialects = ["::attn::tile::TileDialect"];
}

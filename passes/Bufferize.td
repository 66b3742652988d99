//===- Bufferize.td - turn the graph of launches from tensors to memrefs ---===//

def Bufferize : Pass<"attn-bufferize", "::mlir::ModuleOp"> {
  let summary = "turn the graph of launches from tensors to memrefs";
  let description = [{
    Function arguments and kernel arguments become memrefs of any strides. A function's results become trailing
    arguments marked `nn.result`, which keep `nn.name` and have `nn.dims`. Temporaries become `tile.alloc` with the
    sizes that `nn.dims` name. A repeat updates its carried buffers in place.

    A kernel of attention says by its attribute `attention` which arguments hold the values, the output and the sums of
    earlier values. Where the values are keys, too, or an epilogue changes the output, a kernel that no function
    launches says so, its `twin_of`: the same attention with the values in an argument of their own.

    Requires: attn-outline; each dynamic dimension of a function argument has a name in `nn.dims`.
    Ensures: no tensors but inside row-wise kernels and the result of `attn.length`.

        func.func @f(%x: tensor<?x576xf32> {nn.dims = ["N", "576"]}) -> tensor<?x576xf32> {
          %w = nn.weight "g" : !nn.weight<576>
          %y = tile.launch @rms_norm(%x, %w : …) -> tensor<?x576xf32>
          return %y : tensor<?x576xf32>
        }

    becomes

        func.func @f(%x: memref<?x576xf32, strided<[?, ?], offset: ?>> {nn.dims = ["N", "576"]},
                     %y: memref<?x576xf32, strided<[?, ?], offset: ?>> {nn.dims = ["N", "576"], nn.result}) {
          %w = nn.weight "g" : !nn.weight<576>
          tile.launch @rms_norm(%x, %w, %y : …)
          return
        }
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::attn::tile::TileDialect"];
}

//===- ExpandLayers.td - layers become the graphs that they stand for -*- tablegen -*-===//

def ExpandLayers : Pass<"attn-expand-layers", "::mlir::ModuleOp"> {
  let summary = "put the graph that each layer stands for in its place";
  let description = [{
    Each op of the layer interface builds its graph of nn and attn ops where it stands, and is gone.

    Ensures: no layer is left; what follows sees chains, linear layers, `nn.generic` and `nn.choose`.

    Before:

        %y = attn.query_modulated %q, %o, %w : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>, !nn.weight<512x64>

    After, shortened:

        %a = nn.generic ins(%q, %w : …) maps […] init 0.000000e+00 : f32 {…} -> tensor<?x?x8x64xf32>
        %y = nn.generic ins(%a, %o : …) maps […] {…} -> tensor<?x?x8x64xf32>
  }];
  let dependentDialects = ["::attn::AttnDialect", "::attn::nn::NNDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

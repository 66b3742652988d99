//===- Fuse.td - join what feeds and follows attention and linear layers ---===//

def Fuse : Pass<"attn-fuse", "::mlir::ModuleOp"> {
  let summary = "join what feeds and follows attention and linear layers";
  let description = [{
    Linear layers become `nn.contract`, and silu, add and mul that alone use their result join its epilogue; what is
    between them is not rounded any more. Then inputs of contractions get the type that `activations` asks for, written
    by their producer where contractions alone use it, by `nn.cast` or `nn.quantize` elsewhere. Residuals keep theirs.

    Requires: attn-generalize. Ensures: no nn.linear, no nn.swiglu.

        %a = nn.linear %x, %w : tensor<?x576xf32>, !nn.weight<576x576> -> tensor<?x576xf32>
        %y = nn.add %h, %a : tensor<?x576xf32>

    becomes

        %y = nn.contract %x weights(%w : !nn.weight<576x576>) extras(%h : tensor<?x576xf32>) {
        ^bb0(%acc: f32, %residual: f32):
          %0 = arith.addf %residual, %acc : f32
          nn.yield %0 : f32
        } : tensor<?x576xf32> -> tensor<?x576xf32>
  }];
  let options = [
    Option<"activations", "activations", "std::string", "\"f32\"",
           "type of the inputs of linear layers: f32, bf16, or int8 (8 bits in blocks of 32, where a layer has "
           "whole blocks)">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

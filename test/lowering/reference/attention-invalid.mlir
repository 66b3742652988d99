// RUN: attn-opt %s --attn-reference --split-input-file --verify-diagnostics
// What plain loops over pairs refuse.

tile.kernel @before_bufferisation {
^bb0(%q: tensor<2x7x4x16xf32>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{expects destinations in the reference lowering, but got tensors; run attn-bufferize first}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%q : tensor<2x7x4x16xf32>) value(%q : tensor<2x7x4x16xf32>)
      scale %scale -> tensor<2x7x4x16xf32>
  tile.return %o : tensor<2x7x4x16xf32>
}

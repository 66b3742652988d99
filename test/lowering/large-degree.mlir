// RUN: attn-opt %s --emit=artifact -o %t
// RUN: attn-opt %s --emit=artifact --lowering=reference -o %t
// Any degree is a few products: squares of squares, and of a state that has but few features, as many steps.

func.func @main(%q: tensor<?x?x2x2xf32> {nn.dims = ["B", "T", "2", "2"]}, %x: tensor<?x?x2x1xf32> {nn.dims = ["B", "T", "2", "1"]}) -> (tensor<?x?x2x2xf32>, tensor<?x?x2x1xf32>) {
  %s0 = attn.power %q, %q degree 100000001 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32>
  %s1 = attn.causal %s0
  %o = attn.none %s1, %q : tensor<?x?x2x2xf32> -> tensor<?x?x2x2xf32>
  %r0 = attn.power %x, %x degree 9223372036854775806 : tensor<?x?x2x1xf32>, tensor<?x?x2x1xf32>
  %r1 = attn.causal %r0
  %p = attn.sum %r1, %x : tensor<?x?x2x1xf32> -> tensor<?x?x2x1xf32>
  return %o, %p : tensor<?x?x2x2xf32>, tensor<?x?x2x1xf32>
}

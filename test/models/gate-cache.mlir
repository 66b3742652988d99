// RUN: attn-opt %s --set=cache=bf16 --until=generic | FileCheck %s
// Caches of keys and values take the parameter; one of gates, of width 1, is of f32 whatever they are.

// CHECK: func.func @main
// CHECK-SAME: !attn.cache<?x?x2x16xbf16>
// CHECK-SAME: !attn.cache<?x?x2x1xf32>
// CHECK: gates({{.*}} : !attn.cache<?x?x2x1xf32>)
func.func @main(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}, %g: tensor<?x?x2x1xf32> {nn.dims = ["B", "T", "2", "1"]},
                %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]},
                %gates: !attn.cache<?x?x2x1xf32> {nn.dims = ["B", "C", "2", "1"]}) -> tensor<?x?x2x16xf32> {
  %length = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %at = attn.padded start %length : tensor<?xi32>
  attn.append %k, %q at %at : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  attn.append %gates, %g at %at : !attn.cache<?x?x2x1xf32>, tensor<?x?x2x1xf32>
  %s0 = attn.retention %q, %k : tensor<?x?x2x16xf32>, !attn.cache<?x?x2x16xf32>
  %s1 = attn.causal %s0
  %s2 = attn.decay %s1 by %gates : !attn.cache<?x?x2x1xf32>
  %o = attn.none %s2, %k in %at : !attn.cache<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

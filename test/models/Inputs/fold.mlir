// A decoder's layer with power attention: the last keys stand in caches, and sums take them in when there are 8. The map of a call
// shows the keys in the caches; those in the sums are in the divisor. In @shared keys are the values, too.

!rows = tensor<?x?x4x4xf32>
!keys = tensor<?x?x2x4xf32>
!values = tensor<?x?x2x6xf32>
!key_cache = !attn.cache<?x?x2x4xf32>
!value_cache = !attn.cache<?x?x2x6xf32>
!sums = !attn.state<?x2x10x6xf32>
!key_sums = !attn.state<?x2x10x4xf32>
!sum = !attn.state<?x2x10xf32>

func.func @main(%q: !rows {nn.dims = ["B", "T", "4", "4"], nn.name = "q"}, %k: !keys {nn.dims = ["B", "T", "2", "4"], nn.name = "k"},
                %v: !values {nn.dims = ["B", "T", "2", "6"], nn.name = "v"}, %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"},
                %keys: !key_cache {nn.dims = ["B", "C", "2", "4"], nn.name = "keys"}, %values: !value_cache {nn.dims = ["B", "C", "2", "6"], nn.name = "values"},
                %U: !sums {nn.dims = ["B", "2", "10", "6"], nn.name = "U"}, %u: !sum {nn.dims = ["B", "2", "10"], nn.name = "u"})
    -> (tensor<?x?x4x6xf32> {nn.dims = ["B", "T", "4", "6"], nn.name = "o"}) {
  %start = attn.length %keys : !key_cache -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  attn.append %keys, %k at %at : !key_cache, !keys
  attn.append %values, %v at %at : !value_cache, !values
  %s0 = attn.power %q, %keys degree 2 : !rows, !key_cache
  %s1 = attn.causal %s0
  %o = attn.sum %s1, %values state(%U, %u : !sums, !sum) switch_over 8 in %at : !value_cache -> tensor<?x?x4x6xf32>
  return %o : tensor<?x?x4x6xf32>
}

func.func @shared(%q: !rows {nn.dims = ["B", "T", "4", "4"], nn.name = "q"}, %k: !keys {nn.dims = ["B", "T", "2", "4"], nn.name = "k"},
                  %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"}, %keys: !key_cache {nn.dims = ["B", "C", "2", "4"], nn.name = "keys"},
                  %K: !key_sums {nn.dims = ["B", "2", "10", "4"], nn.name = "K"}, %u: !sum {nn.dims = ["B", "2", "10"], nn.name = "u"})
    -> (tensor<?x?x4x4xf32> {nn.dims = ["B", "T", "4", "4"], nn.name = "o"}) {
  %start = attn.length %keys : !key_cache -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  attn.append %keys, %k at %at : !key_cache, !keys
  %s0 = attn.power %q, %keys degree 2 : !rows, !key_cache
  %s1 = attn.causal %s0
  %o = attn.sum %s1, %keys state(%K, %u : !key_sums, !sum) switch_over 8 in %at : !key_cache -> tensor<?x?x4x4xf32>
  return %o : tensor<?x?x4x4xf32>
}

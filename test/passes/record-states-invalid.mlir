// RUN: attn-opt %s --attn-record-states --split-input-file --verify-diagnostics

func.func @grows_by_nothing_known(%x: tensor<?x?x3x64xf32>, %start: tensor<?xi32>, %k: !attn.cache<?x?x3x64xbf16>) {
  %seq = attn.padded start %start : tensor<?xi32>
  // expected-error @below {{expects the query lengths of its sequences to be an argument of the function, by which the cache grows; write attn.padded queries(%lengths : tensor<?xi32>)}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

func.func @lengths_without_a_name(%x: tensor<?x?x3x64xf32>, %lengths: tensor<?xi32>, %start: tensor<?xi32>, %k: !attn.cache<?x?x3x64xbf16>) {
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // expected-error @below {{expects `nn.name` on argument 1, which holds the query lengths}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

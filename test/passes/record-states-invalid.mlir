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
  // expected-error @below {{expects `nn.name` on argument 1, by which the cache grows}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

func.func @offsets_from_nowhere(%x: tensor<?x3x64xf32>, %k: !attn.cache<?x?x3x64xbf16>, %other: !attn.cache<?x?x3x64xbf16>) {
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %offsets = attn.length %other : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @below {{expects the query offsets of its sequences to be an argument of the function, by which the cache grows}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

// -----

func.func @lengths_here_and_offsets_there(%x: tensor<?x?x3x64xf32>, %y: tensor<?x3x64xf32>, %l: tensor<?xi32> {nn.name = "l"},
                                          %k: !attn.cache<?x?x3x64xbf16>) {
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %padded = attn.padded queries(%l : tensor<?xi32>) start %start : tensor<?xi32>
  attn.append %k, %x at %padded : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  %packed = attn.packed %l : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @below {{grows a cache by the offsets 'l', but another op grows it by the lengths 'l'}}
  attn.append %k, %y at %packed : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

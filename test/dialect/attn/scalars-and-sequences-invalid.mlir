// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Constraints of attn.load, attn.padded, attn.packed and attn.append, by their labels.

// attn.load (C1)
func.func @an_index_too_few(%t: tensor<4x5xf32>, %i: i32) {
  // expected-error @+1 {{expects an index for each dimension of 'tensor<4x5xf32>', but got 1}}
  %x = attn.load %t[%i] : tensor<4x5xf32> -> f32
  return
}

// -----

// attn.load (C1)
func.func @an_element_of_another_type(%t: tensor<4xbf16>, %i: i32) {
  // expected-error @+1 {{expects a result of 'f32' from 'tensor<4xbf16>', but got 'i32'}}
  %x = attn.load %t[%i] : tensor<4xbf16> -> i32
  return
}

// -----

// attn.padded (C1)
func.func @lengths_by_row(%l: tensor<2x3xi32>) {
  // expected-error @+1 {{expects query lengths of rank 1, one for each sequence, but got 'tensor<2x3xi32>'}}
  %s = attn.padded queries(%l : tensor<2x3xi32>)
  return
}

// -----

// attn.packed (C1)
func.func @offsets_by_row(%l: tensor<2x3xi32>) {
  // expected-error @+2 {{expects query offsets of rank 1, one for each sequence, but got 'tensor<2x3xi32>'}}
  // expected-error @+1 {{expects key offsets of rank 1, one for each sequence, but got 'tensor<2x3xi32>'}}
  %s = attn.packed %l, %l : tensor<2x3xi32>, tensor<2x3xi32> start top_left
  return
}

// -----

// attn.packed (C2)
func.func @no_start(%l: tensor<3xi32>) {
  // expected-error @+1 {{expects a start; write `start top_left`, `start bottom_right` or `start %value`}}
  %s = attn.packed %l, %l : tensor<3xi32>, tensor<3xi32>
  return
}

// -----

// attn.append (C1)
func.func @rows_of_other_heads(%c: !attn.cache<?x?x3x64xbf16>, %r: tensor<?x?x9x64xf32>, %l: tensor<?xi32>) {
  %s = attn.padded start %l : tensor<?xi32>
  // expected-error @+1 {{expects rows of the cache's heads and width, but got 'tensor<?x?x9x64xf32>' for '!attn.cache<?x?x3x64xbf16>'}}
  attn.append %c, %r at %s : !attn.cache<?x?x3x64xbf16>, tensor<?x?x9x64xf32>
  return
}

// -----

// attn.append (C2)
func.func @append_without_a_start(%c: !attn.cache<?x?x3x64xbf16>, %r: tensor<?x?x3x64xf32>, %l: tensor<?xi32>) {
  %s = attn.padded queries(%l : tensor<?xi32>)
  // expected-error @+1 {{expects sequences with a start by value, the length before the append}}
  attn.append %c, %r at %s : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

// attn.packed (C3)
func.func @no_key_offsets_and_no_start_by_value(%l: tensor<3xi32>) {
  // expected-error @+1 {{expects key offsets, or a start by value from which the keys of a cache follow, but got `start bottom_right` alone}}
  %s = attn.packed %l : tensor<3xi32> start bottom_right
  return
}

// -----

// attn.append (C1)
func.func @a_cache_without_sequences(%c: !attn.cache<?x3x64xbf16>, %r: tensor<?x3x64xf32>, %o: tensor<?xi32>, %l: tensor<?xi32>) {
  %s = attn.packed %o : tensor<?xi32> start %l : tensor<?xi32>
  // expected-error @+1 {{expects a cache of (sequence, position, head, width), but got '!attn.cache<?x3x64xbf16>'}}
  attn.append %c, %r at %s : !attn.cache<?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

// -----

// attn.append (C3)
func.func @padded_rows_at_packed_sequences(%c: !attn.cache<?x?x3x64xbf16>, %r: tensor<?x?x3x64xf32>, %o: tensor<?xi32>, %l: tensor<?xi32>) {
  %s = attn.packed %o : tensor<?xi32> start %l : tensor<?xi32>
  // expected-error @+1 {{expects rows of (row, head, width) at attn.packed, but got 'tensor<?x?x3x64xf32>'}}
  attn.append %c, %r at %s : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

// attn.append (C3)
func.func @packed_rows_at_padded_sequences(%c: !attn.cache<?x?x3x64xbf16>, %r: tensor<?x3x64xf32>, %l: tensor<?xi32>) {
  %s = attn.padded start %l : tensor<?xi32>
  // expected-error @+1 {{expects rows of (sequence, position, head, width) at attn.padded, but got 'tensor<?x3x64xf32>'}}
  attn.append %c, %r at %s : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

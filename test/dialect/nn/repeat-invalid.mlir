// RUN: attn-opt %s --split-input-file --verify-diagnostics
//
// What nn.repeat refuses.

// (C1)
func.func @body_without_the_carried_value(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects a body with 1 arguments, carried values then slices, but it has 0}}
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x64xf32>) {
    nn.yield %x : tensor<?x64xf32>
  } -> tensor<?x64xf32>
  return
}

// -----

// (C1)
func.func @slice_with_the_leading_dimension(%k: !attn.cache<2x?x?x2x16xf32>) {
  // expected-error @+1 {{expects argument 0 of its body to be}}
  nn.repeat 2 "layer" slice(%k : !attn.cache<2x?x?x2x16xf32>) {
  ^bb0(%kl: !attn.cache<2x?x?x2x16xf32>):
    nn.yield
  }
  return
}

// -----

// (C2)
func.func @cache_of_another_depth(%k: !attn.cache<3x?x?x2x16xf32>) {
  // expected-error @+1 {{expects to slice caches and states with a leading dimension of 2}}
  nn.repeat 2 "layer" slice(%k : !attn.cache<3x?x?x2x16xf32>) {
  ^bb0(%kl: !attn.cache<?x?x2x16xf32>):
    nn.yield
  }
  return
}

// -----

// (C2)
func.func @no_rounds() {
  // expected-error @+1 {{expects a positive count, but got 0}}
  nn.repeat 0 "layer" {
    nn.yield
  }
  return
}

// -----

// (C3)
func.func @yield_of_another_type(%x: tensor<?x64xf32>, %z: tensor<?x32xf32>) {
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x64xf32>) {
  ^bb0(%h: tensor<?x64xf32>):
    // expected-error @+1 {{expects values of ('tensor<?x64xf32>'), those of the carried types, but got ('tensor<?x32xf32>'); give these}}
    nn.yield %z : tensor<?x32xf32>
  } -> tensor<?x64xf32>
  return
}

// -----

// (C3)
func.func @memref_that_is_yielded(%x: memref<?x64xf32>) {
  nn.repeat 2 "layer" carry(%x : memref<?x64xf32>) {
  ^bb0(%h: memref<?x64xf32>):
    // expected-error @+1 {{expects values of (), none, because carried memrefs are updated in place, but got ('memref<?x64xf32>'); give these}}
    nn.yield %h : memref<?x64xf32>
  }
  return
}

// -----

// (C4)
func.func @repeat_in_a_repeat() {
  nn.repeat 2 "layer" {
    // expected-error @+1 {{cannot stand inside another nn.repeat}}
    nn.repeat 2 "block" {
      nn.yield
    }
    nn.yield
  }
  return
}

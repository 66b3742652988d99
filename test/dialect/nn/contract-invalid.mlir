// RUN: attn-opt %s --split-input-file --verify-diagnostics
//
// What nn.contract refuses.

// (C1)
func.func @weights_of_different_shapes(%x: tensor<?x64xf32>, %a: !nn.weight<96x64>, %b: !nn.weight<64x64>) {
  // expected-error @+1 {{expects all weights to be (out, in) alike, but got '!nn.weight<96x64>' and '!nn.weight<64x64>'}}
  %y = nn.contract %x weights(%a, %b : !nn.weight<96x64>, !nn.weight<64x64>) {
  ^bb0(%p: f32, %q: f32):
    nn.yield %p : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

// (C1)
func.func @quantised_input_of_another_width(%x: tensor<?x3x40xi8>, %a: !nn.weight<96x64>) {
  // expected-error @+1 {{expects an input of 64 features, or of 2x40xi8 quantised, but got 'tensor<?x3x40xi8>'}}
  %y = nn.contract %x weights(%a : !nn.weight<96x64>) {
  ^bb0(%p: f32):
    nn.yield %p : f32
  } : tensor<?x3x40xi8> -> tensor<?x96xf32>
  return
}

// -----

// (C1)
func.func @residual_of_another_width(%x: tensor<?x64xf32>, %a: !nn.weight<96x64>, %r: tensor<?x64xf32>) {
  // expected-error @+1 {{expects result and extras to have the input's rows and 96 features, but got 'tensor<?x64xf32>'}}
  %y = nn.contract %x weights(%a : !nn.weight<96x64>) extras(%r : tensor<?x64xf32>) {
  ^bb0(%p: f32, %q: f32):
    nn.yield %p : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

// (C2)
func.func @epilogue_without_the_residual(%x: tensor<?x64xf32>, %a: !nn.weight<96x64>, %r: tensor<?x96xf32>) {
  // expected-error @+1 {{expects an epilogue on 2 scalars of f32: accumulators, extras, vectors; but it has 1 arguments}}
  %y = nn.contract %x weights(%a : !nn.weight<96x64>) extras(%r : tensor<?x96xf32>) {
  ^bb0(%p: f32):
    nn.yield %p : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

// (C2)
func.func @epilogue_with_a_tensor(%x: tensor<?x64xf32>, %a: !nn.weight<96x64>) {
  %y = nn.contract %x weights(%a : !nn.weight<96x64>) {
  ^bb0(%p: f32):
    // expected-error @+1 {{cannot stand in an epilogue, which holds only scalar ops without effects}}
    %s = nn.silu %x : tensor<?x64xf32> -> tensor<?x64xf32>
    nn.yield %p : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

func.func @result_and_destination(%x: memref<?x64xf32>, %a: !nn.weight<96x64>, %d: memref<?x96xf32>) {
  // expected-error @+1 {{expects either a result or a destination}}
  %y = nn.contract %x weights(%a : !nn.weight<96x64>) into(%d : memref<?x96xf32>) {
  ^bb0(%p: f32):
    nn.yield %p : f32
  } : memref<?x64xf32> -> tensor<?x96xf32>
  return
}

// -----

// (C2)
func.func @a_scalar_of_outside(%x: tensor<?x32xf32>, %c: f32) { // expected-note {{make a constant inside, or give what varies as an extra or a vector}}
  %w = nn.weight "w" : !nn.weight<32x32>
  // expected-error @+1 {{expects its epilogue to use only its own values, but 'nn.yield' uses one from outside}}
  %y = nn.contract %x weights(%w : !nn.weight<32x32>) {
  ^bb0(%a: f32):
    nn.yield %c : f32
  } : tensor<?x32xf32> -> tensor<?x32xf32>
  return
}

// RUN: attn-opt %s --inline | FileCheck %s
//
// Models share layers by calling private functions; calls are inlined, inside a repeat too.

// CHECK-NOT: func.func private
func.func private @block(%x: tensor<?x64xf32>, %k: !attn.cache<?x?x2x16xf32>, %lengths: tensor<?xi32>, %g: !nn.weight<64>) -> tensor<?x64xf32> {
  %start = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %y = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @call_in_a_repeat
func.func @call_in_a_repeat(%x: tensor<?x64xf32>, %k: !attn.cache<3x?x?x2x16xf32>, %lengths: tensor<?xi32>) -> tensor<?x64xf32> {
  // CHECK: nn.repeat
  %y = nn.repeat 3 "layer" carry(%x : tensor<?x64xf32>) slice(%k : !attn.cache<3x?x?x2x16xf32>) {
  ^bb0(%h: tensor<?x64xf32>, %kl: !attn.cache<?x?x2x16xf32>):
    // CHECK: %[[G:.*]] = nn.weight "blk.{layer}.norm"
    %g = nn.weight "blk.{layer}.norm" : !nn.weight<64>
    // CHECK-NOT: call
    // CHECK: nn.rms_norm %{{.*}}, %[[G]]
    %z = func.call @block(%h, %kl, %lengths, %g) : (tensor<?x64xf32>, !attn.cache<?x?x2x16xf32>, tensor<?xi32>, !nn.weight<64>) -> tensor<?x64xf32>
    nn.yield %z : tensor<?x64xf32>
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

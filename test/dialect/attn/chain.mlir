// RUN: attn-opt %s | attn-opt | FileCheck %s
// Named ops print as they are read.

attn.variant @shifted score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.addf %s, %c : f32
  attn.yield %r : f32
}

// CHECK-LABEL: func.func @a_chain_of_all_modifiers
func.func @a_chain_of_all_modifiers(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %scale: f32, %slopes: tensor<9xf32>,
                                    %w: i32, %l: i32, %r: i32, %cap: f32, %mask: tensor<?x?xi1>, %seq: !attn.sequences)
    -> tensor<?x?x9x64xf32> {
  // CHECK: %[[Q:.*]] = attn.rotary %{{.*}} at %{{.*}} interleaved base 1.000000e+05 width 32 : tensor<?x?x9x64xf32>
  %qr = attn.rotary %q at %seq interleaved base 1.0e5 width 32 : tensor<?x?x9x64xf32>
  // CHECK: %[[S0:.*]] = attn.dot_product %[[Q]], %{{.*}} scale %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s0 = attn.dot_product %qr, %k scale %scale : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: %[[S1:.*]] = attn.softcap %[[S0]] at %{{.*}}
  %s1 = attn.softcap %s0 at %cap
  // CHECK: %[[S2:.*]] = attn.alibi %[[S1]] slopes %{{.*}} : tensor<9xf32>
  %s2 = attn.alibi %s1 slopes %slopes : tensor<9xf32>
  // CHECK: %[[S3:.*]] = attn.alibi %[[S2]]{{$}}
  %s3 = attn.alibi %s2
  // CHECK: %[[S4:.*]] = attn.sliding_window %[[S3]] window %{{.*}}
  %s4 = attn.sliding_window %s3 window %w
  // CHECK: %[[S5:.*]] = attn.sliding_window %[[S4]] left %{{.*}} right %{{.*}}
  %s5 = attn.sliding_window %s4 left %l right %r
  // CHECK: %[[S6:.*]] = attn.masked %[[S5]] by %{{.*}} axes "n s" : tensor<?x?xi1>
  %s6 = attn.masked %s5 by %mask axes "n s" : tensor<?x?xi1>
  // CHECK: %[[S7:.*]] = attn.causal %[[S6]]
  %s7 = attn.causal %s6
  // CHECK: %[[S8:.*]] = attn.apply @shifted(%{{.*}}) to %[[S7]] : f32
  %s8 = attn.apply @shifted(%cap) to %s7 : f32
  // CHECK: attn.softmax %[[S8]], %{{.*}} in %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  %o, %lse = attn.softmax %s8, %k in %seq : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  return %o : tensor<?x?x9x64xf32>
}

// RUN: attn-opt %s | attn-opt | FileCheck %s
// Named ops print as they are read.

attn.variant @shifted score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.addf %s, %c : f32
  attn.yield %r : f32
}

// CHECK-LABEL: func.func @a_chain_of_all_modifiers
func.func @a_chain_of_all_modifiers(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %scale: f32, %slopes: tensor<9xf32>,
                                    %w: i32, %l: i32, %r: i32, %cap: f32, %mask: tensor<?x?xi1>, %lengths: tensor<?xi32>,
                                    %table: tensor<9x129xbf16>, %bias: tensor<9x?x?xf16>, %sinks: tensor<9xf32>, %seq: !attn.sequences)
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
  // CHECK: %[[S9:.*]] = attn.local %[[S8]] window %{{.*}}
  %s9 = attn.local %s8 window %w
  // CHECK: %[[S10:.*]] = attn.dilated %[[S9]] by %{{.*}}
  %s10 = attn.dilated %s9 by %l
  // CHECK: %[[S11:.*]] = attn.block %[[S10]] of %{{.*}}
  %s11 = attn.block %s10 of %r
  // CHECK: %[[S12:.*]] = attn.prefix %[[S11]] lengths %{{.*}} : tensor<?xi32>
  %s12 = attn.prefix %s11 lengths %lengths : tensor<?xi32>
  // CHECK: %[[S13:.*]] = attn.global_local %[[S12]] window %{{.*}} queries %{{.*}} keys %{{.*}} : tensor<?x?xi1>, tensor<?x?xi1>
  %s13 = attn.global_local %s12 window %w queries %mask keys %mask : tensor<?x?xi1>, tensor<?x?xi1>
  // CHECK: %[[S14:.*]] = attn.relative_bias %[[S13]] from %{{.*}} : tensor<9x129xbf16>
  %s14 = attn.relative_bias %s13 from %table : tensor<9x129xbf16>
  // CHECK: %[[S15:.*]] = attn.biased %[[S14]] by %{{.*}} axes "h t s" : tensor<9x?x?xf16>
  %s15 = attn.biased %s14 by %bias axes "h t s" : tensor<9x?x?xf16>
  // CHECK: %[[S16:.*]] = attn.clamp %[[S15]] at %{{.*}}
  %s16 = attn.clamp %s15 at %cap
  // CHECK: %[[S17:.*]] = attn.sink %[[S16]] by %{{.*}} : tensor<9xf32>
  %s17 = attn.sink %s16 by %sinks : tensor<9xf32>
  // CHECK: attn.softmax %[[S17]], %{{.*}} in %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  %o, %lse = attn.softmax %s17, %k in %seq : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  return %o : tensor<?x?x9x64xf32>
}

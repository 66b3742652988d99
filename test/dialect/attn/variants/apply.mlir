// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.apply prints as it is read.

attn.variant @shifted score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.addf %s, %c : f32
  attn.yield %r : f32
}

attn.variant @others mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
  %r = arith.cmpi ne, %i, %j : i32
  attn.yield %r : i1
}

// CHECK-LABEL: func.func @with_a_parameter(
func.func @with_a_parameter(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %c: f32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.apply @shifted(%{{.*}}) to %[[S]] : f32
  %s1 = attn.apply @shifted(%c) to %s : f32
  return
}

// CHECK-LABEL: func.func @without_parameters(
func.func @without_parameters(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.apply @others() to %[[S]]{{$}}
  %s1 = attn.apply @others() to %s
  return
}

attn.variant @t5_bias score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %table: tensor<?x?xf32>):
  %bias = attn.load %table[%j, %h] : tensor<?x?xf32> -> f32
  %r = arith.addf %s, %bias : f32
  attn.yield %r : f32
}

// A parameter of any size takes written sizes, floats of 16 bits and weights.
// CHECK-LABEL: func.func @other_tables(
func.func @other_tables(%q: tensor<?x?x12x64xf32>, %k: tensor<?x?x3x64xf32>, %written: tensor<32x12xf32>, %half: tensor<?x12xbf16>) {
  %table = nn.weight "relative_attention_bias.weight" : !nn.weight<32x12>
  %s0 = attn.dot_product %q, %k : tensor<?x?x12x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.apply @t5_bias(%{{.*}}) to %{{.*}} : tensor<32x12xf32>
  %s2 = attn.apply @t5_bias(%written) to %s0 : tensor<32x12xf32>
  // CHECK: attn.apply @t5_bias(%{{.*}}) to %{{.*}} : tensor<?x12xbf16>
  %s3 = attn.apply @t5_bias(%half) to %s2 : tensor<?x12xbf16>
  // CHECK: attn.apply @t5_bias(%{{.*}}) to %{{.*}} : !nn.weight<32x12>
  %s1 = attn.apply @t5_bias(%table) to %s0 : !nn.weight<32x12>
  return
}

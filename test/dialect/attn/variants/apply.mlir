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

// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.softmax prints as it is read.

// CHECK-LABEL: func.func @output_alone(
func.func @output_alone(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.softmax %[[S]], %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>{{$}}
  %o = attn.softmax %s, %k : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @log_sum_exp_of_sequences(
func.func @log_sum_exp_of_sequences(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %seq: !attn.sequences) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.softmax %[[S]], %{{.*}} in %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  %o, %lse = attn.softmax %s, %k in %seq : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32> lse tensor<?x?x9xf32>
  return
}

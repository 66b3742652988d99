// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.block prints as it is read.

// CHECK-LABEL: func.func @of_a_run_time_size(
func.func @of_a_run_time_size(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %size: i32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.block %[[S]] of %{{.*}}{{$}}
  %s1 = attn.block %s of %size
  return
}

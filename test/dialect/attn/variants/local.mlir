// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.local prints as it is read.

// CHECK-LABEL: func.func @by_width(
func.func @by_width(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %window: i32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.local %[[S]] window %{{.*}}{{$}}
  %s1 = attn.local %s window %window
  return
}

// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.sliding_window prints as it is read.

// CHECK-LABEL: func.func @by_width(
func.func @by_width(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %w: i32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.sliding_window %[[S]] window %{{.*}}
  %s1 = attn.sliding_window %s window %w
  return
}

// CHECK-LABEL: func.func @by_reaches(
func.func @by_reaches(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %l: i32, %r: i32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.sliding_window %[[S]] left %{{.*}} right %{{.*}}
  %s1 = attn.sliding_window %s left %l right %r
  return
}

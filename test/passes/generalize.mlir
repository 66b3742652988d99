// RUN: attn-opt %s --attn-generalize | FileCheck %s
// Chains of named ops become one attn.generic; what each variant adds.

// CHECK-LABEL: func.func @causal_self_attention
func.func @causal_self_attention(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"]},
                                 %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"]},
                                 %v: tensor<?x?x3x64xbf16>) -> tensor<?x?x9x64xbf16> {
  // CHECK-NOT: attn.dot_product
  // CHECK: %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
  // CHECK: attn.generic exp sum queries(%{{.*}}) keys(%{{.*}}) value(%{{.*}}) scale %[[SCALE]] mask {
  // CHECK-NEXT: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
  // CHECK-NEXT: %[[ADMITTED:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
  // CHECK-NEXT: attn.yield %[[ADMITTED]] : i1
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}

// CHECK-LABEL: func.func @given_scale_without_regions
func.func @given_scale_without_regions(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x4x16xf32>, %scale: f32)
    -> (tensor<2x7x4x16xf32>, tensor<2x7x4xf32>) {
  // CHECK-NEXT: attn.generic {{.*}} scale %{{.*}} -> tensor<2x7x4x16xf32> lse tensor<2x7x4xf32>
  %s = attn.dot_product %q, %k scale %scale : tensor<2x7x4x16xf32>, tensor<2x5x4x16xf32>
  %o, %lse = attn.softmax %s, %k : tensor<2x5x4x16xf32> -> tensor<2x7x4x16xf32> lse tensor<2x7x4xf32>
  return %o, %lse : tensor<2x7x4x16xf32>, tensor<2x7x4xf32>
}

// CHECK-LABEL: func.func @constants_need_no_capture
func.func @constants_need_no_capture(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %left = arith.constant 3 : i32
  %right = arith.constant 1 : i32
  %cap = arith.constant 5.000000e+01 : f32
  // CHECK: attn.generic
  // CHECK-NOT: captures
  // CHECK-SAME: score {
  // CHECK-NEXT: ^bb0(%[[S:.*]]: f32, {{.*}}):
  // CHECK-NEXT: %[[CAP:.*]] = arith.constant 5.000000e+01 : f32
  // CHECK-NEXT: %[[RATIO:.*]] = arith.divf %[[S]], %[[CAP]]
  // CHECK-NEXT: %[[TANH:.*]] = math.tanh %[[RATIO]]
  // CHECK-NEXT: %[[BOUNDED:.*]] = arith.mulf %[[CAP]], %[[TANH]]
  // CHECK-NEXT: attn.yield %[[BOUNDED]] : f32
  // CHECK: mask {
  // CHECK-NEXT: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
  // CHECK-DAG: %[[LEFT:.*]] = arith.constant 3 : i32
  // CHECK-DAG: %[[RIGHT:.*]] = arith.constant 1 : i32
  // CHECK-DAG: %[[FIRST:.*]] = arith.subi %[[I]], %[[LEFT]]
  // CHECK-DAG: %[[LAST:.*]] = arith.addi %[[I]], %[[RIGHT]]
  // CHECK-DAG: arith.cmpi sge, %[[J]], %[[FIRST]]
  // CHECK-DAG: arith.cmpi sle, %[[J]], %[[LAST]]
  %s0 = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.softcap %s0 at %cap
  %s2 = attn.sliding_window %s1 left %left right %right
  %o = attn.softmax %s2, %k : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// CHECK-LABEL: func.func @slopes_of_nine_heads
func.func @slopes_of_nine_heads(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>) -> tensor<2x7x9x16xf32> {
  // 2^−1 … 2^−8 for the first eight heads, 2^−0.5 for the ninth.
  // CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: i32, %[[H:.*]]: i32, %{{.*}}: i32, %{{.*}}: i32):
  // CHECK: %[[EIGHT:.*]] = arith.constant 8 : i32
  // CHECK: %[[FIRST:.*]] = arith.cmpi slt, %[[H]], %[[EIGHT]]
  // CHECK: %[[EXPONENT:.*]] = arith.select %[[FIRST]]
  // CHECK: math.exp2 %[[EXPONENT]]
  %s0 = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  %s1 = attn.alibi %s0
  %o = attn.softmax %s1, %k : tensor<2x7x9x16xf32> -> tensor<2x7x9x16xf32>
  return %o : tensor<2x7x9x16xf32>
}

// CHECK-LABEL: func.func @a_mask_by_rows_needs_no_position
func.func @a_mask_by_rows_needs_no_position(%q: tensor<?x?x4x16xf32>, %k: tensor<?x?x4x16xf32>, %mask: tensor<?x4x?x?xi1>)
    -> tensor<?x?x4x16xf32> {
  // CHECK: captures(%{{.*}} : tensor<?x4x?x?xi1>) mask {
  // CHECK-NEXT: ^bb0(%[[N:.*]]: i32, %[[H:.*]]: i32, %[[I:.*]]: i32, %[[J:.*]]: i32, %[[MASK:.*]]: tensor<?x4x?x?xi1>):
  // CHECK-NEXT: %[[ROW:.*]] = attn.row %[[N]], %[[I]]
  // CHECK-NEXT: attn.load %[[MASK]][%[[N]], %[[H]], %[[ROW]], %[[J]]]
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32>
  %s1 = attn.masked %s0 by %mask axes "n h t s" : tensor<?x4x?x?xi1>
  %o = attn.softmax %s1, %k : tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// CHECK-LABEL: func.func @scores_of_two_closing_ops
func.func @scores_of_two_closing_ops(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %v: tensor<2x7x4x8xf32>)
    -> (tensor<2x7x4x16xf32>, tensor<2x7x4x8xf32>) {
  // CHECK-COUNT-2: attn.generic
  // CHECK-NOT: attn.causal
  %s0 = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  %a = attn.softmax %s1, %k : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  %b = attn.softmax %s1, %v : tensor<2x7x4x8xf32> -> tensor<2x7x4x8xf32>
  return %a, %b : tensor<2x7x4x16xf32>, tensor<2x7x4x8xf32>
}

// CHECK-LABEL: func.func @lengths_named_before_rotation
func.func @lengths_named_before_rotation(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]},
                                         %k: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}) -> tensor<?x?x4x16xf32> {
  // CHECK: attn.generic
  %qr = attn.rotary %q halves base 1.0e4 : tensor<?x?x4x16xf32>
  %kr = attn.rotary %k halves base 1.0e4 : tensor<?x?x4x16xf32>
  %s0 = attn.dot_product %qr, %kr : tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %k : tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

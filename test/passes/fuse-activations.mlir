// RUN: attn-opt %s --attn-fuse=activations=bf16 | FileCheck %s --check-prefix=BF16
// RUN: attn-opt %s --attn-fuse=activations=int8 | FileCheck %s --check-prefix=INT8
// RUN: attn-opt %s --attn-fuse=activations=int8 --remarks-filter="attn-fuse" 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: not attn-opt %s --attn-fuse=activations=f64 2>&1 | FileCheck %s --check-prefix=REFUSED
//
// The inputs of contractions get the type of the policy; everything else keeps its own.

// REMARK: its input stays f32: 48 features are no whole blocks of 32
// REFUSED: expects activations to be f32, bf16 or int8, but got 'f64'

// One conversion for all layers that read the value.
// BF16-LABEL: func.func @norm_that_feeds_two_layers
// INT8-LABEL: func.func @norm_that_feeds_two_layers
func.func @norm_that_feeds_two_layers(%x: tensor<?x64xf32>, %g: !nn.weight<64>, %w: !nn.weight<64x64>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  // BF16: %[[N:.*]] = nn.rms_norm
  // BF16-NEXT: %[[C:.*]] = nn.cast %[[N]] : tensor<?x64xf32> -> tensor<?x64xbf16>
  // BF16-NEXT: nn.contract %[[C]]
  // BF16: nn.contract %[[C]]
  // INT8: %[[N:.*]] = nn.rms_norm
  // INT8-NEXT: %[[Q:.*]] = nn.quantize %[[N]] : tensor<?x64xf32> -> tensor<?x2x40xi8>
  // INT8-NEXT: nn.contract %[[Q]]
  // INT8: nn.contract %[[Q]]
  %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  %a = nn.linear %n, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  %b = nn.linear %n, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  return %a, %b : tensor<?x64xf32>, tensor<?x64xf32>
}

// A contraction that feeds contractions only writes bf16 itself; one that is returned too is converted.
// BF16-LABEL: func.func @layer_after_layer
// INT8-LABEL: func.func @layer_after_layer
func.func @layer_after_layer(%x: tensor<?x64xbf16>, %u: !nn.weight<96x64>, %d: !nn.weight<64x96>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  // BF16: %[[A:.*]] = nn.contract %arg0
  // BF16: tensor<?x64xbf16> -> tensor<?x96xbf16>
  // BF16: %[[B:.*]] = nn.contract %[[A]]
  // BF16: tensor<?x96xbf16> -> tensor<?x64xf32>
  // BF16: nn.cast %[[B]]
  // INT8: %[[A:.*]] = nn.contract %arg0
  // INT8: nn.quantize %[[A]] : tensor<?x96xf32> -> tensor<?x3x40xi8>
  %a = nn.linear %x, %u : tensor<?x64xbf16>, !nn.weight<96x64> -> tensor<?x96xf32>
  %b = nn.linear %a, %d : tensor<?x96xf32>, !nn.weight<64x96> -> tensor<?x64xf32>
  %w = nn.weight "w" : !nn.weight<64x64>
  %c = nn.linear %b, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  return %b, %c : tensor<?x64xf32>, tensor<?x64xf32>
}

// Attention writes bf16 itself, through the view of its heads.
// BF16-LABEL: func.func @layer_after_attention
func.func @layer_after_attention(%q: tensor<?x?x4x16xf32>, %w: !nn.weight<64x64>) -> tensor<?x?x64xf32> {
  %scale = arith.constant 0.25 : f32
  // BF16: attn.generic {{.*}} -> tensor<?x?x4x16xbf16>
  %o = attn.generic exp sum queries(%q : tensor<?x?x4x16xf32>) keys(%q : tensor<?x?x4x16xf32>) value(%q : tensor<?x?x4x16xf32>)
       scale %scale -> tensor<?x?x4x16xf32>
  // BF16: nn.merge_heads %{{.*}} : tensor<?x?x4x16xbf16> -> tensor<?x?x64xbf16>
  %m = nn.merge_heads %o : tensor<?x?x4x16xf32> -> tensor<?x?x64xf32>
  %y = nn.linear %m, %w : tensor<?x?x64xf32>, !nn.weight<64x64> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// Rows without whole blocks stay as they are.
// INT8-LABEL: func.func @width_that_is_no_multiple_of_a_block
func.func @width_that_is_no_multiple_of_a_block(%x: tensor<?x48xf32>, %w: !nn.weight<64x48>) -> tensor<?x64xf32> {
  // INT8-NOT: nn.quantize
  // INT8: nn.contract %arg0
  %y = nn.linear %x, %w : tensor<?x48xf32>, !nn.weight<64x48> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// Attention writes nothing but its output in another type: a log-sum-exp is f32, and converted behind it.
// BF16-LABEL: func.func @layer_on_a_log_sum_exp
func.func @layer_on_a_log_sum_exp(%q: tensor<?x?x4x16xf32>, %w: !nn.weight<8x4>) -> (tensor<?x?x4x16xf32>, tensor<?x?x8xf32>) {
  %scale = arith.constant 0.25 : f32
  // BF16: %{{.*}}, %[[LSE:.*]] = attn.generic {{.*}} -> tensor<?x?x4x16xf32> lse tensor<?x?x4xf32>
  // BF16: %[[C:.*]] = nn.cast %[[LSE]] : tensor<?x?x4xf32> -> tensor<?x?x4xbf16>
  // BF16: nn.contract %[[C]]
  %o, %l = attn.generic exp sum queries(%q : tensor<?x?x4x16xf32>) keys(%q : tensor<?x?x4x16xf32>) value(%q : tensor<?x?x4x16xf32>)
       scale %scale -> tensor<?x?x4x16xf32> lse tensor<?x?x4xf32>
  %y = nn.linear %l, %w : tensor<?x?x4xf32>, !nn.weight<8x4> -> tensor<?x?x8xf32>
  return %o, %y : tensor<?x?x4x16xf32>, tensor<?x?x8xf32>
}

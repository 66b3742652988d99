// RUN: not attn-opt %s --emit=artifact -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
// Of a dimension that nothing gives a size there is no buffer.

func.func @size_that_no_input_has() -> tensor<?x4xf32> {
  %w = nn.weight "w" : !nn.weight<32x4>
  // CHECK: :[[#@LINE+1]]:{{.*}}: error: 'nn.generic' op expects an input whose size loop 0 runs over, which is dynamic, but got none; write the size of that dimension in the result's type
  %y = nn.generic ins(%w : !nn.weight<32x4>) maps [affine_map<(b, h) -> (b, h)>] {
  ^bb0(%x: f32, %b: i32, %h: i32):
    nn.yield %x : f32
  } -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// RUN: not attn-opt %s --emit=artifact --target=cpu -o %t 2>&1 | FileCheck %s --implicit-check-not=error:

// All that no kernel can compute is said at once, with the region it is in; a variant that is applied twice counts once.

!data = tensor<?x?x2x16xf32>
attn.variant @scores score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  %round = math.round %s : f32
  %wide = arith.extf %round : f32 to f64
  // CHECK: region-functions-invalid.mlir:[[#@LINE+1]]:{{.*}}: error: 'math.sin' op in the score region has no code on the CPU for 'f64': a kernel calls no library; compute it on f32, on which every function of arith and math has code
  %sine = math.sin %wide : f64
  %r = arith.truncf %sine : f64 to f32
  attn.yield %r : f32
} factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
  %x = arith.sitofp %j : i32 to f64
  // CHECK: region-functions-invalid.mlir:[[#@LINE+1]]:{{.*}}: error: 'arith.remf' op in the factor region has no code on the CPU for 'f64'
  %rest = arith.remf %x, %x : f64
  %r = arith.truncf %rest : f64 to f32
  attn.yield %r : f32
}
attn.variant @mapped features {
^bb0(%x: f32):
  %half = arith.truncf %x : f32 to f16
  // CHECK: region-functions-invalid.mlir:[[#@LINE+1]]:{{.*}}: error: 'math.log10' op in the features region has no code on the CPU for 'f16'
  %logarithm = math.log10 %half : f16
  %r = arith.extf %logarithm : f16 to f32
  attn.yield %r : f32
}
func.func @main(%q: !data {nn.dims = ["B", "T", "2", "16"]}, %k: !data {nn.dims = ["B", "T", "2", "16"]},
                %v: !data {nn.dims = ["B", "T", "2", "16"]}) -> (!data, !data, !data) {
  %s0 = attn.dot_product %q, %k : !data, !data
  %s1 = attn.apply @scores() to %s0
  %o = attn.softmax %s1, %v : !data -> !data
  %s2 = attn.dot_product %k, %q : !data, !data
  %s3 = attn.apply @scores() to %s2
  %p = attn.softmax %s3, %v : !data -> !data
  %s4 = attn.linear %q, %k : !data, !data
  %s5 = attn.apply @mapped() to %s4
  %u = attn.sum %s5, %v : !data -> !data
  return %o, %p, %u : !data, !data, !data
}

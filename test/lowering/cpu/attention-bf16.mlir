// RUN: attn-opt %s --attn-tile --attn-cpu-attention=target=cpu:avx512_bf16 --canonicalize | FileCheck %s
// RUN: not attn-opt %s --attn-tile --attn-cpu-attention=target=cpu:avx512f 2>&1 | FileCheck %s --check-prefix=PLAIN

// Data and weights of bf16 are multiplied in pairs: features in the scores, keys in the output.

// PLAIN: error: 'tile.normalize' op expects weights of f32, or of bf16 with values of bf16 on a CPU with avx512_bf16, but got 'bf16'

// CHECK-LABEL: tile.kernel @causal
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK: x86vector.avx512.cvt.packed.f32_to_bf16 {{.*}} : vector<16xf32> -> vector<16xbf16>
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK: tile.return
tile.kernel @causal access ["read", "read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill", weights = bf16> {
^bb0(%q: memref<?x?x6x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xbf16, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x6x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

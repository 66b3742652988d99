// RUN: attn-opt %s --attn-plan=target=cpu:avx512f | FileCheck %s
// RUN: attn-opt %s --attn-plan=target=cpu:avx512_bf16 | FileCheck %s
// RUN: sed s/6x64xf32/6x64xbf16/g %s | attn-opt --attn-plan=target=cpu:avx512_bf16 | FileCheck %s --check-prefix=BF16

// One sweep becomes three implementations, told apart by the number of rows: positions × heads of a group. Weights are
// rounded to bf16 where queries are bf16, too, and the machine multiplies it.

// BF16: tile.kernel @causal_decode
// BF16-SAME: plan <rows = 4, keys = 64, form = "decode", weights = bf16>
// BF16: tile.kernel @causal_small
// BF16-SAME: plan <rows = 16, keys = 64, form = "prefill", weights = bf16>
// BF16: tile.kernel @causal_prefill
// BF16-SAME: plan <rows = 64, keys = 64, form = "prefill", weights = bf16>

// CHECK: tile.kernel @causal_decode implements "causal" when "dim(0,1) * 3 <= 4"
// CHECK-SAME: plan <rows = 4, keys = 64, form = "decode">
// CHECK: tile.kernel @causal_small implements "causal" when "dim(0,1) * 3 <= 16"
// CHECK-SAME: plan <rows = 16, keys = 64, form = "prefill">
// CHECK: tile.kernel @causal_prefill implements "causal" access
// CHECK-SAME: plan <rows = 64, keys = 64, form = "prefill">
// CHECK-NOT: tile.kernel
tile.kernel @causal access ["read", "read", "read", "read", "read", "write"] {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

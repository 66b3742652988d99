// RUN: attn-opt %s --attn-plan=target=cpu:avx2 --verify-diagnostics

// What the fused kernels do not carry is an error that names the slot.

tile.kernel @epilogue access ["read", "read", "read", "read", "read", "write"] {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  // expected-error @+1 {{'attn.generic' op has an `epilogue` region, which the fused CPU kernels do not carry; lower it with --lowering=reference}}
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } epilogue {
  ^bb0(%x: f32, %n: i32, %h: i32, %i: i32, %e: i32, %c: i32):
    attn.yield %x : f32
  }
  tile.return
}

// RUN: attn-opt %s --attn-tile --remarks-filter="attn.*" 2>&1 >/dev/null | FileCheck %s

// The op that stops the analysis is named.

// CHECK: the mask is evaluated for every pair of a range: 'arith.cmpi' is no comparison of j
tile.kernel @bits access ["read", "read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %bit = arith.xori %j, %c : i32
    %admits = arith.cmpi sle, %bit, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

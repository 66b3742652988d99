// RUN: attn-opt %s --attn-plan=target=cpu:avx2 --split-input-file --verify-diagnostics
// Forms that are asked for where there are none.

tile.kernel @a_form_beside_a_score access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{has a score region, beside which there is no state over keys; leave it out, or ask for no state or form}}
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %s : f32
  } mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "chunked"}
  tile.return
}

// -----

tile.kernel @a_form_behind_a_window access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{has a mask that is not j <= i, a condition on keys alone, or both, beside which there is no state over keys; leave out the mask, or ask for no state or form}}
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi slt, %j, %i : i32
    attn.yield %admits : i1
  } {form = "recurrent"}
  tile.return
}

// -----

tile.kernel @gibibytes access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x256xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x256xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{has a state of 183181376 features a key head, 11879 MiB, but kernels carry at most 2048 MiB; take a lower degree or a narrower head}}
  attn.generic linear sum queries(%q : memref<?x?x4x256xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x256xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 4 into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "chunked"}
  tile.return
}

// -----

tile.kernel @a_loop_for_each_of_nine access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x1xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x1xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{has weights of degree 9, but states are of degree 8 at most; take a lower degree, or ask for no state or form}}
  attn.generic linear none queries(%q : memref<?x?x4x1xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x1xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 9 into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "chunked"}
  tile.return
}

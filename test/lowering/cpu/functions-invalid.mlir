// RUN: attn-opt %s --attn-cpu-functions --split-input-file --verify-diagnostics

// expected-error @below {{'tile.kernel' op expects a grid before it becomes a function; run its lowering first}}
tile.kernel @no_grid {
^bb0(%x: memref<?xf32>):
  tile.return
}

// -----

tile.kernel @scratch_of_run_time_size access ["read"] grid ["1"] {
^bb0(%n: index, %task: index):
  // expected-error @below {{expects a static shape in a kernel's scratch, but got 'memref<?xf32>'}}
  %s = memref.alloca(%n) : memref<?xf32>
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  memref.store %z, %s[%c0] : memref<?xf32>
  tile.return
}

// -----

// Every op is named, not the first alone.
tile.kernel @calls_a_library access ["update"] grid ["1"] {
^bb0(%x: memref<4xf64, strided<[?], offset: ?>>, %task: index):
  %v = memref.load %x[%task] : memref<4xf64, strided<[?], offset: ?>>
  // expected-error @below {{'math.sin' op has no code on the CPU for 'f64': a kernel calls no library; compute it on f32, on which every function of arith and math has code}}
  %s = math.sin %v : f64
  // expected-error @below {{'arith.remf' op has no code on the CPU for 'f64'}}
  %w = arith.remf %s, %v : f64
  memref.store %w, %x[%task] : memref<4xf64, strided<[?], offset: ?>>
  tile.return
}

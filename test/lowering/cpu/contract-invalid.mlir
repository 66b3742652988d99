// RUN: attn-opt %s --attn-cpu-contract --split-input-file --verify-diagnostics

// expected-error @below {{expects a plan and a grid; run attn-plan first}}
tile.kernel @not_planned {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x64xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// -----

// expected-error @below {{expects a storage format for the weight in argument 1, but got ''; run attn-plan first}}
tile.kernel @no_format formats ["", "", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x64xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// -----

// expected-error @below {{expects rows of a multiple of 32 elements in argument 1, stored as q8_0, but got 40}}
tile.kernel @part_of_a_block formats ["", "q8_0", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x40xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x40>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x40>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x40xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// -----

tile.kernel @no_vector_form formats ["", "f32", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    // expected-error @below {{has no vector form in a linear layer or row-wise op on the CPU}}
    %l = math.log %a : f32
    nn.yield %l : f32
  } : memref<?x64xf32, strided<[?, ?], offset: ?>>
  tile.return
}

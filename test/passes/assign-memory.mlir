// RUN: attn-opt %s --attn-assign-memory | FileCheck %s
//
// Temporaries live from the first to the last command that touches them. Launches, copies and repeats are numbered.

tile.kernel @norm access ["read", "write"] {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>):
  tile.return
}
tile.kernel @heads access ["read", "write"] {
^bb0(%x: memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>):
  tile.return
}

// CHECK-LABEL: func.func @chain_of_launches
func.func @chain_of_launches(%x: memref<?x64xf32, strided<[?, ?], offset: ?>> {nn.dims = ["N", "64"]}, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>) {
  // CHECK: tile.alloc ["N", "64"] live 0 to 2
  %a = tile.alloc ["N", "64"] : memref<?x64xf32>
  tile.launch @norm(%x, %a : memref<?x64xf32, strided<[?, ?], offset: ?>>, memref<?x64xf32>)
  // CHECK: tile.alloc ["N", "64"] live 1 to 3
  %b = tile.alloc ["N", "64"] : memref<?x64xf32>
  tile.launch @norm(%a, %b : memref<?x64xf32>, memref<?x64xf32>)
  // A view counts as what it shows.
  %h = nn.split_heads %a : memref<?x64xf32> -> memref<?x4x16xf32>
  // CHECK: tile.alloc ["N", "64"] live 2 to 2
  %c = tile.alloc ["N", "64"] : memref<?x64xf32>
  tile.launch @heads(%h, %c : memref<?x4x16xf32>, memref<?x64xf32>)
  memref.copy %b, %y : memref<?x64xf32> to memref<?x64xf32, strided<[?, ?], offset: ?>>
  return
}

// A repeat has a number of its own; what it carries or takes from outside lives as long as it does.
// CHECK-LABEL: func.func @repeat_between_launches
func.func @repeat_between_launches(%x: memref<?x64xf32, strided<[?, ?], offset: ?>> {nn.dims = ["N", "64"]}, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>) {
  // CHECK: tile.alloc ["N", "64"] live 0 to 5
  %carried = tile.alloc ["N", "64"] : memref<?x64xf32>
  tile.launch @norm(%x, %carried : memref<?x64xf32, strided<[?, ?], offset: ?>>, memref<?x64xf32>)
  // CHECK: tile.alloc ["N", "64"] live 1 to 4
  %outside = tile.alloc ["N", "64"] : memref<?x64xf32>
  tile.launch @norm(%x, %outside : memref<?x64xf32, strided<[?, ?], offset: ?>>, memref<?x64xf32>)
  nn.repeat 3 "layer" carry(%carried : memref<?x64xf32>) {
  ^bb0(%h: memref<?x64xf32>):
    // CHECK: tile.alloc ["N", "64"] live 3 to 4
    %t = tile.alloc ["N", "64"] : memref<?x64xf32>
    tile.launch @norm(%outside, %t : memref<?x64xf32>, memref<?x64xf32>)
    tile.launch @norm(%t, %h : memref<?x64xf32>, memref<?x64xf32>)
    nn.yield
  }
  tile.launch @norm(%carried, %y : memref<?x64xf32>, memref<?x64xf32, strided<[?, ?], offset: ?>>)
  return
}

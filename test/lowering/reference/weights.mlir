// RUN: attn-opt %s --attn-reference | FileCheck %s
// A row of weights: zeros first, then what each admitted key has of the sum. A task a row and head, or for a mean a row.

// CHECK-LABEL: tile.kernel @each_head
// CHECK-SAME: grid ["dim(2,0)", "dim(2,2)", "4"]
// CHECK: scf.for
// CHECK-NEXT: memref.store %{{.*}}, %arg2[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: arith.divf
// CHECK: memref.store %{{.*}}, %arg2[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: tile.return
tile.kernel @each_head access ["read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>,
     %a: memref<?x4x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic exp sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>)
      value(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale weights heads into(%a : memref<?x4x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>)
  tile.return
}

// CHECK-LABEL: tile.kernel @mean
// CHECK-SAME: grid ["dim(2,0)", "dim(2,1)", "1"]
// CHECK: %[[HEADS:.*]] = arith.constant 4 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[HEADS]]
// CHECK: memref.load %arg2[%{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: tile.return
tile.kernel @mean access ["read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>,
     %a: memref<?x?x?xf32, strided<[?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>)
      value(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale weights mean into(%a : memref<?x?x?xf32, strided<[?, ?, ?], offset: ?>>)
  tile.return
}

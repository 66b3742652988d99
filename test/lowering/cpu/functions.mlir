// RUN: attn-opt %s --attn-cpu-functions | FileCheck %s
// RUN: attn-opt %s --attn-cpu-functions --split-input-file -o /dev/null

// The kernel interface: arguments from attn_args, indices from the task, allocas in scratch.

// CHECK-LABEL: tile.kernel @scale
// CHECK-SAME: grid ["dim(0,0)", "4"] scratch 128
// CHECK: tile.return
// CHECK: module @cpu
// CHECK: func.func @scale(%[[ARGS:.*]]: !llvm.ptr, %[[TASK:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr) -> i32
tile.kernel @scale access ["read", "read", "write"] grid ["dim(0,0)", "4"] {
^bb0(%x: memref<?x4xf32, strided<[?, ?], offset: ?>>, %factor: f32, %y: memref<?x4xf32, strided<[?, ?], offset: ?>>, %row: index, %column: index):
  // The scalar is the low bits of its slot.
  // CHECK: arith.trunci %{{.*}} : i64 to i32
  // CHECK: arith.bitcast %{{.*}} : i32 to f32
  // The last grid dimension is the fastest.
  // CHECK: arith.remui %[[TASK]]
  // CHECK: arith.divui %[[TASK]]
  // CHECK: llvm.getelementptr inbounds %[[SCRATCH]][0]
  // CHECK: llvm.getelementptr inbounds %[[SCRATCH]][64]
  %first = memref.alloca() {alignment = 64 : i64} : memref<3xf32>
  %second = memref.alloca() {alignment = 64 : i64} : memref<16xf32>
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%row, %column] : memref<?x4xf32, strided<[?, ?], offset: ?>>
  %w = arith.mulf %v, %factor : f32
  memref.store %w, %first[%c0] : memref<3xf32>
  memref.store %w, %second[%c0] : memref<16xf32>
  memref.store %w, %y[%row, %column] : memref<?x4xf32, strided<[?, ?], offset: ?>>
  // CHECK: %[[OK:.*]] = arith.constant 0 : i32
  // CHECK: return %[[OK]] : i32
  tile.return
}

// RUN: attn-opt %s --attn-fuse --attn-outline | FileCheck %s
// RUN: attn-opt %s --attn-fuse --attn-outline --attn-bufferize --attn-assign-memory | FileCheck %s --check-prefix=MEMORY
// RUN: attn-opt %s --emit=artifact --target=cpu:avx2+fma -o %t.attn
// RUN: unzip -p %t.attn program.json | FileCheck %s --check-prefix=PROGRAM
//
// A choice at run time: cases are outlined like any graph, write to one buffer, and become commands with a condition.

// What one case hands on is written where the result is wanted; the other case writes there when it is its turn.
// CHECK-LABEL: func.func @norm_or_not(
// CHECK: %[[SUM:.*]] = tile.launch @[[ADD:.*]](%{{.*}}) -> tensor<?x64xf32>
// CHECK: nn.choose %{{.*}} : tensor<1xi32> -> tensor<?x64xf32> {
// CHECK-NEXT: nn.yield %[[SUM]]
// CHECK: }, {
// CHECK: %[[NORM:.*]] = tile.launch
// CHECK-NEXT: nn.yield %[[NORM]]
// MEMORY-LABEL: func.func @norm_or_not(
// MEMORY-SAME: %[[X:[a-z0-9]*]]: memref<?x64xf32, {{.*}}%[[FLAG:[a-z0-9]*]]: memref<1xi32, {{.*}}%[[Y:[a-z0-9]*]]: memref<?x64xf32, {{.*}}nn.result
// MEMORY-NOT: tile.alloc
// MEMORY: tile.launch @{{.*}}(%[[X]], %[[Y]] :
// MEMORY: nn.choose %[[FLAG]]
// MEMORY-NOT: memref.copy
// MEMORY: tile.launch @{{.*}}(%[[X]], %{{.*}}, %[[Y]] :
// PROGRAM: "commands":[{"kernel":{{[0-9]+}},"operands":[{"argument":0},{"result":0}]},{"kernel":{{[0-9]+}},"operands":[{"argument":0},{"weight":0},{"result":0}],"when":{"flag":{"argument":1},"is":1,"of":2}}]
func.func @norm_or_not(%x: tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "x"}, %flag: tensor<1xi32> {nn.dims = ["1"], nn.name = "flag"})
    -> (tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "y"}) {
  %sum = nn.add %x, %x : tensor<?x64xf32>
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
    nn.yield %sum : tensor<?x64xf32>
  }, {
    %g = nn.weight "g" : !nn.weight<64>
    %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
    nn.yield %n : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// A case that hands on what others read, too, copies it, under the same condition. What a case keeps to itself lives in it.
// MEMORY-LABEL: func.func @a_copy_in_a_case(
// MEMORY: %[[KEPT:.*]] = tile.alloc ["N", "64"] live 0 to 4
// MEMORY: nn.choose
// MEMORY: memref.copy %[[KEPT]], %{{.*}}
// MEMORY: %[[OWN:.*]] = tile.alloc ["N", "32"] live 2 to 3
func.func @a_copy_in_a_case(%x: tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "x"}, %flag: tensor<1xi32> {nn.dims = ["1"], nn.name = "flag"})
    -> (tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "y"}) {
  %kept = nn.add %x, %x : tensor<?x64xf32>
  %chosen = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
    nn.yield %kept : tensor<?x64xf32>
  }, {
    %down = nn.weight "down" : !nn.weight<32x64>
    %up = nn.weight "up" : !nn.weight<64x32>
    %narrow = nn.linear %x, %down : tensor<?x64xf32>, !nn.weight<32x64> -> tensor<?x32xf32>
    %wide = nn.linear %narrow, %up : tensor<?x32xf32>, !nn.weight<64x32> -> tensor<?x64xf32>
    nn.yield %wide : tensor<?x64xf32>
  }
  %y = nn.mul %chosen, %kept : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// A case that makes the result of what the other hands on, element by element, changes it where it is.
// MEMORY-LABEL: func.func @changed_in_place(
// MEMORY-SAME: %[[X:[a-z0-9]*]]: memref<?x64xf32, {{.*}}%[[Y:[a-z0-9]*]]: memref<?x64xf32, {{.*}}nn.result
// MEMORY-NOT: tile.alloc
// MEMORY: tile.launch @{{.*}}(%[[X]], %[[Y]] :
// MEMORY: nn.choose
// MEMORY-NOT: memref.copy
// MEMORY: tile.launch @{{.*}}(%[[Y]], %[[X]], %[[Y]] :
func.func @changed_in_place(%x: tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "x"}, %flag: tensor<1xi32> {nn.dims = ["1"], nn.name = "flag"})
    -> (tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "y"}) {
  %sum = nn.add %x, %x : tensor<?x64xf32>
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
    nn.yield %sum : tensor<?x64xf32>
  }, {
    %n = nn.generic ins(%sum, %x : tensor<?x64xf32>, tensor<?x64xf32>)
      maps [affine_map<(n, f) -> (n, f)>, affine_map<(n, f) -> (n, 0)>] {
    ^bb0(%a: f32, %b: f32, %n: i32, %f: i32):
      %c = arith.mulf %a, %b : f32
      nn.yield %c : f32
    } -> tensor<?x64xf32>
    nn.yield %n : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// What reads other elements than it writes has to read them from elsewhere.
// MEMORY-LABEL: func.func @not_in_place(
// MEMORY: %[[SUM:.*]] = tile.alloc
// MEMORY: nn.choose
// MEMORY: memref.copy %[[SUM]], %[[Y:[a-z0-9]*]] :
// MEMORY: tile.launch @{{.*}}(%[[SUM]], %[[Y]] :
func.func @not_in_place(%x: tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "x"}, %flag: tensor<1xi32> {nn.dims = ["1"], nn.name = "flag"})
    -> (tensor<?x64xf32> {nn.dims = ["N", "64"], nn.name = "y"}) {
  %sum = nn.add %x, %x : tensor<?x64xf32>
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
    nn.yield %sum : tensor<?x64xf32>
  }, {
    %n = nn.generic ins(%sum : tensor<?x64xf32>) maps [affine_map<(n, f) -> (n, 63 - f)>] {
    ^bb0(%a: f32, %n: i32, %f: i32):
      nn.yield %a : f32
    } -> tensor<?x64xf32>
    nn.yield %n : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// RUN: attn-opt %s --until=tiles | FileCheck %s

// A mask of heads empties the ranges of tiles none of whose heads it admits: what a head's tile does not do costs nothing.

// CHECK-LABEL: tile.kernel @attention_prefill
// CHECK: tile.rows
// Two heads to a key head: the hull is there for either, the full part for both.
// CHECK: %[[ONE:.*]] = attn.load %{{.*}}[%{{.*}}] {axes = "h"} : memref<4xi1, {{.*}}> -> i1
// CHECK: %[[OTHER:.*]] = attn.load %{{.*}}[%{{.*}}] {axes = "h"} : memref<4xi1, {{.*}}> -> i1
// CHECK-DAG: arith.ori %[[ONE]], %[[OTHER]] : i1
// CHECK-DAG: arith.andi %[[ONE]], %[[OTHER]] : i1
// CHECK: tile.sweep over ["full", "partial"](
func.func @main(%q: tensor<?x?x4x64xf32> {nn.dims = ["B", "T", "4", "64"]}, %k: tensor<?x?x2x64xf32> {nn.dims = ["B", "T", "2", "64"]},
                %turns: tensor<4xi1> {nn.dims = ["4"]}) -> tensor<?x?x4x64xf32> {
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x64xf32>, tensor<?x?x2x64xf32>
  %s1 = attn.causal %s0
  %s2 = attn.masked %s1 by %turns axes "h" : tensor<4xi1>
  %o = attn.softmax %s2, %k : tensor<?x?x2x64xf32> -> tensor<?x?x4x64xf32>
  return %o : tensor<?x?x4x64xf32>
}

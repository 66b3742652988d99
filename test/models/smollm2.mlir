// RUN: attn-opt %models/smollm2.mlir --inline --attn-generalize --attn-fuse --attn-outline --attn-bufferize --attn-assign-memory | FileCheck %s
//
// SmolLM2 becomes a list of commands: the kernels of a layer once, for both functions.

// CHECK-COUNT-1: tile.kernel @embed
// CHECK-COUNT-1: tile.kernel @rms_norm
// CHECK-COUNT-1: tile.kernel @rotary_append
// CHECK-COUNT-1: tile.kernel @attention
// CHECK-NOT: tile.kernel @attention
// CHECK-NOT: func.func private

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[TOKENS:[a-z0-9]*]]: memref<?x?xi32, {{[^}]*}}{nn.dims = ["B", "T"], nn.name = "tokens"}
// CHECK-SAME: %[[LENGTHS:[a-z0-9]*]]: memref<?xi32,
// CHECK-SAME: %[[LOGITS:[a-z0-9]*]]: memref<?x49152xf32, {{.*}} {nn.dims = ["B", "49152"], nn.name = "logits", nn.result}
// CHECK: %[[X:.*]] = tile.alloc ["B", "T", "576"] live 0 to [[END:[0-9]+]] : memref<?x?x576xf32>
// CHECK: tile.launch @embed(%[[TOKENS]], %{{.*}}, %[[X]]
// CHECK: nn.repeat 30 "layer" carry(%[[X]] : memref<?x?x576xf32>) slice(
// CHECK-NEXT: ^bb0(%[[H:.*]]: memref<?x?x576xf32>, %[[K:.*]]: !attn.cache<?x?x3x64xbf16>, %[[V:.*]]: !attn.cache<?x?x3x64xbf16>):
// CHECK: tile.launch @rms_norm(%[[H]]
// CHECK: tile.launch @linear_576x576(
// CHECK: tile.launch @linear_576x192(
// CHECK: tile.launch @linear_576x192(
// CHECK: tile.launch @rotary_append(
// CHECK: tile.launch @attention(%{{.*}}, %[[K]], %[[V]], %[[LENGTHS]]
// CHECK: tile.launch @linear_576x576_1(
// CHECK: tile.launch @rms_norm(
// CHECK: tile.launch @linear_576x1536(
// The last launch of a round writes the carried value; nothing is copied.
// CHECK-NOT: memref.copy
// CHECK: tile.launch @linear_1536x576({{.*}}, %[[H]] :
// CHECK-NEXT: }
// CHECK: tile.launch @pool_rms_norm(%[[X]], %[[LENGTHS]]
// CHECK: tile.launch @linear_576x49152(%{{.*}}, %{{.*}}, %[[LOGITS]]
// CHECK-NEXT: return

// CHECK-LABEL: func.func @logits(
// CHECK: nn.repeat 30 "layer"
// CHECK: tile.launch @attention(
// CHECK: tile.launch @rms_norm(
// CHECK: return

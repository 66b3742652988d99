// RUN: attn-opt %s --attn-generalize --attn-outline --attn-bufferize --attn-plan=target=sm_90a --attn-tile --attn-nvptx-sm90 | FileCheck %s
// RUN: attn-opt %s --until=tiles --target=sm_90a | FileCheck %s --check-prefix=TILES
// RUN: attn-opt %s --until=llvm --target=sm_90a | FileCheck %s --check-prefix=DIALECT --implicit-check-not="arith." --implicit-check-not="scf." --implicit-check-not="mbarrier.try_wait.parity %"
// RUN: attn-opt %s --emit=llvm --target=sm_90a | FileCheck %s --check-prefix=LLVM
// RUN: attn-opt %s --emit=ptx --target=sm_90a | FileCheck %s --check-prefix=PTX

// The sweep of sm80.mlir as products of warp groups: one group copies, two multiply and overlap what follows a product
// with the next one.

// CHECK-LABEL: tile.kernel @attention
// CHECK-SAME: plan <rows = 128, keys = 128, form = "fragments", weights = bf16, stages = 4>
// CHECK: tile.return
// CHECK: tensor_maps = [#tile.tensor_map<1 box[1, 128, 1, 64] swizzle 128>, #tile.tensor_map<2 box[1, 128, 1, 64] swizzle 128>]
// CHECK-SAME: threads = 384
// CHECK: module @sm_90a
// CHECK: llvm.func @attention
// CHECK-SAME: llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant

// CHECK: nvvm.mbarrier.init
// CHECK: nvvm.fence.mbarrier.init
// CHECK: nvvm.barrier

// The producer.
// CHECK: nvvm.setmaxregister decrease 24
// CHECK: nvvm.elect.sync
// CHECK: scf.for
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global

// A consumer: its queries, shown to the products; the first scores, to their end.
// CHECK: nvvm.setmaxregister increase 240
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.fence.proxy
// CHECK: nvvm.barrier id
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-COUNT-4: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
// CHECK: nvvm.wgmma.commit.group
// CHECK: wgmma.wait_group.sync.aligned 0;
// CHECK: mbarrier.arrive

// Both products of a step are issued before either is waited for; only partial steps look at the mask.
// CHECK: scf.for
// CHECK: wgmma.fence.sync.aligned;
// CHECK-COUNT-4: wgmma.mma_async.sync.aligned.m64n128k16
// CHECK: nvvm.wgmma.commit.group
// CHECK-COUNT-8: wgmma.mma_async.sync.aligned.m64n64k16
// CHECK: nvvm.wgmma.commit.group
// CHECK: wgmma.wait_group.sync.aligned 1;
// CHECK: scf.if
// CHECK: wgmma.wait_group.sync.aligned 0;

// The sweep is that of every target, in larger tiles.
// TILES: tile.kernel @attention
// TILES-SAME: grid ["dim(0,0)", "2", "ceildiv(dim(0,1) * 3, 128)"]
// TILES: tile.sweep over ["full", "partial"]
// TILES: tile.normalize exp sum {{.*}} : <128x128xf32>

// What has no intrinsic is inline assembly, and nothing of the upper levels is left.
// DIALECT: module @sm_90a
// DIALECT: llvm.func @attention
// DIALECT: llvm.inline_asm {{.*}}mbarrier.try_wait.parity
// DIALECT: llvm.inline_asm {{.*}}wgmma.mma_async

// What has to be executed by whole warps says so.
// LLVM: call {{.*}} asm sideeffect "wgmma.wait_group.sync.aligned 1;{{.*}} #[[CONVERGENT:[0-9]+]]
// LLVM: attributes #[[CONVERGENT]] = { convergent

// PTX: .target sm_90a
// PTX: .visible .entry attention(
// PTX: .param .align 64 .b8 attention_param_{{[0-9]+}}[128]
// PTX-NOT: .local
// PTX-DAG: cp.async.bulk.tensor.4d.shared::cluster.global{{.*}}mbarrier::complete_tx::bytes
// PTX-DAG: setmaxnreg.inc.sync.aligned.u32 240
// PTX-DAG: setmaxnreg.dec.sync.aligned.u32 24
// PTX-NOT: .local
func.func @causal_with_grouped_heads(%q: tensor<?x?x6x64xbf16> {nn.dims = ["B", "T", "6", "64"], nn.name = "q"},
                                     %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                                     %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x6x64xbf16> {nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x6x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x6x64xbf16>
  return %o : tensor<?x?x6x64xbf16>
}

// RUN: attn-opt %s --until=planned --target=sm_80 | FileCheck %s --check-prefix=PLANNED
// RUN: attn-opt %s --until=tiles --target=sm_80 | FileCheck %s --check-prefix=TILES
// RUN: attn-opt %s --until=fragments --target=sm_80 | FileCheck %s --check-prefix=FRAGMENTS
// RUN: attn-opt %s --until=llvm --target=sm_80 | FileCheck %s --check-prefix=LLVM --implicit-check-not="arith." --implicit-check-not="scf."
// RUN: attn-opt %s --emit=llvm --target=sm_80 | FileCheck %s --check-prefix=IR
// RUN: attn-opt %s --emit=ptx --target=sm_80 | FileCheck %s --check-prefix=PTX --implicit-check-not=".local"

// One sliding window with a soft cap, from its plan to machine text; what each step has made of it.

// PLANNED: tile.kernel @attention access
// PLANNED-SAME: plan <rows = 64, keys = 64, form = "fragments", weights = bf16, stages = 2>
// PLANNED: attn.generic exp sum
// PLANNED: math.tanh

// A full range and the partial ones on both sides of it; rows and keys are tiles of 64.
// TILES: tile.kernel @attention
// TILES-SAME: grid ["dim(0,0)", "2", "ceildiv(dim(0,1) * 2, 64)"]
// TILES: %[[ROWS:.*]] = tile.rows {{.*}} group 2
// TILES: %[[QUERIES:.*]] = tile.view {{.*}} rows %[[ROWS]]
// TILES: tile.sweep over ["full", "partial", "partial"]
// TILES: %[[PRODUCTS:.*]] = tile.dot %[[QUERIES]], {{.*}} {transpose_b}
// TILES: %[[SCORES:.*]] = tile.map %[[PRODUCTS]] : !tile.tile<64x64xf32> at %[[ROWS]]
// TILES: math.tanh
// TILES: %[[MASKED:.*]] = tile.mask %[[SCORES]]
// TILES: %[[WEIGHTS:.*]], %[[RESCALE:.*]], %{{.*}}, %{{.*}} = tile.normalize exp sum %[[MASKED]]
// TILES: tile.dot %[[WEIGHTS]], %{{.*}} into
// TILES: tile.finish
// TILES: tile.store

// What a thread does: data, sizes and strides are parameters, regions stand once for each element.
// FRAGMENTS: tile.kernel @attention
// FRAGMENTS-NEXT: ^bb0
// FRAGMENTS-NEXT: tile.return
// FRAGMENTS: shared = 46080
// FRAGMENTS-SAME: threads = 128
// FRAGMENTS: module @sm_80
// FRAGMENTS: llvm.mlir.global external @shared() {addr_space = 3
// FRAGMENTS: llvm.func @attention(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i64
// FRAGMENTS-DAG: nvvm.minctasm = 3
// FRAGMENTS-DAG: nvvm.reqntid = array<i32: 128>
// FRAGMENTS: nvvm.cp.async.shared.global
// FRAGMENTS: nvvm.cp.async.commit.group
// FRAGMENTS: scf.for
// FRAGMENTS: nvvm.cp.async.wait.group 0
// FRAGMENTS-NEXT: nvvm.barrier
// FRAGMENTS: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<bf16>
// FRAGMENTS: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
// FRAGMENTS: scf.if
// FRAGMENTS: arith.select
// FRAGMENTS: nvvm.shfl.sync
// FRAGMENTS: nvvm.ldmatrix {{.*}}#nvvm.mma_layout<col>
// FRAGMENTS: nvvm.mma.sync

// LLVM: module @sm_80
// LLVM: llvm.func @attention
// LLVM: llvm.cond_br
// LLVM: nvvm.mma.sync

// IR: @shared = external addrspace(3) global [0 x i8], align 1024
// IR: define ptx_kernel void @attention(ptr addrspace(1)
// IR: @llvm.nvvm.cp.async.cg.shared.global.16
// IR: @llvm.nvvm.mma.m16n8k16.row.col.bf16
// IR: @llvm.nvvm.ex2.approx.ftz

// PTX: .version 7.0
// PTX: .target sm_80
// PTX: .extern .shared .align 1024 .b8 shared[];
// PTX: .visible .entry attention(
// PTX: .reqntid 128
// PTX: .minnctapersm 3
// PTX: cp.async.cg.shared.global
// PTX: cp.async.wait_group 0
// PTX: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// PTX: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// PTX: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16
// PTX: st.global
// PTX: ret;
func.func @window(%q: tensor<?x?x4x64xbf16> {nn.dims = ["B", "T", "4", "64"], nn.name = "q"},
                  %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                  %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"},
                  %window: i32 {nn.name = "window"}) -> (tensor<?x?x4x64xbf16> {nn.name = "o"}) {
  %cap = arith.constant 3.0e+01 : f32
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.softcap %s0 at %cap
  %s2 = attn.sliding_window %s1 window %window
  %o = attn.softmax %s2, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x4x64xbf16>
  return %o : tensor<?x?x4x64xbf16>
}

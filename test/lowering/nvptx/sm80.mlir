// RUN: attn-opt %s --attn-generalize --attn-outline --attn-bufferize --attn-plan=target=sm_80 --attn-tile --attn-nvptx-sm80 | FileCheck %s
// RUN: attn-opt %s --emit=ptx --target=sm_80 | FileCheck %s --check-prefix=PTX

// One sweep for both kinds of ranges, in fragments: copies of the next keys run behind the products of these.

// CHECK-LABEL: tile.kernel @attention
// CHECK-SAME: plan <rows = 64, keys = 64, form = "fragments"
// CHECK: tile.return
// CHECK: module @sm_80
// CHECK: llvm.func @attention
// CHECK-SAME: nvvm.kernel

// The copies of the first keys start before the sweep.
// CHECK: nvvm.cp.async.shared.global
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group
// CHECK: nvvm.barrier
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.mma.sync
// Only partial steps look at the mask.
// CHECK: scf.if
// CHECK: nvvm.mma.sync

// PTX: .target sm_80
// PTX: .visible .entry attention(
// PTX-NOT: .local
// PTX-DAG: cp.async.cg.shared.global
// PTX-DAG: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// PTX-DAG: ex2.approx
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

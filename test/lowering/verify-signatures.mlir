// RUN: not attn-opt %s --emit=artifact -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
// What no caller can give or take is said of each public function before anything is lowered.

// CHECK: verify-signatures.mlir:[[#@LINE+1]]:{{.*}}: error: 'func.func' op expects its results to be tensors, but result 0 is '!attn.scores'; scores are never in memory, so close the chain and return its output or its attn.weights
func.func @scores_out(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "S", "2", "16"]}) -> !attn.scores {
  %s = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>
  return %s : !attn.scores
}

// CHECK: verify-signatures.mlir:[[#@LINE+1]]:{{.*}}: error: 'func.func' op expects its arguments to be tensors, numbers, caches or states, but argument 0 is '!attn.scores'; scores are never in memory, so build the chain where it is closed
func.func @scores_in(%s: !attn.scores, %v: tensor<?x?x4x16xf32> {nn.dims = ["B", "S", "4", "16"]}) -> tensor<?x?x4x16xf32> {
  %o = attn.softmax %s, %v : tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// CHECK: error: 'func.func' op expects its arguments to be tensors, numbers, caches or states, but argument 2 is '!attn.sequences'; take lengths or offsets as tensors, and build sequences of them by attn.padded or attn.packed
func.func @sequences_in(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "S", "2", "16"]}, %at: !attn.sequences) -> tensor<?x?x4x16xf32> {
  %s = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>
  %o = attn.softmax %s, %k in %at : tensor<?x?x2x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// CHECK: error: 'func.func' op expects its arguments to be tensors, numbers, caches or states, but argument 0 is '!nn.weight<4x4>'; name the weight by nn.weight where it is used
// CHECK: error: 'func.func' op expects its arguments to be tensors, numbers, caches or states, but argument 1 is 'vector<4xf32>'; take a tensor or a number
// CHECK: error: 'func.func' op expects its results to be tensors, but result 0 is '!attn.cache<?x?x2x16xf32>'; what a cache or state holds stays with the runtime, so leave it out
// CHECK: error: 'func.func' op expects its results to be tensors, but result 1 is 'f32'; return a tensor
func.func @others(%w: !nn.weight<4x4>, %x: vector<4xf32>, %c: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}, %y: f32) -> (!attn.cache<?x?x2x16xf32>, f32) {
  return %c, %y : !attn.cache<?x?x2x16xf32>, f32
}

// A private function is inlined: what it takes is between the program's own lines.
func.func private @weigh(%s: !attn.scores) -> !attn.scores {
  %t = attn.causal %s
  return %t : !attn.scores
}

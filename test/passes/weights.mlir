// RUN: attn-opt %s --attn-generalize --split-input-file | FileCheck %s --check-prefix=GENERIC
// RUN: attn-opt %s --attn-generalize --attn-outline --attn-bufferize --split-input-file | FileCheck %s --check-prefix=MEMORY
// RUN: attn-opt %s --attn-generalize --attn-outline --attn-bufferize --attn-plan=target=cpu:avx512f --attn-tile --split-input-file | FileCheck %s --check-prefix=PLANNED
// Weights are attention once more, with the same operands and regions; a kernel of its own gives them.

// GENERIC-LABEL: func.func @beside_the_output
// GENERIC: %[[A:.*]] = attn.generic exp sum queries(%[[Q:.*]] : {{.*}}) keys(%[[K:.*]] : {{.*}}) value({{.*}}) scale %[[S:.*]] weights heads mask {
// GENERIC: attn.yield
// GENERIC: } -> tensor<?x9x?x?xf32>
// GENERIC: %[[O:.*]] = attn.generic exp sum queries(%[[Q]] : {{.*}}) keys(%[[K]] : {{.*}}) value({{.*}}) scale %[[S]] mask {
// GENERIC: return %[[O]], %[[A]]

// S is the keys' own name.
// MEMORY: tile.kernel @attention_weights access ["read", "read", "read", "write"] {
// MEMORY: attn.generic {{.*}} weights heads into(%{{.*}} : memref<?x9x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
// Whoever gives a kernel other values looks at the one that has them.
// MEMORY: tile.kernel @attention access ["read", "read", "read", "write"] {
// MEMORY: attention = array<i64: 2, 3>
// MEMORY-LABEL: func.func @beside_the_output
// MEMORY-SAME: nn.dims = ["B", "9", "T", "T"], nn.name = "a", nn.result}
// MEMORY-NOT: tile.alloc
// MEMORY: tile.launch @attention_weights

// 63 rows: 21 positions of 3 heads.
// PLANNED: tile.kernel @attention_weights access ["read", "read", "read", "write"] plan <rows = 63, keys = 64, form = "weights">
// PLANNED: attn.generic
// PLANNED: tile.kernel @attention_decode
func.func @beside_the_output(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"]}, %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"]},
                             %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"]}) -> (tensor<?x?x9x64xbf16>, tensor<?x9x?x?xf32> {nn.name = "a"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  %a = attn.weights of %o : tensor<?x?x9x64xbf16> -> tensor<?x9x?x?xf32>
  return %o, %a : tensor<?x?x9x64xbf16>, tensor<?x9x?x?xf32>
}

// -----

// Where nothing else uses the output, attention is not run. An epilogue is of the output, a log-sum-exp beside it.
// GENERIC-LABEL: func.func @in_place_of_the_output
// GENERIC: attn.generic exp sum {{.*}} weights mean captures({{.*}}) factor {
// GENERIC-NOT: epilogue
// GENERIC: -> tensor<?x?x?xf32>
// GENERIC-NOT: attn.generic
// MEMORY-NOT: tile.kernel @attention access
// MEMORY: tile.kernel @attention_weights
// MEMORY-NOT: tile.kernel @attention access
// MEMORY-LABEL: func.func @in_place_of_the_output
// MEMORY-SAME: nn.dims = ["B", "T", "S"]
// PLANNED: tile.kernel @attention_weights {{.*}} form = "weights">
func.func @in_place_of_the_output(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x4x16xf32> {nn.dims = ["B", "S", "4", "16"]},
                                  %table: tensor<4xf32>, %scale: f32) -> tensor<?x?x?xf32> {
  %o, %lse = attn.generic exp sum queries(%q : tensor<?x?x4x16xf32>) keys(%k : tensor<?x?x4x16xf32>) value(%k : tensor<?x?x4x16xf32>)
      scale %scale captures(%table : tensor<4xf32>) factor {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %t: tensor<4xf32>):
    %x = attn.load %t[%h] : tensor<4xf32> -> f32
    attn.yield %x : f32
  } epilogue {
  ^bb0(%o: f32, %n: i32, %h: i32, %i: i32, %e: i32, %t: tensor<4xf32>):
    attn.yield %o : f32
  } -> tensor<?x?x4x16xf32> lse tensor<?x?x4xf32>
  %m = attn.weights mean of %o : tensor<?x?x4x16xf32> -> tensor<?x?x?xf32>
  return %m : tensor<?x?x?xf32>
}

// -----

// Of a cache all places, its capacity. Weights see it as attention does: before what is appended behind it.
// GENERIC-LABEL: func.func @of_a_cache
// GENERIC: attn.generic {{.*}} weights heads
// GENERIC-NEXT: attn.append
// MEMORY-LABEL: func.func @of_a_cache
// MEMORY-SAME: nn.dims = ["B", "4", "T", "C"]
// PLANNED: form = "weights"
func.func @of_a_cache(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %keys: !attn.cache<?x?x2x16xbf16> {nn.dims = ["B", "C", "2", "16"]},
                      %rows: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
                      %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"}) -> tensor<?x4x?x?xf32> {
  %start = attn.length %keys : !attn.cache<?x?x2x16xbf16> -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %s = attn.dot_product %q, %keys : tensor<?x?x4x16xf32>, !attn.cache<?x?x2x16xbf16>
  %o = attn.softmax %s, %keys in %seq : !attn.cache<?x?x2x16xbf16> -> tensor<?x?x4x16xf32>
  attn.append %keys, %rows at %seq : !attn.cache<?x?x2x16xbf16>, tensor<?x?x2x16xf32>
  %a = attn.weights of %o : tensor<?x?x4x16xf32> -> tensor<?x4x?x?xf32>
  return %a : tensor<?x4x?x?xf32>
}

// -----

// An even power over its sum is a softmax of logarithms here, too.
// PLANNED: tile.kernel @attention_weights
// PLANNED: attn.generic exp sum
// PLANNED-SAME: weights heads
// PLANNED: math.log
func.func @of_an_even_power(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) -> tensor<2x4x7x5xf32> {
  %a = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale power 2 weights heads -> tensor<2x4x7x5xf32>
  return %a : tensor<2x4x7x5xf32>
}

// -----

// Of keys before the call weights have a part in the sum, u, and nothing without a sum. A state that stays is updated, whoever uses the output, and only
// read by weights.
// GENERIC-LABEL: func.func @behind_a_state
// GENERIC: attn.generic linear sum {{.*}} weights heads in %{{.*}} state(%{{[a-z0-9]+}} : !attn.state<?x2x16xf32>) features {
// GENERIC: attn.generic linear sum {{.*}} state(%{{.*}}, %{{.*}} : !attn.state<?x2x16x16xf32>, !attn.state<?x2x16xf32>) features {
// MEMORY: tile.kernel @attention_weights access ["read", "read", "read", {{.*}}"read", "write"] {
// PLANNED: tile.kernel @attention_weights {{.*}} form = "weights">
func.func @behind_a_state(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
                          %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]}, %U: !attn.state<?x2x16x16xf32> {nn.dims = ["B", "2", "16", "16"]},
                          %u: !attn.state<?x2x16xf32> {nn.dims = ["B", "2", "16"]}) -> (tensor<?x4x?x?xf32> {nn.name = "a"}) {
  %seq = attn.padded queries(%lengths : tensor<?xi32>) keys(%lengths : tensor<?xi32>) start top_left
  %s0 = attn.linear %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>
  %s1 = attn.causal %s0
  %o = attn.sum %s1, %k epsilon 1.0e-6 state(%U, %u : !attn.state<?x2x16x16xf32>, !attn.state<?x2x16xf32>) in %seq : tensor<?x?x2x16xf32> -> tensor<?x?x4x16xf32>
  %a = attn.weights of %o : tensor<?x?x4x16xf32> -> tensor<?x4x?x?xf32>
  return %a : tensor<?x4x?x?xf32>
}

// -----

// GENERIC-LABEL: func.func @behind_a_state_without_a_sum
// GENERIC: attn.generic linear none {{.*}} weights mean features {
// GENERIC-NOT: attn.generic
func.func @behind_a_state_without_a_sum(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}, %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
                                        %U: tensor<?x2x16x16xf32> {nn.dims = ["B", "2", "16", "16"]}) -> tensor<?x?x?xf32> {
  %s0 = attn.linear %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>
  %s1 = attn.causal %s0
  %o = attn.none %s1, %k state(%U : tensor<?x2x16x16xf32>) : tensor<?x?x2x16xf32> -> tensor<?x?x4x16xf32>
  %a = attn.weights mean of %o : tensor<?x?x4x16xf32> -> tensor<?x?x?xf32>
  return %a : tensor<?x?x?xf32>
}

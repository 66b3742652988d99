// The architecture of smollm2.mlir at a size that tests can afford: 2 layers of width 64, 4 query heads on 2 key heads of
// 16, feed-forward 96, 256 tokens. Weights are random; their names and shapes are those of this text.

!hidden = tensor<?x?x64xf32>
!cache = !attn.cache<2x?x?x2x16xf32>
!layer_cache = !attn.cache<?x?x2x16xf32>

#metadata = {
  general.architecture = "llama", llama.block_count = 2 : i64, llama.embedding_length = 64 : i64,
  llama.feed_forward_length = 96 : i64, llama.attention.head_count = 4 : i64, llama.attention.head_count_kv = 2 : i64,
  llama.attention.layer_norm_rms_epsilon = 1.0e-5 : f32, llama.rope.dimension_count = 16 : i64,
  llama.rope.freq_base = 1.0e5 : f32, llama.vocab_size = 256 : i64
}

// Tokens to the stream after all layers, normalised rows not yet.
func.func private @layers(%tokens: tensor<?x?xi32>, %lengths: tensor<?xi32>, %keys: !cache, %values: !cache) -> !hidden {
  // Row r of sequence b stands at position start[b] + r.
  %start = attn.length %keys : !cache -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>

  %table = nn.weight "token_embd.weight" : !nn.weight<256x64>
  %embedded = nn.embed %tokens, %table : tensor<?x?xi32>, !nn.weight<256x64> -> !hidden

  %out = nn.repeat 2 "layer" carry(%embedded : !hidden) slice(%keys, %values : !cache, !cache) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache):
    // Attention.
    %g1 = nn.weight "blk.{layer}.attn_norm.weight" : !nn.weight<64>
    %n1 = nn.rms_norm %x, %g1 epsilon 1.0e-5 : !hidden, !nn.weight<64> -> !hidden
    %wq = nn.weight "blk.{layer}.attn_q.weight" : !nn.weight<64x64>
    %wk = nn.weight "blk.{layer}.attn_k.weight" : !nn.weight<32x64>
    %wv = nn.weight "blk.{layer}.attn_v.weight" : !nn.weight<32x64>
    %q0 = nn.linear %n1, %wq : !hidden, !nn.weight<64x64> -> !hidden
    %k0 = nn.linear %n1, %wk : !hidden, !nn.weight<32x64> -> tensor<?x?x32xf32>
    %v0 = nn.linear %n1, %wv : !hidden, !nn.weight<32x64> -> tensor<?x?x32xf32>
    %q1 = nn.split_heads %q0 : !hidden -> tensor<?x?x4x16xf32>
    %k1 = nn.split_heads %k0 : tensor<?x?x32xf32> -> tensor<?x?x2x16xf32>
    %v1 = nn.split_heads %v0 : tensor<?x?x32xf32> -> tensor<?x?x2x16xf32>
    %q = attn.rotary %q1 at %at interleaved base 1.0e5 : tensor<?x?x4x16xf32>
    %k = attn.rotary %k1 at %at interleaved base 1.0e5 : tensor<?x?x2x16xf32>
    attn.append %layer_keys, %k at %at : !layer_cache, tensor<?x?x2x16xf32>
    attn.append %layer_values, %v1 at %at : !layer_cache, tensor<?x?x2x16xf32>

    // Each query meets the keys up to its own position, those of earlier calls included.
    %dots = attn.dot_product %q, %layer_keys : tensor<?x?x4x16xf32>, !layer_cache
    %scores = attn.causal %dots
    %heads = attn.softmax %scores, %layer_values in %at : !layer_cache -> tensor<?x?x4x16xf32>
    %merged = nn.merge_heads %heads : tensor<?x?x4x16xf32> -> !hidden
    %wo = nn.weight "blk.{layer}.attn_output.weight" : !nn.weight<64x64>
    %attended = nn.linear %merged, %wo : !hidden, !nn.weight<64x64> -> !hidden
    %y = nn.add %x, %attended : !hidden

    // Feed-forward.
    %g2 = nn.weight "blk.{layer}.ffn_norm.weight" : !nn.weight<64>
    %n2 = nn.rms_norm %y, %g2 epsilon 1.0e-5 : !hidden, !nn.weight<64> -> !hidden
    %gate = nn.weight "blk.{layer}.ffn_gate.weight" : !nn.weight<96x64>
    %up = nn.weight "blk.{layer}.ffn_up.weight" : !nn.weight<96x64>
    %down = nn.weight "blk.{layer}.ffn_down.weight" : !nn.weight<64x96>
    %wide = nn.swiglu %n2, %gate, %up : !hidden, !nn.weight<96x64> -> tensor<?x?x96xf32>
    %narrow = nn.linear %wide, %down : tensor<?x?x96xf32>, !nn.weight<64x96> -> !hidden
    %z = nn.add %y, %narrow : !hidden
    nn.yield %z : !hidden
  } -> !hidden
  return %out : !hidden
}

// The logits that follow the last valid token of each sequence: one step of generating text, a prompt's chunk or a token.
func.func @main(
    %tokens: tensor<?x?xi32> {nn.name = "tokens", nn.dims = ["B", "T"]},
    %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["2", "B", "C", "2", "16"]},
    %values: !cache {nn.name = "values", nn.dims = ["2", "B", "C", "2", "16"]})
    -> (tensor<?x256xf32> {nn.name = "logits", nn.dims = ["B", "256"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0, metadata = #metadata>, nn.bounds = {T = 64, C = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (tensor<?x?xi32>, tensor<?xi32>, !cache, !cache) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : tensor<?xi32>) : !hidden -> tensor<?x64xf32>
  %g = nn.weight "output_norm.weight" : !nn.weight<64>
  %n = nn.rms_norm %last, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  %table = nn.weight "token_embd.weight" : !nn.weight<256x64>
  %logits = nn.linear %n, %table : tensor<?x64xf32>, !nn.weight<256x64> -> tensor<?x256xf32>
  return %logits : tensor<?x256xf32>
}

// The logits after every token: for perplexity and for tests.
func.func @logits(
    %tokens: tensor<?x?xi32> {nn.name = "tokens", nn.dims = ["B", "T"]},
    %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["2", "B", "C", "2", "16"]},
    %values: !cache {nn.name = "values", nn.dims = ["2", "B", "C", "2", "16"]})
    -> (tensor<?x?x256xf32> {nn.name = "logits", nn.dims = ["B", "T", "256"]})
    attributes {nn.bounds = {T = 64, C = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (tensor<?x?xi32>, tensor<?xi32>, !cache, !cache) -> !hidden
  %g = nn.weight "output_norm.weight" : !nn.weight<64>
  %n = nn.rms_norm %rows, %g epsilon 1.0e-5 : !hidden, !nn.weight<64> -> !hidden
  %table = nn.weight "token_embd.weight" : !nn.weight<256x64>
  %logits = nn.linear %n, %table : !hidden, !nn.weight<256x64> -> tensor<?x?x256xf32>
  return %logits : tensor<?x?x256xf32>
}

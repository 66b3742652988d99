// SmolLM2-135M (Hugging Face, 2024): a language model in one sitting.
//
// A stack of 30 layers on a residual stream of 576 features. A layer is attention, 9 query heads on 3 key heads of 64,
// and a gated feed-forward of 1536, each on a normalised copy of the stream and added back to it. The table of 49,152
// tokens is used at both ends. Weights carry the names of llama-shaped GGUF files, whose rotations are `interleaved`.
//
// Dimensions: B sequences, T new tokens at most in each (lengths[b] of them valid), C positions in the caches. Both
// functions share the layers, and with them the caches and the kernels.
//
//   attn-opt --emit=artifact --target=cpu models/smollm2.mlir -o smollm2.attn      --set=cache=f32 for exact caches

!hidden = tensor<?x?x576xf32>
!cache = !attn.cache<30x?x?x3x64xbf16>
!layer_cache = !attn.cache<?x?x3x64xbf16>

#metadata = {
  general.architecture = "llama", llama.block_count = 30 : i64, llama.embedding_length = 576 : i64,
  llama.feed_forward_length = 1536 : i64, llama.attention.head_count = 9 : i64, llama.attention.head_count_kv = 3 : i64,
  llama.attention.layer_norm_rms_epsilon = 1.0e-5 : f32, llama.rope.dimension_count = 64 : i64,
  llama.rope.freq_base = 1.0e5 : f32, llama.vocab_size = 49152 : i64
}

// Tokens to the stream after all layers, normalised rows not yet.
func.func private @layers(%tokens: tensor<?x?xi32>, %lengths: tensor<?xi32>, %keys: !cache, %values: !cache) -> !hidden {
  // Row r of sequence b stands at position start[b] + r.
  %start = attn.length %keys : !cache -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>

  %table = nn.weight "token_embd.weight" : !nn.weight<49152x576>
  %embedded = nn.embed %tokens, %table : tensor<?x?xi32>, !nn.weight<49152x576> -> !hidden

  %out = nn.repeat 30 "layer" carry(%embedded : !hidden) slice(%keys, %values : !cache, !cache) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache):
    // Attention: what each position asks, what it offers, what it holds.
    %g1 = nn.weight "blk.{layer}.attn_norm.weight" : !nn.weight<576>
    %n1 = nn.rms_norm %x, %g1 epsilon 1.0e-5 : !hidden, !nn.weight<576> -> !hidden
    %wq = nn.weight "blk.{layer}.attn_q.weight" : !nn.weight<576x576>
    %wk = nn.weight "blk.{layer}.attn_k.weight" : !nn.weight<192x576>
    %wv = nn.weight "blk.{layer}.attn_v.weight" : !nn.weight<192x576>
    %q0 = nn.linear %n1, %wq : !hidden, !nn.weight<576x576> -> !hidden
    %k0 = nn.linear %n1, %wk : !hidden, !nn.weight<192x576> -> tensor<?x?x192xf32>
    %v0 = nn.linear %n1, %wv : !hidden, !nn.weight<192x576> -> tensor<?x?x192xf32>
    %q1 = nn.split_heads %q0 : !hidden -> tensor<?x?x9x64xf32>
    %k1 = nn.split_heads %k0 : tensor<?x?x192xf32> -> tensor<?x?x3x64xf32>
    %v1 = nn.split_heads %v0 : tensor<?x?x192xf32> -> tensor<?x?x3x64xf32>
    %q = attn.rotary %q1 at %at interleaved base 1.0e5 : tensor<?x?x9x64xf32>
    %k = attn.rotary %k1 at %at interleaved base 1.0e5 : tensor<?x?x3x64xf32>
    attn.append %layer_keys, %k at %at : !layer_cache, tensor<?x?x3x64xf32>
    attn.append %layer_values, %v1 at %at : !layer_cache, tensor<?x?x3x64xf32>

    // Each query meets the keys up to its own position, those of earlier calls included.
    %dots = attn.dot_product %q, %layer_keys : tensor<?x?x9x64xf32>, !layer_cache
    %scores = attn.causal %dots
    %heads = attn.softmax %scores, %layer_values in %at : !layer_cache -> tensor<?x?x9x64xf32>
    %merged = nn.merge_heads %heads : tensor<?x?x9x64xf32> -> !hidden
    %wo = nn.weight "blk.{layer}.attn_output.weight" : !nn.weight<576x576>
    %attended = nn.linear %merged, %wo : !hidden, !nn.weight<576x576> -> !hidden
    %y = nn.add %x, %attended : !hidden

    // Feed-forward.
    %g2 = nn.weight "blk.{layer}.ffn_norm.weight" : !nn.weight<576>
    %n2 = nn.rms_norm %y, %g2 epsilon 1.0e-5 : !hidden, !nn.weight<576> -> !hidden
    %gate = nn.weight "blk.{layer}.ffn_gate.weight" : !nn.weight<1536x576>
    %up = nn.weight "blk.{layer}.ffn_up.weight" : !nn.weight<1536x576>
    %down = nn.weight "blk.{layer}.ffn_down.weight" : !nn.weight<576x1536>
    %wide = nn.swiglu %n2, %gate, %up : !hidden, !nn.weight<1536x576> -> tensor<?x?x1536xf32>
    %narrow = nn.linear %wide, %down : tensor<?x?x1536xf32>, !nn.weight<576x1536> -> !hidden
    %z = nn.add %y, %narrow : !hidden
    nn.yield %z : !hidden
  } -> !hidden
  return %out : !hidden
}

// The logits that follow the last valid token of each sequence: one step of generating text, a prompt's chunk or a token.
func.func @main(
    %tokens: tensor<?x?xi32> {nn.name = "tokens", nn.dims = ["B", "T"]},
    %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["30", "B", "C", "3", "64"]},
    %values: !cache {nn.name = "values", nn.dims = ["30", "B", "C", "3", "64"]})
    -> (tensor<?x49152xf32> {nn.name = "logits", nn.dims = ["B", "49152"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0, metadata = #metadata>, nn.bounds = {T = 512, C = 8192}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (tensor<?x?xi32>, tensor<?xi32>, !cache, !cache) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : tensor<?xi32>) : !hidden -> tensor<?x576xf32>
  %g = nn.weight "output_norm.weight" : !nn.weight<576>
  %n = nn.rms_norm %last, %g epsilon 1.0e-5 : tensor<?x576xf32>, !nn.weight<576> -> tensor<?x576xf32>
  %table = nn.weight "token_embd.weight" : !nn.weight<49152x576>
  %logits = nn.linear %n, %table : tensor<?x576xf32>, !nn.weight<49152x576> -> tensor<?x49152xf32>
  return %logits : tensor<?x49152xf32>
}

// The logits after every token: for perplexity and for tests.
func.func @logits(
    %tokens: tensor<?x?xi32> {nn.name = "tokens", nn.dims = ["B", "T"]},
    %lengths: tensor<?xi32> {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["30", "B", "C", "3", "64"]},
    %values: !cache {nn.name = "values", nn.dims = ["30", "B", "C", "3", "64"]})
    -> (tensor<?x?x49152xf32> {nn.name = "logits", nn.dims = ["B", "T", "49152"]})
    attributes {nn.bounds = {T = 512, C = 8192}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (tensor<?x?xi32>, tensor<?xi32>, !cache, !cache) -> !hidden
  %g = nn.weight "output_norm.weight" : !nn.weight<576>
  %n = nn.rms_norm %rows, %g epsilon 1.0e-5 : !hidden, !nn.weight<576> -> !hidden
  %table = nn.weight "token_embd.weight" : !nn.weight<49152x576>
  %logits = nn.linear %n, %table : !hidden, !nn.weight<49152x576> -> tensor<?x?x49152xf32>
  return %logits : tensor<?x?x49152xf32>
}

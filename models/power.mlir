// A language model whose memory does not grow: 4 layers of width 512, 8 heads of 64, weights of attention (q · k / 8)², vocabulary 8000.
//
// Buckman et al., 2024 (symmetric power attention) in a decoder of today: RMS norm, rotary positions, SwiGLU, tied embeddings. Of all keys
// so far a layer keeps 8 sums of 2080 x 64 numbers, whatever the length. A token reads them once; the last keys, fewer than 64, stand in
// caches, and the sums take them in together.

!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!hidden = tensor<?x?x512xf32>
!wide = tensor<?x?x2048xf32>
!heads = tensor<?x?x8x64xf32>
!cache = !attn.cache<4x?x?x8x64xf32>
!layer_cache = !attn.cache<?x?x8x64xf32>
!sums = !attn.state<4x?x8x2080x64xf32>
!layer_sums = !attn.state<?x8x2080x64xf32>
!sum = !attn.state<4x?x8x2080xf32>
!layer_sum = !attn.state<?x8x2080xf32>
!table = !nn.weight<8000x512>
!square = !nn.weight<512x512>
!expansion = !nn.weight<2048x512>
!reduction = !nn.weight<512x2048>
!vector = !nn.weight<512>
!row = tensor<?x512xf32>

// Tokens to the stream after all layers, normalised.
func.func private @layers(%tokens: !tokens, %lengths: !lengths, %keys: !cache, %values: !cache, %sums: !sums, %sum: !sum) -> !hidden {
  // Where the rows stand among the keys that are in caches, and where in the whole text, which the sums have counted.
  %kept = attn.length %keys : !cache -> !lengths
  %at = attn.padded queries(%lengths : !lengths) start %kept : !lengths
  %met = attn.length %sums : !sums -> !lengths
  %place = attn.padded queries(%lengths : !lengths) start %met : !lengths
  %table = nn.weight "token_embd.weight" : !table
  %in = nn.embed %tokens, %table : !tokens, !table -> !hidden

  %out = nn.repeat 4 "layer" carry(%in : !hidden) slice(%keys, %values, %sums, %sum : !cache, !cache, !sums, !sum) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache, %layer_sums: !layer_sums, %layer_sum: !layer_sum):
    // Attention.
    %g1 = nn.weight "blk.{layer}.attn_norm.weight" : !vector
    %n1 = nn.rms_norm %x, %g1 epsilon 1.0e-5 : !hidden, !vector -> !hidden
    %q_w = nn.weight "blk.{layer}.attn_q.weight" : !square
    %k_w = nn.weight "blk.{layer}.attn_k.weight" : !square
    %v_w = nn.weight "blk.{layer}.attn_v.weight" : !square
    %q0 = nn.linear %n1, %q_w : !hidden, !square -> !hidden
    %k0 = nn.linear %n1, %k_w : !hidden, !square -> !hidden
    %v0 = nn.linear %n1, %v_w : !hidden, !square -> !hidden
    %q1 = nn.split_heads %q0 : !hidden -> !heads
    %k1 = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    %q = attn.rotary %q1 at %place halves base 1.0e4 : !heads
    %k = attn.rotary %k1 at %place halves base 1.0e4 : !heads
    attn.append %layer_keys, %k at %at : !layer_cache, !heads
    attn.append %layer_values, %v at %at : !layer_cache, !heads
    %powers = attn.power %q, %layer_keys degree 2 : !heads, !layer_cache
    %scores = attn.causal %powers
    %heads = attn.sum %scores, %layer_values state(%layer_sums, %layer_sum : !layer_sums, !layer_sum) switch_over 64 in %at : !layer_cache -> !heads
    %merged = nn.merge_heads %heads : !heads -> !hidden
    %o_w = nn.weight "blk.{layer}.attn_output.weight" : !square
    %attended = nn.linear %merged, %o_w : !hidden, !square -> !hidden
    %y = nn.add %x, %attended : !hidden

    // Feed-forward.
    %g2 = nn.weight "blk.{layer}.ffn_norm.weight" : !vector
    %n2 = nn.rms_norm %y, %g2 epsilon 1.0e-5 : !hidden, !vector -> !hidden
    %gate = nn.weight "blk.{layer}.ffn_gate.weight" : !expansion
    %up = nn.weight "blk.{layer}.ffn_up.weight" : !expansion
    %wide = nn.swiglu %n2, %gate, %up : !hidden, !expansion -> !wide
    %d_w = nn.weight "blk.{layer}.ffn_down.weight" : !reduction
    %down = nn.linear %wide, %d_w : !wide, !reduction -> !hidden
    %z = nn.add %y, %down : !hidden
    nn.yield %z : !hidden
  } -> !hidden
  %g = nn.weight "output_norm.weight" : !vector
  %normed = nn.rms_norm %out, %g epsilon 1.0e-5 : !hidden, !vector -> !hidden
  return %normed : !hidden
}

// The logits that follow the last valid token of each sequence: one step of generating text, a prompt's chunk or a token.
func.func @main(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["4", "B", "C", "8", "64"]}, %values: !cache {nn.name = "values", nn.dims = ["4", "B", "C", "8", "64"]},
    %sums: !sums {nn.name = "sums", nn.dims = ["4", "B", "8", "2080", "64"]}, %sum: !sum {nn.name = "sum", nn.dims = ["4", "B", "8", "2080"]})
    -> (tensor<?x8000xf32> {nn.name = "logits", nn.dims = ["B", "8000"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>, nn.bounds = {T = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values, %sums, %sum) : (!tokens, !lengths, !cache, !cache, !sums, !sum) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : !lengths) : !hidden -> !row
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %last, %table : !row, !table -> tensor<?x8000xf32>
  return %logits : tensor<?x8000xf32>
}

// The logits after every token: for perplexity and for tests.
func.func @logits(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["4", "B", "C", "8", "64"]}, %values: !cache {nn.name = "values", nn.dims = ["4", "B", "C", "8", "64"]},
    %sums: !sums {nn.name = "sums", nn.dims = ["4", "B", "8", "2080", "64"]}, %sum: !sum {nn.name = "sum", nn.dims = ["4", "B", "8", "2080"]})
    -> (tensor<?x?x8000xf32> {nn.name = "logits", nn.dims = ["B", "T", "8000"]}) attributes {nn.bounds = {T = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values, %sums, %sum) : (!tokens, !lengths, !cache, !cache, !sums, !sum) -> !hidden
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %rows, %table : !hidden, !table -> tensor<?x?x8000xf32>
  return %logits : tensor<?x?x8000xf32>
}

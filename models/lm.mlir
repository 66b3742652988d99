// A language model of the classic kind: 6 layers of width 512, 8 heads of 64, feed-forward 2048, vocabulary 32000, 512 positions.
//
// Radford et al., 2019 (GPT-2), in small: learned positions, pre-norm, GELU, tied embeddings, a cache of keys and values. Weights come
// from a file or a seed. The attention is chosen in one place: `--set=attention=window` takes another private function of the same
// type.

!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!hidden = tensor<?x?x512xf32>
!wide = tensor<?x?x2048xf32>
!heads = tensor<?x?x8x64xf32>
!cache = !attn.cache<6x?x?x8x64xf32>
!layer_cache = !attn.cache<?x?x8x64xf32>
!table = !nn.weight<32000x512>
!square = !nn.weight<512x512>
!expansion = !nn.weight<2048x512>
!reduction = !nn.weight<512x2048>
!vector = !nn.weight<512>
!wide_vector = !nn.weight<2048>
!row = tensor<?x512xf32>

//===--- Attention: what --set=attention=NAME chooses from ---===//

// Each query meets the keys up to its own position, those of earlier calls included. %x is what queries are made of.
func.func private @standard(%x: !hidden, %q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !hidden {
  %dots = attn.dot_product %q, %k : !heads, !layer_cache
  %scores = attn.causal %dots
  %heads = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  %out = nn.merge_heads %heads : !heads -> !hidden
  return %out : !hidden
}

// The last 128 keys only.
func.func private @window(%x: !hidden, %q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !hidden {
  %width = arith.constant 128 : i32
  %dots = attn.dot_product %q, %k : !heads, !layer_cache
  %scores = attn.sliding_window %dots window %width
  %heads = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  %out = nn.merge_heads %heads : !heads -> !hidden
  return %out : !hidden
}

// The output of every head and feature times σ(x Wᵀ + b).
func.func private @gated(%x: !hidden, %q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !hidden {
  %attended = call @standard(%x, %q, %k, %v, %at) : (!hidden, !heads, !layer_cache, !layer_cache, !attn.sequences) -> !hidden
  %g_w = nn.weight "blk.{layer}.attn_gate.weight" : !square
  %g_b = nn.weight "blk.{layer}.attn_gate.bias" : !vector
  %opening = nn.linear %x, %g_w bias %g_b : !vector for : !hidden, !square -> !hidden
  %gate = nn.sigmoid %opening : !hidden -> !hidden
  %out = nn.mul %attended, %gate : !hidden
  return %out : !hidden
}

//===--- The model ---===//

// Tokens to the stream after all layers, normalised.
func.func private @layers(%tokens: !tokens, %lengths: !lengths, %keys: !cache, %values: !cache) -> !hidden {
  // Row r of sequence b stands at position start[b] + r.
  %start = attn.length %keys : !cache -> !lengths
  %at = attn.padded queries(%lengths : !lengths) start %start : !lengths
  %table = nn.weight "token_embd.weight" : !table
  %places = nn.weight "position_embd.weight" : !square
  %embedded = nn.embed %tokens, %table : !tokens, !table -> !hidden
  %in = nn.add_positions %embedded, %places at %at : !hidden, !square

  %out = nn.repeat 6 "layer" carry(%in : !hidden) slice(%keys, %values : !cache, !cache) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache):
    // Attention.
    %a_g = nn.weight "blk.{layer}.attn_norm.weight" : !vector
    %a_b = nn.weight "blk.{layer}.attn_norm.bias" : !vector
    %n1 = nn.layer_norm %x gain %a_g : !vector bias %a_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
    %q_w = nn.weight "blk.{layer}.attn_q.weight" : !square
    %q_b = nn.weight "blk.{layer}.attn_q.bias" : !vector
    %q0 = nn.linear %n1, %q_w bias %q_b : !vector for : !hidden, !square -> !hidden
    %k_w = nn.weight "blk.{layer}.attn_k.weight" : !square
    %k_b = nn.weight "blk.{layer}.attn_k.bias" : !vector
    %k0 = nn.linear %n1, %k_w bias %k_b : !vector for : !hidden, !square -> !hidden
    %v_w = nn.weight "blk.{layer}.attn_v.weight" : !square
    %v_b = nn.weight "blk.{layer}.attn_v.bias" : !vector
    %v0 = nn.linear %n1, %v_w bias %v_b : !vector for : !hidden, !square -> !hidden
    %q = nn.split_heads %q0 : !hidden -> !heads
    %k = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    attn.append %layer_keys, %k at %at : !layer_cache, !heads
    attn.append %layer_values, %v at %at : !layer_cache, !heads
    %merged = func.call @standard(%n1, %q, %layer_keys, %layer_values, %at) {nn.choice = "attention"}
        : (!hidden, !heads, !layer_cache, !layer_cache, !attn.sequences) -> !hidden
    %o_w = nn.weight "blk.{layer}.attn_output.weight" : !square
    %o_b = nn.weight "blk.{layer}.attn_output.bias" : !vector
    %attended = nn.linear %merged, %o_w bias %o_b : !vector for : !hidden, !square -> !hidden
    %y = nn.add %x, %attended : !hidden

    // Feed-forward.
    %f_g = nn.weight "blk.{layer}.ffn_norm.weight" : !vector
    %f_b = nn.weight "blk.{layer}.ffn_norm.bias" : !vector
    %n2 = nn.layer_norm %y gain %f_g : !vector bias %f_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
    %u_w = nn.weight "blk.{layer}.ffn_up.weight" : !expansion
    %u_b = nn.weight "blk.{layer}.ffn_up.bias" : !wide_vector
    %up = nn.linear %n2, %u_w bias %u_b : !wide_vector for : !hidden, !expansion -> !wide
    %active = nn.gelu %up tanh : !wide -> !wide
    %d_w = nn.weight "blk.{layer}.ffn_down.weight" : !reduction
    %d_b = nn.weight "blk.{layer}.ffn_down.bias" : !vector
    %down = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !hidden
    %z = nn.add %y, %down : !hidden
    nn.yield %z : !hidden
  } -> !hidden
  %n_g = nn.weight "output_norm.weight" : !vector
  %n_b = nn.weight "output_norm.bias" : !vector
  %normed = nn.layer_norm %out gain %n_g : !vector bias %n_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
  return %normed : !hidden
}

// The logits that follow the last valid token of each sequence: one step of generating text, a prompt's chunk or a token.
func.func @main(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["6", "B", "C", "8", "64"]}, %values: !cache {nn.name = "values", nn.dims = ["6", "B", "C", "8", "64"]})
    -> (tensor<?x32000xf32> {nn.name = "logits", nn.dims = ["B", "32000"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>, nn.bounds = {T = 512, C = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (!tokens, !lengths, !cache, !cache) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : !lengths) : !hidden -> !row
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %last, %table : !row, !table -> tensor<?x32000xf32>
  return %logits : tensor<?x32000xf32>
}

// The logits after every token: for perplexity and for tests.
func.func @logits(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["6", "B", "C", "8", "64"]}, %values: !cache {nn.name = "values", nn.dims = ["6", "B", "C", "8", "64"]})
    -> (tensor<?x?x32000xf32> {nn.name = "logits", nn.dims = ["B", "T", "32000"]}) attributes {nn.bounds = {T = 512, C = 512}} {
  %rows = call @layers(%tokens, %lengths, %keys, %values) : (!tokens, !lengths, !cache, !cache) -> !hidden
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %rows, %table : !hidden, !table -> tensor<?x?x32000xf32>
  return %logits : tensor<?x?x32000xf32>
}

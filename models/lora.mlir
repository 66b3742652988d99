// A language model that serves several fine-tunings at once: one base, and four low-rank adapters chosen by sequence at run
// time, `attn-run lora.attn --weights=random:1 --prompt-tokens=3,1,4 --input=adapters=2`.
//
// 4 layers of width 256, 8 heads of 32, feed-forward 1024, vocabulary 8000. Hu et al., 2021 (LoRA, §4.2): queries and values of every
// layer are W x + (α / r) B_k A_k x, with r = 8 and α = 16. `adapters` holds a k for each sequence of the batch; −1 stands for the
// base model. The adapters of a layer lie in two weights, one below the other, so that adding a fifth is a change of their sizes.

!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!hidden = tensor<?x?x256xf32>
!wide = tensor<?x?x1024xf32>
!heads = tensor<?x?x8x32xf32>
!cache = !attn.cache<4x?x?x8x32xf32>
!layer_cache = !attn.cache<?x?x8x32xf32>
!table = !nn.weight<8000x256>
!square = !nn.weight<256x256>
!expansion = !nn.weight<1024x256>
!reduction = !nn.weight<256x1024>
!vector = !nn.weight<256>
!down = !nn.weight<32x256>
!up = !nn.weight<256x32>
!row = tensor<?x256xf32>

// Tokens to the stream after all layers, normalised.
func.func private @layers(%tokens: !tokens, %lengths: !lengths, %adapters: !lengths, %keys: !cache, %values: !cache) -> !hidden {
  // Row r of sequence b stands at position start[b] + r.
  %start = attn.length %keys : !cache -> !lengths
  %at = attn.padded queries(%lengths : !lengths) start %start : !lengths
  %table = nn.weight "token_embd.weight" : !table
  %embedded = nn.embed %tokens, %table : !tokens, !table -> !hidden

  %out = nn.repeat 4 "layer" carry(%embedded : !hidden) slice(%keys, %values : !cache, !cache) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache):
    // Attention; queries and values are adapted.
    %a_g = nn.weight "blk.{layer}.attn_norm.weight" : !vector
    %n1 = nn.rms_norm %x, %a_g epsilon 1.0e-5 : !hidden, !vector -> !hidden
    %q_w = nn.weight "blk.{layer}.attn_q.weight" : !square
    %q_base = nn.linear %n1, %q_w : !hidden, !square -> !hidden
    %q_a = nn.weight "blk.{layer}.attn_q.lora_a" : !down
    %q_b = nn.weight "blk.{layer}.attn_q.lora_b" : !up
    %q0 = nn.lora %n1, %q_base adapters %q_a, %q_b by %adapters rank 8 alpha 16.0 : !hidden, !hidden, !down, !up, !lengths
    %k_w = nn.weight "blk.{layer}.attn_k.weight" : !square
    %k0 = nn.linear %n1, %k_w : !hidden, !square -> !hidden
    %v_w = nn.weight "blk.{layer}.attn_v.weight" : !square
    %v_base = nn.linear %n1, %v_w : !hidden, !square -> !hidden
    %v_a = nn.weight "blk.{layer}.attn_v.lora_a" : !down
    %v_b = nn.weight "blk.{layer}.attn_v.lora_b" : !up
    %v0 = nn.lora %n1, %v_base adapters %v_a, %v_b by %adapters rank 8 alpha 16.0 : !hidden, !hidden, !down, !up, !lengths
    %q1 = nn.split_heads %q0 : !hidden -> !heads
    %k1 = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    %q = attn.rotary %q1 at %at halves base 1.0e4 : !heads
    %k = attn.rotary %k1 at %at halves base 1.0e4 : !heads
    attn.append %layer_keys, %k at %at : !layer_cache, !heads
    attn.append %layer_values, %v at %at : !layer_cache, !heads
    %dots = attn.dot_product %q, %layer_keys : !heads, !layer_cache
    %scores = attn.causal %dots
    %heads = attn.softmax %scores, %layer_values in %at : !layer_cache -> !heads
    %merged = nn.merge_heads %heads : !heads -> !hidden
    %o_w = nn.weight "blk.{layer}.attn_output.weight" : !square
    %attended = nn.linear %merged, %o_w : !hidden, !square -> !hidden
    %y = nn.add %x, %attended : !hidden

    // Feed-forward.
    %f_g = nn.weight "blk.{layer}.ffn_norm.weight" : !vector
    %n2 = nn.rms_norm %y, %f_g epsilon 1.0e-5 : !hidden, !vector -> !hidden
    %gate = nn.weight "blk.{layer}.ffn_gate.weight" : !expansion
    %widen = nn.weight "blk.{layer}.ffn_up.weight" : !expansion
    %narrow = nn.weight "blk.{layer}.ffn_down.weight" : !reduction
    %active = nn.swiglu %n2, %gate, %widen : !hidden, !expansion -> !wide
    %fed = nn.linear %active, %narrow : !wide, !reduction -> !hidden
    %z = nn.add %y, %fed : !hidden
    nn.yield %z : !hidden
  } -> !hidden
  %n_g = nn.weight "output_norm.weight" : !vector
  %normed = nn.rms_norm %out, %n_g epsilon 1.0e-5 : !hidden, !vector -> !hidden
  return %normed : !hidden
}

// The logits that follow the last valid token of each sequence: one step of generating text. A sequence keeps its adapter as
// long as its cache; whoever generates gives it once, and each step passes it.
func.func @main(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %adapters: !lengths {nn.name = "adapters", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["4", "B", "C", "8", "32"]},
    %values: !cache {nn.name = "values", nn.dims = ["4", "B", "C", "8", "32"]})
    -> (tensor<?x8000xf32> {nn.name = "logits", nn.dims = ["B", "8000"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>, nn.bounds = {T = 512, C = 2048}} {
  %rows = call @layers(%tokens, %lengths, %adapters, %keys, %values) : (!tokens, !lengths, !lengths, !cache, !cache) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : !lengths) : !hidden -> !row
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %last, %table : !row, !table -> tensor<?x8000xf32>
  return %logits : tensor<?x8000xf32>
}

// The logits after every token: for perplexity and for tests.
func.func @logits(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %adapters: !lengths {nn.name = "adapters", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["4", "B", "C", "8", "32"]},
    %values: !cache {nn.name = "values", nn.dims = ["4", "B", "C", "8", "32"]})
    -> (tensor<?x?x8000xf32> {nn.name = "logits", nn.dims = ["B", "T", "8000"]}) attributes {nn.bounds = {T = 512, C = 2048}} {
  %rows = call @layers(%tokens, %lengths, %adapters, %keys, %values) : (!tokens, !lengths, !lengths, !cache, !cache) -> !hidden
  %table = nn.weight "token_embd.weight" : !table
  %logits = nn.linear %rows, %table : !hidden, !table -> tensor<?x?x8000xf32>
  return %logits : tensor<?x?x8000xf32>
}

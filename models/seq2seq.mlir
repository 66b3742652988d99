// An encoder-decoder for translation: width 256, 8 heads of 32, 6 layers each, feed-forward 1024, vocabulary 8000, 256 positions.
//
// Vaswani et al., 2017: post-norm, ReLU, embeddings times √256; positions are learned. Source and target share a table, which also
// gives the logits. @encode reads the sources once and leaves the keys and values that each layer of the decoder needs of
// them in caches; @decode is a step of writing the target, greedily or by beams. There are three attentions, and each is chosen in one
// place: `--set=encoder_attention=alibi`, `--set=decoder_attention=window`, `--set=cross_attention=capped`.

!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!hidden = tensor<?x?x256xf32>
!wide = tensor<?x?x1024xf32>
!heads = tensor<?x?x8x32xf32>
!cache = !attn.cache<6x?x?x8x32xf32>
!layer_cache = !attn.cache<?x?x8x32xf32>
!table = !nn.weight<8000x256>
!positions = !nn.weight<256x256>
!square = !nn.weight<256x256>
!expansion = !nn.weight<1024x256>
!reduction = !nn.weight<256x1024>
!vector = !nn.weight<256>
!wide_vector = !nn.weight<1024>
!row = tensor<?x256xf32>
!logits = tensor<?x8000xf32>

//===--- Attention of the encoder: what --set=encoder_attention=NAME chooses from ---===//

// Within the source: every token meets every valid one.
func.func private @standard(%q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !heads {
  %scores = attn.dot_product %q, %k : !heads, !heads
  %out = attn.softmax %scores, %v in %at : !heads -> !heads
  return %out : !heads
}

// Scores fall with the distance of the two tokens.
func.func private @alibi(%q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !heads {
  %dots = attn.dot_product %q, %k : !heads, !heads
  %scores = attn.alibi %dots
  %out = attn.softmax %scores, %v in %at : !heads -> !heads
  return %out : !heads
}

//===--- Attention of the decoder: what --set=decoder_attention=NAME chooses from ---===//

// Within the target: every token meets those before it.
func.func private @causal(%q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !heads {
  %dots = attn.dot_product %q, %k : !heads, !layer_cache
  %scores = attn.causal %dots
  %out = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  return %out : !heads
}

// The last 32 of them only.
func.func private @window(%q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !heads {
  %width = arith.constant 32 : i32
  %dots = attn.dot_product %q, %k : !heads, !layer_cache
  %scores = attn.sliding_window %dots window %width
  %out = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  return %out : !heads
}

//===--- Attention between them: what --set=cross_attention=NAME chooses from ---===//

// From the target to the source: every token meets every valid one.
func.func private @cross(%q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !heads {
  %scores = attn.dot_product %q, %k : !heads, !layer_cache
  %out = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  return %out : !heads
}

// Scores of at most 5, so that no token of the source takes all of the weight.
func.func private @capped(%q: !heads, %k: !layer_cache, %v: !layer_cache, %at: !attn.sequences) -> !heads {
  %cap = arith.constant 5.0 : f32
  %dots = attn.dot_product %q, %k : !heads, !layer_cache
  %scores = attn.softcap %dots at %cap
  %out = attn.softmax %scores, %v in %at : !layer_cache -> !heads
  return %out : !heads
}

//===--- Parts ---===//

func.func private @embed(%tokens: !tokens, %at: !attn.sequences) -> !hidden {
  %table = nn.weight "shared.weight" : !table
  %places = nn.weight "position_embd.weight" : !positions
  %rows = nn.embed %tokens, %table : !tokens, !table -> !hidden
  %scaled = nn.scale %rows by 16.0 : !hidden
  %out = nn.add_positions %scaled, %places at %at : !hidden, !positions
  return %out : !hidden
}

//===--- The encoder ---===//

func.func private @encoder(%tokens: !tokens, %lengths: !lengths) -> !hidden {
  %at = attn.padded queries(%lengths : !lengths) keys(%lengths : !lengths) start top_left
  %in = call @embed(%tokens, %at) : (!tokens, !attn.sequences) -> !hidden
  %out = nn.repeat 6 "layer" carry(%in : !hidden) {
  ^layer(%x: !hidden):
    %q_w = nn.weight "enc.{layer}.attn_q.weight" : !square
    %q_b = nn.weight "enc.{layer}.attn_q.bias" : !vector
    %q0 = nn.linear %x, %q_w bias %q_b : !vector for : !hidden, !square -> !hidden
    %k_w = nn.weight "enc.{layer}.attn_k.weight" : !square
    %k_b = nn.weight "enc.{layer}.attn_k.bias" : !vector
    %k0 = nn.linear %x, %k_w bias %k_b : !vector for : !hidden, !square -> !hidden
    %v_w = nn.weight "enc.{layer}.attn_v.weight" : !square
    %v_b = nn.weight "enc.{layer}.attn_v.bias" : !vector
    %v0 = nn.linear %x, %v_w bias %v_b : !vector for : !hidden, !square -> !hidden
    %q = nn.split_heads %q0 : !hidden -> !heads
    %k = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    %heads = func.call @standard(%q, %k, %v, %at) {nn.choice = "encoder_attention"}
        : (!heads, !heads, !heads, !attn.sequences) -> !heads
    %merged = nn.merge_heads %heads : !heads -> !hidden
    %o_w = nn.weight "enc.{layer}.attn_output.weight" : !square
    %o_b = nn.weight "enc.{layer}.attn_output.bias" : !vector
    %attended = nn.linear %merged, %o_w bias %o_b : !vector for : !hidden, !square -> !hidden
    %sum = nn.add %x, %attended : !hidden
    %a_g = nn.weight "enc.{layer}.attn_norm.weight" : !vector
    %a_b = nn.weight "enc.{layer}.attn_norm.bias" : !vector
    %y = nn.layer_norm %sum gain %a_g : !vector bias %a_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
    %u_w = nn.weight "enc.{layer}.ffn_up.weight" : !expansion
    %u_b = nn.weight "enc.{layer}.ffn_up.bias" : !wide_vector
    %up = nn.linear %y, %u_w bias %u_b : !wide_vector for : !hidden, !expansion -> !wide
    %active = nn.relu %up : !wide -> !wide
    %d_w = nn.weight "enc.{layer}.ffn_down.weight" : !reduction
    %d_b = nn.weight "enc.{layer}.ffn_down.bias" : !vector
    %down = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !hidden
    %sum_ffn = nn.add %y, %down : !hidden
    %f_g = nn.weight "enc.{layer}.ffn_norm.weight" : !vector
    %f_b = nn.weight "enc.{layer}.ffn_norm.bias" : !vector
    %z = nn.layer_norm %sum_ffn gain %f_g : !vector bias %f_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
    nn.yield %z : !hidden
  } -> !hidden
  return %out : !hidden
}

// Sources to the keys and values of the decoder's layers: once for each source.
func.func @encode(
    %tokens: !tokens {nn.name = "source", nn.dims = ["B", "S"]}, %lengths: !lengths {nn.name = "source_lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "cross_keys", nn.dims = ["6", "B", "C", "8", "32"]},
    %values: !cache {nn.name = "cross_values", nn.dims = ["6", "B", "C", "8", "32"]})
    -> (!hidden {nn.name = "memory", nn.dims = ["B", "S", "256"]}) attributes {nn.bounds = {S = 256, C = 256}} {
  %memory = call @encoder(%tokens, %lengths) : (!tokens, !lengths) -> !hidden
  %start = attn.length %keys : !cache -> !lengths
  %at = attn.padded queries(%lengths : !lengths) start %start : !lengths
  nn.repeat 6 "layer" slice(%keys, %values : !cache, !cache) {
  ^layer(%layer_keys: !layer_cache, %layer_values: !layer_cache):
    %k_w = nn.weight "dec.{layer}.cross_k.weight" : !square
    %k_b = nn.weight "dec.{layer}.cross_k.bias" : !vector
    %k0 = nn.linear %memory, %k_w bias %k_b : !vector for : !hidden, !square -> !hidden
    %v_w = nn.weight "dec.{layer}.cross_v.weight" : !square
    %v_b = nn.weight "dec.{layer}.cross_v.bias" : !vector
    %v0 = nn.linear %memory, %v_w bias %v_b : !vector for : !hidden, !square -> !hidden
    %k = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    attn.append %layer_keys, %k at %at : !layer_cache, !heads
    attn.append %layer_values, %v at %at : !layer_cache, !heads
    nn.yield
  }
  return %memory : !hidden
}

//===--- The decoder ---===//

func.func private @decoder(%tokens: !tokens, %lengths: !lengths, %keys: !cache, %values: !cache, %cross_keys: !cache,
                           %cross_values: !cache) -> !hidden {
  %start = attn.length %keys : !cache -> !lengths
  %at = attn.padded queries(%lengths : !lengths) start %start : !lengths
  %sources = attn.length %cross_keys : !cache -> !lengths
  %across = attn.padded queries(%lengths : !lengths) keys(%sources : !lengths) start top_left
  %in = call @embed(%tokens, %at) : (!tokens, !attn.sequences) -> !hidden
  %out = nn.repeat 6 "layer" carry(%in : !hidden) slice(%keys, %values, %cross_keys, %cross_values : !cache, !cache, !cache, !cache) {
  ^layer(%x: !hidden, %layer_keys: !layer_cache, %layer_values: !layer_cache, %source_keys: !layer_cache, %source_values: !layer_cache):
    // The target so far.
    %q_w = nn.weight "dec.{layer}.attn_q.weight" : !square
    %q_b = nn.weight "dec.{layer}.attn_q.bias" : !vector
    %q0 = nn.linear %x, %q_w bias %q_b : !vector for : !hidden, !square -> !hidden
    %k_w = nn.weight "dec.{layer}.attn_k.weight" : !square
    %k_b = nn.weight "dec.{layer}.attn_k.bias" : !vector
    %k0 = nn.linear %x, %k_w bias %k_b : !vector for : !hidden, !square -> !hidden
    %v_w = nn.weight "dec.{layer}.attn_v.weight" : !square
    %v_b = nn.weight "dec.{layer}.attn_v.bias" : !vector
    %v0 = nn.linear %x, %v_w bias %v_b : !vector for : !hidden, !square -> !hidden
    %q = nn.split_heads %q0 : !hidden -> !heads
    %k = nn.split_heads %k0 : !hidden -> !heads
    %v = nn.split_heads %v0 : !hidden -> !heads
    attn.append %layer_keys, %k at %at : !layer_cache, !heads
    attn.append %layer_values, %v at %at : !layer_cache, !heads
    %heads = func.call @causal(%q, %layer_keys, %layer_values, %at) {nn.choice = "decoder_attention"}
        : (!heads, !layer_cache, !layer_cache, !attn.sequences) -> !heads
    %merged = nn.merge_heads %heads : !heads -> !hidden
    %o_w = nn.weight "dec.{layer}.attn_output.weight" : !square
    %o_b = nn.weight "dec.{layer}.attn_output.bias" : !vector
    %attended = nn.linear %merged, %o_w bias %o_b : !vector for : !hidden, !square -> !hidden
    %sum = nn.add %x, %attended : !hidden
    %a_g = nn.weight "dec.{layer}.attn_norm.weight" : !vector
    %a_b = nn.weight "dec.{layer}.attn_norm.bias" : !vector
    %w = nn.layer_norm %sum gain %a_g : !vector bias %a_b : !vector epsilon 1.0e-5 : !hidden -> !hidden

    // The source.
    %c_w = nn.weight "dec.{layer}.cross_q.weight" : !square
    %c_b = nn.weight "dec.{layer}.cross_q.bias" : !vector
    %cq0 = nn.linear %w, %c_w bias %c_b : !vector for : !hidden, !square -> !hidden
    %cq = nn.split_heads %cq0 : !hidden -> !heads
    %seen = func.call @cross(%cq, %source_keys, %source_values, %across) {nn.choice = "cross_attention"}
        : (!heads, !layer_cache, !layer_cache, !attn.sequences) -> !heads
    %seen_rows = nn.merge_heads %seen : !heads -> !hidden
    %co_w = nn.weight "dec.{layer}.cross_output.weight" : !square
    %co_b = nn.weight "dec.{layer}.cross_output.bias" : !vector
    %crossed = nn.linear %seen_rows, %co_w bias %co_b : !vector for : !hidden, !square -> !hidden
    %sum_cross = nn.add %w, %crossed : !hidden
    %cn_g = nn.weight "dec.{layer}.cross_norm.weight" : !vector
    %cn_b = nn.weight "dec.{layer}.cross_norm.bias" : !vector
    %y = nn.layer_norm %sum_cross gain %cn_g : !vector bias %cn_b : !vector epsilon 1.0e-5 : !hidden -> !hidden

    // Feed-forward.
    %u_w = nn.weight "dec.{layer}.ffn_up.weight" : !expansion
    %u_b = nn.weight "dec.{layer}.ffn_up.bias" : !wide_vector
    %up = nn.linear %y, %u_w bias %u_b : !wide_vector for : !hidden, !expansion -> !wide
    %active = nn.relu %up : !wide -> !wide
    %d_w = nn.weight "dec.{layer}.ffn_down.weight" : !reduction
    %d_b = nn.weight "dec.{layer}.ffn_down.bias" : !vector
    %down = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !hidden
    %sum_ffn = nn.add %y, %down : !hidden
    %f_g = nn.weight "dec.{layer}.ffn_norm.weight" : !vector
    %f_b = nn.weight "dec.{layer}.ffn_norm.bias" : !vector
    %z = nn.layer_norm %sum_ffn gain %f_g : !vector bias %f_b : !vector epsilon 1.0e-5 : !hidden -> !hidden
    nn.yield %z : !hidden
  } -> !hidden
  return %out : !hidden
}

// The logits that follow the last valid token of each target.
func.func @decode(
    %tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]},
    %keys: !cache {nn.name = "keys", nn.dims = ["6", "B", "C", "8", "32"]}, %values: !cache {nn.name = "values", nn.dims = ["6", "B", "C", "8", "32"]},
    %cross_keys: !cache {nn.name = "cross_keys", nn.dims = ["6", "B", "C", "8", "32"]},
    %cross_values: !cache {nn.name = "cross_values", nn.dims = ["6", "B", "C", "8", "32"]})
    -> (!logits {nn.name = "logits", nn.dims = ["B", "8000"]})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>, nn.bounds = {T = 64, C = 256}} {
  %rows = call @decoder(%tokens, %lengths, %keys, %values, %cross_keys, %cross_values)
      : (!tokens, !lengths, !cache, !cache, !cache, !cache) -> !hidden
  %last = nn.pool last %rows lengths(%lengths : !lengths) : !hidden -> !row
  %table = nn.weight "shared.weight" : !table
  %logits = nn.linear %last, %table : !row, !table -> !logits
  return %logits : !logits
}

// A BERT encoder of MiniLM's size: 6 layers of width 384, 12 heads of 32, feed-forward 1536, vocabulary 30522.
//
// Devlin et al., 2019; the names of the weights are those of all-MiniLM-L6-v2's safetensors. Post-norm, GELU, learned positions
// and token types; queries and keys beyond a sequence's length take no part. The attention is chosen in one place:
// `--set=attention=alibi` takes another private function of the same type.

!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!rows = tensor<?x?x384xf32>
!wide = tensor<?x?x1536xf32>
!heads = tensor<?x?x12x32xf32>
!row = tensor<?x384xf32>
!square = !nn.weight<384x384>
!expansion = !nn.weight<1536x384>
!reduction = !nn.weight<384x1536>
!vector = !nn.weight<384>
!wide_vector = !nn.weight<1536>

//===--- Attention: what --set=attention=NAME chooses from ---===//

func.func private @standard(%q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !heads {
  %scores = attn.dot_product %q, %k : !heads, !heads
  %out = attn.softmax %scores, %v in %at : !heads -> !heads
  return %out : !heads
}

// Scores fall with the distance of query and key.
func.func private @alibi(%q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !heads {
  %dots = attn.dot_product %q, %k : !heads, !heads
  %scores = attn.alibi %dots
  %out = attn.softmax %scores, %v in %at : !heads -> !heads
  return %out : !heads
}

//===--- The model ---===//

func.func private @encoder(%tokens: !tokens, %types: !tokens, %lengths: !lengths) -> !rows {
  %at = attn.padded queries(%lengths : !lengths) keys(%lengths : !lengths) start top_left
  %words = nn.weight "embeddings.word_embeddings.weight" : !nn.weight<30522x384>
  %kinds = nn.weight "embeddings.token_type_embeddings.weight" : !nn.weight<2x384>
  %places = nn.weight "embeddings.position_embeddings.weight" : !nn.weight<512x384>
  %word = nn.embed %tokens, %words : !tokens, !nn.weight<30522x384> -> !rows
  %kind = nn.embed %types, %kinds : !tokens, !nn.weight<2x384> -> !rows
  %sum = nn.add %word, %kind : !rows
  %placed = nn.add_positions %sum, %places at %at : !rows, !nn.weight<512x384>
  %e_g = nn.weight "embeddings.LayerNorm.weight" : !vector
  %e_b = nn.weight "embeddings.LayerNorm.bias" : !vector
  %in = nn.layer_norm %placed gain %e_g : !vector bias %e_b : !vector epsilon 1.0e-12 : !rows -> !rows

  %out = nn.repeat 6 "layer" carry(%in : !rows) {
  ^layer(%x: !rows):
    // Attention.
    %q_w = nn.weight "encoder.layer.{layer}.attention.self.query.weight" : !square
    %q_b = nn.weight "encoder.layer.{layer}.attention.self.query.bias" : !vector
    %q0 = nn.linear %x, %q_w bias %q_b : !vector for : !rows, !square -> !rows
    %k_w = nn.weight "encoder.layer.{layer}.attention.self.key.weight" : !square
    %k_b = nn.weight "encoder.layer.{layer}.attention.self.key.bias" : !vector
    %k0 = nn.linear %x, %k_w bias %k_b : !vector for : !rows, !square -> !rows
    %v_w = nn.weight "encoder.layer.{layer}.attention.self.value.weight" : !square
    %v_b = nn.weight "encoder.layer.{layer}.attention.self.value.bias" : !vector
    %v0 = nn.linear %x, %v_w bias %v_b : !vector for : !rows, !square -> !rows
    %q1 = nn.split_heads %q0 : !rows -> !heads
    %k1 = nn.split_heads %k0 : !rows -> !heads
    %v1 = nn.split_heads %v0 : !rows -> !heads
    %heads = func.call @standard(%q1, %k1, %v1, %at) {nn.choice = "attention"} : (!heads, !heads, !heads, !attn.sequences) -> !heads
    %merged = nn.merge_heads %heads : !heads -> !rows
    %o_w = nn.weight "encoder.layer.{layer}.attention.output.dense.weight" : !square
    %o_b = nn.weight "encoder.layer.{layer}.attention.output.dense.bias" : !vector
    %attended = nn.linear %merged, %o_w bias %o_b : !vector for : !rows, !square -> !rows
    %sum1 = nn.add %attended, %x : !rows
    %a_g = nn.weight "encoder.layer.{layer}.attention.output.LayerNorm.weight" : !vector
    %a_b = nn.weight "encoder.layer.{layer}.attention.output.LayerNorm.bias" : !vector
    %y = nn.layer_norm %sum1 gain %a_g : !vector bias %a_b : !vector epsilon 1.0e-12 : !rows -> !rows

    // Feed-forward.
    %u_w = nn.weight "encoder.layer.{layer}.intermediate.dense.weight" : !expansion
    %u_b = nn.weight "encoder.layer.{layer}.intermediate.dense.bias" : !wide_vector
    %up = nn.linear %y, %u_w bias %u_b : !wide_vector for : !rows, !expansion -> !wide
    %active = nn.gelu %up exact : !wide -> !wide
    %d_w = nn.weight "encoder.layer.{layer}.output.dense.weight" : !reduction
    %d_b = nn.weight "encoder.layer.{layer}.output.dense.bias" : !vector
    %down = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !rows
    %sum2 = nn.add %down, %y : !rows
    %f_g = nn.weight "encoder.layer.{layer}.output.LayerNorm.weight" : !vector
    %f_b = nn.weight "encoder.layer.{layer}.output.LayerNorm.bias" : !vector
    %z = nn.layer_norm %sum2 gain %f_g : !vector bias %f_b : !vector epsilon 1.0e-12 : !rows -> !rows
    nn.yield %z : !rows
  } -> !rows
  return %out : !rows
}

// The last hidden states, of which those beyond a length mean nothing, and the pooled output: tanh of a linear layer of
// the first token.
func.func @main(%tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %types: !tokens {nn.name = "types", nn.dims = ["B", "T"]},
                %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]})
    -> (!rows {nn.name = "hidden", nn.dims = ["B", "T", "384"]}, !row {nn.name = "pooled", nn.dims = ["B", "384"]})
    attributes {nn.bounds = {T = 512}} {
  %rows = call @encoder(%tokens, %types, %lengths) : (!tokens, !tokens, !lengths) -> !rows
  %first = nn.pool first %rows : !rows -> !row
  %p_w = nn.weight "pooler.dense.weight" : !square
  %p_b = nn.weight "pooler.dense.bias" : !vector
  %dense = nn.linear %first, %p_w bias %p_b : !vector for : !row, !square -> !row
  %pooled = nn.tanh %dense : !row -> !row
  return %rows, %pooled : !rows, !row
}

// One vector of length 1 for a text, as MiniLM is used: the mean of the valid rows.
func.func @embed(%tokens: !tokens {nn.name = "tokens", nn.dims = ["B", "T"]}, %types: !tokens {nn.name = "types", nn.dims = ["B", "T"]},
                 %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]})
    -> (!row {nn.name = "embedding", nn.dims = ["B", "384"]}) attributes {nn.bounds = {T = 512}} {
  %rows = call @encoder(%tokens, %types, %lengths) : (!tokens, !tokens, !lengths) -> !rows
  %mean = nn.pool mean %rows lengths(%lengths : !lengths) : !rows -> !row
  %embedding = nn.l2_norm %mean epsilon 1.0e-12 : !row -> !row
  return %embedding : !row
}

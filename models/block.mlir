// One transformer block, to try an attention in: width 512, 8 heads of 64, feed-forward 2048; every row meets every valid row.
//
// Vaswani et al., 2017, with the norms before (Xiong et al., 2020: @main) or after (@post_norm) what they norm. Two choices, each made in
// one place: `--set=attention=alibi`, `--set=activation=relu`; a new one is one more private function of the type.

!lengths = tensor<?xi32>
!rows = tensor<?x?x512xf32>
!wide = tensor<?x?x2048xf32>
!heads = tensor<?x?x8x64xf32>
!square = !nn.weight<512x512>
!expansion = !nn.weight<2048x512>
!reduction = !nn.weight<512x2048>
!vector = !nn.weight<512>
!wide_vector = !nn.weight<2048>

//===--- Attention: what --set=attention=NAME chooses from ---===//

// %x is what queries, keys and values are made of.
func.func private @standard(%x: !rows, %q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !rows {
  %scores = attn.dot_product %q, %k : !heads, !heads
  %heads = attn.softmax %scores, %v in %at : !heads -> !heads
  %out = nn.merge_heads %heads : !heads -> !rows
  return %out : !rows
}

// Scores fall with the distance of query and key.
func.func private @alibi(%x: !rows, %q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !rows {
  %dots = attn.dot_product %q, %k : !heads, !heads
  %scores = attn.alibi %dots
  %heads = attn.softmax %scores, %v in %at : !heads -> !heads
  %out = nn.merge_heads %heads : !heads -> !rows
  return %out : !rows
}

// The output of every head and feature times σ(x Wᵀ + b).
func.func private @gated(%x: !rows, %q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !rows {
  %attended = call @standard(%x, %q, %k, %v, %at) : (!rows, !heads, !heads, !heads, !attn.sequences) -> !rows
  %w = nn.weight "attn_gate.weight" : !square
  %b = nn.weight "attn_gate.bias" : !vector
  %opening = nn.linear %x, %w bias %b : !vector for : !rows, !square -> !rows
  %gate = nn.sigmoid %opening : !rows -> !rows
  %out = nn.mul %attended, %gate : !rows
  return %out : !rows
}

// Each head's values times σ(q W) with the query at the key's own position.
func.func private @bilinear_modulated(%x: !rows, %q: !heads, %k: !heads, %v: !heads, %at: !attn.sequences) -> !rows {
  %w = nn.weight "attn_modulation.weight" : !nn.weight<512x64>
  %modulated = attn.bilinear_modulated %q, %v, %w : !heads, !heads, !nn.weight<512x64> -> !heads
  %out = call @standard(%x, %q, %k, %modulated, %at) : (!rows, !heads, !heads, !heads, !attn.sequences) -> !rows
  return %out : !rows
}

//===--- Activation: what --set=activation=NAME chooses from ---===//

func.func private @gelu(%x: !wide) -> !wide {
  %y = nn.gelu %x exact : !wide -> !wide
  return %y : !wide
}

func.func private @relu(%x: !wide) -> !wide {
  %y = nn.relu %x : !wide -> !wide
  return %y : !wide
}

//===--- The block ---===//

func.func private @attend(%x: !rows, %lengths: !lengths) -> !rows {
  %at = attn.padded queries(%lengths : !lengths) keys(%lengths : !lengths) start top_left
  %q_w = nn.weight "attn_q.weight" : !square
  %k_w = nn.weight "attn_k.weight" : !square
  %v_w = nn.weight "attn_v.weight" : !square
  %q0 = nn.linear %x, %q_w : !rows, !square -> !rows
  %k0 = nn.linear %x, %k_w : !rows, !square -> !rows
  %v0 = nn.linear %x, %v_w : !rows, !square -> !rows
  %q = nn.split_heads %q0 : !rows -> !heads
  %k = nn.split_heads %k0 : !rows -> !heads
  %v = nn.split_heads %v0 : !rows -> !heads
  %merged = call @standard(%x, %q, %k, %v, %at) {nn.choice = "attention"} : (!rows, !heads, !heads, !heads, !attn.sequences) -> !rows
  %o_w = nn.weight "attn_output.weight" : !square
  %o_b = nn.weight "attn_output.bias" : !vector
  %out = nn.linear %merged, %o_w bias %o_b : !vector for : !rows, !square -> !rows
  return %out : !rows
}

func.func private @feed(%x: !rows) -> !rows {
  %u_w = nn.weight "ffn_up.weight" : !expansion
  %u_b = nn.weight "ffn_up.bias" : !wide_vector
  %up = nn.linear %x, %u_w bias %u_b : !wide_vector for : !rows, !expansion -> !wide
  %active = call @gelu(%up) {nn.choice = "activation"} : (!wide) -> !wide
  %d_w = nn.weight "ffn_down.weight" : !reduction
  %d_b = nn.weight "ffn_down.bias" : !vector
  %out = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !rows
  return %out : !rows
}

func.func private @attn_norm(%x: !rows) -> !rows {
  %g = nn.weight "attn_norm.weight" : !vector
  %b = nn.weight "attn_norm.bias" : !vector
  %y = nn.layer_norm %x gain %g : !vector bias %b : !vector epsilon 1.0e-5 : !rows -> !rows
  return %y : !rows
}

func.func private @ffn_norm(%x: !rows) -> !rows {
  %g = nn.weight "ffn_norm.weight" : !vector
  %b = nn.weight "ffn_norm.bias" : !vector
  %y = nn.layer_norm %x gain %g : !vector bias %b : !vector epsilon 1.0e-5 : !rows -> !rows
  return %y : !rows
}

func.func @main(%x: !rows {nn.name = "x", nn.dims = ["B", "T", "512"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]})
    -> (!rows {nn.name = "y", nn.dims = ["B", "T", "512"]}) {
  %n1 = call @attn_norm(%x) : (!rows) -> !rows
  %attended = call @attend(%n1, %lengths) : (!rows, !lengths) -> !rows
  %h = nn.add %x, %attended : !rows
  %n2 = call @ffn_norm(%h) : (!rows) -> !rows
  %fed = call @feed(%n2) : (!rows) -> !rows
  %y = nn.add %h, %fed : !rows
  return %y : !rows
}

func.func @post_norm(%x: !rows {nn.name = "x", nn.dims = ["B", "T", "512"]}, %lengths: !lengths {nn.name = "lengths", nn.dims = ["B"]})
    -> (!rows {nn.name = "y", nn.dims = ["B", "T", "512"]}) {
  %attended = call @attend(%x, %lengths) : (!rows, !lengths) -> !rows
  %sum1 = nn.add %x, %attended : !rows
  %h = call @attn_norm(%sum1) : (!rows) -> !rows
  %fed = call @feed(%h) : (!rows) -> !rows
  %sum2 = nn.add %h, %fed : !rows
  %y = call @ffn_norm(%sum2) : (!rows) -> !rows
  return %y : !rows
}

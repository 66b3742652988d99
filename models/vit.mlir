// ViT-Base/16: an image of 224 x 224 in patches of 16, 12 layers of width 768, 12 heads of 64, 1000 classes.
//
// Dosovitskiy et al., 2021. Pre-norm, GELU, a class token, learned positions, every patch sees every patch. The attention
// is chosen in one place: `--set=attention=softcap` takes another private function of the same type.

!patches = tensor<?x196x768xf32>
!rows = tensor<?x197x768xf32>
!wide = tensor<?x197x3072xf32>
!heads = tensor<?x197x12x64xf32>
!square = !nn.weight<768x768>
!expansion = !nn.weight<3072x768>
!reduction = !nn.weight<768x3072>
!vector = !nn.weight<768>
!wide_vector = !nn.weight<3072>
!image = tensor<?x3x224x224xf32>
!row = tensor<?x768xf32>

//===--- Attention: what --set=attention=NAME chooses from ---===//

func.func private @standard(%q: !heads, %k: !heads, %v: !heads) -> !heads {
  %scores = attn.dot_product %q, %k : !heads, !heads
  %out = attn.softmax %scores, %v : !heads -> !heads
  return %out : !heads
}

// Scores bounded as in Gemma 2: 50 · tanh(s / 50).
func.func private @softcap(%q: !heads, %k: !heads, %v: !heads) -> !heads {
  %bound = arith.constant 50.0 : f32
  %dots = attn.dot_product %q, %k : !heads, !heads
  %scores = attn.softcap %dots at %bound
  %out = attn.softmax %scores, %v : !heads -> !heads
  return %out : !heads
}

//===--- The model ---===//

// Images, normalised as the weights expect, to one row of features each.
func.func private @encoder(%images: !image) -> !rows {
  %pixels = nn.patchify %images size 16 : !image -> !patches
  %e_w = nn.weight "patch_embd.weight" : !square
  %e_b = nn.weight "patch_embd.bias" : !vector
  %embedded = nn.linear %pixels, %e_w bias %e_b : !vector for : !patches, !square -> !patches
  %class = nn.weight "class_token" : !vector
  %with_class = nn.prepend %embedded, %class : !patches, !vector -> !rows
  %table = nn.weight "position_embd.weight" : !nn.weight<197x768>
  %in = nn.add_positions %with_class, %table : !rows, !nn.weight<197x768>

  %out = nn.repeat 12 "layer" carry(%in : !rows) {
  ^layer(%x: !rows):
    // Attention.
    %a_g = nn.weight "blk.{layer}.attn_norm.weight" : !vector
    %a_b = nn.weight "blk.{layer}.attn_norm.bias" : !vector
    %n1 = nn.layer_norm %x gain %a_g : !vector bias %a_b : !vector epsilon 1.0e-6 : !rows -> !rows
    %q_w = nn.weight "blk.{layer}.attn_q.weight" : !square
    %q_b = nn.weight "blk.{layer}.attn_q.bias" : !vector
    %q0 = nn.linear %n1, %q_w bias %q_b : !vector for : !rows, !square -> !rows
    %k_w = nn.weight "blk.{layer}.attn_k.weight" : !square
    %k_b = nn.weight "blk.{layer}.attn_k.bias" : !vector
    %k0 = nn.linear %n1, %k_w bias %k_b : !vector for : !rows, !square -> !rows
    %v_w = nn.weight "blk.{layer}.attn_v.weight" : !square
    %v_b = nn.weight "blk.{layer}.attn_v.bias" : !vector
    %v0 = nn.linear %n1, %v_w bias %v_b : !vector for : !rows, !square -> !rows
    %q1 = nn.split_heads %q0 : !rows -> !heads
    %k1 = nn.split_heads %k0 : !rows -> !heads
    %v1 = nn.split_heads %v0 : !rows -> !heads
    %heads = func.call @standard(%q1, %k1, %v1) {nn.choice = "attention"} : (!heads, !heads, !heads) -> !heads
    %merged = nn.merge_heads %heads : !heads -> !rows
    %o_w = nn.weight "blk.{layer}.attn_output.weight" : !square
    %o_b = nn.weight "blk.{layer}.attn_output.bias" : !vector
    %attended = nn.linear %merged, %o_w bias %o_b : !vector for : !rows, !square -> !rows
    %y = nn.add %x, %attended : !rows

    // Feed-forward.
    %f_g = nn.weight "blk.{layer}.ffn_norm.weight" : !vector
    %f_b = nn.weight "blk.{layer}.ffn_norm.bias" : !vector
    %n2 = nn.layer_norm %y gain %f_g : !vector bias %f_b : !vector epsilon 1.0e-6 : !rows -> !rows
    %u_w = nn.weight "blk.{layer}.ffn_up.weight" : !expansion
    %u_b = nn.weight "blk.{layer}.ffn_up.bias" : !wide_vector
    %up = nn.linear %n2, %u_w bias %u_b : !wide_vector for : !rows, !expansion -> !wide
    %active = nn.gelu %up exact : !wide -> !wide
    %d_w = nn.weight "blk.{layer}.ffn_down.weight" : !reduction
    %d_b = nn.weight "blk.{layer}.ffn_down.bias" : !vector
    %down = nn.linear %active, %d_w bias %d_b : !vector for : !wide, !reduction -> !rows
    %z = nn.add %y, %down : !rows
    nn.yield %z : !rows
  } -> !rows
  return %out : !rows
}

// The logits of the classes, from the class token.
func.func @main(%images: !image {nn.name = "images", nn.dims = ["B", "3", "224", "224"]})
    -> (tensor<?x1000xf32> {nn.name = "logits", nn.dims = ["B", "1000"]}) {
  %rows = call @encoder(%images) : (!image) -> !rows
  %token = nn.pool first %rows : !rows -> !row
  %n_g = nn.weight "output_norm.weight" : !vector
  %n_b = nn.weight "output_norm.bias" : !vector
  %n = nn.layer_norm %token gain %n_g : !vector bias %n_b : !vector epsilon 1.0e-6 : !row -> !row
  %h_w = nn.weight "head.weight" : !nn.weight<1000x768>
  %h_b = nn.weight "head.bias" : !nn.weight<1000>
  %logits = nn.linear %n, %h_w bias %h_b : !nn.weight<1000> for : !row, !nn.weight<1000x768> -> tensor<?x1000xf32>
  return %logits : tensor<?x1000xf32>
}

// forgetting: s_ij + A_i − A_j where j ≤ i, with A the running sum of log forget gates, (n, position, h) in f32: a key
// fades by the gates of all tokens since. Over more tokens than some ten thousand the difference of two sums loses
// digits.

attn.variant @forgetting summary "keys fade by the forget gates of the tokens since"
source "Lin et al., 2025, §3" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %sums: tensor<?x?x?xf32>):
  %a = attn.load %sums[%n, %i, %h] : tensor<?x?x?xf32> -> f32
  %b = attn.load %sums[%n, %j, %h] : tensor<?x?x?xf32> -> f32
  %d = arith.subf %a, %b : f32
  %r = arith.addf %s, %d : f32
  attn.yield %r : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %sums: tensor<?x?x?xf32>):
  %r = arith.cmpi sle, %j, %i : i32
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %sums: tensor<?x?x?xf32> {nn.dims = ["B", "T", "H"], nn.name = "sums"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @forgetting(%sums) to %s0 : tensor<?x?x?xf32>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}

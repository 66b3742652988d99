// gaussian: a_ij · e^(−(i − j)² / 2σ²): normalised weights fade with distance, so that a row of them no longer sums to
// 1.

attn.variant @gaussian summary "normalised weights fade with the square of distance"
source "Guo et al., 2019, §3" factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %sigma: f32):
  %half = arith.constant -5.000000e-01 : f32
  %distance = arith.subi %i, %j : i32
  %d = arith.sitofp %distance : i32 to f32
  %x = arith.divf %d, %sigma : f32
  %square = arith.mulf %x, %x : f32
  %exponent = arith.mulf %square, %half : f32
  %r = math.exp %exponent : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %sigma: f32 {nn.name = "sigma"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @gaussian(%sigma) to %s0 : f32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}

// Two layers, each a norm with a gain and a bias, and one linear layer for both.
!rows = tensor<?x4xf32>

func.func @main(%x: !rows {nn.name = "x", nn.dims = ["R", "4"]}) -> (!rows {nn.name = "y", nn.dims = ["R", "4"]}) {
  %out = nn.repeat 2 "layer" carry(%x : !rows) {
  ^layer(%in: !rows):
    %g = nn.weight "blk.{layer}.norm.weight" : !nn.weight<4>
    %b = nn.weight "blk.{layer}.norm.bias" : !nn.weight<4>
    %w = nn.weight "shared.weight" : !nn.weight<4x4>
    %n = nn.layer_norm %in gain %g : !nn.weight<4> bias %b : !nn.weight<4> epsilon 1.0e-5 : !rows -> !rows
    %y = nn.linear %n, %w : !rows, !nn.weight<4x4> -> !rows
    nn.yield %y : !rows
  } -> !rows
  return %out : !rows
}

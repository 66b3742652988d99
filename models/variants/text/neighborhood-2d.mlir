// neighborhood_2d: positions are pixels of an image of `height` rows of `width`; a query sees the square of 2r + 1
// pixels around its own, moved inwards at the borders. y = ⌊i / width⌋, x = i − width · y.

attn.variant @neighborhood_2d summary "a square of pixels around each query, moved inwards at the borders"
source "Hassani et al., 2023, §3.1" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %height: i32, %width: i32, %reach: i32):
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %w = arith.maxsi %width, %one : i32
  %twice = arith.addi %reach, %reach : i32
  %size = arith.addi %twice, %one : i32
  // The pixels of query and key.
  %y_i = arith.floordivsi %i, %w : i32
  %y_j = arith.floordivsi %j, %w : i32
  %before_i = arith.muli %y_i, %w : i32
  %before_j = arith.muli %y_j, %w : i32
  %x_i = arith.subi %i, %before_i : i32
  %x_j = arith.subi %j, %before_j : i32
  // Rows of the image.
  %room_y = arith.subi %height, %size : i32
  %last_y = arith.maxsi %room_y, %zero : i32
  %above = arith.subi %y_i, %reach : i32
  %inside_y = arith.maxsi %above, %zero : i32
  %begin_y = arith.minsi %inside_y, %last_y : i32
  %end_y = arith.addi %begin_y, %twice : i32
  // Columns.
  %room_x = arith.subi %w, %size : i32
  %last_x = arith.maxsi %room_x, %zero : i32
  %left = arith.subi %x_i, %reach : i32
  %inside_x = arith.maxsi %left, %zero : i32
  %begin_x = arith.minsi %inside_x, %last_x : i32
  %end_x = arith.addi %begin_x, %twice : i32

  %a = arith.cmpi sge, %y_j, %begin_y : i32
  %b = arith.cmpi sle, %y_j, %end_y : i32
  %c = arith.cmpi sge, %x_j, %begin_x : i32
  %d = arith.cmpi sle, %x_j, %end_x : i32
  %rows = arith.andi %a, %b : i1
  %columns = arith.andi %c, %d : i1
  %r = arith.andi %rows, %columns : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %height: i32 {nn.name = "height"},
                %width: i32 {nn.name = "width"},
                %reach: i32 {nn.name = "reach"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @neighborhood_2d(%height, %width, %reach) to %s0 : i32, i32, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}

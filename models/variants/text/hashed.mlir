// hashed: a query meets the keys of its own bucket, j ≤ i. Buckets are captured: of query row t as (n, t, h), of key j
// as (n, s, h); whoever calls has hashed queries and keys, so that near ones share a bucket.

attn.variant @hashed summary "queries meet the keys of their own hash bucket" source "Kitaev et al., 2020, §2" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %q_buckets: tensor<?x?x?xi32>, %k_buckets: tensor<?x?x?xi32>):
  %row = attn.row %n, %i
  %q = attn.load %q_buckets[%n, %row, %h] : tensor<?x?x?xi32> -> i32
  %k = attn.load %k_buckets[%n, %j, %h] : tensor<?x?x?xi32> -> i32
  %same = arith.cmpi eq, %q, %k : i32
  %past = arith.cmpi sle, %j, %i : i32
  %r = arith.andi %same, %past : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %q_buckets: tensor<?x?x?xi32> {nn.dims = ["B", "T", "H"], nn.name = "q_buckets"},
                %k_buckets: tensor<?x?x?xi32> {nn.dims = ["B", "T", "H"], nn.name = "k_buckets"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @hashed(%q_buckets, %k_buckets) to %s0 : tensor<?x?x?xi32>, tensor<?x?x?xi32>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}

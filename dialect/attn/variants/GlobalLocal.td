//===- GlobalLocal.td - a window around the query, and tokens that meet all -*- tablegen -*-===//

def Attn_GlobalLocalOp : Attn_Modifier<"global_local"> {
  let summary = "a window around the query, and tokens that meet all";
  let source = "Beltagy et al., 2020, §3.1";
  let description = [{
    keeps the pairs with |i − j| ≤ ⌊w / 2⌋, or i global, or j global. Which tokens are global is said by two masks, true
    where one is: of the call's query rows (n, t) and of the sequence's keys (n, s). The window is that of attn.local.

        %s1 = attn.global_local %s0 window %window queries %global_queries keys %global_keys : tensor<?x?xi1>, tensor<?x?xi1>

    Every pair of a sequence is looked at, for any key may be global; keys inside all windows of a tile of queries are
    met without a mask.

    * (C1) a constant window is positive. (C2) both masks have rank 2, and sizes as (C2) of attn.masked.
  }];
  let arguments = (ins Attn_ScoresType:$scores, I32:$window, Attn_BooleanTable:$queries, Attn_BooleanTable:$keys);
  let assemblyFormat =
      "$scores `window` $window `queries` $queries `keys` $keys attr-dict `:` type($queries) `,` type($keys)";
  let hasVerifier = 1;
}

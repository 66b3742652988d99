//===- Decay.td - keys fade by the gates of the positions after them -*- tablegen -*-===//

def Attn_DecayOp : Attn_Modifier<"decay"> {
  let summary = "keys fade by the gates of the positions after them";
  let source = "Yang et al., 2024, §3; Sun et al., 2023, §2.1";
  let description = [{
        w_ij e^(A_i − A_j),  A the running sum of the log gates of a key head

    so that key j is discounted by the gates of the positions j + 1 … i. Gates are logarithms, at most 0 (what is more
    is read as it is): one a position and key head, or one a key head, which every position has. Data gates past the
    keys of a sequence are 0. Weights are linear and the mask is causal.

        %s1 = attn.decay %s0 by %gates : tensor<?x?x3xf32>

    * (C1) gates are (n, position, Hk), (row, Hk) where keys are packed, or (Hk), and f32; in a cache they have a
      fourth dimension of 1, so that attn.append takes them. A weight is (Hk).
    * (C2) a chain has one decay.
  }];
  let arguments = (ins Attn_ScoresType:$scores,
    AnyTypeOf<[Attn_GateData, Attn_Learned], "f32 tensor, cache or weight">:$gates /*C1*/);
  let assemblyFormat = "$scores `by` $gates attr-dict `:` type($gates)";
  let hasVerifier = 1;
}

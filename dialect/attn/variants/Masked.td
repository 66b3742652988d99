//===- Masked.td - a boolean tensor from outside admits pairs -*- tablegen -*-===//

def Attn_MaskedOp : Attn_Modifier<"masked"> {
  let summary = "a boolean tensor from outside admits pairs";
  let source = "Vaswani et al., 2017, §3.2.3";
  let description = [{
    keeps the pairs where the mask is true. Its axes are written, never guessed: `n` sequence, `h` query head, `t` the
    call's query row, `s` the sequence's key. At attn.packed `t` counts the rows of all sequences, and `s` still the
    keys of one: "t s" is (rows, largest S). Of heads that a mask of "h" takes out whole, no key is read.

        %s1 = attn.masked %s0 by %mask axes "n t s" : tensor<?x?x?xi1>
        %s1 = attn.masked %s by %m axes "n h t s" : tensor<?x9x?x?xi1>

    * (C1) axes are distinct letters of n, h, t, s, one for each dimension; at least h, t or s is among
      them; h is as large as there are query heads.
    * (C2) n is as large as there are sequences, t as the query's rows (packed: those of the whole call), s as the
      rows of the keys. Of keys in a cache, and of packed ones, no size says how many a sequence has: s is then at
      least as large as the longest has keys, which nobody checks; keys beyond it are admitted as the last one is.
    * (C3) elements are i1.
  }];
  let arguments = (ins Attn_ScoresType:$scores, AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$mask, StrAttr:$axes);
  let assemblyFormat = "$scores `by` $mask `axes` $axes attr-dict `:` type($mask)";
  let hasVerifier = 1;
}

# extra_token.py - a learned key and value that every row sees, whatever masks and lengths say

import numpy as np

from formulas import attend, causal_mask, function, heads_of, normal, qkv, random_qkv, scores_of, softmax
from program import Case


def expect_with(masked):
    def expect(x, weights, _):
        batch, rows, heads, width = x["q"].shape
        # The token is one more key, before all others and outside of every mask.
        tokens = [np.broadcast_to(weights[name][None, None], (batch, 1) + weights[name].shape) for name in ("kx", "vx")]
        scores = np.concatenate([scores_of(x["q"], tokens[0]), scores_of(x["q"], x["k"])], axis=3)
        mask = np.concatenate([np.ones((batch, heads, rows, 1), bool), masked(x)], axis=3)
        values = np.concatenate([heads_of(tokens[1], heads), heads_of(x["v"], heads)], axis=1)
        y, scale = attend(softmax(scores, mask), values)
        scale = scale * (1 + np.abs(scores).max(initial=0) / 16)  # rounding moves a score by a part of its size
        if "lengths" in x:
            valid = (np.arange(rows)[None] < x["lengths"][:, None])[:, :, None, None]
            y, scale = y * valid, scale * valid
        return {"y": (y, scale)}

    return expect


def body(q, kv, heads, width, in_sequences):
    return f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %kx = nn.weight "kx" : !nn.weight<{heads}x{width}>
  %vx = nn.weight "vx" : !nn.weight<{heads}x{width}>
  %y = attn.extra_token %s1, %v key %kx value %vx {in_sequences}: {kv}, !nn.weight<{heads}x{width}>, !nn.weight<{heads}x{width}> -> {q}"""


def causal(heads, key_heads, width, element="f32", tolerance=1e-5):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    text = function(qkv(heads, key_heads, width, "T", element), [("y", q, ["B", "T", heads, width])], body(q, kv, key_heads, width, ""))

    def masked(x):
        rows = x["q"].shape[1]
        return np.broadcast_to(causal_mask(rows, rows), (x["q"].shape[0], heads, rows, rows))

    def run(batch, rows, scale=1.0):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width, scale)(g),
                          {"kx": normal(g, key_heads, width), "vx": normal(g, key_heads, width)})

    return Case(f"extra_token {heads}/{key_heads}x{width} {element}", text, [run(2, 5), run(1, 1), run(1, 66), run(1, 9, 6.0)],
                expect_with(masked), tolerance=tolerance)


def padded():
    q = "tensor<?x?x2x16xf32>"
    text = function(qkv(2, 2, 16) + [("lengths", "tensor<?xi32>", ["B"]), ("keys", "tensor<?xi32>", ["B"])],
                    [("y", q, ["B", "T", 2, 16])],
                    "  %seq = attn.padded queries(%lengths : tensor<?xi32>) keys(%keys : tensor<?xi32>) start bottom_right\n"
                    + body(q, q, 2, 16, "in %seq "))

    def masked(x):
        mask = np.zeros((len(x["keys"]), 2, x["q"].shape[1], x["k"].shape[1]), bool)
        for n, (rows, keys) in enumerate(zip(x["lengths"], x["keys"])):
            mask[n, :, :rows, :keys] = causal_mask(rows, keys, keys - rows)
        return mask

    def run(rows, keys, lengths, valid):
        return lambda g: ({**random_qkv(len(lengths), rows, keys, 2, 2, 16)(g), "lengths": np.array(lengths, np.int32),
                           "keys": np.array(valid, np.int32)}, {"kx": normal(g, 2, 16), "vx": normal(g, 2, 16)})

    return Case("extra_token with padding and rows without a key", text,
                [run(4, 6, [4, 2, 0], [6, 0, 3]), run(5, 3, [5], [2]), run(1, 0, [1], [0])], expect_with(masked))


def cases():
    return [causal(4, 2, 16), causal(2, 2, 20), causal(4, 2, 64, "bf16", 2e-2), padded()]

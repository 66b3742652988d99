# extra_token.py - a learned key and value that every row sees, whatever masks and lengths say

import numpy as np

import layouts
from formulas import attend, causal_mask, function, heads_of, normal, qkv, random_qkv, scores_of
from program import Case


def with_token(q, k, v, mask, weights):
    """The token is one more key, before all others and outside of every mask: output, its scale, log-sum-exp, weights."""
    batch, rows, heads, _ = q.shape
    tokens = [np.broadcast_to(weights[name][None, None], (batch, 1) + weights[name].shape) for name in ("kx", "vx")]
    scores = np.concatenate([scores_of(q, tokens[0]), scores_of(q, k)], axis=3)
    mask = np.concatenate([np.ones((batch, heads, rows, 1), bool), mask], axis=3)
    y, scale = attend(scores, mask, np.concatenate([heads_of(tokens[1], heads), heads_of(v, heads)], axis=1))
    powers = np.where(mask, np.exp(scores), 0)
    lse = np.log(powers.sum(axis=3)).transpose(0, 2, 1)
    return y, scale, lse, powers / powers.sum(axis=3, keepdims=True)


def results(y, scale, lse, *weights):
    found = {"y": (y, scale), "lse": (lse, np.where(np.isfinite(lse), 1 + np.abs(lse), 1))}
    for name, part in zip(("a", "ax"), weights):
        found[name] = part, np.where(part > 0, part, 1)
    return found


def expect_with(masked, with_weights=False):
    def expect(x, weights, _):
        q, k, v = (x[name] for name in "qkv")
        if "lengths" in x:  # what stands past a length counts nowhere, whatever it is
            valid = (np.arange(q.shape[1])[None] < x["lengths"][:, None])[:, :, None]
            key = (np.arange(k.shape[1])[None] < x["keys"][:, None])[:, :, None, None]
            q, k, v = np.where(valid[..., None], q, 0), np.where(key, k, 0), np.where(key, v, 0)
        y, scale, lse, shares = with_token(q, k, v, masked(x), weights)
        if "lengths" in x:
            y, scale, lse = y * valid[..., None], scale * valid[..., None], np.where(valid, lse, -np.inf)
            shares = shares * valid.transpose(0, 2, 1)[..., None]
        return results(y, scale, lse, *([shares[..., 1:], shares[..., 0].transpose(0, 2, 1)] if with_weights else []))

    return expect


def body(q, kv, heads, width, in_sequences, weights=""):
    lse = q.replace(f"x{width}x", "x").replace("bf16", "f32")
    return f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %kx = nn.weight "kx" : !nn.weight<{heads}x{width}>
  %vx = nn.weight "vx" : !nn.weight<{heads}x{width}>
  %y, %lse{", %a, %ax" if weights else ""} = attn.extra_token %s1, %v key %kx value %vx {in_sequences}: {kv}, !nn.weight<{heads}x{width}>, !nn.weight<{heads}x{width}> -> {q} lse {lse}{f" weights {weights} token {lse}" if weights else ""}"""


def results_of(q, dims):
    return [("y", q, dims), ("lse", q.replace(f"x{dims[-1]}x", "x").replace("bf16", "f32"), dims[:-1])]


def causal(heads, key_heads, width, element="f32"):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    text = function(qkv(heads, key_heads, width, "T", element), results_of(q, ["B", "T", heads, width]), body(q, kv, key_heads, width, ""))

    def masked(x):
        rows = x["q"].shape[1]
        return np.broadcast_to(causal_mask(rows, rows), (x["q"].shape[0], heads, rows, rows))

    def run(batch, rows, scale=1.0):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width, scale)(g),
                          {"kx": normal(g, key_heads, width), "vx": normal(g, key_heads, width)})

    return Case(f"extra_token {heads}/{key_heads}x{width} {element}", text, [run(2, 5), run(1, 1), run(1, 66), run(1, 9, 6.0)],
                expect_with(masked), ("y", "lse"), element)


def padded():
    q = "tensor<?x?x2x16xf32>"
    shares = "tensor<?x2x?x?xf32>"
    text = function(qkv(2, 2, 16) + [("lengths", "tensor<?xi32>", ["B"]), ("keys", "tensor<?xi32>", ["B"])],
                    results_of(q, ["B", "T", 2, 16]) + [("a", shares, ["B", 2, "T", "S"]), ("ax", "tensor<?x?x2xf32>", ["B", "T", 2])],
                    "  %seq = attn.padded queries(%lengths : tensor<?xi32>) keys(%keys : tensor<?xi32>) start bottom_right\n"
                    + body(q, q, 2, 16, "in %seq ", shares))

    def masked(x):
        mask = np.zeros((len(x["keys"]), 2, x["q"].shape[1], x["k"].shape[1]), bool)
        for n, (rows, keys) in enumerate(zip(x["lengths"], x["keys"])):
            mask[n, :, :rows, :keys] = causal_mask(rows, keys, keys - rows)
        return mask

    def run(rows, keys, lengths, valid, padding=None):
        def draw(g):
            x = random_qkv(len(lengths), rows, keys, 2, 2, 16)(g)
            for n in range(len(lengths) if padding is not None else 0):
                x["q"][n, lengths[n]:] = x["k"][n, valid[n]:] = x["v"][n, valid[n]:] = padding
            return ({**x, "lengths": np.array(lengths, np.int32), "keys": np.array(valid, np.int32)},
                    {"kx": normal(g, 2, 16), "vx": normal(g, 2, 16)})

        return draw

    return Case("extra_token with padding and rows without a key", text,
                [run(4, 6, [4, 2, 0], [6, 0, 3]), run(5, 3, [5], [2]), run(1, 0, [1], [0]),
                 run(4, 6, [2, 4, 0], [4, 6, 3], padding=np.nan), run(4, 6, [2, 4, 0], [4, 1, 3], padding=1e30)], expect_with(masked, with_weights=True),
                ("y", "lse", "a", "ax"))


def packed_rows(heads, key_heads, width):
    layout = layouts.Layout("packed", heads, key_heads, width)
    q, kv = layout.types()
    lines = body(q, kv, key_heads, width, "in %seq ").split("\n", 2)[2]  # the chain is the layout's
    text = layout.module([], results_of(q, ["R", heads, width]), lines)

    def expect(x, weights, _):
        y, lse = np.zeros(x["q"].shape), np.full(x["q"].shape[:2], -np.inf)
        scale = np.zeros(x["q"].shape)
        for s in layout.sequences(x, {}):
            mask = np.broadcast_to(s.mask(), (1, heads) + s.mask().shape)
            y[s.place], scale[s.place], lse[s.place] = (part[0] for part in with_token(s.q, s.k, s.v, mask, weights)[:3])
        return results(y, scale, lse)

    def run(lengths):
        return lambda g: (layouts.packed(lengths, layouts.rows_of(layout))(g),
                          {"kx": normal(g, key_heads, width), "vx": normal(g, key_heads, width)})

    return Case(f"extra_token {heads}/{key_heads}x{width} packed", text, [run([5, 0, 70, 1]), run([1]), run([64, 65])], expect,
                ("y", "lse"))


def cases():
    return [causal(4, 2, 16), causal(2, 2, 20), causal(4, 2, 64, "bf16"), padded(), packed_rows(4, 2, 16), packed_rows(3, 1, 20)]

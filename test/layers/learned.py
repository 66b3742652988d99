# learned.py - what ops of chains read as tables, given as weights of the model: logits, slopes, biases, gates

import numpy as np

from formulas import attend, causal_mask, function, heads_of, normal, scores_of
from program import Case

HEADS, KEY_HEADS, WIDTH, MOST = 4, 2, 16, 160


def case(name, shape, op, formula, source="attn.dot_product %q, %k", closing="attn.softmax", bounds=""):
    """`op` makes %s1 of %s0 by %w : TYPE; `formula` gives the output and what its errors are relative to, from x, the weight and the mask."""
    q, kv = (f"tensor<?x?x{h}x{WIDTH}xf32>" for h in (HEADS, KEY_HEADS))
    weight = f"!nn.weight<{'x'.join(map(str, shape))}>"
    arguments = [("q", q, ["B", "T", HEADS, WIDTH])] + [(n, kv, ["B", "T", KEY_HEADS, WIDTH]) for n in "kv"]
    text = function(arguments, [("y", q, ["B", "T", HEADS, WIDTH])], f"""  %w = nn.weight "table" : {weight}
  %s0 = {source} : {q}, {kv}{f", {weight}" if "%w" in source else ""}
  %s1 = {op.replace("TYPE", weight)}
  %s2 = attn.causal %s1
  %y = {closing} %s2, %v : {kv} -> {q}
""")
    if bounds:
        text = text.replace(") {\n", f") attributes {{nn.bounds = {bounds}}} {{\n", 1)

    table = []

    def run(rows):
        def make(g):
            given = {"q": normal(g, 2, rows, HEADS, WIDTH), **{n: normal(g, 2, rows, KEY_HEADS, WIDTH) for n in "kv"}}
            table[:] = [-np.abs(normal(g, *shape)) if closing == "attn.none" else normal(g, *shape)]
            return given, {"table": table[0]}

        return make

    def expect(x, _, __):
        rows = x["q"].shape[1]
        return {"y": formula(x, table[0].astype(np.float64), np.broadcast_to(causal_mask(rows, rows), (2, HEADS, rows, rows)))}

    return Case(f"learned {name}", text, [run(5), run(150)], expect)


def biased(bias):
    """Softmax over scores and bias(table, rows), (H, T, S)."""
    return lambda x, table, mask: attend(scores_of(x["q"], x["k"]) + bias(table, x["q"].shape[1]), mask, x["v"])


def distances(rows):
    return np.arange(rows)[:, None] - np.arange(rows)


def with_sink(x, table, mask):
    s = np.where(mask, scores_of(x["q"], x["k"]), -np.inf)
    e = np.exp(s)
    a = e / (e.sum(-1, keepdims=True) + np.exp(table)[:, None, None])
    v = heads_of(x["v"], HEADS)
    return tuple(np.einsum("nhts,nshe->nthe", a, part) for part in (v, np.abs(v)))


def additive(x, table, mask):
    q, k = x["q"].astype(np.float64), heads_of(x["k"], HEADS)
    return attend(np.einsum("nthsd,d->nhts", np.tanh(q[:, :, :, None] + k.transpose(0, 2, 1, 3)[:, None]), table), mask, x["v"])


def fading(x, table, mask):
    gamma = np.repeat(table, HEADS // KEY_HEADS)[:, None, None]
    w = np.where(mask, scores_of(x["q"], x["k"]) * np.exp(gamma * np.maximum(distances(x["q"].shape[1]), 0)), 0)
    q, k = np.abs(x["q"]), np.abs(x["k"])
    most = np.where(mask, scores_of(q, k) * np.exp(gamma * np.maximum(distances(x["q"].shape[1]), 0)), 0)
    v = heads_of(x["v"], HEADS)
    return tuple(np.einsum("nhts,nshe->nthe", *part) for part in ((w, v), (most, np.abs(v))))


def cases():
    reach = 9
    return [
        case("sink", [HEADS], "attn.sink %s0 by %w : TYPE", with_sink),
        case("slopes", [HEADS], "attn.alibi %s0 slopes %w : TYPE", biased(lambda m, rows: -m[:, None, None] * np.abs(distances(rows)))),
        case("relative bias", [HEADS, 2 * reach + 1], "attn.relative_bias %s0 from %w : TYPE",
             biased(lambda b, rows: b[:, np.clip(distances(rows), -reach, reach) + reach])),
        case("bias of the longest call", [MOST, MOST], 'attn.biased %s0 by %w axes "t s" : TYPE',
             biased(lambda b, rows: b[:rows, :rows]), bounds=f"{{T = {MOST}}}"),
        case("weights of additive scores", [WIDTH], "attn.causal %s0", additive, source="attn.additive %q, %k by %w"),
        case("gates", [KEY_HEADS], "attn.decay %s0 by %w : TYPE", fading, source="attn.retention %q, %k", closing="attn.none")]

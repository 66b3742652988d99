# query_modulated.py - y_i = sigma(q_i W_g) * o_i

import numpy as np

import calls
from formulas import attend, causal_mask, function, normal, qkv, random_qkv, rotated, scores_of, sigmoid
from program import Case, rounded


def gates(q, w):
    """sigma(q W) with w (H·d, e)."""
    heads, width = q.shape[2:]
    return sigmoid(np.einsum("nihd,hde->nihe", q.astype(np.float64), w.astype(np.float64).reshape(heads, width, -1)))


def case(heads, key_heads, width, element="f32"):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    text = function(
        qkv(heads, key_heads, width, "T", element), [("y", q, ["B", "T", heads, width])],
        f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : {kv} -> {q}
  %w = nn.weight "gate" : !nn.weight<{heads * width}x{width}>
  %y = attn.query_modulated %q, %o, %w : {q}, {q}, !nn.weight<{heads * width}x{width}>""")

    def expect(x, weights, _):
        rows = x["q"].shape[1]
        o, scale = attend(scores_of(x["q"], x["k"]), causal_mask(rows, rows), x["v"])
        gate = gates(x["q"], weights["gate"])
        return {"y": (gate * o, gate * scale)}

    def run(batch, rows):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width)(g),
                          {"gate": normal(g, heads * width, width, scale=0.3)})

    return Case(f"query_modulated {heads}x{width} {element}", text, [run(2, 5), run(1, 1), run(1, 67), run(3, 0)],
                expect, element=element)


def decoded(heads, key_heads, width, element, cache):
    arguments, (q, k, *caches) = calls.arguments(heads, key_heads, key_heads, width, element, cache)
    gate = f"!nn.weight<{heads * width}x{width}>"
    body = calls.cached(q, k, *caches, "%v", output="o") + f"""  %w = nn.weight "gate" : {gate}
  %y = attn.query_modulated %q, %o, %w : {q}, {q}, {gate}"""
    g = np.random.default_rng(5)
    inputs = {n: rounded(x, element) for n, x in random_qkv(2, 35, 35, heads, key_heads, width)(g).items()}

    def formula(x, weights):
        rows = x["q"].shape[1]
        q, k = calls.stored(rotated(x["q"]), element), calls.stored(rotated(x["k"]), cache)
        o, scale = attend(scores_of(q, k), causal_mask(rows, rows), x["v"])
        return tuple(gates(x["q"], weights["gate"]) * part for part in (o, scale))

    return calls.case(f"query_modulated {heads}/{key_heads}x{width} {element} over caches of {cache}",
                      function(arguments, [("y", q, ["B", "T", heads, width])], body),
                      (inputs, {"gate": normal(g, heads * width, width, scale=0.3)}), formula,
                      lambda x, _: {"keys": calls.stored(rotated(x["k"]), cache), "values": x["v"]}, cache)


def cases():
    return [decoded(4, 2, 16, "f32", "f32"), decoded(8, 2, 64, "bf16", "bf16"), case(4, 2, 16), case(8, 8, 20), case(4, 2, 64, "bf16")]

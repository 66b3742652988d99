# query_modulated.py - y_i = sigma(q_i W_g) * o_i

import numpy as np

from formulas import attend, causal_mask, function, normal, qkv, random_qkv, scores_of, sigmoid, softmax
from program import Case


def gates(q, w):
    """sigma(q W) with w (H·d, e)."""
    heads, width = q.shape[2:]
    return sigmoid(np.einsum("nihd,hde->nihe", q.astype(np.float64), w.astype(np.float64).reshape(heads, width, -1)))


def case(heads, key_heads, width, element="f32", tolerance=1e-5):
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
        o, scale = attend(softmax(scores_of(x["q"], x["k"]), causal_mask(rows, rows)), x["v"])
        gate = gates(x["q"], weights["gate"])
        return {"y": (gate * o, gate * scale)}

    def run(batch, rows):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width)(g),
                          {"gate": normal(g, heads * width, width, scale=0.3)})

    return Case(f"query_modulated {heads}x{width} {element}", text, [run(2, 5), run(1, 1), run(1, 67), run(3, 0)],
                expect, tolerance=tolerance)


def cases():
    return [case(4, 2, 16), case(8, 8, 20), case(4, 2, 64, "bf16", 2e-2)]

# bilinear_modulated.py - values gated by the query of their own token, before attention; with and without a cache

import numpy as np

from formulas import attend, causal_mask, function, heads_of, normal, qkv, random_qkv, scores_of, softmax
from program import Case
from query_modulated import gates


def modulated(x, weights):
    return gates(x["q"], weights["gate"]) * heads_of(x["v"], x["q"].shape[2])


def expect(x, weights, _):
    rows = x["q"].shape[1]
    y, scale = attend(softmax(scores_of(x["q"], x["k"]), causal_mask(rows, rows)), modulated(x, weights))
    return {"y": (y, scale)}


def case(heads, key_heads, width, element="f32", tolerance=1e-5):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    arguments = qkv(heads, key_heads, width, "T", element)
    arguments[1] = ("k", q, arguments[0][2])  # fused kernels take as many value heads as key heads
    text = function(
        arguments, [("y", q, ["B", "T", heads, width])],
        f"""  %w = nn.weight "gate" : !nn.weight<{heads * width}x{width}>
  %m = attn.bilinear_modulated %q, %v, %w : {q}, {kv}, !nn.weight<{heads * width}x{width}> -> {q}
  %s0 = attn.dot_product %q, %k : {q}, {q}
  %s1 = attn.causal %s0
  %y = attn.softmax %s1, %m : {q} -> {q}""")

    def run(batch, rows):
        return lambda g: ({**random_qkv(batch, rows, rows, heads, key_heads, width)(g), "k": normal(g, batch, rows, heads, width)},
                          {"gate": normal(g, heads * width, width, scale=0.3)})

    return Case(f"bilinear_modulated {heads}/{key_heads}x{width} {element}", text, [run(2, 9), run(1, 1), run(1, 70)],
                expect, tolerance=tolerance)


def cases():
    return [case(4, 2, 16), case(3, 3, 20), case(4, 2, 64, "bf16", 2e-2)]

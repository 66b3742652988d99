# bilinear_modulated.py - values gated by the query of their own token, before attention; with and without a cache

import numpy as np

import calls
from formulas import attend, causal_mask, function, heads_of, normal, qkv, random_qkv, rotated, scores_of
from program import Case, rounded
from query_modulated import gates


def modulated(x, weights):
    return gates(x["q"], weights["gate"]) * heads_of(x["v"], x["q"].shape[2])


def expect(x, weights, _):
    rows = x["q"].shape[1]
    y, scale = attend(scores_of(x["q"], x["k"]), causal_mask(rows, rows), modulated(x, weights))
    return {"y": (y, scale)}


def case(heads, key_heads, width, element="f32"):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    text = function(
        qkv(heads, key_heads, width, "T", element), [("y", q, ["B", "T", heads, width])],
        f"""  %w = nn.weight "gate" : !nn.weight<{heads * width}x{width}>
  %m = attn.bilinear_modulated %q, %v, %w : {q}, {kv}, !nn.weight<{heads * width}x{width}> -> {q}
  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %y = attn.softmax %s1, %m : {q} -> {q}""")

    def run(batch, rows):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width)(g),
                          {"gate": normal(g, heads * width, width, scale=0.3)})

    return Case(f"bilinear_modulated {heads}/{key_heads}x{width} {element}", text, [run(2, 9), run(1, 1), run(1, 70)],
                expect, element=element)


def decoded(heads, key_heads, width, element, cache):
    """Gates are of queries before rotation; the caches hold rotated keys, Hk heads, and modulated values, H heads."""
    arguments, (q, k, *caches) = calls.arguments(heads, key_heads, heads, width, element, cache)
    modulate = f"""  %w = nn.weight "gate" : !nn.weight<{heads * width}x{width}>
  %m = attn.bilinear_modulated %q, %v, %w : {q}, {k}, !nn.weight<{heads * width}x{width}> -> {q}
"""
    text = function(arguments, [("y", q, ["B", "T", heads, width])], calls.cached(q, k, *caches, "%m", modulate=modulate))
    g = np.random.default_rng(3)
    inputs = {n: rounded(x, element) for n, x in random_qkv(2, 67, 67, heads, key_heads, width)(g).items()}

    def held(x, weights):
        return {"keys": calls.stored(rotated(x["k"]), cache), "values": calls.stored(modulated(x, weights), cache)}

    def formula(x, weights):
        rows, caches = x["q"].shape[1], held(x, weights)
        scores = scores_of(calls.stored(rotated(x["q"]), element), caches["keys"])
        return attend(scores, causal_mask(rows, rows), caches["values"])

    return calls.case(f"bilinear_modulated {heads}/{key_heads}x{width} {element} over caches of {cache}", text,
                      (inputs, {"gate": normal(g, heads * width, width, scale=0.3)}), formula, held,
                      cache)


def cases():
    return [decoded(4, 2, 16, "f32", "f32"), decoded(6, 1, 20, "f32", "f32"), decoded(8, 2, 64, "bf16", "bf16"),
            case(4, 2, 16), case(3, 3, 20), case(4, 2, 64, "bf16")]

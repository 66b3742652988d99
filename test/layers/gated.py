# gated.py - sigma(x W + b) on what all heads have attended to, a gate an element or a head

import numpy as np

import calls
from formulas import attend, causal_mask, function, normal, qkv, random_qkv, rotated, scores_of, sigmoid
from program import Case


def gates_of(x, weights, heads, bias):
    gate = x.astype(np.float64) @ weights["gate"].astype(np.float64).T
    gate = sigmoid(gate + (weights["bias"] if bias else 0))
    return gate.reshape(*gate.shape[:2], heads, -1)


def case(heads, width, features, by_head, bias, element="f32"):
    rows, q = heads if by_head else heads * width, f"tensor<?x?x{heads}x{width}x{element}>"
    weight, written = f"!nn.weight<{rows}x{features}>", f"bias %b : !nn.weight<{rows}> for " if bias else ""
    x, y = f"tensor<?x?x{features}x{element}>", f"tensor<?x?x{heads * width}x{element}>"
    text = function(
        [("x", x, ["B", "T", features])] + qkv(heads, heads, width, "T", element), [("y", y, ["B", "T", heads * width])],
        f"""  %s0 = attn.dot_product %q, %k : {q}, {q}
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : {q} -> {q}
  %w = nn.weight "gate" : {weight}
  %b = nn.weight "bias" : !nn.weight<{rows}>
  %y = attn.gated %x, %o, %w {written}: {x}, {q}, {weight} -> {y}""")

    def expect(given, weights, _):
        count = given["q"].shape[1]
        o, scale = attend(scores_of(given["q"], given["k"]), causal_mask(count, count), given["v"])
        gate = gates_of(given["x"], weights, heads, bias)
        return {"y": tuple((gate * part).reshape(*gate.shape[:2], -1) for part in (o, scale))}

    def run(batch, count):
        return lambda g: ({"x": normal(g, batch, count, features), **random_qkv(batch, count, count, heads, heads, width)(g)},
                          {"gate": normal(g, rows, features, scale=0.3), "bias": normal(g, rows)})

    kind = "a head" if by_head else "an element"
    return Case(f"gated {kind}{' with a bias' if bias else ''} {element}", text, [run(2, 5), run(1, 1), run(1, 40)], expect,
                element=element)


def decoded(heads, key_heads, width, features, by_head):
    arguments, (q, k, *caches) = calls.arguments(heads, key_heads, key_heads, width, "f32", "f32")
    rows = heads if by_head else heads * width
    x, y, weight = f"tensor<?x?x{features}xf32>", f"tensor<?x?x{heads * width}xf32>", f"!nn.weight<{rows}x{features}>"
    body = calls.cached(q, k, *caches, "%v", output="o") + f"""  %w = nn.weight "gate" : {weight}
  %y = attn.gated %x, %o, %w : {x}, {q}, {weight} -> {y}"""
    g = np.random.default_rng(6)
    inputs = {"x": normal(g, 2, 21, features), **random_qkv(2, 21, 21, heads, key_heads, width)(g)}

    def formula(given, weights):
        count = given["q"].shape[1]
        o, scale = attend(scores_of(rotated(given["q"]), rotated(given["k"])), causal_mask(count, count), given["v"])
        gate = gates_of(given["x"], weights, heads, False)
        return tuple((gate * part).reshape(*gate.shape[:2], -1) for part in (o, scale))

    return calls.case(f"gated {'a head' if by_head else 'an element'} over caches",
                      function([("x", x, ["B", "T", features])] + arguments, [("y", y, ["B", "T", heads * width])], body),
                      (inputs, {"gate": normal(g, rows, features, scale=0.3)}), formula,
                      lambda given, _: {"keys": rotated(given["k"]), "values": given["v"]}, "f32")


def cases():
    return [decoded(4, 2, 16, 48, False), decoded(4, 2, 16, 48, True), case(4, 16, 64, False, True, "bf16"),
            case(4, 16, 64, True, False, "bf16"), case(4, 16, 64, False, True), case(4, 16, 48, False, False), case(4, 16, 64, True, True), case(3, 20, 32, True, False)]

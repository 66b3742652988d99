# gated.py - sigma(x W + b) on what all heads have attended to, a gate an element or a head

import numpy as np

from formulas import attend, causal_mask, function, normal, qkv, random_qkv, scores_of, sigmoid, softmax
from program import Case


def case(heads, width, features, by_head, bias):
    rows, q = heads if by_head else heads * width, f"tensor<?x?x{heads}x{width}xf32>"
    weight, written = f"!nn.weight<{rows}x{features}>", f"bias %b : !nn.weight<{rows}> for " if bias else ""
    x, y = f"tensor<?x?x{features}xf32>", f"tensor<?x?x{heads * width}xf32>"
    text = function(
        [("x", x, ["B", "T", features])] + qkv(heads, heads, width, "T"), [("y", y, ["B", "T", heads * width])],
        f"""  %s0 = attn.dot_product %q, %k : {q}, {q}
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : {q} -> {q}
  %w = nn.weight "gate" : {weight}
  %b = nn.weight "bias" : !nn.weight<{rows}>
  %y = attn.gated %x, %o, %w {written}: {x}, {q}, {weight} -> {y}""")

    def expect(given, weights, _):
        count = given["q"].shape[1]
        o, scale = attend(softmax(scores_of(given["q"], given["k"]), causal_mask(count, count)), given["v"])
        gate = given["x"].astype(np.float64) @ weights["gate"].astype(np.float64).T
        gate = sigmoid(gate + (weights["bias"] if bias else 0))
        gate = gate.reshape(*gate.shape[:2], heads, -1)
        return {"y": tuple((gate * part).reshape(*gate.shape[:2], -1) for part in (o, scale))}

    def run(batch, count):
        return lambda g: ({"x": normal(g, batch, count, features), **random_qkv(batch, count, count, heads, heads, width)(g)},
                          {"gate": normal(g, rows, features, scale=0.3), "bias": normal(g, rows)})

    kind = "a head" if by_head else "an element"
    return Case(f"gated {kind}{' with a bias' if bias else ''}", text, [run(2, 5), run(1, 1), run(1, 40)], expect)


def cases():
    return [case(4, 16, 64, False, True), case(4, 16, 48, False, False), case(4, 16, 64, True, True), case(3, 20, 32, True, False)]

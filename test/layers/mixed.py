# mixed.py - g·a + (1 - g)·x W_p, g a number an element or a token

import numpy as np

from formulas import function, normal, sigmoid
from program import Case


def case(features, width, whole, bias, element="f32"):
    rows = 1 if whole else width
    x, a = f"tensor<?x?x{features}x{element}>", f"tensor<?x?x{width}x{element}>"
    projection, gate = f"!nn.weight<{width}x{features}>", f"!nn.weight<{rows}x{features}>"
    written = f"bias %b : !nn.weight<{rows}> for " if bias else ""
    text = function(
        [("x", x, ["B", "T", features]), ("a", a, ["B", "T", width])], [("y", a, ["B", "T", width])],
        f"""  %p = nn.weight "projection" : {projection}
  %g = nn.weight "gate" : {gate}
  %b = nn.weight "bias" : !nn.weight<{rows}>
  %y = attn.mixed %x, %a projection %p gate %g {written}: {x}, {a}, {projection}, {gate}""")

    def expect(given, weights, _):
        x, weights = given["x"].astype(np.float64), {n: w.astype(np.float64) for n, w in weights.items()}
        g = sigmoid(x @ weights["gate"].T + (weights["bias"] if bias else 0))
        projected, size = x @ weights["projection"].T, np.abs(x) @ np.abs(weights["projection"]).T
        return {"y": (g * given["a"] + (1 - g) * projected, g * np.abs(given["a"]) + (1 - g) * size)}

    def run(batch, count):
        return lambda g: ({"x": normal(g, batch, count, features), "a": normal(g, batch, count, width)},
                          {"projection": normal(g, width, features), "gate": normal(g, rows, features, scale=0.3),
                           "bias": normal(g, rows)})

    return Case(f"mixed {'a token' if whole else 'an element'}{' with a bias' if bias else ''} {element}", text,
                [run(2, 5), run(1, 1), run(1, 150)], expect, element=element)


def cases():
    return [case(64, 64, True, False), case(64, 48, False, True), case(32, 20, True, True),
            case(64, 48, False, True, "bf16"), case(64, 64, True, False, "bf16")]

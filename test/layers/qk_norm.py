# qk_norm.py - x_f * g_f / sqrt(mean(x^2) + eps) of each head, then attention

import numpy as np

from formulas import attend, causal_mask, function, normal, qkv, random_qkv, scores_of
from program import Case


def normalized(x, gain, epsilon):
    x = x.astype(np.float64)
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain.astype(np.float64)


def case(heads, key_heads, width, per_head, element="f32", epsilon=1e-6):
    q, kv = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    shape = {"q": (heads, width) if per_head else (width,), "k": (key_heads, width) if per_head else (width,)}
    weight = {name: "!nn.weight<" + "x".join(map(str, sizes)) + ">" for name, sizes in shape.items()}
    said = "" if epsilon == 1e-6 else f" epsilon {epsilon:e}"
    text = function(
        qkv(heads, key_heads, width, "T", element), [("y", q, ["B", "T", heads, width])],
        f"""  %gq = nn.weight "gq" : {weight["q"]}
  %gk = nn.weight "gk" : {weight["k"]}
  %qn = attn.qk_norm %q, %gq{said} : {q}, {weight["q"]}
  %kn = attn.qk_norm %k, %gk{said} : {kv}, {weight["k"]}
  %s0 = attn.dot_product %qn, %kn : {q}, {kv}
  %s1 = attn.causal %s0
  %y = attn.softmax %s1, %v : {kv} -> {q}""")

    def expect(x, weights, _):
        rows = x["q"].shape[1]
        scores = scores_of(normalized(x["q"], weights["gq"], epsilon), normalized(x["k"], weights["gk"], epsilon))
        return {"y": attend(scores, causal_mask(rows, rows), x["v"])}

    def run(batch, rows):
        return lambda g: (random_qkv(batch, rows, rows, heads, key_heads, width)(g),
                          {"gq": 1 + normal(g, *shape["q"], scale=0.3), "gk": 1 + normal(g, *shape["k"], scale=0.3)})

    return Case(f"qk_norm {heads}x{width} {'a gain a head ' if per_head else ''}{element}", text,
                [run(2, 5), run(1, 1), run(1, 67), run(3, 0)], expect, element=element)


def cases():
    return [case(4, 2, 16, False), case(6, 2, 20, True), case(4, 1, 40, False, epsilon=0.5),
            case(4, 2, 64, False, "bf16")]

# adaptive_precision.py - the type is chosen by a sample's scores; what overflows is repeated in f32

import numpy as np

from formulas import attend, causal_mask, function, normal, qkv, random_qkv, scores_of, softmax
from program import Case

F32, F16, BF16 = range(3)


def estimate(x):
    """The rules, on the first 64 queries and keys of each sequence."""
    s = scores_of(x["q"][:, :64], x["k"][:, :64])
    p = softmax(s, np.ones(s.shape, bool))
    entropy = -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=3).mean(axis=2)
    mean = (entropy / np.log(s.shape[3]) if s.shape[3] > 1 else np.zeros_like(entropy)).mean()
    if np.abs(s).max(initial=0) > 50 or p.max(initial=0) > 0.95:
        return F32
    return F16 if mean > 0.8 else BF16 if mean < 0.3 else F16


def case(name, default, runs, taken, tolerance, repeated=0):
    """`taken`: the precision of each run, which the formula has to agree with where there are rules."""
    q, kv = "tensor<?x?x4x32xf32>", "tensor<?x?x2x32xf32>"
    text = function(
        qkv(4, 2, 32, "T") + [("before", "tensor<5xi32>", [5])], [("y", q, ["B", "T", 4, 32]), ("counts", "tensor<5xi32>", [5])],
        f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %y, %counts = attn.adaptive_precision %s1, %v default {default} statistics %before : {kv}, tensor<5xi32> -> {q}, tensor<5xi32>""")
    order = iter(taken)

    def expect(x, _, __):
        precision = next(order)
        if default == "adaptive":
            assert estimate(x) == precision, f"{name}: the case is made for {precision}, but the rules say {estimate(x)}"
        rows = x["q"].shape[1]
        counts = np.array(x["before"], np.float64)
        counts += [1, precision == F32, precision == F16, precision == BF16, repeated]
        s = scores_of(x["q"], x["k"])
        y, scale = attend(softmax(s, causal_mask(rows, rows)), x["v"])
        # Rounding q and k moves scores by a part of their size.
        scale = scale * (1 + np.abs(s).max(initial=0) / 16)
        return {"y": (y, scale), "counts": (counts, np.full(5, 1e-3))}

    def prepared(run):
        def make(g):
            given = run(g)
            given.setdefault("before", g.integers(0, 9, 5).astype(np.int32))
            return given, {}

        return make

    return Case(f"adaptive_precision {name}", text, [prepared(run) for run in runs], expect, ("y", "counts"), tolerance)


def sharp(g):
    """Scores that prefer some keys, but none above all: entropy below 0.3 with no weight above 0.95."""
    rows = 80
    given = random_qkv(1, rows, rows, 4, 2, 32, 0.0)(g)
    given["q"][..., 0] = given["k"][:, ::1, :, 0] = 0
    given["q"][..., 0] = np.sqrt(32)
    given["k"][:, :64:32, :, 0] = 12.0
    return given


def beyond_f16(g):
    given = random_qkv(1, 20, 20, 4, 2, 32)(g)
    given["v"][0, 3] = 1e5
    return given


def cases():
    small, one, large = (random_qkv(2, 70, 70, 4, 2, 32, 0.3), random_qkv(1, 1, 1, 4, 2, 32), random_qkv(1, 9, 9, 4, 2, 32, 8.0))
    return [case("flat scores take f16", "adaptive", [small], [F16], 3e-3),
            case("one key, and large scores, take f32", "adaptive", [one, large], [F32, F32], 1e-5),
            case("sharp scores take bf16", "adaptive", [sharp], [BF16], 2e-2),
            case("fp32 is forced", "fp32", [small], [F32], 1e-5),
            case("fp16 is forced", "fp16", [small, random_qkv(1, 0, 0, 4, 2, 32)], [F16, F16], 3e-3),
            case("bf16 is forced", "bf16", [small], [BF16], 2e-2),
            case("values beyond f16 are repeated in f32", "fp16", [beyond_f16], [F16], 1e-5, repeated=1)]

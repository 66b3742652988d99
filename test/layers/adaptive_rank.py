# adaptive_rank.py - scores of fewer features where a sample says so; the whole width, bit for bit, where the ratio is 1

import numpy as np

from formulas import attend, causal_mask, function, normal, qkv, random_qkv, scores_of, softmax
from program import Case

HEADS, KEY_HEADS, WIDTH = 4, 2, 32


def votes(x, estimate, threshold):
    s = scores_of(x["q"][:, :64], x["k"][:, :64])
    if estimate == "random":
        return np.ones(s.shape[:2], bool)
    if estimate == "entropy":
        p = softmax(s, np.ones(s.shape, bool))
        entropy = -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=3).mean(axis=2)
        return (entropy / np.log(s.shape[3]) if s.shape[3] > 1 else 0 * entropy) < threshold
    v = np.ones((*s.shape[:2], s.shape[3])) / np.sqrt(s.shape[3])
    for _ in range(3):
        v = np.einsum("nhij,nhik,nhk->nhj", s, s, v)
        v /= np.linalg.norm(v, axis=2, keepdims=True)
    sigma = np.linalg.norm(np.einsum("nhij,nhj->nhi", s, v), axis=2)
    return sigma / sigma.max(axis=1, keepdims=True) < threshold


def case(name, estimate, ratio, threshold, runs, low):
    q, kv = f"tensor<?x?x{HEADS}x{WIDTH}xf32>", f"tensor<?x?x{KEY_HEADS}x{WIDTH}xf32>"
    rank, n = int(np.floor(WIDTH * ratio + 1e-9)), 1 + HEADS
    text = function(
        qkv(HEADS, KEY_HEADS, WIDTH, "T") + [("before", f"tensor<{n}xi32>", [n])],
        [("y", q, ["B", "T", HEADS, WIDTH]), ("counts", f"tensor<{n}xi32>", [n])],
        f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
  %w = nn.weight "down" : !nn.weight<{rank}x{WIDTH}>
  %y, %counts = attn.adaptive_rank %s1, %v down %w by {estimate} ratio {ratio:e} threshold {threshold:e} statistics %before : {kv}, !nn.weight<{rank}x{WIDTH}>, tensor<{n}xi32> -> {q}, tensor<{n}xi32>""")
    order = iter(low)

    def expect(x, weights, _):
        is_low, v = next(order), votes(x, estimate, threshold)
        if not weights:
            weights = {"down": np.eye(WIDTH)}
        if ratio < 1:
            assert (2 * v.sum() > v.size) == is_low, f"{name}: the case is made for {is_low}, but the votes are {v}"
        rows, down = x["q"].shape[1], weights["down"].astype(np.float64)
        given = [x[part] @ down.T if is_low else x[part] for part in "qk"]
        y, scale = attend(softmax(scores_of(*given, scale=1 / np.sqrt(WIDTH)), causal_mask(rows, rows)), x["v"])
        counts = x["before"] + np.array([1] + HEADS * [int(is_low)], np.float64)
        return {"y": (y, scale), "counts": (counts, np.full(n, 1e-3))}

    def prepared(run):
        def make(g):
            down = np.linalg.qr(g.standard_normal((WIDTH, WIDTH)))[0][:rank]
            # Of the whole width nothing reads the projection.
            return {**run(g), "before": g.integers(0, 9, n).astype(np.int32)}, {"down": down.astype(np.float32)} if ratio < 1 else {}

        return make

    return Case(f"adaptive_rank {name}", text, [prepared(run) for run in runs], expect, ("y", "counts"))


def one_strong_head(g):
    given = random_qkv(1, 30, 30, HEADS, KEY_HEADS, WIDTH)(g)
    given["q"][:, :, 0] *= 5
    return given


def cases():
    flat, peaked = random_qkv(2, 70, 70, HEADS, KEY_HEADS, WIDTH, 0.1), random_qkv(1, 40, 40, HEADS, KEY_HEADS, WIDTH, 2.0)
    one = random_qkv(1, 1, 1, HEADS, KEY_HEADS, WIDTH)
    return [case("by entropy", "entropy", 0.5, 0.95, [flat, peaked, one], [False, True, True]),
            case("by power iteration", "power", 0.25, 0.5, [one_strong_head, peaked], [True, False]),
            case("always", "random", 0.5, 0.95, [flat], [True]),
            case("of the whole width", "entropy", 1.0, 0.95, [peaked], [False])]

# adaptive_rank.py - scores of fewer features where a sample says so, a call or a head; the whole width, bit for bit, where
# the ratio is 1

import numpy as np

from adaptive_precision import behind, hiding
from formulas import scores_of
from layouts import Layout, attend_all, batch, entropies, over_sequences, packed, packed_behind, rows_of
from program import Case

HEADS, KEY_HEADS, WIDTH = 4, 2, 32


def sigmas(s):
    v = np.full(s.shape[::2], 1 / np.sqrt(s.shape[2]))
    for _ in range(3):
        v = np.einsum("hij,hik,hk->hj", s, s, v)
        v /= np.linalg.norm(v, axis=1, keepdims=True)
    sigma = np.linalg.norm(np.einsum("hij,hj->hi", s, v), axis=1)
    return sigma / sigma.max()


def votes(layout, x, states, estimate, threshold):
    if estimate == "random":
        return np.ones((1, HEADS), bool)
    return over_sequences(layout, x, states, entropies if estimate == "entropy" else sigmas) < threshold


def case(name, estimate, ratio, threshold, runs, low, per_head=False, layout="batch", element="f32"):
    """`low`: of each run, whether the call or each head is at low rank, which the votes have to agree with."""
    rank, n = int(np.floor(WIDTH * ratio + 1e-9)), 1 + HEADS
    layout = Layout(layout, HEADS, KEY_HEADS, WIDTH, low=rank if layout.endswith("cached") else 0, element=element)
    q, kv = layout.types()
    rows, place = ("t", "?") if layout.is_packed else ("n, t", "?x?")
    names = [f"%{loop}: i32" for loop in f"{rows}, h, r, f".split(", ")]
    keep = f"""  %kl = nn.generic ins(%k, %w : {kv}, !nn.weight<{rank}x{WIDTH}>)
      maps [affine_map<({rows}, h, r, f) -> ({rows}, h, f)>, affine_map<({rows}, h, r, f) -> (r, f)>] init 0.0 : f32 {{
  ^bb0(%x: f32, %y: f32, %a: f32, {', '.join(names)}):
    %p = arith.mulf %x, %y : f32
    %sum = arith.addf %a, %p : f32
    nn.yield %sum : f32
  }} -> tensor<{place}x{KEY_HEADS}x{rank}xf32>
  attn.append %low, %kl at %seq : {layout.cache_type(rank)}, tensor<{place}x{KEY_HEADS}x{rank}xf32>
"""
    given = f"low_keys %low : {layout.cache_type(rank)} " if layout.low else ""
    text = layout.module(
        [("before", f"tensor<{n}xi32>", [n])], [layout.output(), ("counts", f"tensor<{n}xi32>", [n])],
        f"""  %w = nn.weight "down" : !nn.weight<{rank}x{WIDTH}>
{keep if layout.low else ''}  %y, %counts = attn.adaptive_rank %s1, {layout.value()} down %w {given}by {estimate} ratio {ratio:e} threshold {threshold:e} {'per_head ' if per_head else ''}statistics %before {layout.within()}: {layout.value_type()}, !nn.weight<{rank}x{WIDTH}>, tensor<{n}xi32> -> {q}, tensor<{n}xi32>""")
    current = []

    def expect(x, weights, _):
        states, flags = current
        v = votes(layout, x, states, estimate, threshold)
        down = weights.get("down", np.eye(WIDTH)).astype(np.float64)
        if ratio < 1:
            found = [bool(2 * part.sum() > part.size) for part in (v.T if per_head else [v])]
            assert found == flags, f"{name}: the case is made for {flags}, but the votes are {v}"

        def scores(s):
            whole, projected = (scores_of(*parts, scale=1 / np.sqrt(WIDTH)) for parts in
                                ((s.q, s.k), (s.q @ down.T, s.k.astype(np.float64) @ down.T)))
            return np.where(np.reshape(flags, (1, -1, 1, 1)), projected, whole)

        counts = x["before"] + np.concatenate([[1], np.broadcast_to(flags, HEADS)])
        return {"y": attend_all(layout, x, states, scores), "counts": (counts.astype(np.float64), np.full(n, 1e-3))}

    def prepared(run, flags):
        def make(g):
            down = np.linalg.qr(g.standard_normal((WIDTH, WIDTH)))[0][:rank].astype(np.float32)
            x, states = run(g) if layout.is_cached else (run(g), {})
            if states:
                states["low"] = np.ascontiguousarray(states["keys"] @ down.T)
            current[:] = states, flags
            x["before"] = g.integers(0, 9, n).astype(np.int32)
            # Of the whole width nothing reads the projection.
            return x, {"down": down} if ratio < 1 else {}, states

        return make

    return Case(f"adaptive_rank{' a head' if per_head else ''} {name} {element}", text, [prepared(*run) for run in zip(runs, low)], expect,
                ("y", "counts"), element, options=("--context=128",) if layout.is_cached else ())


def cases():
    layout = Layout("batch", HEADS, KEY_HEADS, WIDTH)
    flat, peaked, one = batch(2, 70, rows_of(layout, 0.01)), batch(1, 40, rows_of(layout, 4.0)), batch(1, 1, rows_of(layout))
    strong = rows_of(layout, [5.0, 1.0, 1.0, 1.0])
    # Heads 0 and 3 have sharp weights; those of 1 and 2 are all but equal.
    apart = rows_of(layout, [4.0, 0.01, 0.01, 4.0])
    mixed = [True, False, False, True]
    return [case("by entropy", "entropy", 0.5, 0.95, [flat, peaked, one], [[False], [True], [True]]),
            case("by power iteration", "power", 0.25, 0.5, [batch(1, 30, strong), peaked], [[True], [False]]),
            case("always", "random", 0.5, 0.95, [flat], [[True]]),
            case("of the whole width", "entropy", 1.0, 0.95, [peaked], [[False]]),
            case("by entropy", "entropy", 0.5, 0.95, [batch(2, 70, apart), flat, peaked, one, batch(1, 200, apart)],
                 [mixed, [False] * 4, [True] * 4, [True] * 4, mixed], per_head=True),
            case("by power iteration", "power", 0.25, 0.5, [batch(1, 30, strong)], [[False, True, True, True]], per_head=True),
            case("of the whole width", "entropy", 1.0, 0.95, [peaked], [[False] * 4], per_head=True),
            case("by entropy", "entropy", 0.5, 0.95, [batch(2, 70, apart), batch(1, 1, apart)], [mixed, [True] * 4], per_head=True,
                 element="bf16"),
            case("by entropy", "entropy", 0.5, 0.95, [batch(1, 70, rows_of(layout)), flat], [[True], [False]], element="bf16"),
            case("packed rows", "entropy", 0.5, 0.95, [packed([70, 5], rows_of(layout, 0.01)), packed([70, 0, 9], rows_of(layout, 4.0))],
                 [[False], [True]], layout="packed"),
            case("packed rows", "entropy", 0.5, 0.95, [packed([33, 70, 5], apart)], [mixed], per_head=True, layout="packed"),
            case("over caches", "entropy", 0.5, 0.95, [behind(peaked, 39), behind(flat, 0), behind(flat, 69)],
                 [[True], [False], [False]], layout="cached"),
            case("over caches", "entropy", 0.5, 0.95, [behind(batch(2, 70, apart), e) for e in (0, 69, 30)], [mixed] * 3,
                 per_head=True, layout="cached"),
            case("packed rows over caches", "entropy", 0.5, 0.95,
                 [packed_behind([5, 0, 1], rows_of(layout, 4.0), 39), packed_behind([70, 3], rows_of(layout, 0.01), 9)],
                 [[True], [False]], layout="packed cached"),
            case("packed rows over caches", "entropy", 0.5, 0.95, [packed_behind([30, 0, 5], apart, 40)], [mixed], per_head=True,
                 layout="packed cached"),
            case("hidden keys", "entropy", 0.5, 0.95, [hiding(flat, [range(0, 40), [3, 5]])], [[False]], layout="hidden")]

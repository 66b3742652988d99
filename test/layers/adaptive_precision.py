# adaptive_precision.py - the type is chosen by a sample's scores, a call or a head; what overflows is repeated in f32

import numpy as np

from formulas import scores_of
from layouts import Layout, attend_all, batch, entropies, largest_weights, over_sequences, packed, packed_behind, rows_of
from program import TOLERANCES, Case

F32, F16, BF16 = range(3)
ELEMENTS = ("f32", "f16", "bf16")
HEADS, KEY_HEADS, WIDTH = 4, 2, 32


def rules(largest, weight, entropy):
    """Of one group of heads: statistics (sequences, heads)."""
    if largest.max(initial=0) > 50 or weight.max(initial=0) > 0.95:
        return F32
    mean = entropy.mean()
    return F16 if mean > 0.8 else BF16 if mean < 0.3 else F16


def estimate(layout, x, states, per_head):
    statistics = [over_sequences(layout, x, states, f) for f in
                  (lambda s: np.abs(s).max(axis=(1, 2)), largest_weights, entropies)]
    if not per_head:
        return [rules(*statistics)]
    return [rules(*(part[:, h] for part in statistics)) for h in range(HEADS)]


def case(name, default, runs, taken, repeated=(), per_head=False, layout="batch", cache="f32"):
    """`taken`: the precisions of each run, of the call or of its heads, which the rules have to agree with where they choose;
    `repeated`: which of them are repeated in f32."""
    layout = Layout(layout, HEADS, KEY_HEADS, WIDTH, cache)
    q, _ = layout.types()
    text = layout.module(
        [("before", "tensor<5xi32>", [5])], [layout.output(), ("counts", "tensor<5xi32>", [5])],
        f"  %y, %counts = attn.adaptive_precision %s1, {layout.value()} default {default} {'per_head ' if per_head else ''}"
        f"statistics %before {layout.within()}: {layout.value_type()}, tensor<5xi32> -> {q}, tensor<5xi32>")
    current = []

    def expect(x, _, __):
        states, flags = current
        if default == "adaptive":
            found = estimate(layout, x, states, per_head)
            assert found == flags, f"{name}: the case is made for {flags}, but the rules say {found}"
        counts = x["before"] + np.array([1] + [flags.count(p) for p in (F32, F16, BF16)] + [len(repeated)], np.float64)
        y, scale = attend_all(layout, x, states, lambda s: scores_of(s.q, s.k))
        for h in range(HEADS):
            group = h if per_head else 0
            element = "f32" if group in repeated else ELEMENTS[flags[group]]
            scale[..., h, :] *= TOLERANCES[max(element, cache, key=TOLERANCES.get)] / TOLERANCES["f32"]
        return {"y": (y, scale), "counts": (counts, np.full(5, 1e-3))}

    def prepared(run, flags):
        def make(g):
            given, states = run(g) if layout.is_cached else (run(g), {})
            given.setdefault("before", g.integers(0, 9, 5).astype(np.int32))
            current[:] = states, flags
            return given, {}, states

        return make

    kind = " a head" if per_head else ""
    return Case(f"adaptive_precision{kind} {name}", text, [prepared(*run) for run in zip(runs, taken)], expect, ("y", "counts"),
                options=("--context=128",) if layout.is_cached else ())


def sharp_rows(g, rows, heads=range(HEADS)):
    """Scores that prefer some keys, but none above all: entropy below 0.3 with no weight above 0.95."""
    given = rows_of(LAYOUT, 0.05)(g, rows)
    for h in heads:
        given["q"][:, h] = 0
        given["q"][:, h, 0] = np.sqrt(32)
    given["k"][..., 0] = 0
    given["k"][:64:32, :, 0] = 12.0
    return given


def beyond_f16(g, rows, key_head=0):
    given = rows_of(LAYOUT)(g, rows)
    given["v"][3, key_head] = 1e5
    return given


def behind(run, earlier):
    """The last rows are the call's, the first `earlier` are in the caches."""

    def make(g):
        whole = run(g)
        given = {n: np.ascontiguousarray(part[:, earlier:]) for n, part in whole.items()}
        given["lengths"] = np.full(len(given["q"]), given["q"].shape[1], np.int32)
        states = {c: np.ascontiguousarray(whole[n][:, :earlier]) for c, n in (("keys", "k"), ("values", "v"))}
        return given, states if earlier else {}

    return make


def hiding(run, hidden):
    def make(g):
        given = run(g)
        given["seen"] = np.ones(given["q"].shape[:2], bool)
        for n, keys in enumerate(hidden):
            given["seen"][n, keys] = False
            given["k"][n, keys] = 1e4  # what is hidden has no say
        return given

    return make


LAYOUT = Layout("batch", HEADS, KEY_HEADS, WIDTH)


def cases():
    small, one, large = (batch(2, 70, rows_of(LAYOUT, 0.1)), batch(1, 1, rows_of(LAYOUT)), batch(1, 9, rows_of(LAYOUT, 18.0)))
    sharp, mixed = batch(1, 80, sharp_rows), batch(1, 80, lambda g, rows: sharp_rows(g, rows, [1]))
    apart = rows_of(LAYOUT, [0.1, 18.0, 0.1, 0.1])
    overflowing = batch(1, 20, lambda g, rows: beyond_f16(g, rows, 1))
    return [case("flat scores take f16", "adaptive", [small], [[F16]]),
            case("one key, and large scores, take f32", "adaptive", [one, large], [[F32], [F32]]),
            case("sharp scores take bf16", "adaptive", [sharp], [[BF16]]),
            case("fp32 is forced", "fp32", [small], [[F32]]),
            case("fp16 is forced", "fp16", [small, batch(1, 0, rows_of(LAYOUT))], [[F16], [F16]]),
            case("bf16 is forced", "bf16", [small], [[BF16]]),
            case("values beyond f16 are repeated in f32", "fp16", [batch(1, 20, beyond_f16)], [[F16]], repeated=[0]),
            case("each takes its own", "adaptive", [mixed, batch(2, 70, apart), small],
                 [[F16, BF16, F16, F16], [F16, F32, F16, F16], [F16] * 4], per_head=True),
            case("one key", "adaptive", [one], [[F32] * 4], per_head=True),
            case("those beyond f16 are repeated in f32", "fp16", [overflowing], [[F16] * 4], repeated=[2, 3], per_head=True),
            case("packed rows", "adaptive", [packed([70, 0, 9], rows_of(LAYOUT, 0.1)), packed([70, 1], rows_of(LAYOUT, 0.1))],
                 [[F16], [F32]], layout="packed"),
            case("packed rows", "adaptive", [packed([33, 70, 5], apart)], [[F16, F32, F16, F16]], per_head=True,
                 layout="packed"),
            case("over caches", "adaptive", [behind(small, 0), behind(small, 69), behind(small, 20)], [[F16]] * 3,
                 layout="cached"),
            case("over caches", "adaptive", [behind(batch(2, 70, apart), 69), behind(batch(2, 70, apart), 0)],
                 [[F16, F32, F16, F16]] * 2, per_head=True, layout="cached", cache="bf16"),
            case("packed rows over caches", "adaptive",
                 [packed_behind([70, 0, 9], rows_of(LAYOUT, 0.1), 0), packed_behind([5, 1, 0], rows_of(LAYOUT, 0.1), 30)],
                 [[F16], [F16]], layout="packed cached"),
            case("packed rows over caches", "adaptive", [packed_behind([33, 0, 5], apart, 40), packed_behind([7], apart, 60)],
                 [[F16, F32, F16, F16]] * 2, per_head=True, layout="packed cached", cache="bf16"),
            case("hidden keys", "adaptive", [hiding(small, [range(0, 40), [3, 5]])], [[F16]], layout="hidden")]

# layouts.py - where the rows of sequences are: of a batch, packed end to end, behind what caches hold or both, with hidden keys

import dataclasses

import numpy as np

from formulas import attend, causal_mask, function, normal, scores_of
from program import rounded


@dataclasses.dataclass
class Sequence:
    """q (1, T, H, d) from position `start` on, k and v (1, S, Hk, d), which keys no mask of keys hides, and where the rows are
    in the output."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    start: int
    admitted: np.ndarray
    place: tuple

    def sample(self):
        """The first 64 queries and the first 64 admitted keys."""
        return self.q[:, :64], self.k[:, self.admitted][:, :64]

    def mask(self):
        return causal_mask(self.q.shape[1], self.k.shape[1], self.start) & self.admitted


@dataclasses.dataclass
class Layout:
    """`arguments` of the function, lines that make %s0 and %values, and what the closing op is told of sequences. `name`: batch,
    packed, cached, packed cached or hidden."""

    name: str
    heads: int
    key_heads: int
    width: int
    cache: str = "f32"
    low: int = 0  # the width of projected keys, for which caches are kept
    element: str = "f32"

    @property
    def is_packed(self):
        return self.name.startswith("packed")

    @property
    def is_cached(self):
        return self.name.endswith("cached")

    def types(self):
        rows = "tensor<?x" if self.is_packed else "tensor<?x?x"
        return [f"{rows}{h}x{self.width}x{self.element}>" for h in (self.heads, self.key_heads)]

    def cache_type(self, width):
        return f"!attn.cache<?x?x{self.key_heads}x{width}x{self.cache}>"

    def value_type(self):
        return self.cache_type(self.width) if self.is_cached else self.types()[1]

    def arguments(self):
        leading = ["R"] if self.is_packed else ["B", "T"]
        q, kv = self.types()
        result = [("q", q, leading + [self.heads, self.width])]
        result += [(n, kv, leading + [self.key_heads, self.width]) for n in "kv"]
        if self.is_packed:
            result.append(("offsets", "tensor<?xi32>", ["B + 1"] if self.is_cached else ["O"]))
        if self.name == "hidden":
            result.append(("seen", "tensor<?x?xi1>", ["B", "T"]))
        if self.name == "cached":
            result.append(("lengths", "tensor<?xi32>", ["B"]))
        if self.is_cached:
            widths = {"keys": self.width, "values": self.width, **({"low": self.low} if self.low else {})}
            result += [(n, self.cache_type(w), ["B", "C", self.key_heads, w]) for n, w in widths.items()]
        return result

    def lines(self):
        q, kv = self.types()
        if self.name == "packed":
            return f"""  %seq = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %s1 = attn.causal %s0
"""
        if self.is_cached:
            cache = self.cache_type(self.width)
            rows = "packed %offsets : tensor<?xi32>" if self.is_packed else "padded queries(%lengths : tensor<?xi32>)"
            return f"""  %start = attn.length %keys : {cache} -> tensor<?xi32>
  %seq = attn.{rows} start %start : tensor<?xi32>
  attn.append %keys, %k at %seq : {cache}, {kv}
  attn.append %values, %v at %seq : {cache}, {kv}
  %s0 = attn.dot_product %q, %keys : {q}, {cache}
  %s1 = attn.causal %s0
"""
        hidden = "attn.masked %s0 by %seen axes \"n s\" : tensor<?x?xi1>" if self.name == "hidden" else "attn.causal %s0"
        causal = "\n  %s1 = attn.causal %h" if self.name == "hidden" else ""
        return f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  {'%h' if self.name == 'hidden' else '%s1'} = {hidden}{causal}
"""

    def value(self):
        return "%values" if self.is_cached else "%v"

    def within(self):
        return "in %seq " if self.is_packed or self.is_cached else ""

    def module(self, more, results, body):
        return function(self.arguments() + more, results, self.lines() + body)

    def output(self):
        dims = ["R"] if self.is_packed else ["B", "T"]
        return ("y", self.types()[0], dims + [self.heads, self.width])

    def sequences(self, x, states):
        places = range(len(x["q"]))
        if self.is_packed:
            places = [slice(first, last) for first, last in zip(x["offsets"], x["offsets"][1:])]
        for n, place in enumerate(places):
            q, k, v = (x[name][place][None] for name in "qkv")
            start = 0
            if self.is_cached:
                start = states["keys"].shape[1] if states else 0
                if start:
                    k, v = (np.concatenate([states[c][n : n + 1], new], axis=1) for c, new in (("keys", k), ("values", v)))
                k, v = rounded(k, self.cache), rounded(v, self.cache)
            admitted = x["seen"][n] if self.name == "hidden" else np.ones(k.shape[1], bool)
            yield Sequence(q, k, v, start, admitted, (place,))


def attend_all(layout, x, states, scores):
    """The output and its scale, `scores` giving those of a sequence."""
    shape = x["q"].shape[:-1] + (x["v"].shape[-1],)
    y, scale = np.zeros(shape), np.zeros(shape)
    for sequence in layout.sequences(x, states):
        found, size = attend(scores(sequence), np.broadcast_to(sequence.mask(), (1, layout.heads) + sequence.mask().shape), sequence.v)
        y[sequence.place], scale[sequence.place] = found[0], size[0]
    return y, scale


def over_sequences(layout, x, states, statistic):
    """`statistic` of the scores (H, i, j) of each sequence's sample, (sequences, H); those without a sample have no say."""
    samples = [s.sample() for s in layout.sequences(x, states)]
    return np.array([statistic(scores_of(q, k)[0]) for q, k in samples if q.shape[1] and k.shape[1]]).reshape(-1, layout.heads)


def entropies(s):
    """The mean entropy of the rows' weights over log(number of keys), of each head."""
    p = np.exp(s - s.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    mean = -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=2).mean(axis=1)
    return mean / np.log(s.shape[2]) if s.shape[2] > 1 else np.zeros_like(mean)


def largest_weights(s):
    p = np.exp(s - s.max(axis=2, keepdims=True))
    return (p / p.sum(axis=2, keepdims=True)).max(axis=(1, 2))


def packed(lengths, make):
    """Sequences of `make(g, rows)`, inputs by name, (rows, heads, width) each, end to end, and two rows that are of none."""

    def run(g):
        parts = [make(g, rows) for rows in lengths] + [make(g, 2)]
        given = {n: np.concatenate([p[n] for p in parts]) for n in "qkv"}
        given["offsets"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return given

    return run


def packed_behind(lengths, make, earlier):
    """As `packed`, but the first `earlier` rows of each sequence are in the caches, which have no part for rows of none."""

    def run(g):
        whole = [make(g, earlier + rows) for rows in lengths] + [make(g, 2)]
        given = {n: np.concatenate([p[n][earlier:] for p in whole[:-1]] + [whole[-1][n]]) for n in "qkv"}
        given["offsets"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        states = {c: np.stack([p[n][:earlier] for p in whole[:-1]]) for c, n in (("keys", "k"), ("values", "v"))}
        return given, states if earlier else {}

    return run


def rows_of(layout, scale=1.0):
    """`make` of random sequences; `scale` is of q's heads."""

    def make(g, rows):
        return {"q": normal(g, rows, layout.heads, layout.width) * np.asarray(scale, np.float32).reshape(-1, 1),
                "k": normal(g, rows, layout.key_heads, layout.width), "v": normal(g, rows, layout.key_heads, layout.width)}

    return make


def batch(count, rows, make):
    def run(g):
        parts = [make(g, rows) for _ in range(count)]
        return {n: np.stack([p[n] for p in parts]) for n in "qkv"}

    return run

# calls.py - a sequence of tokens in several calls over caches: a prefill, then the rest, a token at a time or more

import numpy as np

from program import Case, rounded


def stored(x, element):
    """What a program keeps in a tensor or cache of `element`."""
    return rounded(x.astype(np.float32), element) if element != "f32" else x


def cached(q, k, key_cache, value_cache, values, output="y", modulate=""):
    """The body of attention over caches: %q and %k are rotated, and appended with what `values` names, which `modulate`
    makes where it is not %v."""
    return f"""  %start = attn.length %keys : {key_cache} -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %qr = attn.rotary %q at %seq interleaved base 1.0e4 : {q}
  %kr = attn.rotary %k at %seq interleaved base 1.0e4 : {k}
{modulate}  attn.append %keys, %kr at %seq : {key_cache}, {k}
  attn.append %values, {values} at %seq : {value_cache}, {q if values != "%v" else k}
  %s0 = attn.dot_product %qr, %keys : {q}, {key_cache}
  %s1 = attn.causal %s0
  %{output} = attn.softmax %s1, %values in %seq : {value_cache} -> {q}
"""


def arguments(heads, key_heads, value_heads, width, element, cache):
    """Of the function, %q, %k, %v, %lengths, %keys and %values; and the types of q, k and the two caches."""
    q, k = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x{key_heads}x{width}x{element}>"
    caches = [f"!attn.cache<?x?x{h}x{width}x{cache}>" for h in (key_heads, value_heads)]
    return [("q", q, ["B", "T", heads, width]), ("k", k, ["B", "T", key_heads, width]), ("v", k, ["B", "T", key_heads, width]),
            ("lengths", "tensor<?xi32>", ["B"]), ("keys", caches[0], ["B", "C", key_heads, width]),
            ("values", caches[1], ["B", "C", value_heads, width])], (q, k, *caches)


def case(name, text, whole, formula, held, element):
    """`whole` is (inputs, weights) of all tokens, `formula` their results, `held` what the caches hold of them. The first call
    has all tokens, the others begin where one might have ended, and give what that gave."""
    inputs, weights = whole
    total = inputs["q"].shape[1]
    splits, first = [(0, total), (total - 1, 1), (total // 2, 1), (total // 2, total - total // 2), (1, 1), (0, 1)], {}

    def run(start, rows):
        given = {n: np.ascontiguousarray(x[:, start : start + rows]) for n, x in inputs.items()}
        given["lengths"] = np.full(len(inputs["q"]), rows, np.int32)
        before = {n: np.ascontiguousarray(x[:, :start], np.float32) for n, x in held(inputs, weights).items()}
        return lambda _: (given, weights, before if start else {})

    order = iter(splits)

    def expect(given, weights, results):
        start, rows = next(order)
        y, scale = (part[:, start : start + rows] for part in formula(inputs, weights))
        first.setdefault("y", results["y"])
        decoded, prefilled = results["y"], first["y"][:, start : start + rows]
        results["y, as in the prefill"] = decoded
        return {"y": (y, scale), "y, as in the prefill": (prefilled.astype(np.float64), scale)}

    return Case(name, text, [run(*split) for split in splits], expect, element=element, options=("--context=128",))

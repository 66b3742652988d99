# overlapped_block.py - blocks of c keys that begin every c/2, cross-faded over the halves that they share

import numpy as np

from formulas import attend, function, heads_of, qkv, random_qkv, scores_of
from program import Case


def blocks(size, keys):
    """[begin, end) of the blocks: they begin at multiples of size/2 until one reaches the last key."""
    found = [(0, size)]
    while found[-1][1] < keys:
        found.append((found[-1][0] + size // 2, found[-1][0] + size // 2 + size))
    return found


def coefficients(size, keys, position):
    """Of each block for a query at `position`: 1 where one block holds it, (t + ½)/h and its rest where two share it."""
    half, result = size // 2, []
    found = blocks(size, keys)
    for number, (begin, end) in enumerate(found):
        inside, weight = begin <= position < end, 0.0
        if inside:
            rises = number > 0 and position < begin + half
            falls = number + 1 < len(found) and position >= begin + half
            weight = (position - begin + 0.5) / half if rises else 1 - (position - begin - half + 0.5) / half if falls else 1
        result.append(weight)
    return found, result


def expect_from(start, length):
    def expect(x, _, __):
        batch, rows, heads, _ = x["q"].shape
        y, scale = np.zeros((batch, rows, heads, x["v"].shape[3])), np.zeros((batch, rows, heads, x["v"].shape[3]))
        for n in range(batch):
            keys = length(x, n)
            scores = scores_of(x["q"][n : n + 1], x["k"][n : n + 1, :keys])
            for row in range(rows):
                found, parts = coefficients(x["size"], keys, start(x, n) + row)
                for (begin, end), part in zip(found, parts):
                    mask = (np.arange(keys) >= begin) & (np.arange(keys) < end)
                    o, size = attend(scores[:, :, row : row + 1], mask, x["v"][n : n + 1, :keys])
                    y[n, row] += part * o[0, 0]
                    scale[n, row] += part * size[0, 0]
        return {"y": (y, scale)}

    return expect


def case(heads, key_heads, width):
    q, kv = f"tensor<?x?x{heads}x{width}xf32>", f"tensor<?x?x{key_heads}x{width}xf32>"
    text = function(qkv(heads, key_heads, width, "T") + [("size", "i32", [])], [("y", q, ["B", "T", heads, width])],
                    f"""  %s0 = attn.dot_product %q, %k : {q}, {kv}
  %y = attn.overlapped_block %s0, %v of %size : {kv} -> {q}""")

    def run(batch, rows, size):
        return lambda g: ({**random_qkv(batch, rows, rows, heads, key_heads, width)(g), "size": size}, {})

    runs = [run(1, 1, 2), run(2, 10, 4), run(1, 7, 8), run(1, 16, 16), run(1, 17, 16), run(1, 150, 64), run(1, 5, 64),
            run(1, 129, 64), run(1, 33, 2), run(2, 0, 8)]
    return Case(f"overlapped_block {heads}/{key_heads}x{width}", text, runs, expect_from(lambda x, n: 0, lambda x, n: x["q"].shape[1]))


def with_starts():
    q = "tensor<?x?x2x16xf32>"
    text = function(
        qkv(2, 2, 16) + [("size", "i32", []), ("keys", "tensor<?xi32>", ["B"]), ("start", "tensor<?xi32>", ["B"])],
        [("y", q, ["B", "T", 2, 16])],
        f"""  %seq = attn.padded keys(%keys : tensor<?xi32>) start %start : tensor<?xi32>
  %s0 = attn.dot_product %q, %k : {q}, {q}
  %y = attn.overlapped_block %s0, %v of %size in %seq : {q} -> {q}""")

    def run(rows, capacity, size, keys, start):
        return lambda g: ({**random_qkv(len(keys), rows, capacity, 2, 2, 16)(g), "size": size,
                           "keys": np.array(keys, np.int32), "start": np.array(start, np.int32)}, {})

    return Case("overlapped_block behind a start", text,
                [run(3, 40, 8, [40, 21], [37, 18]), run(1, 70, 32, [70, 33], [69, 32]), run(2, 9, 4, [9, 0], [7, 0]),
                 run(6, 12, 4, [9, 3], [5, 0])],
                expect_from(lambda x, n: x["start"][n], lambda x, n: x["keys"][n]))


def cases():
    return [case(4, 2, 16), case(2, 2, 20), with_starts()]

# lora.py - y + (alpha / r) B_k A_k x, k an operand: one a sequence or one a call, none where there is no adapter k

import numpy as np

from formulas import function, normal
from program import Case


def case(features, width, adapters, rank, alpha, index_size):
    x, y = f"tensor<?x?x{features}xf32>", f"tensor<?x?x{width}xf32>"
    index = f"tensor<{index_size}xi32>"
    text = function(
        [("x", x, ["B", "T", features]), ("index", index, ["B" if index_size == "?" else 1])], [("y", y, ["B", "T", width])],
        f"""  %w = nn.weight "w" : !nn.weight<{width}x{features}>
  %a = nn.weight "a" : !nn.weight<{adapters * rank}x{features}>
  %b = nn.weight "b" : !nn.weight<{width}x{adapters * rank}>
  %base = nn.linear %x, %w : {x}, !nn.weight<{width}x{features}> -> {y}
  %y = nn.lora %x, %base adapters %a, %b by %index rank {rank} alpha {alpha:e} : {x}, {y}, !nn.weight<{adapters * rank}x{features}>, !nn.weight<{width}x{adapters * rank}>, {index}""")

    def expect(given, weights, _):
        x, w, a, b = (t.astype(np.float64) for t in (given["x"], weights["w"], weights["a"], weights["b"]))
        result, scale = x @ w.T, np.abs(x) @ np.abs(w).T
        for n in range(len(x)):
            k = given["index"][n if index_size == "?" else 0]
            if 0 <= k < adapters:
                own = slice(k * rank, (k + 1) * rank)
                result[n] += alpha / rank * (x[n] @ a[own].T) @ b[:, own].T
                scale[n] += alpha / rank * (np.abs(x[n]) @ np.abs(a[own]).T) @ np.abs(b[:, own]).T
        return {"y": (result, scale)}

    def run(rows, index):
        return lambda g: ({"x": normal(g, 4, rows, features), "index": np.array(index, np.int32)},
                          {"w": normal(g, width, features), "a": normal(g, adapters * rank, features),
                           "b": normal(g, width, adapters * rank)})

    indices = [[2, -1, 0, 1], [3, 99, -5, 2]] if index_size == "?" else [[1], [-1]]
    return Case(f"lora {adapters} adapters by {'sequence' if index_size == '?' else 'call'}", text,
                [run(5, indices[0]), run(1, indices[1]), run(40, indices[0])], expect)


def cases():
    return [case(64, 48, 3, 8, 16, "?"), case(32, 64, 2, 4, 4, 1)]

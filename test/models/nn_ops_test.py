# nn_ops_test.py - the graph ops against their formulas in float64
#
# python3 nn_ops_test.py --tools=build/bin: prints one line a test and ends with `N passed, N failed, N skipped`.

import os
import sys

from harness import HERE, Weights, main, relative_error, require
from harness import np

BOUND = 2e-6  # of the row's largest value
CASES = ["elementwise", "elementwise on huge values", "functions near 0 and in their tails", "norms", "choices", "choices with ties", "log-softmax of large values", "positions", "position outside the table",
         "packed positions", "pools", "patches", "views", "epilogue", "heads",
         "retention with a group norm", "one kernel for all of it"]


def rounded(x):
    """To bf16, ties to even."""
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32).astype(np.float64)


class Ops:
    def __init__(self, suite):
        self.suite, self.weights = suite, Weights(1)
        self.random = np.random.default_rng(7)
        self.program = suite.compile(os.path.join(HERE, "Inputs", "nn_ops.mlir"))

    def draw(self, *shape, scale=1.0):
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def call(self, function, inputs, outputs):
        return self.suite.call(self.program, function, inputs, outputs)

    def agree(self, function, inputs, expected, bound=BOUND):
        actual = self.call(function, inputs, expected)
        for name, value in expected.items():
            value = np.asarray(value)
            if value.dtype.kind == "i":
                require((actual[name] == value).all(), f"{name} is {actual[name].tolist()}, expected {value.tolist()}")
                continue
            error = relative_error(actual[name], value)
            require(error <= bound, f"{name} errs by {error:.3g} of the row's largest value, allowed {bound:.3g}")

    def elementwise(self, scale=3.0):
        from formulas import gelu, gelu_tanh, sigmoid

        x, y = self.draw(33, 37, scale=scale), self.draw(33, 37)
        d = x.astype(np.float64)
        gain, bias = self.weights("gain", 37), self.weights("bias", 37)
        expected = {"silu": d * sigmoid(d), "relu": np.maximum(d, 0), "sigmoid": sigmoid(d), "tanh": np.tanh(d), "gelu": gelu(d),
                    "gelu_tanh": gelu_tanh(d), "scaled": d / 4, "difference": d - y, "shifted": d * gain + bias,
                    "rounded": rounded(x)}
        if scale < 10:
            expected["exp"] = np.exp(d)
        self.agree("elementwise", {"x": x, "y": y}, expected)

    def tails(self):
        """Errors relative to each result, not to its row."""
        from formulas import sigmoid

        magnitudes = np.concatenate([np.logspace(-30, 1.5, 127), [9, 100, 3e4, 1e10, 1e30]])
        x = np.resize(np.concatenate([magnitudes, -magnitudes, [np.inf, -np.inf]]), (8, 37)).astype(np.float32)
        actual = self.call("elementwise", {"x": x, "y": np.zeros_like(x)}, ["tanh", "sigmoid", "silu", "gelu", "gelu_tanh"])
        d = x.astype(np.float64)

        def close(name, expected, where):
            error = abs(actual[name][where] / expected[where] - 1).max()
            require(error <= 1e-6, f"{name} errs by {error:.3g} of itself")

        with np.errstate(all="ignore"):
            close("tanh", np.tanh(d), np.isfinite(d))
            require((abs(actual["tanh"]) <= 1).all(), "tanh leaves [-1, 1]")
            close("sigmoid", sigmoid(d), d > -80)
            close("silu", d * sigmoid(d), (d > -80) & (d < 1e38))
            for name in "gelu", "gelu_tanh":
                close(name, d / 2, abs(d) < 1e-8)
                close(name, d, (d > 6) & np.isfinite(d))
                require((actual[name][d < 0] <= 0).all(), f"{name} of a negative number is above 0")
                require((actual[name][d < -6] >= -1e-6).all(), f"{name} does not tend to 0 far below 0")
                require((actual[name][d == np.inf] == np.inf).all(), f"{name} of infinity is not infinity")

    def large_log_softmax(self):
        from formulas import log_softmax

        x = np.round(self.draw(11, 37, scale=4.0) * 64) / 64 + np.float32(1000)
        actual = self.call("choices", {"x": x}, ["log_softmax"])["log_softmax"]
        error = abs(actual - log_softmax(x.astype(np.float64))).max()
        require(error <= 4e-6, f"log_softmax errs by {error:.3g} where values are at 1000")

    def norms(self):
        from formulas import l2_norm, layer_norm, rms_norm

        gain, bias = self.weights("gain", 37), self.weights("bias", 37)
        x = self.draw(9, 37) + np.float32(5)
        x[3] = 0
        d = x.astype(np.float64)
        self.agree("norms", {"x": x}, {"layer": layer_norm(d, gain, bias), "rms": rms_norm(d, gain, 1e-5), "l2": l2_norm(d, 1e-12)})
        x[3] = self.draw(37)
        self.agree("norms", {"x": x}, {"plain": layer_norm(x.astype(np.float64), epsilon=1e-12)}, bound=4e-6)

    def choices(self, ties):
        from formulas import log_softmax, softmax

        x = self.draw(11, 37, scale=4.0)
        if ties:
            x = np.round(x / 4)
            x[0], x[1] = 0, -np.inf
            x[1, 20:24] = 1
        d = x.astype(np.float64)
        order = np.argsort(-d, axis=-1, kind="stable")
        expected = {"softmax": softmax(d), "argmax": order[:, 0], "values": np.take_along_axis(d, order[:, :5], 1),
                    "indices": order[:, :5], "embedded": self.weights("table", 37, 9)[order[:, 0]]}
        if ties:
            expected["values"] = expected["values"][2:]
            actual = self.call("choices", {"x": x}, expected)
            require((actual["indices"] == expected["indices"]).all(), f"indices are {actual['indices'].tolist()}, expected {order[:, :5].tolist()}")
            require((actual["argmax"] == expected["argmax"]).all(), "argmax is not the first of equal ones")
            require(relative_error(actual["softmax"], expected["softmax"]) <= BOUND, "softmax of a row with −∞")
            return
        self.agree("choices", {"x": x}, expected | {"log_softmax": log_softmax(d)})

    def positions(self):
        x, lengths, start = self.draw(3, 6, 37), np.array([6, 0, 2], np.int32), np.array([4, 19, 18], np.int32)
        table = self.weights("positions", 20, 37)
        actual = self.call("positions", {"x": x, "lengths": lengths, "start": start}, ["at", "plain"])
        for n in range(3):
            rows = slice(0, lengths[n])
            expected = x[n, rows] + table[start[n]: start[n] + lengths[n]]
            require(relative_error(actual["at"][n, rows], expected) <= BOUND, f"rows of sequence {n} differ")
        require(relative_error(actual["plain"], x + table[:6]) <= BOUND, "rows without sequences differ")

    def position_outside(self):
        words = [self.program, "--function=positions", "--weights=random:1"]
        for name, value in {"x": self.draw(1, 3, 37), "lengths": np.array([3], np.int32), "start": np.array([18], np.int32)}.items():
            path = os.path.join(self.suite.folder, f"in-{name}.npy")
            np.save(path, value)
            words.append(f"--input={name}={path}")
        self.suite.run("attn-run", *words, code=1)

    def packed_positions(self):
        x, offsets = self.draw(9, 37), np.array([0, 4, 4, 7], np.int32)
        table = self.weights("positions", 20, 37)
        at = np.array([0, 1, 2, 3, 0, 1, 2])
        actual = self.call("packed_positions", {"x": x, "offsets": offsets}, ["at"])["at"]
        require(relative_error(actual[:7], x[:7] + table[at]) <= BOUND, "packed rows differ")

    def pools(self):
        x, lengths = self.draw(4, 7, 37), np.array([7, 3, 0, 1], np.int32)
        d = x.astype(np.float64)
        last = np.array([d[n, length - 1] if length else d[n, 0] * 0 for n, length in enumerate(lengths)])
        mean = np.array([d[n, :length].mean(axis=0) if length else d[n, 0] * 0 for n, length in enumerate(lengths)])
        self.agree("pools", {"x": x, "lengths": lengths}, {"first": d[:, 0], "last": last, "mean": mean, "all": d.mean(axis=1)})

    def patches(self):
        from formulas import patches

        images = self.draw(2, 3, 12, 20)
        rows = patches(images.astype(np.float64), 4) @ self.weights("kernel", 21, 48).T + self.weights("kernel.bias", 21)
        token = np.broadcast_to(self.weights("token", 21), (2, 1, 21))
        self.agree("patches", {"images": images}, {"rows": np.concatenate([token, rows], axis=1)})

    def views(self):
        x = self.draw(2, 5, 48)
        d = x.astype(np.float64)
        part = d[..., 20:36]
        joined = [part @ self.weights("slice.kernel", 6, 16).T, d, part + self.weights("slice.bias", 16)]
        self.agree("views", {"x": x}, {"joined": np.concatenate(joined, axis=-1), "turned": d.transpose(0, 2, 1),
                                       "heads": part.reshape(2, 5, 2, 8)})

    def epilogue(self):
        from formulas import gelu

        x, r = self.draw(5, 48), self.draw(5, 21)
        inner = x.astype(np.float64) @ self.weights("kernel", 21, 48).T + self.weights("kernel.bias", 21)
        self.agree("epilogue", {"x": x, "r": r}, {"y": np.tanh(r - gelu(inner) * self.weights("token", 21))})

    def heads(self):
        from formulas import gelu, l2_norm, layer_norm, log_softmax, rms_norm, softmax

        # One row in all, several tasks of rows, tasks that end inside a position, no row.
        for batch, length in ((2, 7), (1, 1), (1, 40), (2, 0)):
            x, y = self.draw(batch, length, 53), self.draw(batch, length, 4, 12)
            h, d = x[..., 5:].astype(np.float64).reshape(batch, length, 4, 12), y.astype(np.float64)
            order = np.argsort(-h, axis=-1, kind="stable")
            self.agree("heads", {"x": x, "y": y}, {
                "layer": layer_norm(h, epsilon=1e-6), "rms": rms_norm(d, self.weights("head.gain", 12), 1e-5), "l2": l2_norm(h, 1e-12),
                "softmax": softmax(h), "log_softmax": log_softmax(d), "gelu": gelu(h + d), "rounded": rounded(y), "argmax": order[..., 0],
                "values": np.take_along_axis(h, order[..., :3], -1), "indices": order[..., :3],
                "embedded": self.weights("head.table", 12, 7)[order[..., 0]], "narrow": h @ self.weights("head.kernel", 9, 12).T,
                "turned": layer_norm(d.transpose(0, 2, 1, 3), epsilon=1e-6),
                "parts": softmax(h.reshape(batch, length, 4, 3, 4))})

    def retention(self):
        from formulas import layer_norm

        batch, length = 2, 9
        x = {name: self.draw(batch, length, heads, width) for name, heads, width in (("q", 4, 16), ("k", 2, 16), ("v", 2, 20))}
        gamma = np.log(np.array([0.9, 0.6], np.float32))
        q, k, v = (x[name].astype(np.float64).transpose(0, 2, 1, 3) for name in "qkv")
        k, v = (np.repeat(part, 2, axis=1) for part in (k, v))
        distance = np.arange(length)[:, None] - np.arange(length)
        decay = np.where(distance >= 0, np.exp(np.repeat(gamma.astype(np.float64), 2)[:, None, None] * distance), 0)
        o = (q @ k.transpose(0, 1, 3, 2) / 4 * decay) @ v
        normal = layer_norm(o, epsilon=1e-6).transpose(0, 2, 1, 3).reshape(batch, length, 80)
        y = normal * self.weights("group_norm.gain", 80) + self.weights("group_norm.bias", 80)
        self.agree("retention", x | {"gamma": gamma}, {"y": y}, bound=1e-5)

    def one_kernel(self):
        said = self.suite.run("attn-run", self.program, "--list")
        require("linear_48x21" in said, f"the list of kernels has no linear_48x21: {said[:500]}")


def run_all(suite):
    ops = Ops(suite)
    functions = [ops.elementwise, lambda: ops.elementwise(300.0), ops.tails, ops.norms, lambda: ops.choices(False),
                 lambda: ops.choices(True), ops.large_log_softmax, ops.positions, ops.position_outside, ops.packed_positions, ops.pools, ops.patches, ops.views, ops.epilogue,
                 ops.heads, ops.retention, ops.one_kernel]
    for name, function in zip(CASES, functions, strict=True):
        suite.case(name, function)


if __name__ == "__main__":
    sys.exit(main(len(CASES), run_all))

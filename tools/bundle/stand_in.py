# stand_in.py - the benchmark's stage without a GPU: the same artefacts on the interpreter, at sizes of a toy
#
# Its times mean nothing. It is there so that everything about the benchmark but PyTorch is tested where there is no GPU:
# artefacts, the runtime's C API, checks, rounds, results that are resumed.

import array
import math
import os
import random
import struct
import time

import runtime
from work import Candidate, Case, works

TOLERANCE = 1e-2
SIDE = 24  # of the matrix product


def encode(value):
    """The nearest bf16, ties to even."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def decode(bits):
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


class Stage:
    def __init__(self, bundle, quick):
        self.bundle = bundle
        self.works = list(works((70,) if quick else (64, 130), 70))
        self.warm_ups, self.rounds = 0, 2
        self.library = runtime.Library(os.path.join(bundle, "lib", "libattn_runtime.so"))
        self.device = self.library.device("ptx")
        rows = [[random.Random(i).random() for _ in range(SIDE)] for i in range(SIDE)]

        def multiply(count):
            for _ in range(count):
                [[sum(x * y for x, y in zip(a, b)) for b in zip(*rows)] for a in rows]

        self.product = Candidate(multiply, 2 * SIDE ** 3)

    def facts(self):
        return {"note": "interpreted: no time here is a measurement"}

    def clocks(self):
        return None

    def measure(self, candidate, count):
        start = time.perf_counter()
        candidate.run(count)
        return (time.perf_counter() - start) * 1e3 / count

    def prepare(self, work):
        shape = (work.batch, work.length, work.heads, work.width)
        source = random.Random(work.name)
        inputs = [array.array("H", (encode(source.gauss(0, 1)) for _ in range(math.prod(shape)))) for _ in range(3)]
        of = lambda x: runtime.tensor(x.buffer_info()[0], "bf16", shape)
        candidates, outputs, sessions = {}, {}, []
        for arch in ("sm_90a", "sm_80"):
            path = os.path.join(self.bundle, "bench", f"{work.mask}-d{work.width}.{arch}.attn")
            if os.path.exists(path):
                out = array.array("H", [encode(math.nan)]) * math.prod(shape)
                sessions.append(self.library.session(self.device, path))
                run = sessions[-1].prepare("main", [of(x) for x in inputs], [of(out)])
                candidates[f"attn {arch}"], outputs[f"attn {arch}"] = Candidate(run, work.flops), out

        def check(name):
            outputs[name][:] = array.array("H", [encode(math.nan)]) * len(outputs[name])
            candidates[name].run(1)
            return compare(work, *inputs, outputs[name])

        return Case(candidates, {}, check, lambda: [session.close() for session in sessions])


def compare(work, query, key, value, result):
    """Three rows of two heads, from the formula."""
    differences, expected = [], []
    for h in {0, work.heads - 1}:
        features = lambda x, j: [decode(bits) for bits in x[(j * work.heads + h) * work.width:][:work.width]]
        for row in {0, work.length // 2, work.length - 1}:
            keys = range(row + 1 if work.mask == "causal" else work.length)
            q = features(query, row)
            scores = [sum(a * b for a, b in zip(q, features(key, j))) / work.width ** 0.5 for j in keys]
            weights = [math.exp(score - max(scores)) for score in scores]
            values = [features(value, j) for j in keys]
            for e, got in enumerate(features(result, row)):
                wanted = sum(w * v[e] for w, v in zip(weights, values)) / sum(weights)
                differences.append(got - wanted)
                expected.append(wanted)
    relative = math.hypot(*differences) / math.hypot(*expected)
    found = {"of_oracle": relative, "largest": max(abs(x) for x in differences)}
    if not relative < TOLERANCE:
        found["wrong"] = f"of_oracle is {relative:.3g}"
    elif any(math.isnan(decode(bits)) for bits in result):
        found["wrong"] = "not every element is finite"
    return found

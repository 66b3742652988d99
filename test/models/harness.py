# harness.py - what tests of models share: running the tools, weights by seed, comparing, counting
#
# Weights are those that `attn-run --weights=random:SEED` draws (runtime/Weights.cpp), drawn here again from the description
# of the generator: splitmix64 by counter, Box and Muller.

import json
import os
import struct
import subprocess
import tempfile
import time

try:
    import numpy as np
except ImportError:
    np = None

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "..", "models")


class Failure(Exception):
    pass


def require(condition, text):
    if not condition:
        raise Failure(text)


class Weights:
    """Weights by name, f32 values in f64. A matrix has variance 1/width, a vector variance 1, times `bias` where it is one."""

    def __init__(self, seed, bias=1.0):
        self.seed, self.bias, self.known = seed, bias, {}

    def __call__(self, name, *shape):
        if name not in self.known:
            self.known[name] = self.draw(name, shape)
        require(self.known[name].shape == shape, f"weight {name} is asked for as {shape} too")
        return self.known[name]

    def draw(self, name, shape):
        state = self.seed
        for character in name.encode():
            state = ((state ^ character) * 0x100000001B3) % 2**64
        count = int(np.prod(shape))
        z = np.uint64(state) + np.arange(1, 2 * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64)
        normal = np.sqrt(-2 * np.log((z[0::2] + 1) * 2.0**-53)) * np.cos(2 * np.pi * (z[1::2] * 2.0**-53))
        scale = np.float32(1) / np.sqrt(np.float32(shape[-1])) if len(shape) > 1 else np.float32(1)
        if name.endswith("bias"):
            scale *= np.float32(self.bias)
        return (normal.astype(np.float32) * scale).astype(np.float64).reshape(shape)

    def write(self, path):
        """All that have been asked for, as safetensors."""
        header, at = {}, 0
        for name, value in self.known.items():
            header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + 4 * value.size]}
            at += 4 * value.size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for value in self.known.values():
                file.write(value.astype("<f4").tobytes())


def relative_error(actual, expected):
    """The largest error of a row relative to its largest absolute value, over all rows."""
    actual = np.asarray(actual, np.float64)
    require(actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}")
    require(np.isfinite(actual).all(), "not all values are finite")
    if actual.size == 0:
        return 0.0
    largest = abs(expected).max(axis=-1, keepdims=True)
    return float((abs(actual - expected) / np.where(largest > 0, largest, 1)).max())


class Suite:
    def __init__(self, tools, folder):
        self.tools, self.folder, self.programs = tools, folder, {}
        self.passed = self.failed = 0

    def case(self, name, function, *arguments):
        begin = time.time()
        try:
            said = function(*arguments) or ""
            self.passed += 1
            print(f"passed {name} ({time.time() - begin:.1f} s) {said}", flush=True)
        except Failure as failure:
            self.failed += 1
            print(f"FAILED {name}: {failure}", flush=True)

    def run(self, tool, *arguments, code=0, timeout=300):
        words = [os.path.join(self.tools, tool), *map(str, arguments)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, errors="replace")
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{tool}: {error}") from error
        said = f"{' '.join(words)[:400]} ended with {done.returncode}, not {code}: {(done.stdout + done.stderr)[-600:]}"
        require(done.returncode == code, said)
        return done.stdout + done.stderr

    def compile(self, model, *flags):
        """The artefact of a model, made once for each choice of flags."""
        if (model, flags) not in self.programs:
            path = os.path.join(self.folder, f"{len(self.programs)}.attn")
            self.run("attn-opt", model, "--emit=artifact", "--target=cpu", *flags, "-o", path)
            self.programs[model, flags] = path
        return self.programs[model, flags]

    def call(self, program, function, inputs, outputs, *flags, seed=1):
        """The outputs of one call, through .npy files as a user would; without a seed there are no weights."""
        words = [program, f"--function={function}", *([] if seed is None else [f"--weights=random:{seed}"]), *flags]
        for name, value in inputs.items():
            path = os.path.join(self.folder, f"in-{name}.npy")
            np.save(path, np.asarray(value, order="C"))
            words.append(f"--input={name}={path}")
        paths = {name: os.path.join(self.folder, f"out-{name}.npy") for name in outputs}
        self.run("attn-run", *words, *[f"--output={name}={path}" for name, path in paths.items()])
        return {name: np.load(path) for name, path in paths.items()}


def main(total, run_all):
    """Runs the cases of `run_all(suite)`; without NumPy all `total` are skipped."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    options = parser.parse_args()
    if np is None:
        print(f"NumPy is not there\n0 passed, 0 failed, {total} skipped")
        return 0
    np.seterr(over="ignore")
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(options.tools, folder)
        try:
            run_all(suite)
        except Failure as failure:  # before the first case: what all of them need is not there
            print(f"FAILED {failure}", flush=True)
            suite.failed = total - suite.passed
    print(f"{suite.passed} passed, {suite.failed} failed, 0 skipped")
    return 1 if suite.failed else 0

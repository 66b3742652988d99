# program.py - compiles a module and runs it on NumPy arrays

import dataclasses
import json
import os
import struct
import subprocess
from typing import Callable

import numpy as np


@dataclasses.dataclass
class Case:
    """`runs` make (inputs, weights) from a generator, `expect` the results and what their errors are relative to."""

    name: str
    text: str
    runs: list
    expect: Callable
    results: tuple = ("y",)
    tolerance: float = 1e-5
    flags: tuple = ()


def write_safetensors(path, tensors):
    """Tensors of f32, or of i32 and others that NumPy stores as they are."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = np.ascontiguousarray(tensor, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class Program:
    def __init__(self, tools, folder, text, flags):
        self.tools, self.folder = tools, folder
        source, self.artifact = os.path.join(folder, "program.mlir"), os.path.join(folder, "program.attn")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        self.call("attn-opt", source, "--emit=artifact", "--target=cpu", "--require-fused", *flags,
                  "-o", self.artifact)

    def call(self, tool, *arguments):
        done = subprocess.run([os.path.join(self.tools, tool), *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{tool} gives {done.returncode}: {done.stderr.strip()[:600]}")
        return done.stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, inputs, weights, results, *flags):
        """Inputs that are whole numbers are scalars."""
        arguments = list(flags)
        for name, value in inputs.items():
            if isinstance(value, (int, float)):
                arguments.append(f"--input={name}={value}")
                continue
            np.save(self.path(f"{name}.npy"), value)
            arguments.append(f"--input={name}={self.path(name)}.npy")
        if weights:
            write_safetensors(self.path("weights.safetensors"), weights)
            arguments.append(f"--weights={self.path('weights.safetensors')}")
        for name in results:
            arguments.append(f"--output={name}={self.path('result_' + name)}.npy")
        self.call("attn-run", self.artifact, *arguments)
        return {name: np.load(self.path(f"result_{name}.npy")) for name in results}

# program.py - compiles a module and runs it on NumPy arrays

import dataclasses
import json
import os
import struct
import subprocess
from typing import Callable

import numpy as np


# What the specification allows, relative to what was summed; f16 as attn-numerics has it.
TOLERANCES = {"f32": 2e-6, "bf16": 1e-2, "f16": 1e-3}


@dataclasses.dataclass
class Case:
    """`runs` make (inputs, weights) or (inputs, weights, states) from a generator; `expect` gives for results, by name, what
    they should be and what their errors are relative to. Inputs and weights are rounded to `element` before
    anybody sees them."""

    name: str
    text: str
    runs: list
    expect: Callable
    results: tuple = ("y",)
    element: str = "f32"
    tolerance: float = 0.0  # 0: that of the element
    flags: tuple = ()  # of attn-opt
    options: tuple = ()  # of attn-run

    def allowed(self):
        return self.tolerance or TOLERANCES[self.element]


def rounded(x, element):
    """Numbers of f32 to the nearest of `element`, ties to even; all else as it is."""
    if not isinstance(x, np.ndarray) or x.dtype != np.float32 or element == "f32":
        return x
    if element == "f16":
        return x.astype(np.float16).astype(np.float32)
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


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
        fused = () if "--lowering=reference" in flags else ("--require-fused",)
        self.call("attn-opt", source, "--emit=artifact", "--target=cpu", *fused, *flags, "-o", self.artifact)

    def call(self, tool, *arguments):
        done = subprocess.run([os.path.join(self.tools, tool), *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{tool} gives {done.returncode}: {done.stderr.strip()[:600]}")
        return done.stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, inputs, weights, states, results, *flags):
        """Inputs that are whole numbers are scalars. States are what caches hold before the call."""
        arguments = list(flags)
        for name, value in inputs.items():
            if isinstance(value, (int, float)):
                arguments.append(f"--input={name}={value}")
                continue
            np.save(self.path(f"{name}.npy"), value)
            arguments.append(f"--input={name}={self.path(name)}.npy")
        for name, value in states.items():
            np.save(self.path(f"state_{name}.npy"), value)
            arguments.append(f"--state={name}={self.path('state_' + name)}.npy")
        if weights:
            write_safetensors(self.path("weights.safetensors"), weights)
            arguments.append(f"--weights={self.path('weights.safetensors')}")
        for name in results:
            arguments.append(f"--output={name}={self.path('result_' + name)}.npy")
        self.call("attn-run", self.artifact, *arguments)
        return {name: np.load(self.path(f"result_{name}.npy")) for name in results}

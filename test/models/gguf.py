# gguf.py - reads GGUF files for oracles, in NumPy, from the format's description and nothing of the runtime's

import mmap
import struct

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ARRAY = 8, 9
F32, F16, Q4_0, Q4_1, Q8_0, BF16 = 0, 1, 2, 3, 8, 30
# Bytes of a block and values in it.
BLOCKS = {F32: (4, 1), F16: (2, 1), BF16: (2, 1), Q4_0: (18, 32), Q4_1: (20, 32), Q8_0: (34, 32)}


class Gguf:
    """`metadata` by key; `tensor(name)` as float64, outermost dimension first."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.place = 0
        if self.data[:4] != b"GGUF":
            raise ValueError(f"{path}: is no GGUF file")
        self.place = 4
        version, tensors, entries = self.take("I"), self.take("Q"), self.take("Q")
        if version not in (2, 3):
            raise ValueError(f"{path}: version {version} is not 2 or 3")
        self.metadata = {}
        for _ in range(entries):
            key = self.text()
            self.metadata[key] = self.value(self.take("I"))
        self.table = {}
        for _ in range(tensors):
            name = self.text()
            shape = [self.take("Q") for _ in range(self.take("I"))][::-1]
            self.table[name] = (shape, self.take("I"), self.take("Q"))
        alignment = self.metadata.get("general.alignment", 32)
        self.start = -(-self.place // alignment) * alignment

    def take(self, code):
        size = struct.calcsize("<" + code)
        (value,) = struct.unpack_from("<" + code, self.data, self.place)
        self.place += size
        return value

    def text(self):
        size = self.take("Q")
        self.place += size
        return self.data[self.place - size : self.place].decode("utf-8", "surrogateescape")

    def value(self, kind):
        if kind == TEXT:
            return self.text()
        if kind == ARRAY:
            element, count = self.take("I"), self.take("Q")
            return [self.value(element) for _ in range(count)]
        return self.take(SCALARS[kind])

    def tensor(self, name):
        shape, kind, offset = self.table[name]
        if kind not in BLOCKS:
            raise ValueError(f"tensor '{name}' has format {kind}, which this reader does not know")
        size, values = BLOCKS[kind]
        count = int(np.prod(shape)) // values
        raw = np.frombuffer(self.data, np.uint8, count * size, self.start + offset).reshape(count, size)
        return dequantise(raw, kind).reshape(shape)


def half(raw):
    return raw.copy().view(np.float16).astype(np.float64)


def dequantise(raw, kind):
    """One row of bytes a block becomes one row of float64 values a block."""
    if kind == F32:
        return raw.copy().view(np.float32).astype(np.float64)
    if kind == F16:
        return half(raw)
    if kind == BF16:
        return (raw.copy().view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    if kind == Q8_0:  # d, then 32 signed bytes: d · q
        return half(raw[:, :2]) * raw[:, 2:].view(np.int8)
    # Byte k of the nibbles holds value k in its low half and value k + 16 in its high half.
    nibbles = raw[:, BLOCKS[kind][0] - 16 :]
    q = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float64)
    if kind == Q4_0:  # d: d · (q − 8)
        return half(raw[:, :2]) * (q - 8)
    return half(raw[:, :2]) * q + half(raw[:, 2:4])  # d, m: d · q + m

"""weights.py NAME=TYPE:SIZES… > F.safetensors: tensors of ones, such as blk.0.gain=bf16:64. Standard library only."""

import json
import struct
import sys

ONES = {"f32": ("F32", b"\0\0\x80\x3f"), "bf16": ("BF16", b"\x80\x3f"), "f16": ("F16", b"\0\x3c"), "i8": ("I8", b"\1")}

header, data = {}, b""
for tensor in sys.argv[1:]:
    name, kind, sizes = tensor.replace("=", ":").split(":")
    shape = [int(size) for size in sizes.split(",")]
    dtype, one = ONES[kind]
    count = 1
    for size in shape:
        count *= size
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count * len(one)]}
    data += one * count
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)

"""compare_targets.py FOLDER A.attn B.attn: runs @main of both on the same random f16 inputs; fails where results differ by more than
the rounding of f16. Standard library only."""

import random
import struct
import subprocess
import sys

folder = sys.argv[1]
random.seed(3)


def header(shape):
    text = "{'descr': '<f2', 'fortran_order': False, 'shape': %s, }" % (shape,)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


for name in "qkv":
    values = [random.gauss(0, 1.5) for _ in range(2 * 37 * 8)]
    values[:4] = [0.0, -0.0, 2.0 ** -24, -3 * 2.0 ** -20]  # subnormal numbers of f16 too
    with open(f"{folder}/{name}.npy", "wb") as file:
        file.write(header((2, 37, 1, 8)) + struct.pack("<%de" % len(values), *values))
results = []
for artefact in sys.argv[2:]:
    out = f"{folder}/o.npy"
    subprocess.run(["attn-run", artefact, "--function=main"] + [f"--input={n}={folder}/{n}.npy" for n in "qkv"] +
                   [f"--output=o={out}"], check=True)
    data = open(out, "rb").read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    results.append(struct.unpack("<%de" % ((len(data) - begin) // 2), data[begin:]))
one, other = results
worst = max(abs(a - b) for a, b in zip(one, other))
if len(one) != 2 * 37 * 8 or not worst < 4e-3:  # values of up to 5 have steps of 4e-3 in f16
    sys.exit(f"results differ by {worst}")

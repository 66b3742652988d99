"""Writes the arrays that the tests of attn-run read to the folder that is its argument. Standard library only."""

import struct
import sys

NAMES = {"f": "<f4", "i": "<i4", "q": "<i8", "B": "|u1", "?": "|b1"}


def save(name, kind, shape, values):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (NAMES[kind], "".join("%d, " % n for n in shape))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open("%s/%s.npy" % (sys.argv[1], name), "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%d%s" % (len(values), kind), *values))


save("x", "f", [4, 3], range(12))
save("nan", "f", [4, 3], [0.0] * 7 + [float("nan")] + [0.0] * 4)
save("tokens", "q", [1, 3], [1, 2, 3])
save("large", "q", [1, 3], [1, 2, 1 << 40])
save("lengths", "i", [1], [3])
for kind in "Bqf?":
    save("mask-" + kind.replace("?", "b"), kind, [1, 2, 2], [1, 0, 1, 1])
save("mask-2", "q", [1, 2, 2], [1, 0, 2, 1])
save("mask-half", "f", [1, 2, 2], [1.0, 0.0, 1.0, 0.5])
save("mask-nan", "f", [1, 2, 2], [1.0, float("nan"), 1.0, 1.0])
save("others", "f", [1, 3], [1, 2, 3])
save("ones", "f", [2, 8], [1] * 16)
save("rising", "f", [2, 8], range(16))
save("cache", "f", [2, 1, 4, 1], range(8))
with open(sys.argv[1] + "/x.npy", "rb") as file:
    whole = file.read()
with open(sys.argv[1] + "/short.npy", "wb") as file:
    file.write(whole[:-5])

"""Writes the arrays that the tests of attn-run read to the folder that is its argument. Standard library only."""

import struct
import sys

NAMES = {"f": "<f4", "i": "<i4", "q": "<i8"}


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
save("cache", "f", [2, 1, 4, 1], range(8))
with open(sys.argv[1] + "/x.npy", "rb") as file:
    whole = file.read()
with open(sys.argv[1] + "/short.npy", "wb") as file:
    file.write(whole[:-5])

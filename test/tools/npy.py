# npy.py - writes an array of ones as .npy, with the standard library only
#
# python3 npy.py f32|i32 SIZES > FILE.npy, for instance `npy.py f32 2,3`

import array
import sys

kind, sizes = sys.argv[1], [int(size) for size in sys.argv[2].split(",")]
count = 1
for size in sizes:
    count *= size
descr, code = {"f32": ("<f4", "f"), "i32": ("<i4", "i")}[kind]
header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (descr, "".join("%d, " % size for size in sizes))
header += " " * (-(len(header) + 11) % 64) + "\n"
sys.stdout.buffer.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.array(code, [1] * count).tobytes())

# maps.py - prints the shape of an array of attention weights, and those of its first head, with the standard library only
#
# python3 maps.py FILE.npy: f32, C order, (…, query, key)

import array
import ast
import sys

data = open(sys.argv[1], "rb").read()
size = int.from_bytes(data[8:10], "little")
header = ast.literal_eval(data[10:10 + size].decode())
assert header["descr"] == "<f4" and not header["fortran_order"], header
shape = header["shape"]
weights = array.array("f", data[10 + size:])
print(shape)
for query in range(shape[-2]):
    print(" ".join("%.2f" % weight for weight in weights[query * shape[-1]:(query + 1) * shape[-1]]))

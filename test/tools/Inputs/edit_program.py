"""edit_program.py FILE.attn FROM TO: writes the artefact with the first FROM in program.json replaced by TO, of the same length, and
with the checksums of that. Standard library only."""

import struct
import sys
import zipfile
import zlib

path, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
assert len(old) == len(new)
data = bytearray(open(path, "rb").read())
with zipfile.ZipFile(path) as archive:
    entry, before = archive.getinfo("program.json"), archive.read("program.json")
after = before.replace(old, new, 1)
assert after != before, "program.json does not have what is to be replaced"
begin = data.index(before)
data[begin : begin + len(after)] = after
checksum, stale = struct.pack("<I", zlib.crc32(after)), struct.pack("<I", entry.CRC)
for signature, offset in ((b"PK\3\4", 14), (b"PK\1\2", 16)):  # the entry's own header, and the directory's
    place = data.find(signature)
    while data[place + offset : place + offset + 4] != stale:
        place = data.index(signature, place + 4)
    data[place + offset : place + offset + 4] = checksum
sys.stdout.buffer.write(data)

# memory.py - the memory of every variant's program at 65,536 positions, by what --list says
#
# python3 memory.py FILE.mlir …: compiles each, gives every symbol but the number of sequences the value 65,536, and fails where
# temporaries or scratch come near T · S.

import re
import subprocess
import sys

POSITIONS = 65536
BOUND = POSITIONS * 4096  # bytes: a hundred features of 8 heads for each position, and 1/64 of T · S in f32
SCRATCH = 4 << 20         # bytes of a thread: what the second-level cache holds


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


for file in sys.argv[2:]:
    artifact = sys.argv[1]
    run("attn-opt", file, "--emit=artifact", "--require-fused", "-o", artifact)
    symbols = re.findall(r"^  symbol   (\w+): (\d+) to (\w+)$", run("attn-run", artifact, "--list"), re.M)
    sizes = []
    for name, least, most in symbols:
        value = 1 if name == "B" else POSITIONS
        value = value if most == "any" else min(value, int(most))
        sizes.append(f"--size={name}={value}")
    for temporaries, scratch in re.findall(r"memory   temporaries (\d+) bytes, scratch (\d+) bytes",
                                           run("attn-run", artifact, "--list", *sizes)) or sys.exit(f"{file}: no memory"):
        if int(temporaries) > BOUND or int(scratch) > SCRATCH:
            sys.exit(f"{file}: temporaries of {temporaries} bytes and scratch of {scratch} at {' '.join(sizes)}")
print("bounded")

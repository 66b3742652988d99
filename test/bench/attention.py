# attention.py - useful GFLOP/s of fused attention on the CPU; started by tools/bench --attention
#
# The kernels of one op each, without a model: full and causal, two widths, f32 and bf16. Useful work is that of the pairs that
# the mask admits, 4·H·T·S·d floating-point operations, half of it under a causal mask. Each round runs every subject once,
# between measurements of the fp32 peak; the best time of all rounds counts, since what else runs on a machine only adds.

import argparse
import itertools
import os
import re
import struct
import tempfile

from bench import machine, number, run, write_results

HEADS = 8
LENGTHS, WIDTHS, TYPES, MASKS = [512, 1024, 2048, 4096], [64, 128], ["f32", "bf16"], ["full", "causal"]
TASK_FLOPS = 6e9  # what a subject computes in one process, at least


def module(width, element, mask):
    tensor = f"tensor<?x?x{HEADS}x{width}x{element}>"
    arguments = ", ".join(f'%{name}: {tensor} {{nn.dims = ["B", "T", "{HEADS}", "{width}"], nn.name = "{name}"}}' for name in "qkv")
    change = "  %s1 = attn.causal %s0\n" if mask == "causal" else ""
    scores = "%s1" if change else "%s0"
    return (f'func.func @main({arguments})\n    -> ({tensor} {{nn.dims = ["B", "T", "{HEADS}", "{width}"], nn.name = "o"}}) {{\n'
            f"  %s0 = attn.dot_product %q, %k : {tensor}, {tensor}\n{change}"
            f"  %o = attn.softmax {scores}, %v : {tensor} -> {tensor}\n  return %o : {tensor}\n}}\n")


def write_random(path, shape):
    """Floats of either sign in [0.5, 1), as .npy; integers of any length do the work, so that no library is needed."""
    count = 1
    for size in shape:
        count *= size
    bits = int.from_bytes(os.urandom(4 * count), "little")
    repeated = lambda word: int.from_bytes(struct.pack("<I", word) * count, "little")
    data = (bits & repeated(0x807FFFFF) | repeated(0x3F000000)).to_bytes(4 * count, "little")
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


class Subject:
    def __init__(self, options, folder, element, mask, width, length):
        self.name = f"{element} {mask} D{width} T{length}"
        self.flops = 4 * HEADS * length * length * width / (2 if mask == "causal" else 1)
        program = os.path.join(folder, f"{element}-{mask}-{width}.attn")
        if not os.path.exists(program):
            text = program.replace(".attn", ".mlir")
            with open(text, "w") as file:
                file.write(module(width, element, mask))
            run(os.path.join(options.tools, "attn-opt"), text, "--emit=artifact", "--target=cpu", "-o", program)
        data = os.path.join(folder, f"{width}-{length}.npy")
        if not os.path.exists(data):
            write_random(data, [1, length, HEADS, width])
        self.words = [os.path.join(options.tools, "attn-run"), program, *[f"--input={name}={data}" for name in "qkv"],
                      f"--benchmark={max(3, round(TASK_FLOPS / self.flops))}", f"--threads={options.threads}"]

    def rate(self):
        return self.flops / (number(r"ms \(([\d.]+) to", run(*self.words)) * 1e-3) * 1e-9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="subjects whose name holds this regular expression; nothing is kept")
    parser.add_argument("--note", default="", help="what else ran on the machine; kept with the figures")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        subjects = [Subject(options, folder, *what) for what in itertools.product(TYPES, MASKS, WIDTHS, LENGTHS)
                    if re.search(options.only, "{} {} D{} T{}".format(*what))]
        best, peak = {subject.name: 0.0 for subject in subjects}, 0.0
        for _ in range(options.rounds):
            for subject in subjects:
                peak = max(peak, number(r"([\d.]+) GFLOP/s", run(os.path.join(options.tools, "attn-peak"), options.threads)))
                best[subject.name] = max(best[subject.name], subject.rate())

    print(f"{machine()['processor']}, {options.threads} threads, fp32 peak {peak:.0f} GFLOP/s, best of {options.rounds} rounds")
    print(f"{'useful GFLOP/s':<26} {'rate':>8} {'of peak':>8}")
    for name, rate in best.items():
        print(f"{name:<26} {rate:>8.1f} {rate / peak:>8.2f}")
    if not options.only:
        write_results("attention", {"threads": options.threads, "note": options.note, "rounds": options.rounds, "peak_gflops": peak,
                                    "useful_gflops": {name: round(rate, 1) for name, rate in best.items()}})


if __name__ == "__main__":
    main()

# states.py - how attention with linear weights grows with the length; started by tools/bench --states
#
# One head of width 64, f32, causal, from 16384 tokens to a million: the plan's own choice of form. Time a token should
# not grow, nor should memory beside the tensors. Each round runs every subject once; the best time counts.

import argparse
import os
import re
import tempfile

from attention import write_random
from bench import machine, number, run, write_results

WIDTH = 64
LENGTHS = [16384, 65536, 262144, 1000000]
SOURCES = {"linear": "attn.linear %q, %k :", "power 2": "attn.power %q, %k degree 2 :"}


def module(source):
    tensor = f"tensor<?x?x1x{WIDTH}xf32>"
    arguments = ", ".join(f'%{name}: {tensor} {{nn.dims = ["B", "T", "1", "{WIDTH}"], nn.name = "{name}"}}' for name in "qkv")
    return (f'func.func @main({arguments})\n    -> ({tensor} {{nn.dims = ["B", "T", "1", "{WIDTH}"], nn.name = "o"}}) {{\n'
            f"  %s0 = {SOURCES[source]} {tensor}, {tensor}\n  %s1 = attn.causal %s0\n"
            f"  %o = attn.sum %s1, %v : {tensor} -> {tensor}\n  return %o : {tensor}\n}}\n")


class Subject:
    def __init__(self, options, folder, source, length):
        self.name, self.length = f"{source} T{length}", length
        program = os.path.join(folder, source.replace(" ", "-") + ".attn")
        if not os.path.exists(program):
            text = program.replace(".attn", ".mlir")
            with open(text, "w") as file:
                file.write(module(source))
            run(os.path.join(options.tools, "attn-opt"), text, "--emit=artifact", "--target=cpu", "-o", program)
        data = os.path.join(folder, f"{length}.npy")
        if not os.path.exists(data):
            write_random(data, [1, length, 1, WIDTH])
        self.words = [os.path.join(options.tools, "attn-run"), program, *[f"--input={name}={data}" for name in "qkv"],
                      "--benchmark=1", f"--threads={options.threads}"]

    def nanoseconds(self):
        """A token."""
        return number(r"ms \(([\d.]+) to", run(*self.words)) * 1e6 / self.length


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="subjects whose name holds this regular expression; nothing is kept")
    parser.add_argument("--note", default="", help="what else ran on the machine; kept with the figures")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        subjects = [Subject(options, folder, source, length) for source in SOURCES for length in LENGTHS
                    if re.search(options.only, f"{source} T{length}")]
        best = {subject.name: float("inf") for subject in subjects}
        for _ in range(options.rounds):
            for subject in subjects:
                best[subject.name] = min(best[subject.name], subject.nanoseconds())

    print(f"{machine()['processor']}, one head of {WIDTH}, best of {options.rounds} rounds")
    print(f"{'ns a token':<26} {'time':>10}")
    for name, time in best.items():
        print(f"{name:<26} {time:>10.1f}")
    if not options.only:
        write_results("states", {"note": options.note, "rounds": options.rounds,
                                 "nanoseconds_a_token": {name: round(time, 1) for name, time in best.items()}})


if __name__ == "__main__":
    main()

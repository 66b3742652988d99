# benchmark.py - attention kernels beside PyTorch's: interleaved, normalised by a matrix product of the same rounds
#
# usage: benchmark.py --bundle=FOLDER --results=FOLDER [--device=cuda|ptx] [--quick]
#
# For each work all candidates and the product are measured once a round, each round beginning with another of them; the
# median of the rounds is the time, and its rate over the product's rate the result. Results are checked first. Each work
# is a line of RESULTS/benchmark.jsonl, written when it is done; one that is there already is not measured again.
# `run` starts this, and ends it when its time is up.

import argparse
import json
import math
import os
import statistics
import sys
import time

import driver
import runtime

SPAN_MS = 2.0  # a measurement lasts at least so long, by runs in a row


def say(text):
    print(text, flush=True)


def read_lines(path):
    """All that was written to the end."""
    if not os.path.exists(path):
        return []
    with open(path) as stream:
        return [json.loads(line) for line in stream if line.endswith("\n")]


class Lines:
    """Results so far: a file whose first line says what they are of, and then one line a work."""

    def __init__(self, path, head):
        lines = read_lines(path)
        if lines and lines[0] != head:
            raise driver.Missing(f"{path} has results of another bundle, device or kind of run; name another --results")
        self.done = {line["work"]["name"] for line in lines[1:]}
        self.stream = open(path, "w")  # anew: the last line may have been cut off
        for line in lines or [head]:
            self.add(line)

    def add(self, line):
        self.stream.write(json.dumps(line) + "\n")
        self.stream.flush()
        os.fsync(self.stream.fileno())


def count_for(stage, candidate):
    """How many runs in a row make a measurement long enough."""
    candidate.run(stage.warm_ups)
    return max(1, min(100, math.ceil(SPAN_MS / max(stage.measure(candidate, 1), 1e-3))))


def measure(stage, case):
    """Milliseconds of each candidate and of the product, round by round."""
    everybody = dict(case.candidates, product=stage.product)
    counts = {name: count_for(stage, candidate) for name, candidate in everybody.items()}
    times = {name: [] for name in everybody}
    names = list(everybody)
    for first in range(stage.rounds):
        for name in names[first % len(names):] + names[:first % len(names)]:
            times[name].append(stage.measure(everybody[name], counts[name]))
    return times


def bench(stage, work):
    """The line of one work."""
    start, before = time.monotonic(), stage.clocks()
    case = stage.prepare(work)
    try:
        checks = {name: case.check(name) for name in case.candidates}
        times = measure(stage, case)
    finally:
        case.close()
    rates = {name: (case.candidates[name].flops if name != "product" else stage.product.flops) / statistics.median(ms) / 1e9
             for name, ms in times.items()}
    product = rates.pop("product")
    return {"work": dict(work._asdict(), name=work.name, flops=work.flops),
            "candidates": {name: {"tflops": rate, "of_product": rate / product, "median_ms": statistics.median(times[name]),
                                  "ms": times[name], "check": checks[name]} for name, rate in rates.items()},
            "product": {"tflops": product, "ms": times["product"]}, "refused": case.refused,
            "clocks": [before, stage.clocks()], "seconds": time.monotonic() - start}


def problems(line):
    """What of a line is a failure: our own results, and our own refusals."""
    found = [f"{name}: {candidate['check']['wrong']}" for name, candidate in line["candidates"].items()
             if "wrong" in candidate["check"]]
    found += [f"{name}: {why}" for name, why in line["refused"].items() if name.startswith("attn ")]
    return found if line["candidates"] else found + ["nobody can do it"]


def make_stage(options):
    if options.device == "cuda":
        from torch_stage import Stage
    else:
        from stand_in import Stage
    return Stage(options.bundle, options.quick)


def main():
    parser = argparse.ArgumentParser(description="attention kernels beside PyTorch's")
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--device", choices=("cuda", "ptx"), default="cuda")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    try:
        say("preparing the device")
        stage = make_stage(options)
        with open(os.path.join(options.bundle, "manifest.json")) as stream:
            commit = json.load(stream)["commit"]
        device = driver.describe()["name"] if options.device == "cuda" else "ptx"
        head = {"commit": commit, "device": device, "quick": options.quick, "software": stage.facts()}
        lines = Lines(os.path.join(options.results, "benchmark.jsonl"), head)
    except (driver.Missing, runtime.Failure) as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 3
    failed = 0
    for number, work in enumerate(stage.works, 1):
        if work.name in lines.done:
            continue
        line = bench(stage, work)
        lines.add(line)
        rates = ", ".join(f"{name} {c['tflops']:.1f} ({c['of_product']:.2f})" for name, c in line["candidates"].items())
        say(f"[{number}/{len(stage.works)}, {line['seconds']:.0f} s] {work.name}: {rates}; product {line['product']['tflops']:.1f} "
            "TFLOP/s")
        for problem in problems(line):
            failed += 1
            say(f"FAILED {work.name}: {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

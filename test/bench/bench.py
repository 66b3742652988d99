# bench.py - tokens per second of attn-run and llama.cpp, taken in turns; started by tools/bench
#
# Each round runs every subject once, so that what the machine does meanwhile meets all of them; medians over the rounds.

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PREFILL, DECODE = 512, 128
ACTIVATIONS = ["f32", "bf16", "int8"]


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, words))} ended with {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return done.stdout


def number(pattern, text):
    match = re.search(pattern, text)
    if not match:
        sys.exit(f"bench: no figure like /{pattern}/ in {text[-300:]!r}")
    return float(match.group(1))


def peak(options):
    return {"gflops": number(r"([\d.]+) GFLOP/s", run(os.path.join(options.tools, "attn-peak"), options.threads))}


def attn(options, program):
    said = run(os.path.join(options.tools, "attn-run"), program, f"--weights={options.weights}", "--benchmark=1",
               f"--max-tokens={DECODE}", f"--context={PREFILL + DECODE + 8}", f"--threads={options.threads}")
    return {"prefill": number(r"prefill of \d+ tokens: *([\d.]+)", said), "decode": number(r"decode of \d+ tokens: *([\d.]+)", said)}


def llama(options):
    rows = json.loads(run(options.llama, "-m", options.weights, "-p", PREFILL, "-n", DECODE, "-t", options.threads, "-r", 1,
                          "-o", "json"))
    rate = {("prefill" if row["n_prompt"] else "decode"): row["avg_ts"] for row in rows}
    return {"prefill": rate["prefill"], "decode": rate["decode"]}


def machine():
    with open("/proc/cpuinfo") as file:
        fields = dict(re.findall(r"^([^\t:\n]+)\s*: (.*)$", file.read(), re.M))
    return {"processor": fields.get("model name", platform.machine()),
            "features": sorted(f for f in fields.get("flags", "").split() if f.startswith(("avx", "fma", "amx", "f16c")))}


def write_results(kind, figures):
    """Keeps a run's figures with date, commit and machine in results/."""
    commit = run("git", "-c", "safe.directory=*", "-C", HERE, "describe", "--always", "--dirty").strip()
    described = machine()
    name = re.sub(r"[^a-z0-9]+", "-", described["processor"].lower()).strip("-")
    path = os.path.join(HERE, "results", "-".join(filter(None, [str(datetime.date.today()), name, kind])) + ".json")
    with open(path, "w") as file:
        json.dump({"date": str(datetime.date.today()), "commit": commit, **described, **figures}, file, indent=1)
        file.write("\n")
    print(f"written to {os.path.relpath(path)}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    for name in ("tools", "weights", "llama", "llama-version", "models"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()

    subjects = {"peak": lambda: peak(options), "llama.cpp": lambda: llama(options)}
    for kind in ACTIVATIONS:
        program = os.path.join(options.models, f"smollm2-{kind}.attn")
        subjects["attn " + kind] = lambda program=program: attn(options, program)
    rounds = []
    for index in range(options.rounds):
        rounds.append({name: subject() for name, subject in subjects.items()})
        print(f"round {index + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    median = {name: {what: statistics.median(r[name][what] for r in rounds) for what in rounds[0][name]} for name in subjects}

    peer = median["llama.cpp"]
    print(f"{machine()['processor']}, {options.threads} threads, fp32 peak {median['peak']['gflops']:.0f} GFLOP/s, median of {options.rounds} rounds")
    print(f"{'tokens/s':<14} {'prefill ' + str(PREFILL):>12} {'of peer':>8} {'decode ' + str(DECODE):>12} {'of peer':>8}")
    for name, rate in median.items():
        if "prefill" in rate:
            print(f"{name:<14} {rate['prefill']:>12.1f} {rate['prefill'] / peer['prefill']:>7.2f}x "
                  f"{rate['decode']:>12.1f} {rate['decode'] / peer['decode']:>7.2f}x")
    write_results("", {"threads": options.threads, "model": os.path.basename(options.weights), "peer": options.llama_version,
                       "prefill_tokens": PREFILL, "decode_tokens": DECODE, "median": median, "rounds": rounds})


if __name__ == "__main__":
    main()

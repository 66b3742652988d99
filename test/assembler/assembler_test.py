# assembler_test.py - what ptxas makes of the attention kernels: no spills, no warnings, registers that fit
#
# python3 test/assembler/assembler_test.py --tools=build/bin [--filter=TEXT] [--print]
#
# Each shape that the GPU roads carry is compiled to PTX and assembled. Where there is no ptxas (on PATH or where CUDA
# installs it) every shape counts as skipped. Ends with `N passed, N failed, N skipped`. --print tells the registers
# instead of comparing them.

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile

CUDA = "/usr/local/cuda/bin"
# A multiprocessor of an A100 or H100 has so many registers; a thread has at most 255, given in eights.
REGISTERS, REGISTERS_OF_A_THREAD, GRANULE = 65536, 255, 8

# The most registers a thread uses, by architecture, mask and width, with one and with three heads a key head, whatever
# the type of elements, as RELEASE of CUDA assembles them. Fewer is better: lower the number. With another release only
# spills, warnings and what the launch allows count. sm_90a's number is the launch's: setmaxnreg deals them out later.
RELEASE = "13.0"
GROUPS = (1, 3)
RECORDED = {
    ("sm_80", "full", 64): (151, 153),
    ("sm_80", "full", 80): (154, 158),
    ("sm_80", "full", 128): (180, 182),
    ("sm_80", "causal", 64): (151, 153),
    ("sm_80", "causal", 80): (152, 154),
    ("sm_80", "causal", 128): (178, 182),
    ("sm_90a", "full", 64): (168, 168),
    ("sm_90a", "full", 128): (168, 168),
    ("sm_90a", "causal", 64): (168, 168),
    ("sm_90a", "causal", 128): (168, 168),
    # What three warp groups can have alike; setmaxnreg then gives a consumer 240.
    ("sm_90a", "full", 64): (168, 168),
    ("sm_90a", "full", 128): (168, 168),
    ("sm_90a", "causal", 64): (168, 168),
    ("sm_90a", "causal", 128): (168, 168),
}


def shapes():
    for (arch, mask, width), element, group in itertools.product(RECORDED, ("bf16", "f16"), GROUPS):
        yield arch, mask, element, width, group


def name_of(shape):
    arch, mask, element, width, group = shape
    return f"{arch} {mask} {element} d{width} {'grouped' if group > 1 else 'plain'}"


def module_text(mask, element, width, group):
    heads, keys = 2 * group, "T" if mask == "causal" else "S"

    def tensor(rows, count):
        return f'tensor<?x?x{count}x{width}x{element}> {{nn.dims = ["B", "{rows}", "{count}", "{width}"], nn.name ='

    query, key = f"tensor<?x?x{heads}x{width}x{element}>", f"tensor<?x?x2x{width}x{element}>"
    score = "  %s1 = attn.causal %s0\n" if mask == "causal" else ""
    last = "%s1" if mask == "causal" else "%s0"
    return (f'func.func @main(%q: {tensor("T", heads)} "q"}}, %k: {tensor(keys, 2)} "k"}}, %v: {tensor(keys, 2)} "v"}}) -> '
            f'({tensor("T", heads)} "o"}}) {{\n  %s0 = attn.dot_product %q, %k : {query}, {key}\n{score}'
            f"  %o = attn.softmax {last}, %v : {key} -> {query}\n  return %o : {query}\n}}\n")


def find_assembler():
    return shutil.which("ptxas") or shutil.which("ptxas", path=CUDA)


def run(words, what):
    """The output of a program; an error says what it was doing."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if result.returncode:
        raise RuntimeError(f"{what} ends with {result.returncode}: {(result.stderr or result.stdout).strip()[:600]}")
    return result.stdout + result.stderr


def assemble(tools, assembler, folder, shape):
    """Registers, and what is wrong: a list of sentences."""
    arch, mask, element, width, group = shape
    source, ptx = os.path.join(folder, "kernel.mlir"), os.path.join(folder, "kernel.ptx")
    with open(source, "w") as stream:
        stream.write(module_text(mask, element, width, group))
    run([os.path.join(tools, "attn-opt"), source, "--emit=ptx", f"--target={arch}", "-o", ptx], "attn-opt")
    said = run([assembler, "-v", f"-arch={arch}", ptx, "-o", os.path.join(folder, "kernel.cubin")], "ptxas")
    wrong = [line.strip() for line in said.splitlines() if re.search(r"\b(warning|error)\b|\(C\d+\)", line, re.I)]
    wrong += [found for found in re.findall(r"\d+ bytes (?:stack frame|spill stores|spill loads)", said)
              if not found.startswith("0 ")]
    used = re.findall(r"Used (\d+) registers", said)
    with open(ptx) as stream:
        text = stream.read()
    threads, blocks = (re.findall(rf"^\.{name} (\d+)", text, re.M) for name in ("reqntid", "minnctapersm"))
    if len(used) != 1 or len(threads) != 1:
        raise RuntimeError(f"expected one kernel with its number of threads, but ptxas tells of {len(used)} and the PTX of "
                           f"{len(threads)}: {said.strip()[:600]}")
    together = int(threads[0]) * int(blocks[0] if blocks else 1)
    registers, allowed = int(used[0]), REGISTERS // together // GRANULE * GRANULE
    if registers > min(allowed, REGISTERS_OF_A_THREAD):
        wrong.append(f"{registers} registers, but the {together} threads of the blocks at a time can have {allowed} each")
    return registers, wrong


def main():
    parser = argparse.ArgumentParser(description="what ptxas makes of the attention kernels")
    parser.add_argument("--tools", required=True, help="the folder of attn-opt")
    parser.add_argument("--filter", default="", help="only shapes whose name has this in it")
    parser.add_argument("--print", action="store_true", help="tell the registers instead of comparing them")
    options = parser.parse_args()
    chosen = [shape for shape in shapes() if options.filter in name_of(shape)]
    assembler = find_assembler()
    if not assembler:
        print("there is no ptxas on this machine; CUDA's compiler brings one")
        print(f"0 passed, 0 failed, {len(chosen)} skipped")
        return 0
    release = re.search(r"release (\d+\.\d+)", run([assembler, "--version"], "ptxas")).group(1)
    print(f"ptxas of CUDA {release}; the recorded registers are of {RELEASE}")
    failed = 0
    for shape in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                registers, wrong = assemble(options.tools, assembler, folder, shape)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                registers, wrong = None, [str(error)]
        arch, mask, _, width, group = shape
        recorded = RECORDED[arch, mask, width][GROUPS.index(group)]
        if options.print:
            print(f"{name_of(shape)}: {registers}")
        elif release == RELEASE and registers is not None and registers > recorded:
            wrong.append(f"{registers} registers, but it was {recorded}")
        failed += bool(wrong)
        for sentence in wrong:
            print(f"FAILED {name_of(shape)}: {sentence}")
    print(f"{len(chosen) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())

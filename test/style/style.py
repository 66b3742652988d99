# style.py - the rules of the house that a program can check (shared design: STYLE, point 40)
#
# python3 test/style/style.py [ROOT]: prints `file:line: what is wrong` for each violation, then
# `N passed, N failed, 0 skipped` counted in files and ops; exit code 1 if anything failed.

import os
import re
import subprocess
import sys

LINES = 600
COLUMNS = 120
COMMENTS = {".h": ("//", "/*"), ".cpp": "//", ".td": "//", ".def": "//", ".c": ("//", "/*"), ".py": ("#", '"""'), ".cmake": "#"}
FORBIDDEN_NAMES = re.compile(r"(util|utils|misc|common|helper|helpers|manager)(?![a-z])", re.I)
ERRORS = re.compile(r'(?:(?:emitOpError|emitError|emitWarning|failure)\((?:\w*\)\s*<<)?|Code::\w+,)'
                    r'\s*(?:loc,\s*)?(?:\w+\()?"((?:[^"\\]|\\.)*)"(\s*\)?\s*;)?')
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b")
MACHINE_PATH = re.compile(r'(?<![\w.])/(home|root|work|Users)/\w')
VARIANT_BLIND = ("passes/", "lowering/", "runtime/")
# Its errors say how a chain may begin; what includes the ops of chains it is not allowed to, either.
MAY_SPELL_VARIANTS = ("passes/Generalize.cpp",)

violations = []
checked = set()


def check(file, line, ok, text):
    checked.add(file)
    if not ok:
        violations.append((file, line, text))


def tracked(root):
    # A clone that another user owns is listed too: nothing of it is run.
    listing = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True)
    if listing.returncode:
        sys.exit(f"style.py: cannot list the files of {root}: {listing.stderr.strip()}")
    return [f for f in listing.stdout.splitlines() if os.path.isfile(os.path.join(root, f))]


def read(root, file):
    with open(os.path.join(root, file), encoding="utf-8") as stream:
        return stream.read()


def check_text(file, text):
    """Rules on every source file: header line, length, names, to-dos, paths of one machine."""
    lines = text.splitlines()
    name = os.path.basename(file)
    extension = os.path.splitext(file)[1]
    check(file, 1, not FORBIDDEN_NAMES.search(os.path.splitext(name)[0]), f"'{name}' says nothing about what is in it")
    if extension in COMMENTS:
        head = lines[0] if lines else ""
        check(file, 1, head.startswith(COMMENTS[extension]) and (name in head or extension in (".cmake", ".py")),
              f"the first line should name the file: '//===- {name} - what it is for ---===//'")
    if extension in COMMENTS or extension in (".mlir", ".md", ".txt", ".test", ""):
        check(file, LINES + 1, len(lines) <= LINES, f"has {len(lines)} lines, more than {LINES}")
        for number, line in enumerate(lines, 1):
            if file == "test/style/style.py":
                break
            check(file, number, not TODO.search(line), "a to-do without an issue")
            check(file, number, not MACHINE_PATH.search(line), "a path of one machine")
            # An example of a definition is a line of a test, word for word.
            if extension in (".h", ".cpp", ".td") and not (extension == ".td" and re.match(r" {8,}%", line)):
                check(file, number, len(line) <= COLUMNS, f"is {len(line)} columns wide, more than {COLUMNS}")


def check_errors(file, text):
    """Rule 26: messages of errors begin in lower case and end without a full stop."""
    for match in ERRORS.finditer(text):
        message, ends_there = match.group(1), match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        word = re.match(r"[A-Za-z]+", message)
        lower = not word or word.group(0)[0].islower() or word.group(0).isupper() or re.match(r"[A-Z][a-zA-Z]*[A-Z0-9(]", message)
        check(file, line, lower, f"an error begins in lower case: \"{message}\"")
        check(file, line, not (ends_there and message.endswith(".")), f"an error ends without a full stop: \"{message}\"")


def kebab(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def check_pairs(root, files):
    """What must come together: an op and its test and model, a pass and its test."""
    known = set(files)
    tests = {f: read(root, f) for f in files if f.startswith("test/") and f.endswith((".mlir", ".test"))}
    for file in files:
        if not file.endswith(".td"):
            continue
        text = read(root, file)
        for match in re.finditer(r"^def (?:Attn|NN|Tile)_(\w+)Op\s*:\s*\w+<\"(\w+)\"", text, re.M):
            dialect = re.search(r"(attn|nn|tile)/", file).group(1)
            op = f"{dialect}.{match.group(2)}"
            line = text.count("\n", 0, match.start()) + 1
            used = any(re.search(re.escape(op) + r"\b", t) for f, t in tests.items())
            check(f"{file} {op}", line, used, f"no test has '{op}'")
        for match in re.finditer(r"^def (\w+)\s*:\s*Pass<\"([\w-]+)\"", text, re.M):
            line = text.count("\n", 0, match.start()) + 1
            name = match.group(2)
            flag = re.compile("-" + re.escape(name) + r"(?![\w-])")
            used = any(f.startswith(("test/passes/", "test/lowering/")) and flag.search(t) for f, t in tests.items())
            check(f"{file} {name}", line, used, f"no test under test/passes or test/lowering runs --{name}")
            check(f"{file} {name}", line, re.search(r"Example|^ {8,}\S.*%", text, re.M), f"{name} has no example")
    for name in re.findall(r"^  (\w+)$", read(root, "dialect/attn/Variants.cmake"), re.M):
        op = kebab(name).replace("-", "_")
        definition = read(root, f"dialect/attn/variants/{name}.td")
        # A layer is a graph, and its formula one in NumPy; all others are chains, which the harness in C++ builds.
        isGraph = ": Attn_Layer<" in definition or "Attn_LayerOpInterface" in definition
        oracle = f"test/layers/{op}.py" if isGraph else f"test/numerics/oracle/{name}.cpp"
        for wanted in (f"models/variants/{op}.mlir", f"test/dialect/attn/variants/{kebab(name)}.mlir", oracle):
            check(f"variant {name}", 1, wanted in known, f"needs {wanted}")
        # What a definition shows is what a test parses.
        examples = re.findall(r"^ {8}(%.* = attn\.\w+ .*)$", definition, re.M)
        lines = {line.strip() for file in (f"models/variants/{op}.mlir", f"test/dialect/attn/variants/{kebab(name)}.mlir")
                 if file in known for line in read(root, file).splitlines()}
        check(f"variant {name}", 1, examples, "its definition has no example")
        for example in examples:
            check(f"variant {name}", 1, example in lines, f"no test has its example '{example}'")


def chain_ops(root):
    """Class and mnemonic of each op that generalising removes. Operands and layers are ops that passes may see."""
    ops = []
    for name in re.findall(r"^  (\w+)$", read(root, "dialect/attn/Variants.cmake"), re.M):
        text = read(root, f"dialect/attn/variants/{name}.td")
        found = re.search(r': Attn_(?:Source|Modifier|Closing)<"(\w+)"', text)
        if found:
            ops.append((name, found.group(1)))
    return ops


def named_variants(file, text, ops):
    """Rule 9: after generalising, nothing names a variant: (offset, what) for each place that does."""
    classes, mnemonics = ("|".join(names) for names in zip(*ops))
    rules = [(r'#include "(dialect/attn/Variant(?:s|Ops)\.h[^"]*)"', "includes the ops of chains"),
             (rf"(?<![:\w])(?:attn::)?((?:{classes})Op)\b", "names the class of a variant")]
    if file not in MAY_SPELL_VARIANTS:
        # A mnemonic alone is often a common word (block, sum); the name of an op has the dialect in front.
        rules.append((rf"\b(attn\.(?:{mnemonics}))\b", "names a variant"))
    return [(match.start(), f"{what}: {match.group(1)}") for rule, what in rules for match in re.finditer(rule, text)]


def check_variant_names(file, text, ops):
    if not file.startswith(VARIANT_BLIND) or not file.endswith((".cpp", ".h")):
        return
    for offset, what in named_variants(file, text, ops):
        check(file, text.count("\n", 0, offset) + 1, False, what + "; only the interfaces of chains may be used after attn-generalize")
    check(file, 1, True, "")


def prove_variant_names(ops):
    """A rule that catches nothing proves nothing: each kind of violation is seen, and what only looks like one is not."""
    name, mnemonic = ops[0]
    bad = ['#include "dialect/attn/Variants.h"', f"if (isa<{name}Op>(op))", f"attn::{name}Op op;",
           f'op->getName().getStringRef() == "attn.{mnemonic}"']
    good = ['#include "dialect/attn/Attn.h"', f"nn::{name}Op op;", f"some{name}Option", f"attn.{mnemonic}s", "attn.generic"]
    for text in bad:
        check("rule 9", 1, named_variants("passes/Some.cpp", text, ops), f"the check does not see '{text}'")
    for text in good:
        check("rule 9", 1, not named_variants("passes/Some.cpp", text, ops), f"the check takes '{text}' for a variant")


def check_text_variants(root, files):
    """Each variant written as text has a formula that tests it."""
    formulas = "".join(read(root, f) for f in files if f.startswith("test/numerics/oracle/text/"))
    for file in files:
        if file.startswith("models/variants/text/") and file.endswith(".mlir"):
            stem = os.path.splitext(os.path.basename(file))[0]
            check(file, 1, f'{{"{stem}", "' in formulas, f"no formula in test/numerics/oracle/text tests '{stem}'")


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", ".."))
    files = tracked(root)
    ops = chain_ops(root)
    prove_variant_names(ops)
    check_text_variants(root, files)
    for file in files:
        if os.path.splitext(file)[1] in (".npy", ".gguf", ".png", ".json") or "/kernels/" in file:
            continue
        text = read(root, file)
        check_text(file, text)
        if file.endswith((".cpp", ".h")) and not file.startswith("test/"):
            check_errors(file, text)
            check_variant_names(file, text, ops)
    check_pairs(root, files)
    for file, line, text in sorted(violations):
        print(f"{file.split(' ')[0] if '/' in file else file}:{line}: {text}")
    failed = len({file for file, _, _ in violations})
    print(f"{len(checked) - failed} passed, {failed} failed, 0 skipped")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

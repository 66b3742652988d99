# document.py - the pages of the dialects' ops, from TableGen's records and from the tests
#
# python3 dialect/document.py ROOT OUT DIALECT=RECORDS.json…: writes OUT/<dialect>-ops.md for each dialect, from what
# `llvm-tblgen --dump-json` says. A description gives formula, shapes and constraints; the table of parameters comes from the
# records; the example is a program of models/variants or a function of a test, so that it cannot be wrong for long. An op
# without summary, description or example is an error, and so is a variant without source or constraints.

import json
import os
import re
import sys
import textwrap

KINDS = ("Source", "Modifier", "Closing", "Operand", "Layer")


def read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


SYMBOL = re.compile(r"@[\w.$-]+")
ALIAS = re.compile(r"[!#]\w+(?= = )")


class Section:
    """A case: its aliases of types and attributes, and what stands at its top level, such as functions."""

    def __init__(self, path, text):
        self.path, self.aliases, pieces = path, {}, []
        depth, current = 0, []
        for line in text.splitlines():
            if depth == 0 and line[:1] not in (" ", "}", ")"):  # an indented line goes on with a signature
                current, alias = [], ALIAS.match(line)
                if alias:
                    self.aliases[alias[0]] = current
                elif line and not line.startswith("//"):
                    pieces.append(current)
            current.append(line)
            code = re.sub(r'"[^"]*"|//.*', "", line)
            depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        self.pieces = ["\n".join(lines) for lines in pieces]
        self.defined = {SYMBOL.search(piece)[0]: piece for piece in self.pieces if SYMBOL.search(piece)}

    def closure(self, piece):
        """The piece with what it names: the aliases, then the pieces in their order."""
        needed, todo = {piece}, [piece]
        while todo:
            for symbol in SYMBOL.findall(todo.pop()):
                other = self.defined.get(symbol)
                if other and other not in needed:
                    needed.add(other)
                    todo.append(other)
        pieces = [each for each in self.pieces if each in needed]
        names, known = set(), "\n".join(pieces)
        while found := {name for name in self.aliases if name not in names and re.search(re.escape(name) + r"\b", known)}:
            names |= found
            known += "\n".join(line for name in found for line in self.aliases[name])
        return "\n".join([line for name, lines in self.aliases.items() if name in names for line in lines] + pieces)


class Tests:
    """Cases that lit runs: files split at their separators, without the lines that only FileCheck reads."""

    def __init__(self, root):
        self.sections = []
        for folder, folders, files in sorted(os.walk(os.path.join(root, "test"))):
            folders.sort()
            for name in sorted(files):
                path = os.path.relpath(os.path.join(folder, name), root)
                if name.endswith(".mlir") and "invalid" not in name and "Inputs" not in path:
                    for case in re.split(r"^// -----.*\n", read(os.path.join(folder, name)), flags=re.M):
                        lines = [line for line in case.splitlines() if not re.match(r"\s*// *(RUN|REQUIRES|expected-|[A-Z0-9_]+(-[A-Z]+)*:)", line)]
                        self.sections.append(Section(path, "\n".join(lines).strip()))

    def example(self, op):
        """The shortest function that has the op, from a test of its dialect if there is one, with what it names."""
        dialect, having = op.split(".")[0], []
        uses = re.compile(r"(?<![\w.])" + re.escape(op) + r"(?![\w.])")
        for section in self.sections:
            for piece in section.pieces:
                if uses.search(piece):
                    text = section.closure(piece)
                    having.append((not section.path.startswith(f"test/dialect/{dialect}/"), len(text), section.path, text))
        return min(having)[2:] if having else None


def describe(record):
    return textwrap.dedent(record["description"]).strip("\n").rstrip() if record.get("description") else ""


def parameters(records, op):
    """Rows of operands, attributes, regions and results: name, role, what it is."""
    rows = []
    for field, role in (("arguments", None), ("regions", "region"), ("results", "result")):
        for value, name in op[field]["args"]:
            record = records[value["def"]]
            if "constraint" in record and "OpVariable" in record["!superclasses"]:  # Arg<…> and Res<…> of effects
                record = records[record["constraint"]["def"]]
            classes = record["!superclasses"]
            what = record.get("summary") or record["!name"]
            kind = role or ("attribute" if "Attr" in classes or "AttrConstraint" in classes else "operand")
            optional = any(c in classes for c in ("Optional", "OptionalAttr", "UnitAttr"))
            many = "Variadic" in classes
            rows.append((f"`{name}`", kind + (", optional" if optional else ", any number" if many else ""), what))
    return rows


def section(root, records, op, name, tests, errors):
    kind = next((k.lower() for k in KINDS if f"Attn_{k}" in op["!superclasses"]), None)
    summary, text, source = op.get("summary") or "", describe(op), op.get("source")
    program = f"models/variants/{op['opName']}.mlir"
    found = (program, read(os.path.join(root, program)).strip()) if kind and os.path.exists(os.path.join(root, program)) else tests.example(name)
    for missing, what in ((not summary, "summary"), (not found, "example in models/variants or a test"),
                          (kind and not source, "source"), (kind and not text, "description")):
        if missing:
            errors.append(f"{name} has no {what}")
    lines = [f"## {name}", "", f"*{kind or 'op'}* — {summary}" + (f". {source}." if source else ".")]
    if text:
        lines += ["", text]
    rows = parameters(records, op)
    if rows:
        lines += ["", "| parameter | role | what it is |", "|---|---|---|"] + [f"| {a} | {b} | {c} |" for a, b, c in rows]
    if kind and "(C1)" not in text:
        lines += ["", "Constraints: none beyond the types of its parameters."]
    if op.get("assemblyFormat"):
        lines += ["", "Syntax:", "", "```", f"{name} " + " ".join(op["assemblyFormat"].split()), "```"]
    if found:
        lines += ["", f"Example, tested as `{found[0]}`:", "", "```mlir", found[1], "```"]
    return lines


def write_page(root, out, dialect, records, tests, errors):
    ops = []
    for key in records["!instanceof"]["Op"]:
        op = records[key]
        name = f"{dialect}.{op['opName']}"
        if records[op["opDialect"]["def"]]["name"] == dialect:
            isVariant = any(f"Attn_{k}" in op["!superclasses"] for k in KINDS)
            ops.append((not isVariant, name, op))
    ops.sort(key=lambda entry: entry[:2])
    lines = [f"# The ops of {dialect}", "", "Made by `ninja attn-docs` from TableGen and the tests; nobody edits it.", "",
             "| op | kind | summary |", "|---|---|---|"]
    for _, name, op in ops:
        kind = next((k.lower() for k in KINDS if f"Attn_{k}" in op["!superclasses"]), "op")
        lines.append(f"| [{name}](#{name.replace('.', '')}) | {kind} | {op.get('summary') or ''} |")
    for _, name, op in ops:
        lines += [""] + section(root, records, op, name, tests, errors)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, f"{dialect}-ops.md"), "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


def main():
    root, out = sys.argv[1:3]
    tests, errors = Tests(root), []
    for argument in sys.argv[3:]:
        dialect, path = argument.split("=", 1)
        write_page(root, out, dialect, json.loads(read(path)), tests, errors)
    for error in errors:
        print(f"document.py: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

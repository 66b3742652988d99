# pages.py - checks the pages of ops and takes their examples out
#
# pages.py FOLDER LIST OUT: FOLDER holds <dialect>-ops.md; every op that LIST (attn-opt --list-variants) names has a section
# with its summary, its source, constraints and an example that uses it. Examples go to OUT/<op>.mlir.

import os
import re
import sys

folder, listing, out = sys.argv[1:4]
os.makedirs(out, exist_ok=True)
sections = {}
for page in sorted(os.listdir(folder)):
    with open(os.path.join(folder, page), encoding="utf-8") as stream:
        for text in re.split(r"^(?=## )", stream.read(), flags=re.M)[1:]:
            sections[text.splitlines()[0][3:]] = text
failed = []
for name, text in sections.items():
    examples = re.findall(r"^```mlir\n(.*?)^```$", text, flags=re.M | re.S)
    if len(examples) != 1 or not re.search(re.escape(name) + r"(?![\w.])", examples[0]):
        failed.append(f"{name} has no example that uses it")
    for example in examples:
        with open(os.path.join(out, name + ".mlir"), "w", encoding="utf-8") as stream:
            stream.write(example)
with open(listing, encoding="utf-8") as stream:
    for line in stream:
        mnemonic, kind, rest = re.match(r"(\S+) +(\S+) +(.*)", line).groups()
        summary, source = re.match(r"(.*?) \((.*)\)$", rest).groups()
        text = sections.get(f"attn.{mnemonic}", "")
        for what, there in (("section", text), ("kind", f"*{kind}*" in text), ("summary", summary in text),
                            ("source", source in text),
                            ("constraints", "* (C1)" in text or "\nConstraints: none" in text)):
            if not there:
                failed.append(f"the page of attn.{mnemonic} lacks its {what}")
print("\n".join(failed))
sys.exit(1 if failed else 0)

"""What is refused where it is read is refused where it is compiled, too, and nothing crashes.

    emit_invalid.py <attn-opt> <folder for files> <file>-invalid.mlir …

Each file holds programs between lines of `// -----`, and in them the errors that they expect. Every one of them is
compiled by --emit=artifact, which must end with exit code 1 or 3 and say what is expected."""

import pathlib
import re
import subprocess
import sys

EXPECTED = re.compile(r"expected-error(?:\s*@[-+]?\w+)?\s*\{\{(.*?)\}\}")


def compile_program(tool, path):
    command = [tool, str(path), "--emit=artifact", "-o", str(path.with_suffix(".attn"))]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def main(tool, folder, files):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    programs = 0
    for file in map(pathlib.Path, files):
        for number, text in enumerate(file.read_text().split("// -----")):
            expected = EXPECTED.findall(text)
            if not expected:
                continue
            path = folder / f"{file.stem}-{number}.mlir"
            path.write_text(text)
            done = compile_program(tool, path)
            missing = [error for error in expected if error not in done.stderr]
            if done.returncode not in (1, 3) or missing:
                sys.exit(f"{file}: program {number}: exit code {done.returncode}, not said: {missing}\n{done.stderr}")
            programs += 1
    print(f"{programs} programs are refused")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

# layers_test.py - every layer, and what stands for parameters of text variants, against its formula in float64, through attn-opt and attn-run
#
# layers_test.py --tools=build/bin [--filter=TEXT]: each test/layers/<op>.py has `cases()`, which gives Case objects; other files are what they share. A case
# is compiled once (fused, or it fails) and run on several sizes. Ends with `N passed, N failed, N skipped`.

import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("NumPy is missing; tools/install --tests brings it\n0 passed, 0 failed, 1 skipped")
    sys.exit(0)

import program

LAYERS = pathlib.Path(__file__).parent


def check(case, tools, folder):
    """The problems of a case, one line each."""
    compiled = program.Program(tools, folder, case.text, case.flags)
    problems = []
    for number, run in enumerate(case.runs):
        inputs, weights, *rest = run(np.random.default_rng(number))
        inputs, weights = ({name: program.rounded(value, case.element) for name, value in given.items()}
                           for given in (inputs, weights))
        try:
            results = compiled.run(inputs, weights, rest[0] if rest else {}, case.results, *case.options)
        except RuntimeError as error:
            problems.append(f"run {number}: {error}")
            continue
        for name, (expected, scale) in case.expect(inputs, weights, results).items():
            if results[name].shape != expected.shape:
                problems.append(f"run {number}: {name} has shape {results[name].shape}, not {expected.shape}")
                continue
            same = results[name] == expected  # infinities, too
            error = np.where(same, 0, np.abs(results[name] - np.where(same, 0, expected)) / np.maximum(scale, 1e-30))
            if not np.all(error <= case.allowed()):
                problems.append(f"run {number}: {name} is {np.nanmax(error):.2e} off, NaN {np.isnan(error).sum()}, "
                                f"allowed {case.allowed():.0e}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    passed = failed = 0
    modules = [importlib.import_module(f.stem) for f in sorted(LAYERS.glob("*.py")) if f.stem != "layers_test"]
    with tempfile.TemporaryDirectory() as folder:
        for case in [case for module in modules if hasattr(module, "cases") for case in module.cases()]:
            if options.filter not in case.name:
                continue
            try:
                problems = check(case, os.path.abspath(options.tools), folder)
            except RuntimeError as error:
                problems = [str(error)]
            for problem in problems:
                print(f"{case.name}: {problem}")
            passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

# layers_test.py - every layer against its formula in float64, through attn-opt and attn-run
#
# layers_test.py --tools=build/bin [--filter=TEXT]: each test/layers/<op>.py has `cases()`, which gives Case objects. A case
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
        inputs, weights = run(np.random.default_rng(number))
        try:
            results = compiled.run(inputs, weights, case.results)
        except RuntimeError as error:
            problems.append(f"run {number}: {error}")
            continue
        for name, (expected, scale) in case.expect(inputs, weights, results).items():
            error = np.abs(results[name].astype(np.float64) - expected) / np.maximum(scale, 1e-30)
            if results[name].shape != expected.shape:
                problems.append(f"run {number}: {name} has shape {results[name].shape}, not {expected.shape}")
            elif not np.all(error <= case.tolerance):
                problems.append(f"run {number}: {name} is {np.nanmax(error):.2e} off, NaN {np.isnan(error).sum()}, "
                                f"allowed {case.tolerance:.0e}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    passed = failed = 0
    modules = sorted(f.stem for f in LAYERS.glob("*.py") if f.stem not in ("layers_test", "program", "formulas"))
    with tempfile.TemporaryDirectory() as folder:
        for case in [case for module in modules for case in importlib.import_module(module).cases()]:
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

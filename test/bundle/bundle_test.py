# bundle_test.py - makes a GPU bundle and does with it all that can be done without a GPU
#
# python3 test/bundle/bundle_test.py [--bundle=FOLDER]     tests that one instead of making one
#
# Ends with `N passed, N failed, N skipped`. The tests share a bundle and stand in the order in which they build on each
# other.

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LIMIT_BYTES = 56_000_000


def has_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
        return True
    except OSError:
        return False


def read_json(*path):
    with open(os.path.join(*path)) as stream:
        return json.load(stream)


class Bundle(unittest.TestCase):
    folder = bundle = None  # where everything is, and the bundle; set by main

    def run_bundle(self, *words, expect=0, environment=None):
        done = subprocess.run([os.path.join(self.bundle, "run"), *words], capture_output=True, text=True, timeout=900,
                              env=environment)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def lines(self):
        with open(os.path.join(self.folder, "results", "benchmark.jsonl")) as stream:
            return stream.readlines()

    def quick(self, expect=0):
        # Nothing of this machine's environment: neither a path of libraries nor one of programs.
        return self.run_bundle("--device=ptx", "--quick", "--results=" + os.path.join(self.folder, "results"), expect=expect,
                               environment={})

    def test_1_is_small_and_says_what_it_is(self):
        manifest = read_json(self.bundle, "manifest.json")
        size = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.bundle) for name in names)
        self.assertLess(size, LIMIT_BYTES)
        self.assertEqual(sorted(manifest["architectures"]), sorted(os.listdir(os.path.join(self.bundle, "numerics"))))
        self.assertTrue(manifest["commit"])

    @unittest.skipIf(os.geteuid() != 0, "only root may change the root folder")
    def test_2_needs_no_library_of_the_machine(self):
        done = subprocess.run(["/glibc/ld-linux-x86-64.so.2", "--library-path", "/glibc:/lib", "/bin/attn-run",
                               "/bench/causal-d64.sm_80.attn", "--list"], capture_output=True, text=True, env={}, cwd="/",
                              preexec_fn=lambda: os.chroot(self.bundle))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("function main", done.stdout)

    @unittest.skipIf(has_driver(), "this machine has a CUDA driver")
    def test_3_says_that_there_is_no_driver(self):
        said = self.run_bundle("--results=" + os.path.join(self.folder, "none"), expect=3).stderr
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("there is no CUDA driver on this machine", said)

    @unittest.skipIf(importlib.util.find_spec("torch"), "this Python has PyTorch")
    def test_3_says_that_there_is_no_pytorch(self):
        done = subprocess.run([sys.executable, os.path.join(self.bundle, "scripts", "benchmark.py"), "--bundle=" + self.bundle,
                               "--results=" + self.folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, "^benchmark: this Python has no PyTorch .*\n$")

    def test_4_runs_on_the_interpreter(self):
        self.quick()
        result = read_json(self.folder, "results", "result.json")
        self.assertTrue(result["numerics"])
        for arch, found in result["numerics"].items():
            self.assertTrue(found["ok"] and found["passed"] > 0, (arch, found))
        works = result["benchmark"]["works"]
        self.assertEqual(len(works), 4)
        for line in works:
            self.assertEqual(list(line["candidates"]), ["attn sm_90a", "attn sm_80"])
            for candidate in line["candidates"].values():
                self.assertLess(candidate["check"]["of_oracle"], 1e-2)
                self.assertAlmostEqual(candidate["of_product"], candidate["tflops"] / line["product"]["tflops"])

    def test_5_goes_on_where_it_was_interrupted(self):
        whole = self.lines()
        with open(os.path.join(self.folder, "results", "benchmark.jsonl"), "w") as stream:
            stream.writelines(whole[:3] + [whole[3][:40]])  # in the middle of a line
        self.quick()
        self.assertEqual(self.lines()[:3], whole[:3])
        self.assertEqual([json.loads(line)["work"]["name"] for line in self.lines()[1:]],
                         [json.loads(line)["work"]["name"] for line in whole[1:]])

    def test_6_does_not_mix_results(self):
        said = self.run_bundle("--device=ptx", "--results=" + os.path.join(self.folder, "results"), expect=3).stderr
        self.assertIn("has results of another bundle, device or kind of run", said)

    def test_7_ends_when_its_time_is_up(self):
        words = ("--device=ptx", "--part=benchmark", "--limit=1", "--results=" + os.path.join(self.folder, "limited"))
        self.assertIn("no time is left for the benchmark", self.run_bundle(*words, expect=1).stdout)
        sys.path.insert(0, os.path.join(self.bundle, "scripts"))
        import numerics
        said = []
        endless = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(3600)"]
        self.assertIsNone(numerics.relay(endless, os.path.join(self.folder, "endless.log"), said.append, 5))

    def test_8_notices_wrong_numbers(self):
        program = os.path.join(self.bundle, "bench", "causal-d64.sm_80.attn")
        shutil.move(program, program + ".kept")
        try:
            shutil.copy(os.path.join(self.bundle, "bench", "full-d64.sm_80.attn"), program)
            done = self.run_bundle("--device=ptx", "--quick", "--part=benchmark", "--results=" + os.path.join(self.folder, "wrong"),
                                   expect=1)
        finally:
            shutil.move(program + ".kept", program)
        self.assertIn("FAILED causal d64 70: attn sm_80: of_oracle is", done.stdout)

    @unittest.skipIf(importlib.util.find_spec("numpy") is None, "PyTorch is played by NumPy, which is not there")
    def test_9_measures_beside_pytorch(self):
        import array_torch
        sys.path.insert(0, os.path.join(self.bundle, "scripts"))
        sys.modules.update(array_torch.make(cudnn="no kernel for this"))
        import benchmark
        import runtime
        import torch_stage
        from work import Work
        torch_stage.PRODUCT = torch_stage.FLUSH_BYTES = 16
        runtime.Library.device_on_stream = lambda library, stream: library.device("ptx")
        stage = torch_stage.Stage(self.bundle, True)
        stage.warm_ups, stage.rounds = 0, 2
        for mask in ("causal", "full"):
            line = benchmark.bench(stage, Work(mask, 64, 70, 1, 32))
            self.assertEqual(benchmark.problems(line), [])
            self.assertEqual(list(line["candidates"]), ["attn sm_90a", "attn sm_80", "sdpa flash", "sdpa efficient", "flex compiled"])
            self.assertEqual(line["refused"], {"sdpa cudnn": "no kernel for this"})
            self.assertLess(line["candidates"]["attn sm_80"]["check"]["of_peer"], 1e-2)
            self.assertEqual({len(candidate["ms"]) for candidate in line["candidates"].values()}, {2})
            json.dumps(line)
        # Data whose rows are longer than the artefact's heads: a refusal of ours, which is a failure.
        line = benchmark.bench(stage, Work("full", 64, 70, 1, 16))
        self.assertRegex(benchmark.problems(line)[0], "attn sm_90a: .*argument 'q'")


def main():
    chosen = [word[len("--bundle="):] for word in sys.argv[1:] if word.startswith("--bundle=")]
    if len(chosen) != len(sys.argv) - 1:
        print("usage: bundle_test.py [--bundle=FOLDER]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        Bundle.folder = folder
        Bundle.bundle = os.path.abspath(chosen[0]) if chosen else os.path.join(folder, "bundle")
        if not chosen and subprocess.run([os.path.join(ROOT, "tools", "gpu-bundle"), Bundle.bundle]).returncode:
            print("FAILED the bundle cannot be made\n0 passed, 1 failed, 0 skipped")
            return 1
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Bundle))
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

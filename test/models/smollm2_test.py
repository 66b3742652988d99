# smollm2_test.py - the compiled SmolLM2 against NumPy, and against itself
#
# python3 smollm2_test.py --tools=build/bin --weights=FILE.gguf [--full]: prints one line a test and ends with
# `N passed, N failed, N skipped`. Without weights or NumPy all tests are skipped.

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

from harness import Failure, require

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "..", "..", "models", "smollm2.mlir")

PARAGRAPH = """The lighthouse stood at the end of a long stone pier, and every evening the keeper walked out to it with a lamp
in his hand. He had done so for 31 years. In winter the waves broke over the wall and froze on the iron rail; in summer the
fishermen waved to him from their boats and told him what they had caught. When he was asked why he did not let a machine do the
work, he said that a light which nobody watches is only a fire. One day a ship came in from the north, three weeks late, with
her masts broken and her crew too tired to speak. They had seen his lamp through the fog, they said later, and had steered by
it for two nights. The keeper nodded, filled the lamp with oil, and went back to the pier, because it was getting dark."""

PROMPTS = ["The capital of France is", "Once upon a time, there was a", "Water boils at a temperature of", "def add(a, b):",
           "The three primary colors are", "To make a cup of tea, first", "In 1969, the first man", "My favorite book is",
           "The sun rises in the", "A good friend is someone who"]
TESTS = {"compile": 1, "tokeniser": 1, "logits": 1, "greedy": len(PROMPTS), "perplexity": 1, "paris": 1, "agree": 3,
         "bf16 cache": 1, "activations": 2, "memory": 1}

# Measured, with room for other machines; see README.md.
BF16_BOUND = 4e-3  # an ulp of bf16: which entries of the cache round the other way is chance
PERPLEXITY_BOUNDS = {"bf16": 1e-2, "int8": 2e-2}


class Suite:
    def __init__(self, options, folder):
        from smollm2_oracle import SmolLM2, Tokenizer

        self.options, self.folder = options, folder
        self.passed = self.failed = 0
        self.model = SmolLM2(options.weights)
        self.tokenizer = Tokenizer(self.model.file)
        self.text = self.tokenizer.encode(PARAGRAPH)
        self.error = None

    def case(self, name, function, *arguments):
        begin = time.time()
        try:
            said = function(*arguments) or ""
            self.passed += 1
            print(f"passed {name} ({time.time() - begin:.1f} s) {said}", flush=True)
        except Failure as failure:
            self.failed += 1
            print(f"FAILED {name}: {failure}", flush=True)

    def run(self, tool, *arguments, timeout=240):
        words = [os.path.join(self.options.tools, tool), *map(str, arguments)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, errors="replace")
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{tool}: {error}") from error
        require(done.returncode == 0, f"{' '.join(words)[:300]} ended with {done.returncode}: {(done.stdout + done.stderr)[-600:]}")
        return done.stdout

    def compile(self, name, *flags):
        path = os.path.join(self.folder, name + ".attn")
        self.run("attn-opt", MODEL, "--emit=artifact", "--target=cpu", *flags, "-o", path)
        return path

    def memory(self, *words):
        """The most private memory, in bytes, that a run of attn-run has, looked at again and again while it runs."""
        most = 0
        with subprocess.Popen([os.path.join(self.options.tools, "attn-run"), *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                try:
                    with open(f"/proc/{process.pid}/smaps_rollup") as file:
                        sizes = [int(line.split()[1]) for line in file if line.startswith("Anonymous:")]
                    most = max([most, *sizes])
                except (ProcessLookupError, PermissionError):
                    break
                time.sleep(0.02)
            said = process.stderr.read()
        require(process.returncode == 0, f"attn-run ended with {process.returncode}: {said[-300:]}")
        require(most > 0, "the process was never seen running")
        return most * 1024

    def logits(self, program, tokens):
        """(T, vocabulary) of one call of @logits through .npy files, as a user would."""
        import numpy as np

        paths = [os.path.join(self.folder, name) for name in ("tokens.npy", "lengths.npy", "logits.npy")]
        np.save(paths[0], np.array([tokens], np.int32))
        np.save(paths[1], np.array([len(tokens)], np.int32))
        self.run("attn-run", program, "--function=logits", f"--weights={self.options.weights}", f"--input=tokens={paths[0]}",
                 f"--input=lengths={paths[1]}", f"--output=logits={paths[2]}", f"--context={len(tokens)}")
        return np.load(paths[2])[0].astype(np.float64)


def relative_error(actual, expected):
    """The largest error of a row relative to its largest absolute logit, over all rows."""
    import numpy as np

    require(actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}")
    require(np.isfinite(actual).all(), "not all logits are finite")
    return float((abs(actual - expected).max(axis=1) / abs(expected).max(axis=1)).max())


def perplexity(logits, tokens):
    import numpy as np

    rows = logits[:-1] - logits[:-1].max(axis=1, keepdims=True)
    chosen = rows[np.arange(len(tokens) - 1), tokens[1:]] - np.log(np.exp(rows).sum(axis=1))
    return float(np.exp(-chosen.mean()))


def test_tokeniser(suite, program):
    for text in [PARAGRAPH, *PROMPTS]:
        tokens = [int(t) for t in suite.run("attn-model-check", "encode", program, suite.options.weights, text).split()]
        require(tokens == suite.tokenizer.encode(text), f"tokens of {text[:40]!r} are {tokens[:12]}…")


def test_logits(suite, program):
    tokens = suite.text[:64]
    suite.error = relative_error(suite.logits(program, tokens), suite.model.logits(tokens))
    require(suite.error <= 1e-3, f"error {suite.error:.3g} of the row's largest logit, allowed 1e-3")
    return f"error {suite.error:.3g}"


def test_greedy(suite, program, prompt):
    """Each token is the oracle's likeliest after all before it, or its second where the two are closer than the error."""
    import numpy as np

    tokens = suite.tokenizer.encode(prompt)
    words = suite.run("attn-model-check", "tokens", program, suite.options.weights, 24, *tokens).split()
    said = [int(word) for word in words]
    require(len(said) == 24, f"{len(said)} tokens came, not 24")
    rows = suite.model.logits(tokens + said)[len(tokens) - 1 : -1]
    for place, (token, row) in enumerate(zip(said, rows)):
        best = int(np.argmax(row))
        close = 2 * (suite.error if suite.error is not None else 1e-3) * abs(row).max()
        require(token == best or row[best] - row[token] <= close,
                f"token {place} is {suite.tokenizer.decode([token])!r}, expected {suite.tokenizer.decode([best])!r}, "
                f"whose logit is higher by {row[best] - row[token]:.3g}")
    return repr(suite.tokenizer.decode(said))


def test_perplexity(suite, program, bound):
    actual = perplexity(suite.logits(program, suite.text), suite.text)
    if not hasattr(suite, "perplexity"):
        suite.perplexity = perplexity(suite.model.logits(suite.text), suite.text)
    require(abs(actual / suite.perplexity - 1) <= bound, f"{actual:.5f}, expected {suite.perplexity:.5f} within {bound:.1%}")
    return f"{actual:.5f}, oracle {suite.perplexity:.5f}"


def test_paris(suite, program):
    out = suite.run("attn-run", program, f"--weights={suite.options.weights}", "--prompt=The capital of France is", "--raw",
                    "--max-tokens=4")
    require("Paris" in out, f"the text goes on with {out!r}")


def test_memory(suite, program, context):
    """Beside the mapped weights: the caches and 100 MB, however long the prompt."""
    text = (PARAGRAPH + " ") * 20
    count = len(suite.tokenizer.encode(text))
    require(count + 8 < context, f"the prompt has {count} tokens, more than the cache")
    most = suite.memory(program, f"--weights={suite.options.weights}", f"--prompt={text}", "--raw", "--max-tokens=4",
                        f"--context={context}")
    caches = 2 * 30 * 3 * 64 * 2 * context
    require(most <= caches + 100e6, f"{most / 1e6:.0f} MB for {count} tokens, allowed {caches / 1e6:.0f} + 100 MB")
    return f"{most / 1e6:.0f} MB for {count} tokens, {caches / 1e6:.0f} MB of them caches"


def test_agree(suite, program, sequences, step, bound):
    return suite.run("attn-model-check", "agree", program, suite.options.weights, sequences, 130, step, bound,
                     *suite.text[:131]).strip()


def run_all(suite):
    programs = {}

    def build():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        programs["exact"] = suite.compile("exact", "--activations=f32", "--set=cache=f32")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        programs["bf16"] = suite.compile("bf16", "--activations=f32")
        for kind in ("bf16", "int8"):
            programs["activations " + kind] = suite.compile("activations-" + kind, "--activations=" + kind)
        require(used < 10, f"compiling takes {used:.1f} s of processor time, allowed 10 s")
        return f"{used:.1f} s of processor time"

    suite.case("compile", build)
    exact, bf16 = programs.get("exact", "missing.attn"), programs.get("bf16", "missing.attn")
    suite.case("tokeniser", test_tokeniser, suite, exact)
    suite.case("logits of 64 tokens", test_logits, suite, exact)
    for prompt in PROMPTS:
        suite.case(f"greedy after {prompt!r}", test_greedy, suite, exact, prompt)
    suite.case("perplexity", test_perplexity, suite, exact, 1e-3)
    suite.case("the capital of France", test_paris, suite, bf16)
    # Every length from 1 to 130 in each; tools/check --full takes every length in every place of a batch.
    for sequences in (1, 2, 5):
        suite.case(f"decode after prefill, batches of {sequences}", test_agree, suite, exact, sequences, 1, 1e-4)
    suite.case("decode after prefill, bf16 cache", test_agree, suite, bf16, 1, 1 if suite.options.full else 7, BF16_BOUND)
    for kind in ("bf16", "int8"):
        program = programs.get("activations " + kind, "missing.attn")
        suite.case(f"perplexity with --activations={kind}", test_perplexity, suite, program, PERPLEXITY_BOUNDS[kind])
    suite.case("private memory", test_memory, suite, bf16, 4096)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    total = sum(TESTS.values())
    try:
        import numpy  # noqa: F401
    except ImportError:
        print(f"NumPy is not there\n0 passed, 0 failed, {total} skipped")
        return 0
    if not options.weights:
        print(f"the weights cannot be had\n0 passed, 0 failed, {total} skipped")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(options, folder)
        run_all(suite)
    print(f"{suite.passed} passed, {suite.failed} failed, 0 skipped")
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())

# models_test.py - the models with seeded weights against NumPy in float64, and against themselves
#
# python3 models_test.py --tools=build/bin: prints one line a test and ends with `N passed, N failed, N skipped`.

import os
import re
import sys

from harness import MODELS, Weights, main, relative_error, require
from harness import np

BOUND = 2e-5  # of the row's largest value; README.md says what was measured
CASES = ["block", "block, post-norm", "block, alibi and relu", "block, gated", "block, modulated", "vit", "vit with capped scores", "bert", "bert embedding", "lm", "lm, window of 128", "lm, gated", "lm decodes after prefill",
         "lm greedy", "lm by beams", "lora", "lora greedy", "lora by beams", "lora with merged weights", "power", "power greedy", "seq2seq", "seq2seq greedy", "seq2seq by 4 beams",
         "seq2seq by 3 beams with a stop token", "seq2seq with other attention"]


def check(actual, expected, bound=BOUND):
    error = relative_error(actual, expected)
    require(error <= bound, f"errs by {error:.3g} of the row's largest value, allowed {bound:.3g}")
    return f"error {error:.3g}"


def test_block(suite, function, **choices):
    """A ragged batch; rows beyond a length mean nothing."""
    import oracles

    program = suite.compile(os.path.join(MODELS, "block.mlir"), *[f"--set={name}={value}" for name, value in choices.items()])
    x = np.random.default_rng(5).standard_normal((3, 19, 512)).astype(np.float32)
    lengths = np.array([19, 1, 8], np.int32)
    actual = suite.call(program, function, {"x": x, "lengths": lengths}, ["y"])["y"]
    expected = getattr(oracles.Block(suite.block_weights), function)(x.astype(np.float64), lengths, choices.values())
    return ", ".join(check(actual[n, :length], expected[n, :length]) for n, length in enumerate(lengths))


def test_vit(suite, capped):
    import oracles
    from formulas import attention

    def softcap(q, k, v, heads):
        return attention(q, k, v, heads, change=lambda scores: 50 * np.tanh(scores / 50))

    images = np.random.default_rng(3).standard_normal((2, 3, 224, 224)).astype(np.float32)
    program = suite.compile(os.path.join(MODELS, "vit.mlir"), *(["--set=attention=softcap"] if capped else []))
    actual = suite.call(program, "main", {"images": images}, ["logits"])["logits"]
    oracle = oracles.ViT(suite.vit_weights)
    return check(actual, oracle.logits(images.astype(np.float64), softcap if capped else attention))


def bert_inputs():
    random = np.random.default_rng(4)
    tokens = random.integers(0, 30522, (3, 21)).astype(np.int32)
    types = (np.arange(21) >= 9).astype(np.int32)[None].repeat(3, axis=0)
    return {"tokens": tokens, "types": types, "lengths": np.array([21, 1, 13], np.int32)}


def test_bert(suite, function):
    import oracles

    inputs = bert_inputs()
    program = suite.compile(os.path.join(MODELS, "bert.mlir"))
    oracle, lengths = oracles.Bert(suite.bert_weights), inputs["lengths"]
    hidden = oracle.hidden(*inputs.values())
    if function == "embed":
        actual = suite.call(program, "embed", inputs, ["embedding"])["embedding"]
        return check(actual, oracle.embedding(hidden, lengths))
    actual = suite.call(program, "main", inputs, ["hidden", "pooled"])
    for n, length in enumerate(lengths):
        check(actual["hidden"][n, :length], hidden[n, :length])
    return check(actual["pooled"], oracle.pooled(hidden))


TOKENS = [int(token) for token in (np.arange(150) * 7919 % 32000 if np is not None else [])]


def test_lm(suite, variant, count):
    import oracles

    program = suite.compile(os.path.join(MODELS, "lm.mlir"), f"--set=attention={variant}")
    inputs = {"tokens": np.array([TOKENS[:count]], np.int32), "lengths": np.array([count], np.int32)}
    actual = suite.call(program, "logits", inputs, ["logits"], f"--context={count}")["logits"]
    return check(actual[0], oracles.LM(suite.lm_weights).logits(TOKENS[:count], variant))


def test_lm_decodes(suite):
    program = suite.compile(os.path.join(MODELS, "lm.mlir"))
    words = suite.run("attn-model-check", "agree", program, "random:1", 3, 40, 1, 2e-5, *TOKENS[:41])
    return words.strip()


def say(suite, program, weights, *flags):
    """The tokens that attn-run says, and their mean log-probability."""
    text = suite.run("attn-run", program, f"--weights={weights}", *flags)
    score = re.search(r"mean log-probability (\S+)", text)
    require(score, f"attn-run says {text[:300]!r}")
    return [int(word) for word in text.split("\n")[0].split()], float(score.group(1))


def compare_search(said, expected):
    tokens, score, closest = expected
    require(abs(said[1] - score) <= 1e-4, f"the mean log-probability is {said[1]:.6f}, expected {score:.6f}")
    require(len(tokens) == 1 or len(set(tokens)) > 1, f"{len(tokens)} times the token {tokens[0]} test little")
    require(said[0] == tokens or closest < 1e-4, f"the tokens are {said[0]}, expected {tokens}; no decision was closer than {closest:.3g}")
    return f"{len(tokens)} tokens, {score:.4f}, closest decision {closest:.2g}"


def test_lm_search(suite, beams):
    import oracles

    oracle, prompt, most = oracles.LM(suite.varied_lm_weights), TOKENS[:5], 6
    program = suite.compile(os.path.join(MODELS, "lm.mlir"))
    said = say(suite, program, "random:7", "--prompt-tokens=" + ",".join(map(str, prompt)), f"--beams={beams}", f"--max-tokens={most}", "--context=64")
    step = lambda sequences: np.array([oracle.logits(each)[-1] for each in sequences])  # noqa: E731
    return compare_search(said, oracles.search_beams(step, prompt, beams, most, None))


def test_lora(suite):
    """A batch of which each sequence has another adapter, or none."""
    import oracles

    program = suite.compile(os.path.join(MODELS, "lora.mlir"))
    tokens, lengths, adapters = np.array(TOKENS[:60], np.int32).reshape(4, 15) % 8000, np.array([15, 9, 15, 1], np.int32), [2, -1, 0, 3]
    inputs = {"tokens": tokens, "lengths": lengths, "adapters": np.array(adapters, np.int32)}
    actual = suite.call(program, "logits", inputs, ["logits"])["logits"]
    last = suite.call(program, "main", inputs, ["logits"])["logits"]
    oracle, said = oracles.LoraLM(suite.lora_weights), []
    for n, (length, adapter) in enumerate(zip(lengths, adapters)):
        expected = oracle.logits(tokens[n, :length], adapter)
        check(last[n], expected[-1])
        said.append(check(actual[n, :length], expected))
    return ", ".join(said)


def lora_prompt():
    return [token % 8000 for token in TOKENS[:6]]


def test_lora_search(suite, adapters, beams):
    """Each adapter's own text, in one program with the same weights."""
    import oracles

    oracle, prompt, most, said = oracles.LoraLM(suite.varied_lora_weights), lora_prompt(), 8, []
    program = suite.compile(os.path.join(MODELS, "lora.mlir"))
    texts = set()
    for adapter in adapters:
        step = lambda sequences: np.array([oracle.logits(each, adapter)[-1] for each in sequences])  # noqa: E731
        text = say(suite, program, "random:7", "--prompt-tokens=" + ",".join(map(str, prompt)), f"--beams={beams}", f"--max-tokens={most}",
                   f"--input=adapters={adapter}")
        said.append(compare_search(text, oracles.search_beams(step, prompt, beams, most, None)))
        texts.add(tuple(text[0]))
    require(len(texts) == len(adapters), "two adapters say the same")
    return "; ".join(said)


class Merged:
    """Weights whose queries and values have one adapter added for good."""

    def __init__(self, oracle, adapter):
        self.known = {}
        own = slice(adapter * oracle.rank, (adapter + 1) * oracle.rank)
        for name, value in oracle.weights.known.items():
            base = name.removesuffix(".weight")
            self.known[name] = value
            if base + ".lora_a" in oracle.weights.known:
                down, up = (oracle.weights.known[base + part] for part in (".lora_a", ".lora_b"))
                self.known[name] = value + oracle.alpha / oracle.rank * up[:, own] @ down[own]

    write = Weights.write


def test_lora_merged(suite):
    """Without an adapter over merged weights as with one over its own: the likeliest tokens, beams, and tokens drawn."""
    import oracles

    prompt, said = lora_prompt(), []
    oracle, program = oracles.LoraLM(suite.varied_lora_weights), suite.compile(os.path.join(MODELS, "lora.mlir"))
    oracle.logits(prompt, -1)  # draws all weights
    for adapter in (0, 1):
        path = os.path.join(suite.folder, f"merged-{adapter}.safetensors")
        Merged(oracle, adapter).write(path)
        for beams in (1, 3):
            flags = ["--prompt-tokens=" + ",".join(map(str, prompt)), "--max-tokens=8", f"--beams={beams}"]
            chosen = say(suite, program, "random:7", *flags, f"--input=adapters={adapter}")
            merged = say(suite, program, path, *flags, "--input=adapters=-1")
            require(chosen[0] == merged[0], f"adapter {adapter} says {chosen[0]}, merged it says {merged[0]}")
            require(abs(chosen[1] - merged[1]) <= 1e-4, f"the mean log-probability is {chosen[1]:.6f}, of merged weights {merged[1]:.6f}")
        drawn = [suite.run("attn-model-check", "draw", program, weights, 12, 3, "adapters", value, *prompt).split()
                 for weights, value in (("random:7", adapter), (path, -1), ("random:7", -1))]
        require(drawn[0] == drawn[1], f"adapter {adapter} draws {drawn[0]}, merged it draws {drawn[1]}")
        require(drawn[0] != drawn[2], "the base model draws the same")
        said.append(" ".join(drawn[0]))
    return "; ".join(said)


def test_power(suite):
    """Prompts on both sides of where the state takes keys in, and a call for each token across it."""
    import oracles

    program = suite.compile(os.path.join(MODELS, "power.mlir"))
    tokens = [token % 8000 for token in TOKENS[:140]]
    inputs = {"tokens": np.array([tokens], np.int32), "lengths": np.array([len(tokens)], np.int32)}
    actual = suite.call(program, "logits", inputs, ["logits"], seed=7)["logits"]
    whole = check(actual[0], oracles.PowerLM(suite.varied_power_weights).logits(tokens))
    agreed = suite.run("attn-model-check", "agree", program, "random:7", 3, 140, 20, 2e-5, *tokens, tokens[0])
    return f"{whole}; {agreed.strip()}"


def test_power_decodes(suite):
    import oracles

    oracle, prompt, most = oracles.PowerLM(suite.varied_power_weights), [token % 8000 for token in TOKENS[:60]], 10
    program = suite.compile(os.path.join(MODELS, "power.mlir"))
    said = say(suite, program, "random:7", "--prompt-tokens=" + ",".join(map(str, prompt)), f"--max-tokens={most}")
    step = lambda sequences: np.array([oracle.logits(each)[-1] for each in sequences])  # noqa: E731
    return compare_search(said, oracles.search_beams(step, prompt, 1, most, None))


SOURCE = [int(token) for token in (np.arange(11) * 613 % 8000 if np is not None else [])]


def test_seq2seq(suite):
    """The encoder's rows of a ragged batch."""
    import oracles

    program = suite.compile(os.path.join(MODELS, "seq2seq.mlir"))
    source = np.array([SOURCE], np.int32)
    lengths = np.array([len(SOURCE)], np.int32)
    actual = suite.call(program, "encode", {"source": source, "source_lengths": lengths}, ["memory"])["memory"]
    return check(actual, oracles.Seq2Seq(suite.seq2seq_weights).memory(source, lengths))


def test_seq2seq_attention(suite):
    """Each of the three attentions is another one; the target is longer than the decoder's window."""
    import oracles

    choices = {"encoder_attention": "alibi", "decoder_attention": "window", "cross_attention": "capped"}
    program = suite.compile(os.path.join(MODELS, "seq2seq.mlir"), *[f"--set={name}={value}" for name, value in choices.items()])
    oracle = oracles.Seq2Seq(suite.seq2seq_weights, choices.values())
    source, lengths = np.array([SOURCE], np.int32), np.array([len(SOURCE)], np.int32)
    memory = oracle.memory(source, lengths)
    encoded = suite.call(program, "encode", {"source": source, "source_lengths": lengths}, ["memory"])["memory"]
    target = np.array([TOKENS[:40]], np.int32) % 8000
    flags = []
    for name, part in (("cross_keys", "k"), ("cross_values", "v")):
        path = os.path.join(suite.folder, name + ".npy")
        np.save(path, oracle.cached(memory, part).astype(np.float32))
        flags.append(f"--state={name}={path}")
    inputs = {"tokens": target, "lengths": np.array([40], np.int32)}
    decoded = suite.call(program, "decode", inputs, ["logits"], *flags)["logits"]
    return check(encoded, memory) + ", " + check(decoded, oracle.logits(memory, lengths, target)[:, -1])


def test_translate(suite, beams, stops):
    import oracles

    weights = Weights(2, bias=0.1)  # with larger ones every token is the same
    oracle, most = oracles.Seq2Seq(weights), 8
    program = suite.compile(os.path.join(MODELS, "seq2seq.mlir"))
    source, lengths = np.array([SOURCE]), np.array([len(SOURCE)])
    memory = oracle.memory(source, lengths)

    def step(sequences):
        n = len(sequences)
        return oracle.logits(memory.repeat(n, axis=0), lengths.repeat(n), np.array(sequences))[:, -1]

    stop = oracles.search_beams(step, [1], beams, most, None)[0][-1] if stops else None  # one that the search meets
    flags = [f"--source-tokens={','.join(map(str, SOURCE))}", "--prompt-tokens=1", f"--beams={beams}", f"--max-tokens={most}",
             *([f"--stop-token={stop}"] if stops else [])]
    expected, path = oracles.search_beams(step, [1], beams, most, stop), os.path.join(suite.folder, "weights.safetensors")
    weights.write(path)
    return compare_search(say(suite, program, path, *flags), expected)


def run_all(suite):
    suite.varied_lm_weights = Weights(7)
    suite.varied_power_weights = Weights(7)
    suite.block_weights, suite.vit_weights, suite.bert_weights, suite.lm_weights, suite.seq2seq_weights = (Weights(1) for _ in range(5))
    suite.lora_weights, suite.varied_lora_weights = Weights(1), Weights(7)
    tests = [lambda: test_block(suite, "main"), lambda: test_block(suite, "post_norm"),
             lambda: test_block(suite, "main", attention="alibi", activation="relu"), lambda: test_block(suite, "main", attention="gated"),
             lambda: test_block(suite, "main", attention="bilinear_modulated"),
             lambda: test_vit(suite, False), lambda: test_vit(suite, True), lambda: test_bert(suite, "main"), lambda: test_bert(suite, "embed"),
             lambda: test_lm(suite, "standard", 40), lambda: test_lm(suite, "window", 150), lambda: test_lm(suite, "gated", 20),
             lambda: test_lm_decodes(suite), lambda: test_lm_search(suite, 1), lambda: test_lm_search(suite, 3), lambda: test_lora(suite),
             lambda: test_lora_search(suite, (0, 1, -1), 1), lambda: test_lora_search(suite, (1,), 3), lambda: test_lora_merged(suite),
             lambda: test_power(suite), lambda: test_power_decodes(suite), lambda: test_seq2seq(suite),
             lambda: test_translate(suite, 1, False), lambda: test_translate(suite, 4, False), lambda: test_translate(suite, 3, True),
             lambda: test_seq2seq_attention(suite)]
    for name, test in zip(CASES, tests, strict=True):
        suite.case(name, test)


if __name__ == "__main__":
    sys.exit(main(len(CASES), run_all))

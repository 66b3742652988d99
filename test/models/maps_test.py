# maps_test.py - the weights that `attn-run --dump-attention` shows, of every variant and of attention with states
#
# python3 maps_test.py --tools=build/bin: prints one line a test and ends with `N passed, N failed, N skipped`.
#
# A map is right if it times the values is the output; where keys of earlier calls count, and where values are keys, it is held
# against the formula of VARIANTS §2 and §4 in float64. The outputs are, bit by bit, those of a run that shows nothing.

import glob
import json
import os
import sys
import zipfile

from harness import HERE, MODELS, Weights, main, relative_error, require
from harness import np

VARIANTS = sorted(os.path.basename(path)[: -len(".mlir")] for path in glob.glob(os.path.join(MODELS, "variants", "*.mlir")))
# Relative to a row's largest weight, by the type in which kernels give it: half an ulp of bf16 is up to 3.9e-3, and weights and output
# are rounded.
OF_WEIGHTS = {"f32": 2e-6, "f16": 1e-3, "bf16": 8e-3}
SIZES = {"B": 2, "T": 70, "S": 83}  # more keys than values are wide
SCALARS = {"window": 16, "dilation": 3, "size": 16, "seed": 7, "slope": 0.25}
# Whose output is more than the weights times the argument v: layers, and what counts keys of earlier calls.
NOT_A_PRODUCT = {"bilinear_modulated", "extra_token", "gated", "mixed", "overlapped_block", "query_modulated", "sum", "none"}


def describe(program):
    with zipfile.ZipFile(program) as archive:
        return json.loads(archive.read("program.json"))


def draw(random, name, kind, shape):
    """An argument with a plausible content: masks, positions, gates that fade, sums that are of something."""
    if not shape:
        return np.array(SCALARS[name], np.float32 if kind == "f32" else np.int64)
    if kind == "i1":
        return (random.random(shape) < 0.6).astype(np.float32)
    if kind == "i32":
        return np.full(shape, 5 if name == "prefix" else 0, np.int32)
    normal = random.standard_normal(shape)
    if name in ("gates", "gamma", "u0"):
        normal = {"gates": -0.05 * abs(normal), "gamma": 1 - 0.05 * random.random(shape), "u0": abs(normal)}[name]
    return rounded(normal, kind)


def rounded(x, kind):
    """To the type of the argument, so that the formula sees the numbers that the kernel does."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    if kind == "bf16":
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
    return bits.view(np.float32)


def look(suite, program, function, inputs, outputs, *flags, seed=None):
    """The outputs and the maps of one call; outputs are compared with those of a call that shows nothing."""
    path = os.path.join(suite.folder, "map.npy")
    for old in glob.glob(os.path.join(suite.folder, "map*.npy")):
        os.remove(old)
    plain = suite.call(program, function, inputs, outputs, *flags, seed=seed)
    shown = suite.call(program, function, inputs, outputs, *flags, f"--dump-attention={path}", seed=seed)
    for name in outputs:
        require(plain[name].tobytes() == shown[name].tobytes(), f"the dump changes the output {name}")
    found = sorted(glob.glob(os.path.join(suite.folder, "map*.npy")))
    return shown, [each for file in found for each in np.load(file)]


def grouped(x, heads):
    """Keys or values (n, S, Hk, d) as (n, H, S, d) in float64."""
    x = np.asarray(x, np.float64).transpose(0, 2, 1, 3)
    return x.repeat(heads // x.shape[1], axis=1)


def rows(q):
    return np.asarray(q, np.float64).transpose(0, 2, 1, 3)


def check(actual, expected, bound):
    error = relative_error(actual, expected)
    require(error <= bound, f"errs by {error:.3g} of the row's largest value, allowed {bound:.3g}")
    return f"error {error:.3g}"


def cut(expected, actual):
    """Keys that no row weighs are cut from a map."""
    require(not expected[..., actual.shape[-1] :].any(), "a key that has weights is cut")
    return expected[..., : actual.shape[-1]]


def elu1(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def weights_of_sum(inputs):
    """φ(q)·φ(k) / (Σ φ(q)·φ(k) + φ(q)·u0 + 1e-6), causal."""
    q, k = elu1(rows(inputs["q"])), elu1(grouped(inputs["k"], 9))
    pairs = np.tril(q @ k.swapaxes(-1, -2))
    before = np.einsum("nhtd,nhd->nht", q, np.asarray(inputs["u0"], np.float64).repeat(3, axis=1))
    return pairs / (pairs.sum(axis=-1) + before + 1e-6)[..., None]


def weights_of_none(inputs):
    return np.tril(rows(inputs["q"]) @ grouped(inputs["k"], 9).swapaxes(-1, -2)) / 8


def weights_of_latent(inputs):
    """softmax((qc·c + qr·kr) / √192), causal."""
    from formulas import softmax

    q = np.concatenate([rows(inputs["qc"]), rows(inputs["qr"])], axis=-1)
    k = np.concatenate([grouped(inputs["c"], 8), grouped(inputs["kr"], 8)], axis=-1)
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(192)
    return softmax(np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf))


FORMULAS = {"sum": weights_of_sum, "none": weights_of_none, "latent": weights_of_latent}


def test_variant(suite, variant, tokens):
    program = suite.compile(os.path.join(MODELS, "variants", variant + ".mlir"))
    program_json = describe(program)
    function = program_json["functions"][0]
    random, sizes = np.random.default_rng(11), {**SIZES, "T": tokens}
    inputs = {each["name"]: draw(random, each["name"], each["type"], [int(sizes.get(size, size)) for size in each["shape"]])
              for each in function["arguments"]}
    outputs, maps = look(suite, program, "main", inputs, [each["name"] for each in function["results"]],
                         seed=1 if program_json["weights"] else None)
    require(maps, "there is no map")
    bound = OF_WEIGHTS["f16" if variant == "adaptive_precision" else function["results"][0]["type"]]
    said = [f"{len(maps)} maps"]
    if variant in FORMULAS:
        said.append(check(maps[0], cut(FORMULAS[variant](inputs), maps[0]), bound))
    if variant not in NOT_A_PRODUCT:
        require(len(maps) == 1, f"there are {len(maps)} maps")
        o, v = outputs["o"], inputs["c" if variant == "latent" else "v"]
        product = np.asarray(maps[0], np.float64) @ grouped(v, o.shape[2])[:, :, : maps[0].shape[-1]]
        said.append(check(o, product.transpose(0, 2, 1, 3), 2 * bound))
    return ", ".join(said)


FOLDS = [("main", 0, 3), ("main", 5, 2), ("main", 5, 3), ("main", 7, 1), ("main", 6, 70), ("shared", 5, 2), ("shared", 6, 70)]


def features(k):
    """φ_2 of a key (…, d): the products of its features in lexicographic order, those of two different ones twice."""
    first, second = np.triu_indices(k.shape[-1])
    return k[..., first] * k[..., second] * np.where(first == second, 1, 2)


def test_fold(suite, function, cached, tokens):
    """Keys in sums, in caches and of the call itself; from 8 keys on the kernel puts all into the sums."""
    program = suite.compile(os.path.join(HERE, "Inputs", "fold.mlir"))
    random, n = np.random.default_rng(3), 2
    draw = lambda length, width: random.standard_normal((n, length, 2, width)).astype(np.float32)  # noqa: E731
    past, states, areKeys = draw(11, 4).astype(np.float64), {"keys": draw(cached, 4)}, function == "shared"
    inputs = {"q": draw(tokens, 8).reshape(n, tokens, 4, 4), "k": draw(tokens, 4), "lengths": np.full(n, tokens, np.int32)}
    q, k = rows(inputs["q"]), np.concatenate([states["keys"], inputs["k"]], axis=1)
    past_values, v = past, k
    if not areKeys:
        past_values, states["values"], inputs["v"] = draw(11, 6), draw(cached, 6), draw(tokens, 6)
        v = np.concatenate([states["values"], inputs["v"]], axis=1)
    states["K" if areKeys else "U"] = np.einsum("njhf,njhe->nhfe", features(past), past_values)
    states["u"] = features(past).sum(axis=1)
    flags = [f"--context={cached + tokens + 9}"]
    for name, value in states.items():
        path = os.path.join(suite.folder, f"state-{name}.npy")
        np.save(path, value.astype(np.float32))
        flags.append(f"--state={name}={path}")
    outputs, maps = look(suite, program, function, inputs, ["o"], *flags)
    require(len(maps) == 1, f"there are {len(maps)} maps")
    pairs = np.tril((q @ grouped(k, 4).swapaxes(-1, -2) / 2) ** 2, cached)
    earlier = (q @ grouped(past, 4).swapaxes(-1, -2) / 2) ** 2
    divisor = pairs.sum(axis=-1, keepdims=True) + earlier.sum(axis=-1, keepdims=True)
    expected = (pairs @ grouped(v, 4) + earlier @ grouped(past_values, 4)) / divisor
    return check(maps[0], cut(pairs / divisor, maps[0]), 2e-6) + ", output " + check(outputs["o"], expected.transpose(0, 2, 1, 3), 2e-5)


TOKENS = [int(token) for token in (np.arange(70) * 7919 % 8000 if np is not None else [])]


def test_power_model(suite):
    import oracles

    program = suite.compile(os.path.join(MODELS, "power.mlir"))
    inputs = {"tokens": np.array([TOKENS], np.int32), "lengths": np.array([len(TOKENS)], np.int32)}
    _, maps = look(suite, program, "logits", inputs, ["logits"], seed=7)
    oracle = oracles.PowerLM(Weights(7))
    oracle.logits(TOKENS)
    require(len(maps) == len(oracle.maps), f"there are {len(maps)} maps")
    return ", ".join(check(shown[0], expected, 2e-5) for shown, expected in zip(maps, oracle.maps))


def test_power_goes_on(suite):
    """The sums that the first call leaves are those of a run that shows nothing: what is said afterwards is the same."""
    program, path = suite.compile(os.path.join(MODELS, "power.mlir")), os.path.join(suite.folder, "map.png")
    flags = [program, "--weights=random:7", "--prompt-tokens=" + ",".join(map(str, TOKENS)), "--max-tokens=4"]
    plain, shown = suite.run("attn-run", *flags), suite.run("attn-run", *flags, f"--dump-attention={path}")
    said = [[line for line in text.split("\n") if line and line[0].isdigit() or "log-probability" in line] for text in (plain, shown)]
    require(said[0] == said[1] and said[0], f"{said[0]} becomes {said[1]}")
    with open(path, "rb") as file:
        require(file.read(8) == b"\x89PNG\r\n\x1a\n", "the map is no picture")


def run_all(suite):
    for variant in VARIANTS:
        suite.case(variant, test_variant, suite, variant, SIZES["T"])
    for variant in FORMULAS:
        suite.case(f"{variant}, three tokens", test_variant, suite, variant, 3)
    for function, cached, tokens in FOLDS:
        suite.case(f"sums, {function}, {cached} keys in caches and {tokens} tokens", test_fold, suite, function, cached, tokens)
    suite.case("power model", test_power_model, suite)
    suite.case("power model goes on", test_power_goes_on, suite)


if __name__ == "__main__":
    sys.exit(main(len(VARIANTS) + len(FORMULAS) + len(FOLDS) + 2, run_all))

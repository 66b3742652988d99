# weights.py - attn.weights behind a state that stays: of the keys that caches hold and of the call, over a sum in which earlier ones count

import numpy as np

from formulas import function, normal
from program import Case

HEADS, KEY_HEADS, WIDTH, VALUE, CAPACITY = 4, 2, 5, 6, 128
PAIRS = [(a, b) for a in range(WIDTH) for b in range(a, WIDTH)]


def phi(x):
    """Of keys, for degree 2: products in lexicographic order, twice where the two differ."""
    return np.stack([x[..., a] * x[..., b] * (1 if a == b else 2) for a, b in PAIRS], -1)


def case(name, is_mean, results):
    q, k = f"tensor<?x?x{HEADS}x{WIDTH}xf32>", f"tensor<?x?x{KEY_HEADS}x{WIDTH}xf32>"
    v, o = f"tensor<?x?x{KEY_HEADS}x{VALUE}xf32>", f"tensor<?x?x{HEADS}x{VALUE}xf32>"
    keys, values = (f"!attn.cache<?x?x{KEY_HEADS}x{w}xf32>" for w in (WIDTH, VALUE))
    U, u = f"!attn.state<?x{KEY_HEADS}x{len(PAIRS)}x{VALUE}xf32>", f"!attn.state<?x{KEY_HEADS}x{len(PAIRS)}xf32>"
    weights = "tensor<?x?x?xf32>" if is_mean else f"tensor<?x{HEADS}x?x?xf32>"
    arguments = [("q", q, ["B", "T", HEADS, WIDTH]), ("k", k, ["B", "T", KEY_HEADS, WIDTH]), ("v", v, ["B", "T", KEY_HEADS, VALUE]),
                 ("gamma", f"tensor<{KEY_HEADS}xf32>", [KEY_HEADS]), ("lengths", "tensor<?xi32>", ["B"]),
                 ("keys", keys, ["B", "C", KEY_HEADS, WIDTH]), ("values", values, ["B", "C", KEY_HEADS, VALUE]),
                 ("U", U, ["B", KEY_HEADS, len(PAIRS), VALUE]), ("u", u, ["B", KEY_HEADS, len(PAIRS)])]
    returned = {"y": (o, ["B", "T", HEADS, VALUE]), "a": (weights, ["B", "T", "C"] if is_mean else ["B", HEADS, "T", "C"])}
    text = function(arguments, [(name, *returned[name]) for name in results], f"""  %start = attn.length %keys : {keys} -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  attn.append %keys, %k at %seq : {keys}, {k}
  attn.append %values, %v at %seq : {values}, {v}
  %s0 = attn.power %q, %keys degree 2 : {q}, {keys}
  %s1 = attn.decay %s0 by %gamma : tensor<{KEY_HEADS}xf32>
  %s2 = attn.causal %s1
  %y = attn.sum %s2, %values state(%U, %u : {U}, {u}) switch_over 64 in %seq : {values} -> {o}
  %a = attn.weights {"mean " if is_mean else ""}of %y : {o} -> {weights}
""")

    current = []

    def run(rows, held, lengths):
        def make(g):
            batch = len(lengths)
            past = normal(g, batch, 7, KEY_HEADS, WIDTH)
            given = {"q": normal(g, batch, rows, HEADS, WIDTH), "k": normal(g, batch, rows, KEY_HEADS, WIDTH),
                     "v": normal(g, batch, rows, KEY_HEADS, VALUE), "gamma": np.log([0.9, 0.5]).astype(np.float32),
                     "lengths": np.array(lengths, np.int32)}
            states = {"keys": normal(g, batch, held, KEY_HEADS, WIDTH), "values": normal(g, batch, held, KEY_HEADS, VALUE),
                      "U": np.einsum("njhf,njhe->nhfe", phi(past), normal(g, batch, 7, KEY_HEADS, VALUE)).astype(np.float32),
                      "u": phi(past).sum(1).astype(np.float32)}
            current[:] = [states]
            return given, {}, states

        return make

    def expect(x, _, __):
        states, rows = current[0], x["q"].shape[1]
        group, held = HEADS // KEY_HEADS, states["keys"].shape[1]
        k, v = (np.repeat(np.concatenate([states[c], x[n]], 1).astype(np.float64), group, 2) for c, n in (("keys", "k"), ("values", "v")))
        k, v = (np.pad(data, ((0, 0), (0, CAPACITY - held - rows), (0, 0), (0, 0))) for data in (k, v))
        q, gamma = x["q"].astype(np.float64), np.repeat(x["gamma"].astype(np.float64), group)
        i, j = held + np.arange(rows)[:, None], np.arange(CAPACITY)
        fading = np.where(j <= i, np.exp(gamma[:, None, None] * np.maximum(i - j, 0)), 0)
        w = np.einsum("nthd,njhd->nhtj", q, k) ** 2 / WIDTH * fading
        most = np.einsum("nthd,njhd->nhtj", np.abs(q), np.abs(k)) ** 2 / WIDTH * fading
        features = np.stack([q[..., a] * q[..., b] for a, b in PAIRS], -1) / WIDTH
        before = np.exp(gamma[:, None] * (i[:, 0] + 1))
        u, U = (np.repeat(states[part].astype(np.float64), group, 1) for part in ("u", "U"))
        exists = (np.arange(rows) < x["lengths"][:, None])[:, None]
        over = np.where(exists, 1 / (w.sum(-1) + before * np.einsum("nthf,nhf->nht", features, u)), 0)[..., None]
        y = np.einsum("nhtj,njhe->nhte", w, v) + np.einsum("ht,nthf,nhfe->nhte", before, features, U)
        scale = np.einsum("nhtj,njhe->nhte", most, np.abs(v)) + np.einsum("ht,nthf,nhfe->nhte", before, np.abs(features), np.abs(U))
        merge = (lambda a: a.mean(1)) if is_mean else lambda a: a
        found = {"y": tuple((part * over).transpose(0, 2, 1, 3) for part in (y, scale)), "a": (merge(w * over), merge(most * over))}
        return {name: found[name] for name in results}

    # One task; several; none of the call folds, then all of it does.
    return Case(name, text, [run(1, 3, [1, 1]), run(40, 20, [40, 40]), run(9, 2, [4, 9, 0]), run(70, 5, [70])], expect, results, tolerance=5e-6,
                options=(f"--context={CAPACITY}",))


def cases():
    return [case("weights behind a state", False, ("y", "a")), case("weights alone behind a state", False, ("a",)),
            case("mean weights behind a state", True, ("y", "a"))]

# formulas.py - attention in float64, from its definition; and the text of modules around it

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def heads_of(x, heads):
    """Key or value heads (n, S, Hk, d), each for its group of query heads."""
    return np.repeat(x.astype(np.float64), heads // x.shape[2], axis=2)


def scores_of(q, k, scale=None):
    scale = 1 / np.sqrt(q.shape[3]) if scale is None else scale
    return scale * np.einsum("nihd,njhd->nhij", q.astype(np.float64), heads_of(k, q.shape[2]))


def softmax(s, mask):
    """Weights of the admitted pairs; a row without any has none."""
    s = np.where(mask, s, -np.inf)
    m = np.max(s, axis=-1, keepdims=True, initial=-np.inf)
    w = np.exp(s - np.where(np.isfinite(m), m, 0))
    total = w.sum(axis=-1, keepdims=True)
    return np.divide(w, total, out=np.zeros_like(w), where=total > 0)


def attend(s, mask, v):
    """Attention by scores (n, h, i, j) over the admitted pairs, on values (n, j, hv, e); and what errors are relative to:
    the same sum of |v|, times 1 + |s| / 16, s the head's largest score, which rounding moves by a part of its size."""
    a, v = softmax(s, mask), heads_of(v, s.shape[1])
    largest = np.abs(np.where(mask, s, 0)).max(axis=(2, 3), initial=0)[:, None, :, None]
    return np.einsum("nhij,njhe->nihe", a, v), np.einsum("nhij,njhe->nihe", a, np.abs(v)) * (1 + largest / 16)


def causal_mask(rows, keys, start=0):
    i, j = np.arange(rows)[:, None] + start, np.arange(keys)[None, :]
    return j <= i


def rotated(x, start=0, base=1e4):
    """Interleaved pairs of features, each turned by an angle of its position."""
    width = x.shape[3]
    angles = (start + np.arange(x.shape[1]))[:, None] * base ** (-np.arange(0, width, 2) / width)
    turned = (x[..., 0::2] + 1j * x[..., 1::2].astype(np.float64)) * np.exp(1j * angles)[None, :, None]
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def normal(generator, *shape, scale=1.0):
    return (scale * generator.standard_normal(shape)).astype(np.float32)


def function(arguments, results, body):
    """The text of @main: arguments and results by name, with type and the names of their dimensions."""

    def described(name, type, dims):
        names = ", ".join(f'"{d}"' for d in dims)
        shape = f"nn.dims = [{names}], " if dims else ""
        return f'{type} {{{shape}nn.name = "{name}"}}'

    parameters = ", ".join(f"%{n}: {described(n, t, d)}" for n, t, d in arguments)
    returned = ", ".join(described(*r) for r in results)
    names, types = ", ".join(f"%{r[0]}" for r in results), ", ".join(r[1] for r in results)
    return f"func.func @main({parameters}) -> ({returned}) {{\n{body}\n  return {names} : {types}\n}}\n"


def qkv(heads, key_heads, width, keys="S", element="f32"):
    """Arguments %q, %k, %v."""
    return [("q", f"tensor<?x?x{heads}x{width}x{element}>", ["B", "T", heads, width])] + [
        (name, f"tensor<?x?x{key_heads}x{width}x{element}>", ["B", keys, key_heads, width]) for name in "kv"]


def random_qkv(batch, rows, keys, heads, key_heads, width, scale=1.0):
    def make(generator):
        return {"q": normal(generator, batch, rows, heads, width, scale=scale),
                "k": normal(generator, batch, keys, key_heads, width, scale=scale),
                "v": normal(generator, batch, keys, key_heads, width)}

    return make

# formulas.py - the graph ops in float64, each as its formula is written

import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[np.float64])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def layer_norm(x, gain=1.0, bias=0.0, epsilon=1e-5):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def rms_norm(x, gain, epsilon):
    return x * gain / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon)


def l2_norm(x, epsilon):
    return x / np.maximum(np.sqrt((x**2).sum(axis=-1, keepdims=True)), epsilon)


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(x):
    return np.exp(log_softmax(x))


def patches(images, size):
    """(n, patch, c·size·size): patches in row-major order, pixels as (c, y, x)."""
    n, c, height, width = images.shape
    grid = images.reshape(n, c, height // size, size, width // size, size)
    return grid.transpose(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)


def attention(q, k, v, heads, admitted=None, change=None):
    """(n, T, heads·d) on (n, S, heads·d); `admitted` (n, T, S) says which pairs meet, `change` what becomes of scores. A
    row without a key is 0."""
    def split(x):
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(0, 2, 1, 3)

    q, k, v = split(q), split(k), split(v)
    scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1])
    if change:
        scores = change(scores)
    if admitted is not None:
        scores = np.where(admitted[:, None], scores, -np.inf)
    most = scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isfinite(most), most, 0))
    total = weights.sum(axis=-1, keepdims=True)
    out = weights @ v / np.where(total > 0, total, 1)
    return out.transpose(0, 2, 1, 3).reshape(q.shape[0], q.shape[2], -1)

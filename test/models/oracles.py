# oracles.py - the models of models/ in float64, written from their papers and the names of their weights

import math

import numpy as np

from formulas import attention, gelu, gelu_tanh, l2_norm, layer_norm, patches, rms_norm, sigmoid


def rotate_halves(x):
    """Pairs of halves turn by i · 10000^(−2m/d) at position i; x is (T, head, d)."""
    half = x.shape[-1] // 2
    angles = (np.arange(len(x))[:, None] * 10000.0 ** (-np.arange(half) / half))[:, None]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1)


class Oracle:
    """`weights(name, *shape)` gives a weight."""

    def __init__(self, weights):
        self.weights = weights

    def linear(self, x, name, width, bias="bias"):
        return x @ self.weights(name + ".weight", width, x.shape[-1]).T + self.weights(f"{name}.{bias}", width)

    def gated_feed(self, x, name):
        """SwiGLU, four times as wide."""
        width = x.shape[-1]
        gate, up = (x @ self.weights(f"{name}ffn_{part}.weight", 4 * width, width).T for part in ("gate", "up"))
        return (gate * sigmoid(gate) * up) @ self.weights(name + "ffn_down.weight", width, 4 * width).T

    def norm(self, x, name, epsilon):
        gain, bias = (self.weights(f"{name}.{part}", x.shape[-1]) for part in ("weight", "bias"))
        return layer_norm(x, gain, bias, epsilon)


class Block(Oracle):
    """One block; `alibi`, `gated`, `bilinear_modulated` and `relu` are its choices."""

    def attend(self, x, lengths, choices):
        d, t = self.weights, x.shape[1]
        q, k, v = (x @ d(f"attn_{part}.weight", 512, 512).T for part in "qkv")
        admitted = np.broadcast_to(np.arange(t) < lengths[:, None, None], (len(x), t, t))
        slopes = 2.0 ** -np.arange(1, 9)
        distance = abs(np.arange(t)[:, None] - np.arange(t))
        fall = (lambda scores: scores - slopes[:, None, None] * distance) if "alibi" in choices else None
        if "bilinear_modulated" in choices:
            heads = q.reshape(*q.shape[:2], 8, 64)
            gates = np.einsum("nihd,hde->nihe", heads, d("attn_modulation.weight", 512, 64).reshape(8, 64, 64))
            v = v * sigmoid(gates).reshape(v.shape)
        a = attention(q, k, v, 8, admitted, fall)
        if "gated" in choices:
            a = a * sigmoid(self.linear(x, "attn_gate", 512))
        return self.linear(a, "attn_output", 512)

    def feed(self, x, choices):
        up = self.linear(x, "ffn_up", 2048)
        return self.linear(np.maximum(up, 0) if "relu" in choices else gelu(up), "ffn_down", 512)

    def main(self, x, lengths, choices=()):
        h = x + self.attend(self.norm(x, "attn_norm", 1e-5), lengths, choices)
        return h + self.feed(self.norm(h, "ffn_norm", 1e-5), choices)

    def post_norm(self, x, lengths, choices=()):
        h = self.norm(x + self.attend(x, lengths, choices), "attn_norm", 1e-5)
        return self.norm(h + self.feed(h, choices), "ffn_norm", 1e-5)


class ViT(Oracle):
    width, heads, layers = 768, 12, 12

    def logits(self, images, attend=attention):
        w, d = self.weights, self.width
        x = self.linear(patches(images, 16), "patch_embd", d)
        token = np.broadcast_to(w("class_token", d), (len(x), 1, d))
        x = np.concatenate([token, x], axis=1) + w("position_embd.weight", 197, d)
        for layer in range(self.layers):
            name = f"blk.{layer}."
            n = self.norm(x, name + "attn_norm", 1e-6)
            q, k, v = (self.linear(n, name + "attn_" + part, d) for part in "qkv")
            x = x + self.linear(attend(q, k, v, self.heads), name + "attn_output", d)
            n = self.norm(x, name + "ffn_norm", 1e-6)
            x = x + self.linear(gelu(self.linear(n, name + "ffn_up", 4 * d)), name + "ffn_down", d)
        return self.linear(self.norm(x[:, 0], "output_norm", 1e-6), "head", 1000)


class Bert(Oracle):
    width, heads, layers = 384, 12, 6

    def hidden(self, tokens, types, lengths):
        """(B, T, width); rows beyond a length mean nothing."""
        w, d, t = self.weights, self.width, tokens.shape[1]
        x = w("embeddings.word_embeddings.weight", 30522, d)[tokens] + w("embeddings.token_type_embeddings.weight", 2, d)[types]
        x = self.norm(x + w("embeddings.position_embeddings.weight", 512, d)[:t], "embeddings.LayerNorm", 1e-12)
        admitted = np.broadcast_to(np.arange(t) < lengths[:, None, None], (len(x), t, t))
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}."
            q, k, v = (self.linear(x, f"{name}attention.self.{part}", d) for part in ("query", "key", "value"))
            a = self.linear(attention(q, k, v, self.heads, admitted), name + "attention.output.dense", d)
            x = self.norm(a + x, name + "attention.output.LayerNorm", 1e-12)
            f = self.linear(gelu(self.linear(x, name + "intermediate.dense", 4 * d)), name + "output.dense", d)
            x = self.norm(f + x, name + "output.LayerNorm", 1e-12)
        return x

    def pooled(self, hidden):
        return np.tanh(self.linear(hidden[:, 0], "pooler.dense", self.width))

    def embedding(self, hidden, lengths):
        return l2_norm(np.array([rows[:length].mean(axis=0) for rows, length in zip(hidden, lengths)]), 1e-12)


class LM(Oracle):
    width, heads, layers, vocabulary = 512, 8, 6, 32000

    def logits(self, tokens, variant="standard"):
        """(T, vocabulary) after every token of one sequence."""
        w, d, t = self.weights, self.width, len(tokens)
        table = w("token_embd.weight", self.vocabulary, d)
        x = (table[np.array(tokens)] + w("position_embd.weight", 512, d)[:t])[None]
        i, j = np.arange(t)[:, None], np.arange(t)[None]
        admitted = (j <= i) & (j > i - 128) if variant == "window" else j <= i
        for layer in range(self.layers):
            name = f"blk.{layer}."
            n = self.norm(x, name + "attn_norm", 1e-5)
            q, k, v = (self.linear(n, name + "attn_" + part, d) for part in "qkv")
            a = attention(q, k, v, self.heads, admitted[None])
            if variant == "gated":
                a = a * sigmoid(self.linear(n, name + "attn_gate", d))
            x = x + self.linear(a, name + "attn_output", d)
            n = self.norm(x, name + "ffn_norm", 1e-5)
            x = x + self.linear(gelu_tanh(self.linear(n, name + "ffn_up", 4 * d)), name + "ffn_down", d)
        return self.norm(x[0], "output_norm", 1e-5) @ table.T


class PowerLM(Oracle):
    width, heads, layers, vocabulary = 512, 8, 4, 8000

    def logits(self, tokens):
        """(T, vocabulary) after every token of one sequence; leaves the weights of each layer's attention in `maps`."""
        w, d, t = self.weights, self.width, len(tokens)
        table = w("token_embd.weight", self.vocabulary, d)
        x, self.maps = table[np.array(tokens)], []
        for layer in range(self.layers):
            name = f"blk.{layer}."
            n = rms_norm(x, w(name + "attn_norm.weight", d), 1e-5)
            q, k, v = ((n @ w(f"{name}attn_{part}.weight", d, d).T).reshape(t, self.heads, -1) for part in "qkv")
            weights = (np.einsum("ihd,jhd->hij", rotate_halves(q), rotate_halves(k)) / 8) ** 2 * np.tri(t)
            self.maps.append(weights / weights.sum(axis=-1, keepdims=True))
            a = np.einsum("hij,jhe->ihe", self.maps[-1], v)
            x = x + a.reshape(t, d) @ w(name + "attn_output.weight", d, d).T
            x = x + self.gated_feed(rms_norm(x, w(name + "ffn_norm.weight", d), 1e-5), name)
        return rms_norm(x, w("output_norm.weight", d), 1e-5) @ table.T


class LoraLM(Oracle):
    width, heads, layers, vocabulary, rank, alpha = 256, 8, 4, 8000, 8, 16

    def adapted(self, x, name, adapter):
        """W x, and the adapter's part where there is one."""
        d, r = self.width, self.rank
        y = x @ self.weights(name + ".weight", d, d).T
        down, up = self.weights(name + ".lora_a", 4 * r, d), self.weights(name + ".lora_b", d, 4 * r)
        if adapter < 0:
            return y
        own = slice(adapter * r, (adapter + 1) * r)
        return y + self.alpha / r * (x @ down[own].T) @ up[:, own].T

    def logits(self, tokens, adapter):
        """(T, vocabulary) after every token of one sequence."""
        w, d, t = self.weights, self.width, len(tokens)
        table = w("token_embd.weight", self.vocabulary, d)
        x = table[np.array(tokens)]
        for layer in range(self.layers):
            name = f"blk.{layer}."
            n = rms_norm(x, w(name + "attn_norm.weight", d), 1e-5)
            q, v = (self.adapted(n, name + "attn_" + part, adapter) for part in "qv")
            k = n @ w(name + "attn_k.weight", d, d).T
            q, k = (rotate_halves(each.reshape(t, self.heads, -1)).reshape(1, t, d) for each in (q, k))
            a = attention(q, k, v[None], self.heads, np.tri(t, dtype=bool)[None])[0]
            x = x + a @ w(name + "attn_output.weight", d, d).T
            x = x + self.gated_feed(rms_norm(x, w(name + "ffn_norm.weight", d), 1e-5), name)
        return rms_norm(x, w("output_norm.weight", d), 1e-5) @ table.T


class Seq2Seq(Oracle):
    """`alibi` (encoder), `window` (decoder) and `capped` (between them) are its choices."""

    width, heads, layers, vocabulary = 256, 8, 6, 8000

    def __init__(self, weights, choices=()):
        super().__init__(weights)
        self.choices = choices

    def embed(self, tokens):
        rows = self.weights("shared.weight", self.vocabulary, self.width)[tokens] * math.sqrt(self.width)
        return rows + self.weights("position_embd.weight", 256, self.width)[: tokens.shape[1]]

    def attend(self, x, y, name, admitted, change=None):
        """Queries of x on keys and values of y, projected."""
        d = self.width
        q, k, v = (self.linear(source, f"{name}_{part}", d) for source, part in ((x, "q"), (y, "k"), (y, "v")))
        return self.linear(attention(q, k, v, self.heads, admitted, change), name + "_output", d)

    def feed(self, x, name):
        inner = np.maximum(self.linear(x, name + "ffn_up", 4 * self.width), 0)
        return self.norm(x + self.linear(inner, name + "ffn_down", self.width), name + "ffn_norm", 1e-5)

    def memory(self, source, lengths):
        x, s = self.embed(source), source.shape[1]
        admitted = np.broadcast_to(np.arange(s) < lengths[:, None, None], (len(x), s, s))
        fall = 2.0 ** -np.arange(1, 9)[:, None, None] * abs(np.arange(s)[:, None] - np.arange(s))
        change = (lambda scores: scores - fall) if "alibi" in self.choices else None
        for layer in range(self.layers):
            name = f"enc.{layer}."
            attended = self.attend(x, x, name + "attn", admitted, change)
            x = self.feed(self.norm(x + attended, name + "attn_norm", 1e-5), name)
        return x

    def cached(self, memory, part):
        """(layer, B, S, head, feature): what the decoder's layers keep of the source, keys `k` or values `v`."""
        rows = [self.linear(memory, f"dec.{layer}.cross_{part}", self.width) for layer in range(self.layers)]
        return np.array(rows).reshape(self.layers, *memory.shape[:2], self.heads, -1)

    def logits(self, memory, lengths, target):
        """(B, T, vocabulary) after every token of the targets."""
        x, t = self.embed(target), target.shape[1]
        near = np.tri(t, dtype=bool) & ~np.tri(t, k=-32, dtype=bool) if "window" in self.choices else np.tri(t, dtype=bool)
        before = np.broadcast_to(near, (len(x), t, t))
        cap = (lambda scores: 5 * np.tanh(scores / 5)) if "capped" in self.choices else None
        seen = np.broadcast_to(np.arange(memory.shape[1]) < lengths[:, None, None], (len(x), t, memory.shape[1]))
        for layer in range(self.layers):
            name = f"dec.{layer}."
            x = self.norm(x + self.attend(x, x, name + "attn", before), name + "attn_norm", 1e-5)
            x = self.norm(x + self.attend(x, memory, name + "cross", seen, cap), name + "cross_norm", 1e-5)
            x = self.feed(x, name)
        return x @ self.weights("shared.weight", self.vocabulary, self.width).T


def search_beams(step, prompt, beams, most, stop):
    """(tokens, mean log-probability, closest decision) of the best hypothesis; `step(sequences)` gives the logits after each
    sequence, a list of tokens. The third is the least difference between scores of neighbours around the last one kept: a
    search in single precision may choose otherwise only where it is about as small as its error."""
    from formulas import log_softmax

    live, finished, closest = [([], 0.0)], [], math.inf
    for _ in range(most):
        rows = log_softmax(step([prompt + tokens for tokens, _ in live]))
        scores = np.array([score for _, score in live])[:, None] + rows
        order = np.argsort(-scores, axis=None, kind="stable")[: 2 * beams + 1]
        ranked = scores.ravel()[order]
        closest = min(closest, float(np.diff(-ranked).min()))
        kept = []
        for rank, place in enumerate(order[: 2 * beams]):
            if len(kept) == beams:
                break
            tokens, token = live[place // rows.shape[1]][0], int(place % rows.shape[1])
            if token != stop:
                kept.append((tokens + [token], float(scores.ravel()[place])))
            elif rank < beams:
                finished.append((tokens, float(scores.ravel()[place]) / (len(tokens) + 1)))
        if len(finished) >= beams:
            break
        live = kept
    if len(finished) < beams:
        finished += [(tokens, score / len(tokens)) for tokens, score in live]
    tokens, score = max(finished, key=lambda each: each[1])
    return tokens, score, closest

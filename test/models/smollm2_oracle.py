# smollm2_oracle.py - SmolLM2-135M in NumPy and float64, from the model's formulas
#
# python3 smollm2_oracle.py WEIGHTS.gguf TEXT prints the likeliest next tokens. Attention is the plain full matrix; there
# is no cache: what comes after a prefix is read off one pass over all of it.

import re
import sys

import numpy as np

from gguf import Gguf


class SmolLM2:
    def __init__(self, path):
        self.file = Gguf(path)
        get = self.file.metadata.get
        assert get("general.architecture") == "llama"
        self.layers, self.width = get("llama.block_count"), get("llama.embedding_length")
        self.heads, self.key_heads = get("llama.attention.head_count"), get("llama.attention.head_count_kv")
        self.epsilon, self.base = get("llama.attention.layer_norm_rms_epsilon"), get("llama.rope.freq_base")
        self.head = self.width // self.heads
        tensor = self.file.tensor
        self.embedding, self.norm = tensor("token_embd.weight"), tensor("output_norm.weight")
        assert "output.weight" not in self.file.table  # tied embeddings
        names = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"]
        self.blocks = [{n: tensor(f"blk.{layer}.{n}.weight") for n in names} for layer in range(self.layers)]

    def rms_norm(self, x, gain):
        return x * gain / np.sqrt((x * x).mean(axis=-1, keepdims=True) + self.epsilon)

    def rotate(self, x):
        """(T, heads, d), interleaved pairs: (2m, 2m+1) turn by position · base^(−2m/d)."""
        rows, _, d = x.shape
        angle = np.arange(rows)[:, None] * self.base ** (-np.arange(0, d, 2) / d)
        cos, sin = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]
        even, odd = x[..., 0::2], x[..., 1::2]
        return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)

    def attention(self, x, block):
        rows, group = len(x), self.heads // self.key_heads
        q = self.rotate((x @ block["attn_q"].T).reshape(rows, self.heads, self.head))
        k = self.rotate((x @ block["attn_k"].T).reshape(rows, self.key_heads, self.head))
        v = (x @ block["attn_v"].T).reshape(rows, self.key_heads, self.head)
        future = np.triu(np.ones((rows, rows), bool), 1)
        out = np.empty_like(q)
        for h in range(self.heads):
            s = q[:, h] @ k[:, h // group].T / np.sqrt(self.head)
            s[future] = -np.inf
            w = np.exp(s - s.max(axis=1, keepdims=True))
            out[:, h] = w / w.sum(axis=1, keepdims=True) @ v[:, h // group]
        return out.reshape(rows, self.width) @ block["attn_output"].T

    def logits(self, tokens):
        """Row r holds the logits of what follows tokens[: r + 1]."""
        x = self.embedding[tokens]
        for block in self.blocks:
            x = x + self.attention(self.rms_norm(x, block["attn_norm"]), block)
            y = self.rms_norm(x, block["ffn_norm"])
            gate, up = y @ block["ffn_gate"].T, y @ block["ffn_up"].T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ block["ffn_down"].T
        return self.rms_norm(x, self.norm) @ self.embedding.T


class Tokenizer:
    """Byte-level BPE for ASCII text, by the merges in the file."""

    def __init__(self, file):
        self.texts = file.metadata["tokenizer.ggml.tokens"]
        self.numbers = {text: number for number, text in enumerate(self.texts)}
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(file.metadata["tokenizer.ggml.merges"])}
        # GPT-2's alphabet: printable bytes stand for themselves, the others for characters from 256 on.
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        rest = [byte for byte in range(256) if byte not in plain]
        self.letter = {byte: chr(byte) for byte in plain} | {byte: chr(256 + n) for n, byte in enumerate(rest)}
        self.byte = {letter: byte for byte, letter in self.letter.items()}

    def encode(self, text):
        tokens = []
        # The pre-tokeniser `smollm`: digits one by one, then GPT-2's expression.
        for word in re.findall(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+|[0-9]| ?[^\sA-Za-z0-9]+|\s+(?![^\s])|\s+", text):
            parts = [self.letter[byte] for byte in word.encode("ascii")]
            while True:
                pairs = [(self.ranks.get(pair, len(self.ranks)), place) for place, pair in enumerate(zip(parts, parts[1:]))]
                rank, place = min(pairs, default=(len(self.ranks), 0))
                if rank == len(self.ranks):
                    break
                parts[place : place + 2] = ["".join(parts[place : place + 2])]
            tokens += [self.numbers[part] for part in parts]
        return tokens

    def decode(self, tokens):
        return bytes(self.byte[c] for token in tokens for c in self.texts[token]).decode("utf-8", "replace")


def main():
    model = SmolLM2(sys.argv[1])
    tokenizer = Tokenizer(model.file)
    tokens = tokenizer.encode(sys.argv[2])
    print(tokens)
    row = model.logits(tokens)[-1]
    for token in np.argsort(-row)[:5]:
        print(f"{row[token]:9.4f} {tokenizer.decode([token])!r}")


if __name__ == "__main__":
    main()

# array_torch.py - as much of PyTorch as the bundle's benchmark uses, on numpy: so that its lines run without a GPU
#
# `make()` gives modules to be put into sys.modules. Everything happens at once and in the host's memory; the names and
# the order of arguments are PyTorch's. `make(cudnn=…)` is what the backend cuDNN says instead of working.

import contextlib
import time
import types

import numpy as np


def encode(x):
    bits = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32)
    rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(x), np.uint16(0x7FC0), rounded)


def decode(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Tensor:
    """An array; of bf16 it holds the bits."""

    def __init__(self, data, is_bf16=False):
        self.data, self.is_bf16 = data, is_bf16

    shape = property(lambda self: self.data.shape)
    T = property(lambda self: Tensor(self.data.T, self.is_bf16))

    def data_ptr(self):
        assert self.data.flags.c_contiguous
        return self.data.ctypes.data

    def transpose(self, a, b):
        return Tensor(self.data.swapaxes(a, b), self.is_bf16)

    def fill_(self, value):
        self.data[...] = encode(np.float32(value)) if self.is_bf16 else value

    def zero_(self):
        self.fill_(0)

    def double(self):
        return Tensor((decode(np.ascontiguousarray(self.data)) if self.is_bf16 else self.data).astype(np.float64))

    def float(self):
        return Tensor(self.double().data.astype(np.float32))

    def __getitem__(self, index):
        plain = tuple(i.data if isinstance(i, Tensor) else i for i in (index if isinstance(index, tuple) else (index,)))
        return Tensor(self.data[plain], self.is_bf16)

    def masked_fill_(self, mask, value):
        self.data[np.broadcast_to(mask.data, self.data.shape)] = value

    __matmul__ = lambda self, other: Tensor(self.data @ other.data)
    __truediv__ = lambda self, other: Tensor(self.data / getattr(other, "data", other))
    __sub__ = lambda self, other: Tensor(self.data - other.data)
    __gt__ = lambda self, other: Tensor(self.data > other.data)
    abs = lambda self: Tensor(np.abs(self.data))
    max = lambda self: Tensor(self.data.max())
    all = lambda self: Tensor(self.data.all())
    round = lambda self: Tensor(self.data.round())
    long = lambda self: Tensor(self.data.astype(np.int64))
    item = lambda self: self.data.item()


class Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        self.at = time.perf_counter()

    def synchronize(self):
        pass

    def elapsed_time(self, end):
        return (end.at - self.at) * 1e3


def softmax(x, dim):
    weights = np.exp(x.data - x.data.max(axis=dim, keepdims=True))
    return Tensor(weights / weights.sum(axis=dim, keepdims=True))


def attend(query, key, value, is_causal):
    """(batch, head, position, width), as PyTorch takes it."""
    q, k, v = (x.double().data for x in (query, key, value))
    scores = q @ k.swapaxes(2, 3) / q.shape[3] ** 0.5
    if is_causal:
        scores[..., np.triu(np.ones(scores.shape[2:], bool), 1)] = -np.inf
    return Tensor(encode(softmax(Tensor(scores), -1).data @ v), True)


def make(cudnn):
    random = np.random.default_rng(0)
    torch = types.ModuleType("torch")
    torch.__version__, torch.version = "of arrays", types.SimpleNamespace(cuda="none")
    torch.bfloat16, torch.int8 = "bf16", np.int8
    torch.manual_seed = lambda seed: None
    torch.randn = lambda *shape, dtype, device: Tensor(
        encode(random.standard_normal(shape[0] if isinstance(shape[0], tuple) else shape)), True)
    torch.empty = lambda *shape, dtype, device: Tensor(np.empty(shape, dtype))
    torch.empty_like = lambda x: Tensor(np.empty_like(x.data), x.is_bf16)
    torch.linspace = lambda first, last, count, device: Tensor(np.linspace(first, last, count))
    torch.arange = lambda count, device: Tensor(np.arange(count))
    torch.softmax = softmax
    torch.cat = lambda parts: Tensor(np.concatenate([part.data for part in parts]))
    torch.isfinite = lambda x: Tensor(np.isfinite(x.double().data))
    torch.linalg = types.SimpleNamespace(vector_norm=lambda x: Tensor(np.linalg.norm(x.data.ravel())))
    torch.cuda = types.SimpleNamespace(
        is_available=lambda: True, get_device_capability=lambda device: (9, 0), synchronize=lambda: None, Event=Event,
        current_stream=lambda: types.SimpleNamespace(cuda_stream=0))
    torch.backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(version=lambda: 0))
    torch._dynamo = types.ModuleType("torch._dynamo")
    torch._dynamo.reset = lambda: None
    torch.compile = lambda function, dynamic: function

    def matmul(a, b, out):
        out.data[...] = encode(a.double().data @ b.double().data)

    torch.matmul = matmul
    chosen = []

    @contextlib.contextmanager
    def sdpa_kernel(backends):
        chosen.append(backends[0])
        yield
        chosen.pop()

    def scaled_dot_product_attention(query, key, value, is_causal):
        if chosen[-1] == "cudnn":
            raise RuntimeError(cudnn)
        return attend(query, key, value, is_causal)

    torch.nn = types.SimpleNamespace(
        functional=types.SimpleNamespace(scaled_dot_product_attention=scaled_dot_product_attention))
    attention, flex = types.ModuleType("torch.nn.attention"), types.ModuleType("torch.nn.attention.flex_attention")
    attention.SDPBackend = types.SimpleNamespace(FLASH_ATTENTION="flash", CUDNN_ATTENTION="cudnn", EFFICIENT_ATTENTION="efficient")
    attention.sdpa_kernel = sdpa_kernel
    flex.create_block_mask = lambda admits, batch, heads, rows, keys, device: admits(0, 0, 1, 1) and not admits(0, 0, 0, 1)
    flex.flex_attention = lambda query, key, value, block_mask: attend(query, key, value, bool(block_mask))
    return {"torch": torch, "torch._dynamo": torch._dynamo, "torch.nn.attention": attention,
            "torch.nn.attention.flex_attention": flex}

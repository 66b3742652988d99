# torch_stage.py - the benchmark's stage on a GPU: PyTorch's memory, stream and events, and its own kernels as peers
#
# Everybody reads the same tensors, (batch, position, head, width) in memory, and works in the same stream. Before each
# measurement a write larger than the L2 cache is queued: it empties the cache, and while it runs the launches that are
# measured are queued too, so that nobody is charged for Python.

import os

import driver
import runtime
from work import TOKENS, Candidate, Case, works

PRODUCT = 8192  # rows, columns and depth of the matrix product that normalises
FLUSH_BYTES = 1 << 28
# bf16 outputs and weights are rounded to 2^-9; errors of that kind stay well below this, another function's do not.
TOLERANCE = 1e-2
SAMPLED_ROWS = 64


class Stage:
    def __init__(self, bundle, quick):
        try:
            import torch
        except ImportError as error:
            raise driver.Missing(f"this Python has no PyTorch ({error}); the benchmark needs it, the numerics do not") from None
        if not torch.cuda.is_available():
            raise driver.Missing(f"PyTorch {torch.__version__} sees no GPU (built for CUDA {torch.version.cuda}); install one "
                                 "that is built for this driver")
        self.torch, self.bundle = torch, bundle
        self.works = list(works((8192, 1024) if quick else (8192, 16384, 4096, 2048, 1024), TOKENS))
        self.warm_ups, self.rounds = 3, 5 if quick else 20
        torch.manual_seed(0)
        major, minor = torch.cuda.get_device_capability(0)
        self.capability = 10 * major + minor
        self.library = runtime.Library(os.path.join(bundle, "lib", "libattn_runtime.so"))
        self.device = self.library.device_on_stream(torch.cuda.current_stream().cuda_stream)
        self.flush = torch.empty(FLUSH_BYTES, dtype=torch.int8, device="cuda")
        a, b = (torch.randn(PRODUCT, PRODUCT, dtype=torch.bfloat16, device="cuda") for _ in range(2))
        c = torch.empty_like(a)

        def multiply(count):
            for _ in range(count):
                torch.matmul(a, b, out=c)

        self.product = Candidate(multiply, 2 * PRODUCT ** 3)

    def facts(self):
        torch = self.torch
        facts = {"torch": torch.__version__, "cuda_of_torch": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
        try:
            import triton
            facts["triton"] = triton.__version__
        except ImportError:
            facts["triton"] = None
        return facts

    def clocks(self):
        return driver.clocks()

    def measure(self, candidate, count):
        events = [self.torch.cuda.Event(enable_timing=True) for _ in range(2)]
        self.flush.zero_()
        events[0].record()
        candidate.run(count)
        events[1].record()
        events[1].synchronize()
        return events[0].elapsed_time(events[1]) / count

    def prepare(self, work):
        torch = self.torch
        shape = (work.batch, work.length, work.heads, work.width)
        query, key, value = (torch.randn(shape, dtype=torch.bfloat16, device="cuda") for _ in range(3))
        candidates, refused, results, sessions = {}, {}, {}, []

        def offer(name, make):
            """`make` gives a function of how many runs, and one that gives the result of the last."""
            try:
                run, result = make()
                run(1)
                torch.cuda.synchronize()
            except Exception as error:  # everybody says in his own way that he cannot
                torch.cuda.synchronize()  # raises if that broke the context: then nothing more can be measured
                refused[name] = " ".join(str(error).split())[:300] or type(error).__name__
                return
            candidates[name], results[name] = Candidate(run, work.flops), result

        for arch in ("sm_90a", "sm_80"):
            path = os.path.join(self.bundle, "bench", f"{work.mask}-d{work.width}.{arch}.attn")
            if os.path.exists(path) and driver.runs(arch, self.capability):
                offer(f"attn {arch}", lambda: self.ours(path, (query, key, value), sessions))
        for name, make in self.peers(work, query, key, value):
            offer(name, make)

        oracle = Oracle(torch, work, query, key, value)
        peer = next((name for name in candidates if not name.startswith("attn ")), None)
        return Case(candidates, refused, lambda name: self.check(name, candidates, results, oracle, peer),
                    lambda: [session.close() for session in sessions])

    def ours(self, path, inputs, sessions):
        session = self.library.session(self.device, path)
        sessions.append(session)
        out = self.torch.empty_like(inputs[0])
        of = lambda x: runtime.tensor(x.data_ptr(), "bf16", x.shape)
        run = session.prepare("main", [of(x) for x in inputs], [of(out)])
        return run, lambda: out

    def peers(self, work, query, key, value):
        """PyTorch's kernels, by name. They take (batch, head, position, width), by strides."""
        torch, causal = self.torch, work.mask == "causal"
        q, k, v = (x.transpose(1, 2) for x in (query, key, value))
        last = {}

        def fixed(backend):
            from torch.nn.attention import SDPBackend, sdpa_kernel

            def run(count):
                with sdpa_kernel([getattr(SDPBackend, backend)]):
                    for _ in range(count):
                        last[backend] = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

            return run, lambda: last[backend].transpose(1, 2)

        def flexible():
            import torch._dynamo as dynamo
            from torch.nn.attention.flex_attention import create_block_mask, flex_attention
            dynamo.reset()  # or the tenth shape would run uncompiled
            compiled = torch.compile(flex_attention, dynamic=False)
            mask = None
            if causal:
                mask = create_block_mask(lambda b, h, i, j: i >= j, None, None, work.length, work.length, device="cuda")

            def run(count):
                for _ in range(count):
                    last["flex"] = compiled(q, k, v, block_mask=mask)

            return run, lambda: last["flex"].transpose(1, 2)

        for backend in ("FLASH_ATTENTION", "CUDNN_ATTENTION", "EFFICIENT_ATTENTION"):
            yield "sdpa " + backend.split("_")[0].lower(), lambda backend=backend: fixed(backend)
        yield "flex compiled", flexible

    def check(self, name, candidates, results, oracle, peer):
        torch = self.torch
        results[name]().fill_(float("nan"))  # what is not written shows
        candidates[name].run(1)
        result = results[name]()
        found = oracle.compare(result)
        if peer and peer != name:
            candidates[peer].run(1)
            expected = results[peer]().float()
            found["of_peer"] = (torch.linalg.vector_norm(result.float() - expected) / torch.linalg.vector_norm(expected)).item()
        wrong = [f"{kind} is {error:.3g}" for kind, error in found.items() if kind != "largest" and not error < TOLERANCE]
        if not torch.isfinite(result).all().item():
            wrong.append("not every element is finite")
        if wrong:
            found["wrong"] = "; ".join(wrong)
        return found


class Oracle:
    """Some rows of two heads in float64, from the formula."""

    def __init__(self, torch, work, query, key, value):
        self.torch, self.parts = torch, []
        rows = torch.linspace(0, work.length - 1, min(SAMPLED_ROWS, work.length), device="cuda").round().long()
        for n, h in {(0, 0), (work.batch - 1, work.heads - 1)}:
            scores = query[n, rows, h].double() @ key[n, :, h].double().T / work.width ** 0.5
            if work.mask == "causal":
                scores.masked_fill_(torch.arange(work.length, device="cuda")[None, :] > rows[:, None], float("-inf"))
            self.parts.append((n, h, rows, torch.softmax(scores, dim=-1) @ value[n, :, h].double()))

    def compare(self, result):
        difference = self.torch.cat([result[n, rows, h].double() - expected for n, h, rows, expected in self.parts])
        expected = self.torch.cat([expected for _, _, _, expected in self.parts])
        norm = self.torch.linalg.vector_norm
        return {"of_oracle": (norm(difference) / norm(expected)).item(), "largest": difference.abs().max().item()}

# work.py - what is measured: sizes, operations, and what a candidate and a stage are
#
# A stage is where a benchmark happens: torch_stage.py on a GPU, stand_in.py on the interpreter, which measures nothing
# but runs every line of the rest. It has
#   works                      what it measures, the most telling first
#   warm_ups, rounds           how often
#   facts()                    of its software, for the results
#   prepare(work) -> Case      data, and whoever can do the work
#   product                    a Candidate: the dense matrix product that normalises, with its operations
#   measure(candidate, n)      milliseconds of one of n runs in a row
#   clocks()                   the device's, at this moment, or None

from typing import Callable, Dict, NamedTuple

# As in the goals: so many tokens in a batch, and so wide are all heads together.
TOKENS, HIDDEN = 16384, 2048


class Work(NamedTuple):
    mask: str  # "full" or "causal"
    width: int
    length: int  # of queries and of keys
    batch: int
    heads: int

    @property
    def name(self):
        return f"{self.mask} d{self.width} {self.length}"

    @property
    def flops(self):
        return 4 * self.batch * self.heads * self.length ** 2 * self.width // (2 if self.mask == "causal" else 1)


class Candidate(NamedTuple):
    run: Callable  # so many times, in a row
    flops: int


class Case(NamedTuple):
    candidates: Dict[str, Candidate]
    refused: Dict[str, str]  # who cannot do it, and what they say
    # By the name of a candidate: {"of_oracle": relative error of some rows against float64, "largest": absolute,
    # "of_peer": relative error of all against a peer, if there is one, "wrong": a sentence, if it is}
    check: Callable
    close: Callable


def works(lengths, tokens):
    for length in lengths:
        for width in (128, 64):
            for mask in ("causal", "full"):
                yield Work(mask, width, length, max(1, tokens // length), HIDDEN // width)

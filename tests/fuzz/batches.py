"""How inputs are made and tried, a batch of one kind at a time: the same kind, seed and size are the same inputs."""

import os
import random
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from tests.fuzz import files, words
from tests.fuzz.markets import markets
from tests.fuzz.trials import REFUSED, RIGHT, Outcome, Trial, attempt, reduced

Luck = random.Random
KINDS: dict[str, tuple[int, Callable[[Luck], Trial]]] = {  # kind -> how many of a hundred inputs, and how one is made
    "customers": (25, files.customers),
    "targets": (10, files.targets),
    "designs": (10, files.designs),
    "moments": (5, files.moments),
    "overrides": (20, words.overrides),
    "scenario files": (15, words.scenario_file),
    "command lines": (5, words.command),
    "results folders": (10, words.results_folder),
}
BATCH = {"markets": 20}  # inputs of a kind that a worker is given at a time
USUAL_BATCH = 100


class Fault(NamedTuple):
    """A fault, and the smallest input found that shows it."""

    kind: str
    outcome: Outcome
    words: list[str]
    files: dict[str, bytes]


def inputs(kind: str, seed: int, count: int) -> list[Trial]:
    """So many inputs of a kind; the same seed gives the same ones."""
    luck = Luck(f"{kind} {seed}")
    return markets(luck, count) if kind == "markets" else [KINDS[kind][1](luck) for _ in range(count)]


class Tried(NamedTuple):
    """What came of a batch: how often what, one fault of each sort, and the processor time it took, seconds."""

    counts: Counter[str]
    faults: list[Fault]
    seconds: float


def tried(kind: str, seed: int, count: int, shrinks: bool = True) -> Tried:
    """Try a batch of inputs in a folder of its own; a library's warning is a fault."""
    begun = time.process_time()
    counts, faults = Counter[str](), dict[str, Fault]()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        os.chdir(folder)
        try:
            for trial in inputs(kind, seed, count):
                outcome = attempt(trial)
                counts[outcome.verdict] += 1
                if outcome.verdict not in (RIGHT, REFUSED, *faults):
                    small = reduced(trial, outcome.verdict) if shrinks else trial
                    faults[outcome.verdict] = Fault(kind, attempt(small), small.words, dict(small.files))
        finally:
            os.chdir(before)
    return Tried(counts, list(faults.values()), time.process_time() - begun)


def batches(number: int, market_count: int, seed: int, only: str | None) -> list[tuple[str, int, int]]:
    """Kind, seed and size of every batch, the long ones first."""
    wanted = {"markets": market_count} | {kind: number * share // 100 for kind, (share, _) in KINDS.items()}
    if only is not None:
        wanted = {only: market_count if only == "markets" else number}
    return [
        (kind, seed + place, min(size, whole - place * size))
        for kind, whole in wanted.items()
        for size in [BATCH.get(kind, USUAL_BATCH)]
        for place in range(-(-whole // size))
    ]

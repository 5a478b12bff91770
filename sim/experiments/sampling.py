"""How the points of a design are chosen: every combination, a Latin hypercube, or the plans that Sobol's and Morris's
indices need.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.errors import InputError, listed, nearest

METHODS = ("factorial", "lhs", "sobol", "morris")
SAMPLES = {"lhs": 200, "sobol": 256, "morris": 20}  # points, base points, trajectories, where nothing is said
LEVELS = 4  # of Morris's grid
MOST_RUNS = 1_000_000  # of one design


class Interval(NamedTuple):
    """A range of a number of the scenario; whole numbers are rounded to."""

    low: float
    high: float
    is_whole: bool = False


def check_plan(method: str, ranges: Mapping[str, Interval], samples: int | None) -> int:
    """Return how many samples to draw; refuse a plan that cannot be made.

    >>> check_plan("sobol", {"x": Interval(0.0, 1.0)}, 64)
    64
    """
    if method not in METHODS:
        raise InputError(f"method={method}: no such method{nearest(method, METHODS)}; known: {listed(METHODS)}")
    if method == "factorial":
        if ranges:
            key = next(iter(ranges))
            raise InputError(
                f"{key}: an interval has no list of values to combine; sample it with method=lhs, sobol or morris, or"
                " give range(low,high,step)"
            )
        return 0
    if not ranges:
        raise InputError(
            f"method={method}: give at least one key a range, e.g. behaviour.attention.base=interval(0.01,0.1)"
        )
    for key, interval in ranges.items():
        if not interval.low < interval.high:
            raise InputError(
                f"{key}=interval({interval.low:g},{interval.high:g}): the first number must be below the second"
            )
    count = SAMPLES[method] if samples is None else samples
    if count < 2 or (method == "sobol" and count & (count - 1)):
        raise InputError(
            f"samples={count}: must be {'a power of 2, such as 64, 256 or 1024' if method == 'sobol' else 'at least 2'}"
        )
    check_runs(size(method, ranges, count))
    return count


def check_runs(count: int) -> None:
    """Refuse a design that is too large to be listed, let alone run."""
    if count > MOST_RUNS:
        raise InputError(f"a design of {count:,} runs is too large; at most {MOST_RUNS:,}")


def size(method: str, ranges: Mapping[str, Interval], samples: int) -> int:
    """How many points a plan has.

    >>> size("sobol", {"x": Interval(0.0, 1.0), "y": Interval(0.0, 1.0)}, 64)
    256
    """
    return samples * {"sobol": len(ranges) + 2, "morris": len(ranges) + 1}.get(method, 1) if ranges else 1


def points(method: str, ranges: Mapping[str, Interval], samples: int, seed: int) -> pd.DataFrame:
    """Choose the points: one row each, a column for each key, exact (not yet rounded to whole numbers).

    sobol: samples (keys + 2) rows in Saltelli's order, a block a base point; morris: samples trajectories of keys + 1
    rows.
    """
    from SALib.sample import latin, morris, sobol

    problem = problem_of(ranges)
    if method == "sobol":
        chosen = sobol.sample(problem, samples, calc_second_order=False, seed=seed)
    elif method == "morris":
        chosen = morris.sample(problem, samples, num_levels=LEVELS, seed=seed)
    else:
        chosen = latin.sample(problem, samples, seed=seed)
    return pd.DataFrame(chosen, columns=list(ranges))


def problem_of(ranges: Mapping[str, Interval]) -> dict[str, Any]:
    """Describe the ranges as SALib wants them."""
    return {
        "num_vars": len(ranges),
        "names": list(ranges),
        "bounds": [[interval.low, interval.high] for interval in ranges.values()],
    }


def as_values(column: Iterable[float], interval: Interval) -> list[float] | list[int]:
    """Return points as values of the scenario: plain numbers, whole where the scenario's are."""
    numbers = np.asarray(list(column), dtype=float)
    return [int(number) for number in np.rint(numbers)] if interval.is_whole else [float(number) for number in numbers]

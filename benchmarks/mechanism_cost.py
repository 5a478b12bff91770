"""What each mechanism of behaviour costs: the same world, the same month, with and without it."""

import re
from typing import Any

import numpy as np
import pandas as pd
import yaml

from benchmarks.timing import SEED, Point, Timed, scenario_of
from sim.config import Behaviour
from sim.config.mechanisms import MECHANISMS, Mechanism

EVERYTHING, NOTHING = "everything on", "everything off"
WARM = 12  # months lived before the month that is timed; no quarterly assessment falls into it


def timed_mechanisms() -> list[Mechanism]:
    """Mechanisms that the loop over customers knows by a parameter of behaviour; the others are the operators' (queue,
    morale, records).
    """
    return [mechanism for mechanism in MECHANISMS if re.split("[.=]", mechanism.off)[0] in Behaviour.model_fields]


def without(params: Any, *mechanisms: Mechanism) -> Any:
    """Return the loop's parameters with mechanisms switched off."""
    changed = params.copy()
    for mechanism in mechanisms:
        key, _, value = mechanism.off.partition("=")
        *path, name = key.split(".")
        part = changed
        for step in path:
            part = part[step]
        part[name] = yaml.safe_load(value)
    return changed


def cost_of_mechanisms(customers: int, repeats: int) -> pd.DataFrame:
    """Measure the loop with everything on and with one thing off, in turn; CPU time of one thread, ns per
    customer-month.

    Each pair of months begins in the same state, forked from one world. Columns: mechanism, cost (median over pairs of
    on less off), low and high (quartiles), the dearest first. The first two rows are the loop itself: with everything
    on, and with all mechanisms off at once."""
    base = Timed(scenario_of(Point("customers", customers, months=WARM + 1)), seed=SEED)
    for _ in range(WARM):
        base.step()
    mechanisms = timed_mechanisms()
    off = {mechanism.name: without(base.params, mechanism) for mechanism in mechanisms}
    off |= {"ties": without_ties(base.params), NOTHING: without_ties(without(base.params, *mechanisms))}
    on, left = [], []
    saved: dict[str, list[float]] = {name: [] for name in off}
    for repeat in range(repeats + 1):
        for name, params in off.items():
            first, second = (
                _month(base, each) for each in ((base.params, params) if repeat % 2 else (params, base.params))
            )
            with_it, without_it = (first, second) if repeat % 2 else (second, first)
            if repeat:  # the first round warms up
                on.append(with_it)
                saved[name].append(with_it - without_it)
                if name == NOTHING:
                    left.append(without_it)
    rows = [(name, *np.percentile(values, (50, 25, 75))) for name, values in saved.items() if name != NOTHING]
    loop = [(name, *np.percentile(values, (50, 25, 75))) for name, values in ((EVERYTHING, on), (NOTHING, left))]
    return pd.DataFrame([*loop, *sorted(rows, key=lambda row: -row[1])], columns=["mechanism", "cost", "low", "high"])


def without_ties(params: Any) -> Any:
    """Return the loop's parameters with nobody tied to anybody."""
    changed = params.copy()
    changed["has_ties"] = False
    return changed


def _month(base: Timed, params: Any) -> float:
    """Live one month of a fork under these parameters; return what its loop took, ns per customer."""
    twin = base.fork()
    twin.world.params = params
    twin.step()
    return float(twin.loop.took["cpu"] * 1e9 / base.count)

"""Which parameters matter: Sobol's and Morris's indices of any measure, and how a measure moves with one or two
parameters.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.books.measures import BASIS
from sim.experiments.sampling import LEVELS, Interval, points, problem_of
from sim.experiments.statistics import CONFIDENCE, DUST, half_width, moves
from sim.experiments.sweep import Plan, by_combination
from sim.experiments.units import in_one_size

RESAMPLES = 200  # of the bootstrap behind an interval
BINS = 8  # of a sampled range, in a response curve
SQUARES = 5  # of a sampled range, in a heat map
NOT_MEASURED = ("point", "replication", "seed", "operator", "weight", "hash", "arm", *BASIS)


def measures_of(plan: Plan, table: pd.DataFrame) -> list[str]:
    """Names of the measures in a results table."""
    return [str(name) for name in table.columns if name not in (*plan.keys, *NOT_MEASURED)]


def with_differences(plan: Plan, table: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Add, where policies vary, each measure's paired difference to the first policy: `npv_diff` and so on."""
    if "policy" not in plan.axes or len(plan.axes["policy"]) < 2:
        return table
    first = plan.axes["policy"][0]
    place = [name for name in (*plan.keys, "point", "replication", "operator") if name in table and name != "policy"]
    base = table[table["policy"] == first].set_index(place)[list(measures)]
    others = table.set_index(place)
    gaps = others[list(measures)] - base.reindex(others.index)
    wide = pd.concat([others.reset_index(), gaps.add_suffix("_diff").reset_index(drop=True)], axis=1)
    return pd.DataFrame(wide[[*table.columns, *(f"{name}_diff" for name in measures)]])


def size_of(rows: pd.DataFrame, measure: str) -> float:
    """Size of the numbers behind a measure, of which dust is measured: a difference is one of levels."""
    return float(np.nanmax(np.abs(rows[measure.removesuffix("_diff")].to_numpy(dtype=float)), initial=0.0))


def is_still(rows: pd.DataFrame, measure: str) -> bool:
    """Whether a measure is the same in all rows, but for rounding."""
    return not moves(rows[measure].to_numpy(dtype=float), size_of(rows, measure))


def indices(plan: Plan, table: pd.DataFrame, operator: str) -> pd.DataFrame:
    """Return sensitivity indices of every measure of an operator, one row a combination of listed values, measure and
    parameter.

    Sobol (1993; estimators of Saltelli et al. 2010): first, total, and their 95 % intervals by bootstrap. Morris (1991;
    Campolongo, Cariboni & Saltelli 2007): mu, mu_star with its interval, sigma, in the measure's unit over the whole
    range, sums at the weight of the first run. is_moved: whether the parameter moves the measure at all. A measure that
    nothing moves, but for rounding, has no indices. A base point or trajectory of which a run has failed, or had nobody
    to measure, is left out whole.
    """
    if plan.method not in ("sobol", "morris"):
        return pd.DataFrame()
    measures, own = measures_of(plan, table), table[table["operator"] == operator]
    if "weight" in own:
        own = in_one_size(own, float(own["weight"].iloc[0]))
    own = with_differences(plan, own, measures)
    wanted = [name for name in (*measures, *(f"{name}_diff" for name in measures)) if name in own]
    block = len(plan.ranges) + (2 if plan.method == "sobol" else 1)
    analyse = _sobol(plan) if plan.method == "sobol" else _morris(plan)
    frames = []
    for chosen, rows in by_combination(plan, own):
        means = rows.groupby("point")[wanted].mean().reindex(range(plan.samples * block))
        for measure in wanted:
            known = means[measure].notna().to_numpy().reshape(-1, block).all(axis=1)
            kept = np.repeat(known, block)
            values, dust = means[measure].to_numpy(dtype=float)[kept], DUST * size_of(rows, measure)
            if moves(values, size_of(rows, measure)):
                moved = {"is_moved": _moved(plan, values.reshape(-1, block), kept.reshape(-1, block)[:, 0], dust)}
                told = {**chosen, "measure": measure, "parameter": list(plan.ranges), **analyse(values, kept), **moved}
                frames.append(pd.DataFrame(told))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _moved(plan: Plan, values: np.ndarray, whole: np.ndarray, dust: float) -> np.ndarray:
    """Whether each parameter moves the measure at all: whether two points that differ in it alone ever do, bool
    (parameters,).

    values : (base points or trajectories, points of each), of which these are `whole`
    """
    if plan.method == "sobol":  # Saltelli's order: A, A with a parameter of B for each, B
        return np.asarray((np.abs(values[:, 1:-1] - values[:, :1]) > dust).any(axis=0))
    chosen = points("morris", plan.ranges, plan.samples, plan.seed).to_numpy()
    steps = np.diff(chosen.reshape(len(whole), -1, len(plan.ranges)), axis=1)[whole] != 0.0
    return np.asarray((steps & (np.abs(np.diff(values, axis=1)) > dust)[:, :, None]).any(axis=(0, 1)))


Analysis = Callable[[np.ndarray, np.ndarray], dict[str, Any]]


def _sobol(plan: Plan) -> Analysis:
    from SALib.analyze import sobol

    def analyse(values: np.ndarray, _: np.ndarray) -> dict[str, Any]:
        with warnings.catch_warnings():  # a measure that hardly moves, in a resample not at all
            warnings.filterwarnings("ignore", message="Constant values")
            warnings.filterwarnings("ignore", category=RuntimeWarning)
            found = sobol.analyze(
                problem_of(plan.ranges),
                values,
                calc_second_order=False,
                num_resamples=RESAMPLES,
                conf_level=CONFIDENCE,
                seed=plan.seed,
            )
        return {
            "first": found["S1"],
            "first_low": found["S1"] - found["S1_conf"],
            "first_high": found["S1"] + found["S1_conf"],
            "total": found["ST"],
            "total_low": found["ST"] - found["ST_conf"],
            "total_high": found["ST"] + found["ST_conf"],
        }

    return analyse


def _morris(plan: Plan) -> Analysis:
    from SALib.analyze import morris

    chosen = points(
        "morris", plan.ranges, plan.samples, plan.seed
    ).to_numpy()  # exact: whole numbers are rounded in the table

    def analyse(values: np.ndarray, kept: np.ndarray) -> dict[str, Any]:
        found = morris.analyze(
            problem_of(plan.ranges),
            chosen[kept],
            values,
            num_levels=LEVELS,
            num_resamples=RESAMPLES,
            conf_level=CONFIDENCE,
            seed=plan.seed,
        )
        star, half = np.asarray(found["mu_star"]), np.asarray(found["mu_star_conf"])
        return {
            "mu": found["mu"],
            "mu_star": star,
            "mu_star_low": star - half,
            "mu_star_high": star + half,
            "sigma": found["sigma"],
        }

    return analyse


# --- how a measure moves ---------------------------------------------------------------------------------------------


def response(plan: Plan, rows: pd.DataFrame, key: str, measure: str) -> pd.DataFrame:
    """Return the mean of a measure over everything else, by value of one parameter, with its 95 % interval: columns at,
    mean, low, high, runs.
    """
    at = _binned(plan, rows, key, BINS)
    found = []
    for place, group in rows.groupby(at, sort=True):
        values = group[[measure]].astype(float)
        mean, half = float(values[measure].mean()), float(half_width(values)[measure]) if len(values) > 1 else np.nan
        found.append({"at": place, "mean": mean, "low": mean - half, "high": mean + half, "runs": len(values)})
    return pd.DataFrame(found)


def heat(plan: Plan, rows: pd.DataFrame, across: str, up: str, measure: str) -> pd.DataFrame:
    """Return the mean of a measure by two parameters: index `up` from low to high, columns `across`."""
    places = {key: _binned(plan, rows, key, SQUARES) for key in (across, up)}
    frame = pd.DataFrame({"across": places[across], "up": places[up], "value": rows[measure].astype(float)})
    return frame.pivot_table(index="up", columns="across", values="value", aggfunc="mean", observed=True)


def _binned(plan: Plan, rows: pd.DataFrame, key: str, bins: int) -> pd.Series:
    """Return the values of a parameter, the middle of its bin where it was sampled."""
    values = rows[key]
    interval: Interval | None = plan.ranges.get(key)
    if interval is None or values.nunique() <= bins:
        return values
    edges = np.linspace(interval.low, interval.high, bins + 1)
    place = np.clip(np.searchsorted(edges, values.astype(float), side="right") - 1, 0, bins - 1)
    return pd.Series(((edges[:-1] + edges[1:]) / 2.0)[place], index=values.index)


def pairs(keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield all pairs of keys, the first before the second."""
    return ((keys[i], keys[j]) for i in range(len(keys)) for j in range(i + 1, len(keys)))


def most_telling(plan: Plan, found: pd.DataFrame, measure: str) -> list[str]:
    """Order the sampled parameters from the most to the least important for a measure;
    as given where no index tells.
    """
    rows = found[found["measure"] == measure] if len(found) else found
    if rows.empty:
        return list(plan.ranges)
    strength = rows.groupby("parameter")["total" if plan.method == "sobol" else "mu_star"].max()
    return [str(name) for name in strength.sort_values(ascending=False).index]

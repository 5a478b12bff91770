"""Which values of doubtful parameters let a market meet published numbers, how sure they are, and what the result
forecasts: simulated moments.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.config.paths import number_at
from sim.config.values import with_values
from sim.errors import InputError
from sim.experiments.asked import remembered
from sim.experiments.calibration import forecast, written
from sim.experiments.calibration.bench import Bench, Fit
from sim.experiments.calibration.identify import Identification, direction_in_words, identify, verdicts
from sim.experiments.calibration.moments import PANEL
from sim.experiments.calibration.search import best_of, improved, profile, search, slopes, starts
from sim.experiments.calibration.targets import Target, read_targets
from sim.experiments.own import Measure, Own, own_of
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.experiments.study import Means
from sim.experiments.sweep import Plan, Source, plan_of, scenario_of

if TYPE_CHECKING:
    from sim.objects.customer import Customer

REPLICATIONS, WORLDS, STARTS = 6, 20, 2
PER_PARAMETER = 8  # points of the first sample
ROUNDS = 2  # of the local regression at the end


class Setting(NamedTuple):
    """What a calibration is asked, checked."""

    scenario: Scenario
    targets: list[Target]
    plan: Plan  # ranges, samples, replications
    source: Source  # what the scenario was made from
    worlds: int  # from which the spread between worlds is measured
    starts: int
    own: Own


@remembered
def calibrate(
    scenario: Source,
    targets: str | Path | pd.DataFrame,
    ranges: Mapping[str, Interval | tuple[float, float]] | None = None,
    overrides: Sequence[str] = (),
    samples: int | None = None,
    replications: int = REPLICATIONS,
    worlds: int = WORLDS,
    searches: int = STARTS,
    means: Means | None = None,
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Study:
    """Fit parameters of a scenario to targets by simulated moments (McFadden 1989; Pakes & Pollard 1989).

    Parameters
    ----------
    scenario : name, path, or a loaded scenario
    targets : CSV file or table of numbers to be met; see calibration.targets.read_targets
    ranges : parameters and how far each may go: key -> (low, high); those under the scenario's `uncertain` where None
    overrides : for the scenario
    samples : points of the Latin hypercube that the search starts from; 8 a parameter where None
    replications : worlds of every point, the same for all
    worlds : worlds at the best start from which each moment's spread between worlds is measured, and as many fresh ones
        at the end
    searches : starts to search from
    means : executor and store of finished rows
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market, taken at the end of a target's period, which return one
        number, or one for each operator by its name; targets may name them

    Returns
    -------
    Study with the tables moments (target, simulated, error, z), parameters (estimate, standard error, identified),
    directions, jacobian (standard errors per whole range), profile, forecasts and forecast_errors; facts j, degrees, p,
    condition; files["calibrated.yaml"]: the scenario found

    """
    numbers = (samples, replications, worlds, searches)
    return fitted(setting_of(scenario, targets, ranges, overrides, *numbers, customer, measures), means or Means())


def setting_of(
    scenario: Source,
    targets: str | Path | pd.DataFrame,
    ranges: Mapping[str, Interval | tuple[float, float]] | None,
    overrides: Sequence[str],
    samples: int | None,
    replications: int,
    worlds: int,
    searches: int,
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Setting:
    """Check what is asked before anything runs."""
    base = scenario_of(scenario, overrides)
    own = own_of(base, customer, measures)
    chosen = dict(ranges or base.uncertain)
    if not chosen:
        raise InputError(
            f"calibrate: {base.name} does not say what is uncertain; give key=interval(low,high), or add `uncertain:"
            " {key: [low, high]}` to it"
        )
    for what, number, least in (("replications", replications, 2), ("worlds", worlds, 4), ("starts", searches, 1)):
        if number < least:
            raise InputError(f"{what}: must be at least {least} (got {number})")
    read = read_targets(targets, base, tuple(own.measures))
    count = sum(target.use == "fit" for target in read)
    if count < len(chosen):
        raise InputError(
            f"calibrate: {count} target{'s' if count > 1 else ''} to be met cannot tell {len(chosen)} parameters; give"
            " fewer ranges or more targets"
        )
    if any(target.moment.by in PANEL for target in read):
        base = with_values(base, {"panel.share": 1.0})
    plan = plan_of(
        base,
        {key: Interval(*ends) for key, ends in chosen.items()},
        replications,
        (),
        "lhs",
        samples or PER_PARAMETER * len(chosen),
    )
    return Setting(base, read, plan, scenario, worlds, searches, own)


def fitted(setting: Setting, means: Means) -> Study:
    """Search, judge, and write the scenario found."""
    plan, targets = setting.plan, [target for target in setting.targets if target.use != "past"]
    bench = Bench(
        setting.scenario, plan.ranges, [target.moment.key for target in targets], plan.replications, means, setting.own
    )
    now = {key: float(number_at(setting.scenario, key)) for key in plan.ranges}
    is_inside = all(interval.low <= now[key] <= interval.high for key, interval in plan.ranges.items())
    begun = starts(bench, plan.samples, plan.seed, bench.point(now) if is_inside else None)
    spread = _spread(bench, targets, begun, setting.worlds)
    fit = _fit(targets, spread, plan.replications)
    best = search(bench, fit, begun, setting.starts)
    for number in range(ROUNDS):
        level, slope = slopes(bench, best, plan.seed + number)
        bench.mean(improved(fit, best, level, slope))
        best = best_of(bench, fit)
    fresh, found, curves = _judged(bench, fit, targets, best, slope, setting)
    while not np.array_equal(better := best_of(bench, fit), best):  # found on the way along a profile
        best = better
        _, slope = slopes(bench, best, plan.seed + ROUNDS)
        fresh, found, curves = _judged(bench, fit, targets, best, slope, setting)
    tables = {
        "moments": _moments_table(targets, bench.mean(best)[0], fresh, spread, plan.replications),
        "parameters": _parameters_table(bench, now, best, found, verdicts(found, best)),
        "directions": _directions_table(plan, found),
        "jacobian": _jacobian_table(
            plan, [targets[place] for place in fit.columns], slope[fit.columns] / fit.error[:, None]
        ),
        "profile": _profile_table(bench, curves),
        **_forecast_tables(setting.targets, targets, slope, found, fresh),
    }
    facts = {
        "j": found.j,
        "j_present": float(fit.objective(bench.mean(bench.point(now)))[0]) if is_inside else None,
        "degrees": found.degrees,
        "p": _or_none(found.p),
        "condition": _or_none(found.condition),
        "misfit": found.misfit,
        "points": len({name for name, *_ in bench.tried}),
        "starts": setting.starts,
        "worlds": setting.worlds,
    }
    study = Study(
        "calibrate",
        setting.scenario,
        plan,
        setting.scenario.market_size / setting.scenario.customers.count,
        tables,
        facts,
        failures=bench.failures,
    )
    study.files = written.files_of(setting.source, setting.scenario, tables["parameters"], facts)
    return study


def _judged(
    bench: Bench, fit: Fit, targets: Sequence[Target], best: np.ndarray, slope: np.ndarray, setting: Setting
) -> tuple[np.ndarray, Identification, list[tuple[int, np.ndarray, float]]]:
    """Judge a point: moments in fresh worlds, what the targets identify there, how the objective bends around it."""
    replications = setting.plan.replications
    fresh = bench.simulate(best, replications, setting.worlds)[0]
    scaled = slope[fit.columns] / fit.error[:, None]
    found = identify(scaled, fit.residuals(bench.mean(best))[0], _covariance(targets, fit, fresh, replications))
    return fresh, found, profile(bench, fit, best, scaled, found.wide)


def _or_none(value: float) -> float | None:
    """Return a number as JSON can hold it."""
    return value if np.isfinite(value) else None


# --- what targets weigh ----------------------------------------------------------------------------------------------


def _spread(bench: Bench, targets: Sequence[Target], begun: np.ndarray, worlds: int) -> np.ndarray:
    """Standard deviation of each moment between worlds, at the start that meets the targets best by rough weights: 5 %
    of each value.
    """
    values = np.array([target.value for target in targets])
    rough = np.array([target.se for target in targets])
    error = np.where(np.isfinite(rough), rough, np.maximum(0.05 * np.abs(values), 1e-6))
    own = np.array([target.use == "fit" for target in targets])
    fit = Fit(np.flatnonzero(own), values[own], error[own])
    best = begun[int(np.argmin(fit.objective(bench.mean(begun))))]
    found = bench.simulate(best, 0, worlds)[0].std(axis=0, ddof=1)
    lost = [target.moment.key for target, one in zip(targets, found, strict=True) if not np.isfinite(one)]
    if lost:
        raise InputError(
            "targets: the market has no such number at the best start:"
            f" {lost[0].rpartition('|')[0].rpartition('|')[0].replace('|', ' ')}; is anybody in that group?"
        )
    return np.asarray(found)


def _fit(targets: Sequence[Target], spread: np.ndarray, replications: int) -> Fit:
    """Weigh the targets: variance se^2 + spread^2 / R; where the file gives no se, the real market counts as one more
    world, (1 + 1/R) spread^2.
    """
    columns = np.array([place for place, target in enumerate(targets) if target.use == "fit"])
    aim = np.array([targets[place].value for place in columns])
    given = np.array([targets[place].se for place in columns])
    variance = np.where(np.isfinite(given), given, spread[columns]) ** 2 + spread[columns] ** 2 / replications
    if (variance <= 0.0).any():
        name = targets[columns[int(np.argmin(variance))]].moment
        raise InputError(
            f"targets: {name.measure} of {name.words} is the same in every world; give it an se, or leave it out"
        )
    return Fit(columns, aim, np.sqrt(variance))


def _covariance(targets: Sequence[Target], fit: Fit, fresh: np.ndarray, replications: int) -> np.ndarray:
    """Covariance of the residuals: between worlds as fresh worlds show it, errors given in the file taken as
    independent.
    """
    between = np.cov(fresh[:, fit.columns], rowvar=False).reshape(len(fit.columns), -1)
    given = np.array([targets[place].se for place in fit.columns])
    is_drawn = ~np.isfinite(given)
    whole = (
        between / replications + np.diag(np.where(is_drawn, 0.0, given) ** 2) + between * np.outer(is_drawn, is_drawn)
    )
    return np.asarray(whole / np.outer(fit.error, fit.error))


# --- tables ----------------------------------------------------------------------------------------------------------


def _moments_table(
    targets: Sequence[Target], simulated: np.ndarray, fresh: np.ndarray, spread: np.ndarray, replications: int
) -> pd.DataFrame:
    rows = []
    for place, target in enumerate(targets):
        se = target.se if np.isfinite(target.se) else float(spread[place])
        error = float(np.hypot(se, spread[place] / np.sqrt(replications)))
        rows.append(
            {
                **target.named(),
                "use": target.use,
                "target": target.value,
                "se": se,
                "is_given": bool(np.isfinite(target.se)),
                "simulated": simulated[place],
                "fresh": float(fresh[:, place].mean()),
                "between_worlds": float(fresh[:, place].std(ddof=1)),
                "error": error,
                "difference": simulated[place] - target.value,
                "z": (simulated[place] - target.value) / error,
                "source": target.source,
            }
        )
    return pd.DataFrame(rows)


def _parameters_table(
    bench: Bench, now: Mapping[str, float], best: np.ndarray, found: Identification, words: Sequence[str]
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for k, (key, value) in enumerate(bench.values(best).items()):
        low, high, _ = bench.ranges[key]
        se, wide = float(found.se[k]) * (high - low), float(found.wide[k]) * (high - low)
        rows.append(
            {
                "parameter": key,
                "present": now[key],
                "low": low,
                "high": high,
                "estimate": value,
                "se": se,
                "se_wide": wide,
                "estimate_low": value - 1.96 * wide,
                "estimate_high": value + 1.96 * wide,
                "share_of_range": float(found.wide[k]),
                "identified": not words[k],
                "why_not": words[k],
            }
        )
    return pd.DataFrame(rows)


def _directions_table(plan: Plan, found: Identification) -> pd.DataFrame:
    """Directions of the parameters, the weakest first: standard error along each, shares of the ranges, and what moves
    in it.
    """
    from sim.report.plots import short

    names = [short(key, list(plan.ranges)) for key in plan.ranges]
    rows = [
        {
            "direction": k + 1,
            "standard_error": found.spreads[k],
            "words": direction_in_words(found.directions[:, k], names),
            **dict(zip(plan.ranges, found.directions[:, k], strict=True)),
        }
        for k in range(len(names))
    ]
    return pd.DataFrame(rows)


def _jacobian_table(plan: Plan, targets: Sequence[Target], slope: np.ndarray) -> pd.DataFrame:
    rows = [
        {
            "measure": t.moment.measure,
            "operator": t.moment.operator,
            "by": t.moment.by,
            "group": t.moment.group,
            "period": t.period,
        }
        for t in targets
    ]
    return pd.concat([pd.DataFrame(rows), pd.DataFrame(slope, columns=list(plan.ranges))], axis=1)


def _profile_table(bench: Bench, found: Sequence[tuple[int, np.ndarray, float]]) -> pd.DataFrame:
    keys = list(bench.ranges)
    return pd.DataFrame(
        [
            {"parameter": keys[j], "value": bench.values(point)[keys[j]], "objective": objective, **bench.values(point)}
            for j, point, objective in found
        ]
    )


def _forecast_tables(
    every: Sequence[Target], targets: Sequence[Target], slope: np.ndarray, found: Identification, fresh: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Forecast what was kept back, in worlds the search has not seen, with intervals of luck and of what is not known
    of the parameters; nothing where nothing was.
    """
    places = {target.moment: place for place, target in enumerate(targets)}
    simulated = fresh.mean(axis=0)
    variance = fresh.var(axis=0, ddof=1) * (1.0 + 1.0 / len(fresh)) + np.einsum(
        "ij,jk,ik->i", slope, found.covariance * found.misfit**2, slope
    )
    at = [places.get(target.moment) for target in every]
    table = forecast.forecasts(
        every,
        [np.nan if place is None else simulated[place] for place in at],
        [np.nan if place is None else float(np.sqrt(variance[place])) for place in at],
    )
    return {"forecasts": table, "forecast_errors": forecast.errors(table)} if len(table) else {}

"""How well what was fitted forecasts what was kept back, against forecasts that know no model: the last value, and a
straight line.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.experiments.calibration.targets import Target

METHODS = ("model", "anchored", "last", "trend")


def forecasts(targets: Sequence[Target], simulated: Sequence[float], spread: Sequence[float]) -> pd.DataFrame:
    """Forecast every target kept back.

    Columns: those of the moment, period, value, and by method: model (simulated), anchored (last value before, plus the
    model's change since), last (last value before), trend (least-squares line through all values before, at the middle
    of the period); low, high: 95 % interval of the model's. A series without a value before has no naive forecast.
    """
    rows = []
    for number, target in enumerate(targets):
        if target.use != "hold":
            continue
        before = sorted(
            (other.moment.last, place)
            for place, other in enumerate(targets)
            if other.moment.series == target.moment.series
            and other.moment.last < target.moment.first
            and other.use != "hold"
        )
        history = [targets[place] for _, place in before]
        last = history[-1].value if history else np.nan
        # the model has no months before the first
        known = before[-1][1] if history and history[-1].use == "fit" else None
        half = 1.96 * spread[number]
        rows.append(
            {
                **target.named(),
                "value": target.value,
                "model": simulated[number],
                "low": simulated[number] - half,
                "high": simulated[number] + half,
                "anchored": last + simulated[number] - simulated[known] if known is not None else np.nan,
                "last": last,
                "trend": _line(history, target),
            }
        )
    return pd.DataFrame(rows)


def _line(history: Sequence[Target], target: Target) -> float:
    """Value of a least-squares line through the history at the middle of the target's months."""
    if len(history) < 2:
        return history[-1].value if history else float("nan")
    middle = [(past.moment.first + past.moment.last) / 2.0 for past in history]
    slope, level = np.polyfit(middle, [past.value for past in history], 1)
    return float(level + slope * (target.moment.first + target.moment.last) / 2.0)


def errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return root mean squared and mean absolute errors by measure and method, and the model's ratios to the naive ones
    (below 1: the model is better).

    Only rows that all methods forecast count, so that methods are compared on the same targets. Columns: measure,
    targets, rmse_METHOD, mae_METHOD, rmse_ratio_last, rmse_ratio_trend, mae_ratio_last, mae_ratio_trend, and the same
    of `anchored`.
    """
    if table.empty:
        return pd.DataFrame()
    rows = []
    for measure, part in table.dropna(subset=list(METHODS)).groupby("measure", sort=False):
        row: dict[str, object] = {"measure": measure, "targets": len(part)}
        size = {}
        for method in METHODS:
            gap = part[method] - part["value"]
            size["rmse", method], size["mae", method] = float(np.sqrt((gap**2).mean())), float(gap.abs().mean())
        row |= {f"{name}_{method}": number for (name, method), number in size.items()}
        for name in ("rmse", "mae"):
            for naive in ("last", "trend"):
                for own, end in (("model", ""), ("anchored", "_anchored")):
                    row[f"{name}_ratio_{naive}{end}"] = (
                        size[name, own] / size[name, naive] if size[name, naive] > 0.0 else np.nan
                    )
        rows.append(row)
    return pd.DataFrame(rows)

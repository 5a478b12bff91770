"""What an analyst makes of the panel, by the standard methods: logit, matching, Cox regression, Kaplan-Meier. Public
columns only.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.executor import extra

OBSERVED = ("plan", "segment", "region", "bill", "usage", "tenure", "complaints", "term")
WHAT = "naive against true"  # what needs the libraries


def observables(rows: pd.DataFrame, names: Sequence[str] = OBSERVED) -> np.ndarray:
    """Return what is held constant, standardised, shape (rows, variables): amounts in logs, labels and the phase of the
    term as dummies.
    """
    columns: list[np.ndarray] = []
    for name in names:
        if name == "term":
            left = rows["months_left"].to_numpy()
            columns += [left == 1, (left == 2) | (left == 3), left > 3]
        elif isinstance(rows[name].dtype, pd.CategoricalDtype):
            codes = rows[name].cat.codes.to_numpy()
            columns += [codes == code for code in np.unique(codes)[1:]]
        else:
            columns.append(np.log1p(rows[name].to_numpy(dtype=float)))
    table = np.column_stack(columns).astype(float)
    spread = table.std(axis=0)
    table = np.column_stack([np.ones(len(rows)), (table - table.mean(axis=0))[:, spread > 0.0] / spread[spread > 0.0]])
    # what earlier columns do not say already
    adds = np.abs(np.diag(np.linalg.qr(table, mode="r"))) > 1e-6 * np.sqrt(len(table))
    return np.asarray(table[:, adds])


def logit(happened: np.ndarray, table: np.ndarray) -> Any:
    """Fit a logit by maximum likelihood, by reweighted least squares: it ends where the likelihood does, also if a
    label has no event and its coefficient no bound.
    """
    models = extra("statsmodels.api", "estimate", WHAT)
    return models.GLM(happened.astype(float), table, family=models.families.Binomial()).fit()


def marginal_effect(
    rows: pd.DataFrame,
    treatment: np.ndarray,
    step: float,
    happened: np.ndarray,
    among: np.ndarray,
    held: Sequence[str] = OBSERVED,
) -> float:
    """Average effect of `step` more of a treatment on the chance of an event, in points, by a logit that holds
    observables constant.

    Parameters
    ----------
    rows : of the panel
    treatment : of each row
    step : how much more; the effect of going from 0 to 1 of a treatment of 0 or 1 is that among the treated, from 1
        back to 0
    happened : the event, of each row
    among : rows over which the effect is averaged, bool
    held : observables held constant

    """
    if len(np.unique(treatment)) < 2 or not happened.any():
        return float("nan")
    table = np.column_stack([observables(rows, held), treatment.astype(float)])
    fit = logit(happened, table)
    here = table[among]
    there = here.copy()
    there[:, -1] += step
    return 100.0 * float(np.mean(fit.predict(there) - fit.predict(here)))


def matched_difference(
    rows: pd.DataFrame, is_treated: np.ndarray, outcome: np.ndarray, held: Sequence[str] = OBSERVED
) -> float:
    """Mean outcome of the treated less that of the untreated with the nearest propensity score, one for each, with
    replacement (Rosenbaum & Rubin 1983).
    """
    if is_treated.all() or not is_treated.any():
        return float("nan")
    table = observables(rows, held)
    score = table @ np.asarray(logit(is_treated, table).params)
    order = np.flatnonzero(~is_treated)[np.argsort(score[~is_treated], kind="stable")]
    place = np.clip(np.searchsorted(score[order], score[is_treated]), 1, len(order) - 1)
    lower, upper = order[place - 1], order[place]
    is_nearer = np.abs(score[lower] - score[is_treated]) <= np.abs(score[upper] - score[is_treated])
    return float(outcome[is_treated].mean() - outcome[np.where(is_nearer, lower, upper)].mean())


def cox_excess(
    rows: pd.DataFrame, treatment: np.ndarray, happened: np.ndarray, held: Sequence[str] = OBSERVED
) -> float:
    """Excess of the monthly hazard of an event for one more of a treatment that varies in time, %: 100 (hazard ratio -
    1), by Cox regression in calendar time (Cox 1972).

    Who leaves otherwise than by the event is no longer at risk.

    The search starts from the coefficients of a logit, the same model in discrete time: from 0, Newton's method may
    overshoot.
    """
    if len(np.unique(treatment)) < 2:
        return float("nan")
    fitter = extra("lifelines", "estimate", WHAT).CoxTimeVaryingFitter()
    table, month = (
        np.column_stack([observables(rows, held), treatment.astype(float)]),
        rows["month"].to_numpy(dtype=float),
    )
    frame = (
        pd.DataFrame(table[:, 1:])
        .add_prefix("x")
        .assign(person=rows["customer"].to_numpy(), begin=month - 1.0, end=month, event=happened)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)  # lifelines calls pandas as it used to be called
        fitter.fit(
            frame,
            id_col="person",
            event_col="event",
            start_col="begin",
            stop_col="end",
            initial_point=np.asarray(logit(happened, table).params)[1:],
        )
    return 100.0 * (float(np.exp(fitter.params_.iloc[-1])) - 1.0)


def defected(rows: pd.DataFrame) -> np.ndarray:
    """Whether the customer of each row left for another operator in its month, as the port shows; not who died, was cut
    off or fell silent. Bool.
    """
    return (rows["churned"] & (rows["destination"] != "outside")).to_numpy()


def survival(rows: pd.DataFrame, ages: Sequence[int]) -> np.ndarray:
    """Kaplan-Meier survival to ages (months of tenure), from spells that enter late and end early, shape (ages,)."""
    fitter = extra("lifelines", "estimate", WHAT).KaplanMeierFitter()
    spells = rows.groupby(["customer", "joined_month"], sort=False).agg(
        entry=("tenure", "min"), last=("tenure", "max"), left=("churned", "max")
    )
    fitter.fit(spells["last"] + 1, spells["left"], entry=spells["entry"])
    return np.asarray(fitter.survival_function_at_times(list(ages)).to_numpy(dtype=float))


def recent(rows: pd.DataFrame, column: str, months: int) -> np.ndarray:
    """Sum of a column over a customer's last months, this one included; rows in the order of customer and month."""
    total = np.cumsum(rows[column].to_numpy(dtype=float))
    spell = rows.groupby(["customer", "joined_month"], sort=False)
    place = spell.cumcount().to_numpy()
    back = np.arange(len(rows)) - np.minimum(place + 1, months)
    return np.asarray(total - np.where(back >= 0, total[np.maximum(back, 0)], 0.0))


def leaves_within(rows: pd.DataFrame, months: int) -> np.ndarray:
    """Whether the customer of each row leaves in its month or the months after, in all so many; bool."""
    last = rows.groupby(["customer", "joined_month"], sort=False)
    end = last["month"].transform("max").to_numpy()
    return np.asarray(last["churned"].transform("max").to_numpy() & (end - rows["month"].to_numpy() < months))

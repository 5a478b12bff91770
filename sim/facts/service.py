"""Facts on satisfaction, failure and recovery: 16 to 22."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.experiments.executor import extra
from sim.experiments.naive_true.analyst import leaves_within
from sim.facts.fact import Check, Fact
from sim.facts.lab import YEAR, Lab
from sim.market import Market

WINDOW = 3  # months in which an answer to an event shows
OUTCOMES = ("silent", "unresolved", "resolved", "fast")  # what becomes of a failure


def contentment(lab: Lab) -> dict[str, float]:
    """Fact 16."""
    panel = lab.panel
    return {
        "above neutral": 100.0 * float((panel["satisfaction"] > 0.5).mean()),
        "leave in a year": 100.0 * float(1.0 - (1.0 - panel["churned"].mean()) ** YEAR),
    }


def asymmetry(lab: Lab) -> dict[str, float]:
    """Fact 17: one month in which networks perform one standard deviation better, or worse."""
    step = lab.scenario.behaviour.experience.network_sd
    csat = {}
    for sign in (-1.0, 0.0, 1.0):

        def shift(market: Market, sign: float = sign) -> None:
            for operator in market.operators:
                operator.quality = np.clip(operator.quality + sign * step, 0.0, 1.0)

        market = lab.future(1, prepare=shift)
        csat[sign] = float(market.kpis["csat"].mean())
    return {"loss over gain": (csat[0.0] - csat[-1.0]) / (csat[1.0] - csat[0.0])}


def logit(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Coefficients of a logit of leaving in the month, each for one standard deviation of its column."""
    models = extra("statsmodels.api", "estimate", "this fact")
    values = rows[list(columns)].astype(float)
    scaled = (values - values.mean()) / values.std(ddof=0)
    return pd.Series(models.Logit(rows["churned"].astype(float), models.add_constant(scaled)).fit(disp=0).params)


def anchoring(lab: Lab) -> dict[str, float]:
    """Fact 18."""
    panel = lab.panel[["customer", "month", "operator", "tenure", "satisfaction", "churned", "prepaid"]]
    follows = (panel["customer"].diff() == 0) & (panel["month"].diff() == 1) & (panel["tenure"].diff() == 1)
    change = panel["satisfaction"].diff()
    young, old = panel["tenure"] <= 6, panel["tenure"] > 36
    rows = panel.assign(older=np.log1p(panel["tenure"]))
    rows["both"] = (rows["satisfaction"] - rows["satisfaction"].mean()) * (rows["older"] - rows["older"].mean())
    found = logit(rows, ["satisfaction", "older", "both", "prepaid"])
    return {
        "spread of newcomers over old": float(change[follows & young].std() / change[follows & old].std()),
        "satisfaction x tenure": float(found["both"]),
    }


def drivers(lab: Lab) -> dict[str, float]:
    """Fact 19."""
    panel = lab.panel
    plans = {name: plan for name, (_, plan) in lab.scenario.all_plans.items()}
    fee = panel["plan"].astype(str).map({name: plan.etf for name, plan in plans.items()}).astype(float)
    rows = panel.assign(calculative=fee * panel["months_left"], prior=panel["previous_operator"].notna())
    found = logit(rows, ["satisfaction", "calculative", "commitment", "prior", "prepaid"])
    return {
        "satisfaction": float(found["satisfaction"]),
        "calculative commitment": float(found["calculative"]),
        "prior churn": float(found["prior"]),
        "affective over satisfaction": float(found["commitment"] / found["satisfaction"]),
    }


def complaints(lab: Lab) -> dict[str, float]:
    """Fact 20."""
    voiced = 100.0 * lab.panel[lab.panel["failure"]].groupby("large")["complaints"].mean()
    return {
        "after small failures": float(voiced[False]),
        "after large failures": float(voiced[True]),
        "large less small": float(voiced[True] - voiced[False]),
    }


def recovery(lab: Lab) -> dict[str, float]:
    """Facts 21 and 22 rest on this: shares still there after WINDOW months and satisfaction the month after, by
    severity and outcome of a failure.
    """
    panel = lab.panel
    rows = panel.assign(stays=~leaves_within(panel, WINDOW))
    outcome = np.select([~rows["complaints"].astype(bool), ~rows["resolved"], ~rows["fast"]], OUTCOMES[:3], OUTCOMES[3])
    failed = rows[rows["failure"]]
    stays = 100.0 * failed.groupby(["large", pd.Series(outcome, rows.index)[rows["failure"]]])["stays"].mean()
    gaps = {
        f"{severity}: {better} less {worse}": float(stays[is_large, better] - stays[is_large, worse])
        for severity, is_large in (("large", True), ("small", False))
        for worse, better in zip(OUTCOMES, OUTCOMES[1:], strict=False)
    }
    healed = rows["failure"] & rows["resolved"]
    return gaps | {
        "leave after recovery less never failed": (
            100.0 * float(rows.loc[~rows["failure"], "stays"].mean() - rows.loc[healed, "stays"].mean())
        )
    }


FACTS = (
    Fact(
        "16",
        "Most are satisfied, and yet a tenth to a quarter leaves in a year",
        "90-92 % satisfied, 10-16 % a year switch",
        "Ofcom",
        "H",
        "satisfaction above neutral, exits, over the panel",
        (
            Check("above neutral", "% of customers", "sign", low=80.0),
            Check("leave in a year", "% of customers", "band", 10.0, 25.0),
        ),
        contentment,
    ),
    Fact(
        "17",
        "Losses weigh clearly more than gains",
        "about twice",
        "Mittal, Ross & Baldasare 1998",
        "H",
        "fall of mean satisfaction after a month one standard deviation worse over its rise after one better, in forks",
        (Check("loss over gain", "1", "sign", low=1.3),),
        asymmetry,
    ),
    Fact(
        "18",
        "Newcomers' satisfaction moves, old customers' is anchored and binds more",
        "order of variances; satisfaction weighs more with duration",
        "Bolton 1998",
        "H",
        "spread of monthly changes up to month 6 over that after month 36; logit of leaving on satisfaction, log tenure"
        " and their product",
        (
            Check("spread of newcomers over old", "1", "sign", low=1.0),
            Check("satisfaction x tenure", "log-odds a sd", "sign", high=0.0),
        ),
        anchoring,
    ),
    Fact(
        "19",
        "Satisfaction and fees due lower churn, affective commitment adds little, prior churn raises it",
        "satisfaction and calculative commitment lower it, affective adds nothing, prior churn predicts",
        "Gustafsson, Johnson & Roos 2005",
        "H",
        "logit of leaving in the month on true satisfaction, termination fee due, affective commitment, having come"
        " from another operator, prepaid",
        (
            Check("satisfaction", "log-odds a sd", "sign", high=0.0),
            Check("calculative commitment", "log-odds a sd", "sign", high=0.0),
            Check("prior churn", "log-odds a sd", "sign", low=0.0),
            Check("affective over satisfaction", "1", "sign", -0.5, 0.5),
        ),
        drivers,
    ),
    Fact(
        "20",
        "Fewer than half complain, more of those hurt much",
        "5-50 % of failures, by severity",
        "TARP",
        "M",
        "complaints over failures",
        (
            Check("after small failures", "%", "band", 5.0, 50.0),
            Check("after large failures", "%", "band", 5.0, 50.0),
            Check("large less small", "points", "sign", low=0.0),
        ),
        complaints,
    ),
    Fact(
        "21",
        "Who is heard stays",
        "silent 9, unresolved 19, resolved 54, fast 82 % after large losses; 37, 46, 70, 95 after small",
        "TARP",
        "M",
        "customers still there after three months, by severity and outcome of a failure",
        tuple(
            Check(f"{severity}: {better} less {worse}", "points", "sign", low=0.0)
            for severity in ("large", "small")
            for worse, better in zip(OUTCOMES, OUTCOMES[1:], strict=False)
        ),
        recovery,
    ),
    Fact(
        "22",
        "No recovery paradox in repurchase",
        "recovered customers do not stay longer than those who met no failure",
        "de Matos, Henrique & Rossi 2007",
        "H",
        "exits within three months of a resolved failure less those of months without failure",
        (Check("leave after recovery less never failed", "points", "sign", low=0.0),),
        recovery,
    ),
)

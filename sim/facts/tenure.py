"""Facts on churn, tenure and contracts: 1 to 6."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.config.shocks import TermBan
from sim.experiments.naive_true.analyst import leaves_within
from sim.facts.fact import Check, Fact
from sim.facts.lab import YEAR, Lab, churn
from sim.market import Market

FROZEN: Mapping[str, Any] = {  # nobody learns, tires, gets used to anything or is disappointed
    "behaviour.choice.satisfaction": 0.0,
    "behaviour.choice.commitment": 0.0,
    "behaviour.choice.habit": 0.0,
    "behaviour.trust.weight": 0.0,
    "behaviour.variety.weight": 0.0,
    "behaviour.attention.dissatisfaction": 0.0,
    "behaviour.device.hazard": 0.0,
    "behaviour.choice.shock_months": 1,
}
CONTROLLABLE = ("failure", "dissatisfaction", "bill_shock")  # reasons that better service would remove


def levels(lab: Lab) -> dict[str, float]:
    """Fact 1."""
    by = 100.0 * lab.panel.groupby("prepaid")["churned"].mean()
    postpaid, prepaid = float(by.get(False, np.nan)), float(by.get(True, np.nan))
    return {"postpaid": postpaid, "prepaid": prepaid, "ratio": prepaid / postpaid}


def sorting(lab: Lab) -> dict[str, float]:
    """Fact 2."""
    terms = {f"{key}.term": 0 for key, plan in lab.plan_keys if plan.term > 0}
    market = lab.another(3 * YEAR, {**FROZEN, **terms})
    panel = market.panel
    joined = panel[(panel["joined_month"] > 0) & (panel["tenure"] >= 1)]
    young, old = joined["tenure"] <= 6, joined["tenure"] > 18
    return {"late over early hazard": float(joined.loc[old, "churned"].mean() / joined.loc[young, "churned"].mean())}


def by_term_left(panel: pd.DataFrame, terms: Mapping[str, int]) -> pd.Series:
    """Monthly churn of customers on plans with a term: in it, in its last month, afterwards."""
    rows = panel[panel["plan"].astype(str).map(terms) > 0]
    phase = pd.cut(rows["months_left"], [-1, 0, 1, 3, 10_000], labels=["open", "ends", "near", "in term"])
    return rows.groupby(phase, observed=False)["churned"].mean()


def expiry(lab: Lab) -> dict[str, float]:
    """Fact 3."""
    terms = {name: plan.term for name, (_, plan) in lab.scenario.all_plans.items()}
    rate = by_term_left(lab.panel, terms)
    peaks = {}
    for term in (12, 24):
        market = lab.another(30, {f"{key}.term": term for key, plan in lab.plan_keys if plan.term > 0})
        panel = market.panel
        cohort = panel[
            (panel["joined_month"] > 0) & (panel["plan"].astype(str).map(terms) > 0) & panel["tenure"].between(6, 27)
        ]
        peaks[term] = float(np.asarray(cohort.groupby("tenure")["churned"].mean().idxmax())) + 1.0
    return {
        "ends over in term": float(rate["ends"] / rate["in term"]),
        "afterwards over in term": float(rate["open"] / rate["in term"]),
        "ends over afterwards": float(rate["ends"] / rate["open"]),
        "month of the spike, 12-month term": peaks[12],
        "month of the spike, 24-month term": peaks[24],
    }


def end_terms(market: Market) -> None:
    """Let every term under way end today."""
    market.state.months_left[:] = 0


def contracts(lab: Lab) -> dict[str, float]:
    """Fact 4: the gap between customers with and without a term, and what of it the term itself holds back (the same
    people, their terms taken away).
    """
    term = lab.world.offers.plans.term[np.maximum(lab.world.state.plan, 0)]
    postpaid = lab.world.offers.plans.prepaid[np.maximum(lab.world.state.plan, 0)] == 0
    on = lab.world.state.plan >= 0
    bound, free = np.flatnonzero(on & (term > 0)), np.flatnonzero(on & postpaid & (term == 0))

    def gone(market: Market, people: np.ndarray) -> float:
        return 100.0 * float((market.customers.operator[people] != lab.world.customers.operator[people]).mean())

    market = lab.future(YEAR)
    gap, held = gone(market, free) - gone(market, bound), gone(market, bound)
    market = lab.future(YEAR, shocks={"none": TermBan(longest=0)}, prepare=end_terms)
    lock_in = gone(market, bound) - held
    return {"churn without terms less with": lock_in, "gap seen": gap, "selection": gap - lock_in}


def damper(lab: Lab) -> dict[str, float]:
    """Fact 5: exits of which better service is the reason, and how many fewer there are when nothing fails any more."""
    market = lab.future(2 * YEAR)
    reasons = market.exit_reasons.groupby("key")["value"].sum()
    before = churn(market)
    perfect = {
        "behaviour.failure.rate": 0.0,
        "behaviour.failure.billing": 0.0,
        "behaviour.attention.bill_shock": 0.0,
        "behaviour.attention.dissatisfaction": 0.0,
    }
    market = lab.future(2 * YEAR, perfect)
    after = churn(market)
    promised = float(sum(reasons.get(name, 0.0) for name in CONTROLLABLE) / reasons.sum())
    return {
        "promised": 100.0 * promised,
        "realised": 100.0 * (1.0 - after / before),
        "realised over promised": (1.0 - after / before) / promised,
    }


def predictability(lab: Lab) -> dict[str, float]:
    """Fact 6: gradient-boosted trees on what the focal operator's analyst knows of postpaid customers; fitted on the
    first half of the years, tried on the second.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    window, half = 3, lab.scenario.months // 2
    panel = lab.panel[~lab.panel["prepaid"]].reset_index(drop=True)
    panel = panel.assign(leaves=leaves_within(panel, window))
    used = panel[
        (panel["operator"] == lab.scenario.focal)
        & (panel["month"] % 6 == 0)
        & (panel["month"] <= lab.scenario.months - window)
    ]
    features = used[
        ["tenure", "months_left", "bill", "usage", "complaints", "points", "friends_left", "survey_satisfaction"]
    ].astype(float)
    features["plan"], features["segment"] = used["plan"].cat.codes, used["segment"].cat.codes
    early = (used["month"] <= half).to_numpy()
    model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.08, max_leaf_nodes=8, random_state=0).fit(
        features[early], used.loc[early, "leaves"]
    )
    score, leaves = model.predict_proba(features[~early])[:, 1], used.loc[~early, "leaves"].to_numpy()
    top = np.argsort(-score, kind="stable")[: max(len(score) // 10, 1)]
    return {
        "area under the curve": float(roc_auc_score(leaves, score)),
        "top-decile lift": float(leaves[top].mean() / leaves.mean()),
    }


FACTS = (
    Fact(
        "1",
        "Monthly churn of postpaid and prepaid customers",
        "postpaid 1-2 % (life 67 months), prepaid 5.9 % (17 months)",
        "reports of 2012-13 by operators in the US and the EU",
        "H",
        "exits over opening customers in the panel; a prepaid line is lost after three months without use",
        (
            Check("postpaid", "% a month", "band", 0.8, 2.0),
            Check("prepaid", "% a month", "band", 3.0, 7.0),
            Check("ratio", "1", "band", 2.5, 5.0),
        ),
        levels,
        is_tuned=True,
    ),
    Fact(
        "2",
        "A cohort's hazard falls by sorting alone",
        "survival of two cohorts over seven years, shifted-beta-geometric",
        "Fader & Hardie 2007",
        "H",
        "no terms, nobody changes: hazard of newcomers after month 18 over that of months 1 to 6 (the published curves:"
        " theory, C05)",
        (Check("late over early hazard", "1", "sign", high=1.0),),
        sorting,
    ),
    Fact(
        "3",
        "Few leave in a term, many when it ends, fewer afterwards",
        "spike at 12, 18 or 24 months, plateau below it",
        "operators' and regulators' reports",
        "H",
        "churn by months left of plans with a term; month of life in which newcomers' hazard is highest when terms are"
        " 12 or 24 months",
        (
            Check("ends over in term", "1", "sign", low=3.0),
            Check("afterwards over in term", "1", "sign", low=1.0),
            Check("ends over afterwards", "1", "sign", low=1.0),
            Check("month of the spike, 12-month term", "month", "band", 11.0, 13.0),
            Check("month of the spike, 24-month term", "month", "band", 23.0, 25.0),
        ),
        expiry,
    ),
    Fact(
        "4",
        "Contracts hold, and part of the gap is who signs them",
        "contracts matter more than service; part of the gap is selection",
        "operators' reports",
        "M",
        "customers on plans with a term, a year later: as it is, and with all terms taken away and what is paid for"
        " them; the gap is that to postpaid customers on plans without a term, and selection is what the terms do not"
        " explain",
        (
            Check("churn without terms less with", "% of customers a year", "sign", low=0.0),
            Check("gap seen", "% of customers a year", "sign", low=0.0),
            Check("selection", "% of customers a year", "sign", low=0.0),
        ),
        contracts,
    ),
    Fact(
        "5",
        "Removing a cause of churn removes less than its share",
        "return on retention below what a single cause promises",
        "Braun & Schweidel 2011",
        "H",
        "share of exits logged as failure, dissatisfaction or bill shock, against the fall of churn when none happens"
        " any more (24 months)",
        (
            Check("promised", "% of exits", "report"),
            Check("realised", "% of exits", "sign", low=0.0),
            Check("realised over promised", "1", "sign", high=1.0),
        ),
        damper,
    ),
    Fact(
        "6",
        "Churn can be predicted, but not well",
        "area under the curve .60-.80, top-decile lift 1.8-4",
        "Neslin et al. 2006",
        "M",
        "boosted trees on the focal operator's records of postpaid customers, exits within three months, later years"
        " held out",
        (
            Check("area under the curve", "0.5 to 1", "band", 0.60, 0.80),
            Check("top-decile lift", "1", "band", 1.8, 4.0),
        ),
        predictability,
    ),
)

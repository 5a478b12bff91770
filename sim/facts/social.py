"""Facts on what customers do to one another: 23 to 25; and on programmes whose members select themselves: 32."""

import numpy as np
import pandas as pd

from sim.experiments.naive_true.from_operator import naive_programme, true_programme
from sim.experiments.naive_true.from_others import (
    naive_contagion,
    naive_contagion_hazard,
    naive_referral,
    true_contagion,
)
from sim.facts.fact import Check, Fact
from sim.facts.lab import Lab


def observed_contagion(lab: Lab) -> dict[str, float]:
    """Fact 23."""
    return {"hazard ratio": 1.0 + naive_contagion_hazard(lab.laboratory) / 100.0}


def causal_contagion(lab: Lab) -> dict[str, float]:
    """Fact 24."""
    naive, true = naive_contagion(lab.laboratory), true_contagion(lab.laboratory)
    return {"true effect": true, "naive estimate": naive, "true less half of naive": true - 0.5 * naive}


def referrals(lab: Lab) -> dict[str, float]:
    """Fact 25: exits of referred newcomers; own against referral value, by rank, of those who have brought somebody."""
    state = lab.market.state
    brought = np.bincount(state.referrer[state.referrer >= 0], minlength=len(state.referrer))
    some = pd.DataFrame({"brought": brought, "own": state.margin})[brought > 0]
    return {
        "referred less others": naive_referral(lab.laboratory),
        "rank correlation": float(some["brought"].corr(some["own"], method="spearman")),
    }


def programme(lab: Lab) -> dict[str, float]:
    """Fact 32."""
    naive, true = naive_programme(lab.laboratory), true_programme(lab.laboratory)
    return {"naive estimate": naive, "true effect": true, "naive beyond twice the true": 2.0 * true - naive}


FACTS = (
    Fact(
        "23",
        "Leavers clearly draw leavers, as it seems",
        "+80 % hazard for a defecting friend",
        "Nitzan & Libai 2011",
        "H",
        "Cox regression of leaving for another operator on friends who left by choice last month, observables held"
        " constant; death, disconnection and silence end the time at risk",
        (Check("hazard ratio", "1", "band", 1.3, 2.2),),
        observed_contagion,
    ),
    Fact(
        "24",
        "What friends truly cause is far less",
        "+0.06 points on 2.15 % a month",
        "Ferreira, Telang & De Matos 2019",
        "H",
        "customers far apart are moved to a rival in a fork; exits of their ties over six months, against a logit of"
        " leaving for another operator on the panel",
        (
            Check("true effect", "points a month", "sign", low=0.0),
            Check("naive estimate", "points a month", "sign", low=0.0),
            Check("true less half of naive", "points a month", "sign", high=0.0),
        ),
        causal_contagion,
    ),
    Fact(
        "25",
        "Who was referred stays, and the best referrers are not the best payers",
        "referred customers leave less; spending and referring are hardly related",
        "Schmitt, Skiera & van den Bulte 2011; Kumar, Petersen & Leone 2007",
        "M",
        "logit of newcomers' exits on having been referred; rank correlation of referrals brought and own margin",
        (
            Check("referred less others", "points a month", "sign", high=0.0),
            Check("rank correlation", "-1 to 1", "sign", high=0.4),
        ),
        referrals,
    ),
    Fact(
        "32",
        "Most of what members seem to stay longer is who they are",
        "true effect a seventh of the naive one",
        "Leenheer et al. 2007",
        "H",
        "members' exits in a year less those of others in the panel, and the same people's exits less those without the"
        " programme",
        (
            Check("naive estimate", "points a month", "sign", high=0.0),
            Check("true effect", "points a month", "sign", high=0.0),
            Check("naive beyond twice the true", "points a month", "sign", low=0.0),
        ),
        programme,
    ),
)

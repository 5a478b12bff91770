"""What analysts conclude from a panel about why customers stay, and the experiment that tells whether it is so."""

from dataclasses import dataclass

from sim.experiments.naive_true import from_operator, from_others, from_within
from sim.experiments.naive_true.laboratory import Estimate

POINTS, SAVED = "points a month", "customers saved of 100 called"
FORCED = (
    "One customer in each community is made to move to a rival; exits of those with exactly one of them among their"
    " ties"
)
PROGRAMME = "The same members' exits in that year, less those in the world in which the programme was never offered"
BELIEVED = "Predicted by a logit to leave while a credit speaks for staying, and still there then: counted as saved"
CALLS = "The same people's exits over those months without the call, less those with it"


@dataclass(frozen=True)
class Claim:
    """A claim: what an analyst estimates from the panel, and the experiment in the same unit."""

    name: str
    question: str
    method: str  # of the analyst
    experiment: str  # of the lab
    unit: str
    source: str
    naive: Estimate  # from panels alone
    true: Estimate  # from forks of the same world


CLAIMS = (
    Claim(
        "contagion",
        "Do customers leave because their friends do?",
        "Logit of leaving for another operator in a month on the friends who left by choice within six months,"
        " observables held constant",
        f"{FORCED}, over six months, less theirs without it",
        POINTS,
        "Ferreira, Telang & De Matos 2019",
        from_others.naive_contagion,
        from_others.true_contagion,
    ),
    Claim(
        "contagion_hazard",
        "By how much does a friend who leaves raise the hazard of leaving?",
        "Cox regression of leaving for another operator on the friends who left by choice last month, observables held"
        " constant",
        f"{FORCED}, in the month after, in per cent of theirs without it",
        "% of the hazard",
        "Nitzan & Libai 2011",
        from_others.naive_contagion_hazard,
        from_others.true_contagion_hazard,
    ),
    Claim(
        "loyalty_programme",
        "Does the points programme keep its members?",
        "Members' exits in a year, less those of all others",
        PROGRAMME,
        POINTS,
        "Leenheer et al. 2007",
        from_operator.naive_programme,
        from_operator.true_programme,
    ),
    Claim(
        "loyalty_matched",
        "The same, if members are compared with others like them?",
        "Members' exits in a year, less those of others matched on the propensity to be a member",
        PROGRAMME,
        POINTS,
        "Leenheer et al. 2007",
        from_operator.naive_programme_matched,
        from_operator.true_programme,
    ),
    Claim(
        "lock_in",
        "Do terms hold customers?",
        "Logit of leaving in a month on being inside a term, postpaid, observables held constant",
        "Exits in a month of those inside a term, less theirs if the term is struck out",
        POINTS,
        "Klemperer 1995",
        from_operator.naive_lock_in,
        from_operator.true_lock_in,
    ),
    Claim(
        "satisfaction",
        "How much less do customers leave who are more satisfied by 0.1?",
        "Logit of leaving in a month on satisfaction as surveyed, observables held constant",
        "Exits in a month of customers whose satisfaction is raised by 0.1, less theirs as they are",
        POINTS,
        "Bolton 1998",
        from_within.naive_satisfaction,
        from_within.true_satisfaction,
    ),
    Claim(
        "referral",
        "Do referred customers leave less because of who brought them?",
        "Logit of newcomers' leaving in a month on having been referred, observables held constant",
        "Referred newcomers' exits over six months, less theirs if the friends who brought them can no longer be seen",
        POINTS,
        "Schmitt, Skiera & van den Bulte 2011",
        from_others.naive_referral,
        from_others.true_referral,
    ),
    Claim(
        "risk_targeting",
        "How many does a call save among those most at risk?",
        BELIEVED,
        CALLS,
        SAVED,
        "Ascarza 2018",
        from_operator.naive_saved("proactive_risk"),
        from_operator.true_saved("proactive_risk"),
    ),
    Claim(
        "uplift_targeting",
        "How many does a call save among those whom a call keeps?",
        BELIEVED,
        f"{CALLS}; called are those with the highest true effect",
        SAVED,
        "Ascarza 2018",
        from_operator.naive_saved("proactive_oracle"),
        from_operator.true_saved("proactive_oracle"),
    ),
    Claim(
        "tenure",
        "Do customers leave less because they have long been customers?",
        "Kaplan-Meier: monthly hazard in the first year, less that in the fourth and fifth",
        "Exits in a month of customers of four and five years from whom habit, commitment, trust, satisfaction and"
        " tenure are taken away, less theirs as they are",
        POINTS,
        "Fader & Hardie 2010",
        from_within.naive_tenure,
        from_within.true_tenure,
    ),
)

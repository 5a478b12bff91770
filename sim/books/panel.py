"""What an analyst gets: a panel of sampled customers, row t = state before the choice of month t and what happened in
t.
"""

from typing import Any

import numpy as np
import pandas as pd

from agents import draws
from agents.draws import bounded_normal, uniforms
from agents.population import State, Traits
from agents.rule import loop
from agents.tables import Table, shown
from sim.analysis.weighing import weigh
from sim.config import Scenario
from sim.steps.flags import Flag
from sim.world.tables import REASONS
from sim.world.world import World

BEFORE, TRUTH = shown(State, "plain"), shown(State, "truth")
# systematic, at the start of the month; the other is the best rival or doing without, switching cost in
UTILITIES = ("utility_own", "utility_best_other")
TRAITS = shown(Traits, "truth")
EVENTS = ("failure", "large", "fast", "attentive")  # fast: the complaint was resolved, and fast
COLUMNS = (
    "month",
    "customer",
    "operator",
    "plan",
    "prepaid",
    "segment",
    "region",
    "bill",
    "usage",
    "tenure",
    "joined_month",
    "previous_operator",
    "referred_by",
    "months_left",
    "complaints",
    "resolved",
    "points",
    "tier",
    "contacted",
    "offered",
    "friends_left",
    "survey_satisfaction",
    "churned",
    "destination",
    "reason",
)


@loop
def fill_noise(key: Any, customers: np.ndarray, out: np.ndarray) -> None:
    """Fill keyed survey noise, standard normal, shape (customers,)."""
    for row in range(customers.shape[0]):
        out[row] = bounded_normal(key, draws.SURVEY, customers[row], 1)


def members(world: World, share: float) -> np.ndarray:
    """Row numbers of the people in the panel, keyed by person."""
    if share <= 0.0:
        return np.zeros(0, np.int64)
    return draws.sample(world.world_key, draws.PANEL, 0, len(world.state), share)


def before(world: World, members: np.ndarray, with_truth: bool) -> dict[str, np.ndarray]:
    """Note the state of panel members who are customers, at the start of a month."""
    ids = members[world.state.plan[members] >= 0]
    row = {name: getattr(world.state, name)[ids].copy() for name in (*BEFORE, *TRUTH)}
    operator = world.offers.plans.operator[row["plan"]]
    friends = world.seen[world.ties[ids]] if world.params.has_ties else np.zeros((len(ids), 0), np.uint32)
    row["friends_left"] = (((friends >> 8) & 255) == operator[:, None]).sum(axis=1)
    thresholds = world.offers.tier_threshold[operator]
    row["tier"] = (row["reference"][:, None] >= thresholds).sum(axis=1)
    if with_truth:
        values = weigh(world, ids).values
        own = values[np.arange(len(ids)), operator].copy()
        values[np.arange(len(ids)), operator] = -np.inf
        row["utility_own"], row["utility_best_other"] = own, values.max(axis=1)
    return {"customer": ids, "operator": operator, **row}


def after(world: World, row: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add what happened to them in the month."""
    ids = row["customer"]
    row["month"] = np.full(len(ids), world.month)
    for name in ("happened", "reason", "bill", "usage", "destination"):
        row[name] = getattr(world.events, name)[ids].copy()
    row["noise"] = np.empty(len(ids))
    fill_noise(world.luck_key, ids, row["noise"])
    row["asked"] = uniforms(world.luck_key, draws.SURVEY, ids, 2)
    return row


def panel_frame(scenario: Scenario, traits: Table[Traits], rows: list[dict[str, np.ndarray]]) -> pd.DataFrame:
    """Return the panel as a table with labels."""
    config, names, plans = scenario.panel, list(scenario.operators), scenario.all_plans
    extra = (*TRUTH, *TRAITS, *EVENTS, "cause", *UTILITIES) if config.truth else ()
    if not rows:
        return pd.DataFrame(columns=[*COLUMNS, *extra])
    all_rows = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    ids, happenings = all_rows["customer"], all_rows["happened"]

    def happened(name: str) -> np.ndarray:
        return np.asarray((happenings & Flag[name.upper()]) != 0)

    def labels(codes: np.ndarray, names: list[str]) -> Any:
        return pd.Categorical.from_codes(codes.astype(np.int16), pd.Index(names))

    left = happened("left")
    operators = [*names, "outside"]
    destination = np.where(left, np.where(all_rows["destination"] < 0, len(operators) - 1, all_rows["destination"]), -1)
    surveyed = np.where(
        all_rows["asked"] < config.survey_share,
        np.clip(all_rows["satisfaction"] + config.survey_sd * all_rows["noise"], 0.0, 1.0),
        np.nan,
    )
    frame = pd.DataFrame(
        {
            "month": all_rows["month"],
            "customer": ids,
            "operator": labels(all_rows["operator"], names),
            "plan": labels(all_rows["plan"], list(plans)),
            "prepaid": np.array([plan.prepaid for _, plan in plans.values()])[all_rows["plan"]],
            "segment": labels(traits.segment[ids], list(scenario.customers.segments)),
            "region": labels(traits.region[ids], list(scenario.regions)),
            "bill": all_rows["bill"].astype(float),
            "usage": all_rows["usage"].astype(float),
            "tenure": all_rows["tenure"],
            "joined_month": all_rows["joined"],
            "previous_operator": labels(all_rows["previous"], names),
            "referred_by": all_rows["referrer"],
            "months_left": all_rows["months_left"],
            "complaints": happened("complaint").astype(int),
            "resolved": happened("resolved"),
            "points": all_rows["points"],
            "tier": all_rows["tier"],
            "contacted": happened("contacted"),
            "offered": happened("offered"),
            "friends_left": all_rows["friends_left"],
            "survey_satisfaction": surveyed,
            "churned": left,
            "destination": labels(destination, operators),
            "reason": labels(np.where(left, all_rows["reason"], -1), list(REASONS)),
        }
    )
    if config.truth:
        for name in (*TRUTH, *UTILITIES):
            frame[name] = all_rows[name].astype(float)
        for name in TRAITS:
            frame[name] = getattr(traits, name)[ids].astype(float)
        for name in EVENTS:
            frame[name] = happened(name)
        frame["cause"] = labels(all_rows["reason"], list(REASONS))
    return frame

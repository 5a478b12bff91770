"""Random valid markets: what a scenario file may say of operators, people, behaviour, policies and shocks, as a
hypothesis strategy. `small_markets()` draws the file's tree; `market_file` writes it, and `load_scenario` reads it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from hypothesis import strategies as st

from agents.plan import Plan
from agents.strategies import AnyLoyalty, AnyPricing, AnyRetention, AnyService, QLearning
from sim.config.behaviour import Behaviour
from sim.config.customers import Segment
from sim.config.operators import Care, Network, OperatorConfig
from sim.config.shocks import ShippedShock
from sim.errors import InputError
from sim.loading import list_configs, resolve_policies
from tests.properties.blocks import Tree, any_of, block, number

Draws = st.SearchStrategy[Any]
NAMES = ("A", "Télé 2", "No", "01", "B&C", 'say "so"', "$x_1$", "ö")  # operators; plans, segments and regions beside
SHOCKS = get_args(get_args(ShippedShock)[0])
POLICIES = [name for name in list_configs("policy") if name != "premium_price"]  # that one names plans of one market
TRAITS = {  # trait -> its usual most
    "usage": 20.0,
    "hassle": 2.0,
    "attention": 2.0,
    "care_weight": 0.4,
    "price_weight": 0.4,
    "social": 2.0,
    "credit_risk": 2.0,
    "deal_proneness": 1.0,
    "variety": 2.0,
}


def split(draw: st.DrawFn, names: Sequence[str], whole: float = 1.0) -> dict[str, float]:
    """Shares of names, each above 0, that sum to the whole."""
    weights = draw(st.lists(st.integers(1, 9), min_size=len(names), max_size=len(names)))
    return {name: whole * weight / sum(weights) for name, weight in zip(names, weights, strict=True)}


def some(names: Sequence[str], most: int | None = None) -> Draws:
    """Some of the names, at least one."""
    return st.lists(st.sampled_from(list(names)), min_size=1, max_size=most or len(names), unique=True)


def distribution(most: float, least: float = 0.0) -> Draws:
    """Distributions of a trait that is seldom above its usual most."""
    value = number(least, most)
    return st.one_of(
        value,
        st.builds(lambda low, wide: {"distribution": "uniform", "low": low, "high": low + wide}, value, value),
        st.builds(lambda mean: {"distribution": "normal", "mean": mean, "sd": mean / 4.0}, value),
        st.builds(
            lambda mean, sd: {"distribution": "lognormal", "mean_log": mean, "sd_log": sd},
            number(-3.0, 0.0),
            number(0.0, 0.8),
        ),
        st.builds(
            lambda one, other: {"distribution": "beta", "alpha": one, "beta": other}, number(0.5, 4.0), number(0.5, 4.0)
        ),
    )


def segments(draw: st.DrawFn) -> Tree:
    names = ["all", "on", "S 2", "vierte"][: draw(st.integers(1, 4))]
    traits = {name: distribution(most) for name, most in TRAITS.items()}
    sizes = {"account_size": st.sampled_from((1, 1, 3))}
    return {
        name: {
            **draw(
                block(Segment, {"share": st.just(share), "price_sensitivity": distribution(0.4, least=0.01), **sizes})
            ),
            **{trait: draw(traits[trait]) for trait in draw(st.lists(st.sampled_from(sorted(traits)), unique=True))},
        }
        for name, share in split(draw, names).items()
    }


def plans(draw: st.DrawFn, operator: str, people: Sequence[str], has_appeal: bool) -> Tree:
    """One to four plans of an operator; their first is sold to everybody."""
    names = [f"{operator} {size}" for size in ("S", "M", "L", "XL")[: draw(st.integers(1, 4))]]
    mix = split(draw, names) if draw(st.booleans()) else dict.fromkeys(names)
    found = {}
    for name in names:
        given: dict[str, Draws] = {
            "fee": number(0.0, 60.0),
            "appeal": number(-2.0, 5.0) if has_appeal else st.none(),
            "segments": st.none() if name == names[0] else st.none() | some(people),
            "brand": st.sampled_from((None, None, "junior")),
            "start_mix": st.just(mix[name]),
        }
        found[name] = draw(block(Plan, given))
    return found


def strategies(draw: st.DrawFn, rivals: Sequence[str], own: Sequence[str], outside: bool) -> Tree:
    """Pricing, service and levers of an operator; software learns only where people may do without an operator."""
    rival = st.sampled_from((None, *rivals))
    pricing = [kind for kind in get_args(AnyPricing) if outside or kind is not QLearning]
    fees = st.dictionaries(
        st.integers(1, 6), number(0.5, 1.5) | st.dictionaries(st.sampled_from(list(own)), number(0.0, 60.0)), max_size=3
    )
    given = {
        "match": {"rival": rival},
        "schedule": {"fees": fees},
        "q_learning": {"points": st.integers(2, 5), "periods": st.just(500), "stable": st.just(100)},
    }
    chosen: Tree = {
        "pricing": draw(any_of(tuple(pricing), given)),
        "service": draw(any_of(get_args(AnyService))),
    }
    for role, kinds in (("loyalty", get_args(AnyLoyalty)), ("retention", get_args(AnyRetention))):
        levers = draw(st.lists(any_of(kinds), max_size=2, unique_by=lambda lever: lever["kind"]))
        chosen[role] = {lever["kind"]: lever for lever in levers}
    return chosen


def operators(draw: st.DrawFn, names: Sequence[str], late: str | None, people: Sequence[str], world: Tree) -> Tree:
    has_appeal = draw(st.booleans())
    there = [name for name in names if name != late]
    whole = draw(number(0.4, 1.0)) if world["outside"] else 1.0
    shares = split(draw, there, whole) | ({late: 0.0} if late else {})
    found = {}
    for name in names:
        sold = plans(draw, name, people, has_appeal)
        quality = st.dictionaries(st.sampled_from(world["regions"]), number(0.0, 1.0), max_size=2)
        given: dict[str, Draws] = {
            "plans": st.just(sold),
            "start_share": st.just(shares[name]),
            "network": block(Network, {"quality": quality}),
            "care": block(Care),
            **{part: st.just(one) for part, one in strategies(draw, names, list(sold), world["outside"]).items()},
        }
        found[name] = draw(block(OperatorConfig, given))
    return found


def shocks(draw: st.DrawFn, names: Sequence[str], focal: str, late: str | None, world: Tree) -> Tree:
    """Up to three shocks of any kind in any months; who comes late enters."""
    months = {"month": st.integers(1, world["months"])}
    operator = {**months, "operator": st.sampled_from(list(names))}
    other = [name for name in names if name not in (focal, late)]
    given = {
        "price_change": operator,
        "tariff_rise": {**months, "exempt": st.sampled_from((None, *names))},
        "price_war": {**months, "exempt": st.sampled_from((None, *names))},
        "outage": {**operator, "region": st.sampled_from((None, *world["regions"]))},
        "breach": operator,
        "device_launch": operator,
        "fee_waiver": {**months, "operator": st.sampled_from((None, *names))},
        "entrant": {**months, "operator": st.just(late), "like": st.just(names[0])},
        "merger": {**months, "into": st.just(focal), "absorbed": st.sampled_from(other or [focal])},
    }
    impossible = {"entrant"} | (set() if other else {"merger"})
    kinds = [kind for kind in SHOCKS if str(kind.model_fields["kind"].default) not in impossible]
    drawn = draw(st.lists(any_of(tuple(kinds), {key: given.get(key, months) for key in _tags(kinds)}), max_size=3))
    if late:
        drawn.append(draw(any_of(tuple(kind for kind in SHOCKS if _tags([kind]) == ["entrant"]), given)))
    return {f"shock {number}": shock for number, shock in enumerate(drawn)}


def _tags(kinds: Sequence[Any]) -> list[str]:
    return [str(kind.model_fields["kind"].default) for kind in kinds]


def policy(draw: st.DrawFn) -> str:
    """A policy, or two side by side where they go together."""
    names = draw(some(POLICIES, most=2))
    try:
        resolve_policies(["+".join(names)])
    except InputError:
        return str(names[0])
    return "+".join(names)


@st.composite
def small_markets(draw: st.DrawFn, most_people: int = 200, most_months: int = 5) -> Tree:
    """What a scenario file may say, for a market that lives in a second."""
    names = list(NAMES[: draw(st.integers(1, 8))])
    late = names[-1] if len(names) > 1 and draw(st.integers(0, 3)) == 0 else None
    regions = ["urban", "off", "2", "R 4"][: draw(st.integers(1, 4))]
    months = draw(st.integers(1, most_months))
    world: Tree = {"regions": regions, "months": months, "outside": draw(st.booleans())}
    people = segments(draw)
    focal = draw(st.sampled_from([name for name in names if name != late]))
    focal_policy = policy(draw)
    tree = {
        "defaults": ["base", {"behaviour": draw(st.sampled_from(("mobile", "small", "textbook")))}, "_self_"],
        "months": months,
        "burn_in": draw(st.integers(0, 4)),
        "seed": draw(st.integers(0, 2**31 - 1)),
        "market_size": draw(st.sampled_from((1.0, 1e4, 1e7))),
        "discount_annual": draw(number(0.0, 0.3)),
        "regions": split(draw, regions),
        "customers": {
            "count": draw(st.integers(2, most_people)),
            "outside": world["outside"],
            "segments": people,
            "trait_homophily": draw(number(0.0, 1.0)),
            "segment_homophily": draw(number(0.0, 1.0)),
            "correlations": draw(st.sampled_from(({}, {"usage~hassle": 0.3}, {"variety~social": -0.9}))),
        },
        "behaviour": draw(block(Behaviour)),
        "operators": operators(draw, names, late, list(people), world),
        "focal": focal,
        "policy": focal_policy,
        "policies": list(dict.fromkeys(("none", focal_policy))),
        "shocks": shocks(draw, names, focal, late, world),
        "panel": {"share": 1.0, "truth": True, "survey_share": draw(number(0.0, 1.0))},
    }
    hazard = draw(st.sampled_from((None, None, None, "own", "by_tenure", "adoption")))
    if hazard == "own":
        tree["behaviour"]["churn_hazard"] = {"distribution": "beta", "alpha": 0.7, "beta": 1.2}
    elif hazard == "by_tenure":
        tree["behaviour"]["churn_hazard"] = {"distribution": "by_tenure", "hazards": [0.3, 0.1, 0.0]}
    return tree


def market_file(folder: Path, tree: Tree) -> Path:
    """Write a tree as the scenario file `market.yaml`."""
    path = folder / "market.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path

"""What if the rival chooses too? My policy against the rival's: both net present values, best responses, equilibria."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd
from pydantic import ValidationError

from agents.block import summary_of
from agents.strategies import AnyPricing, Pricing
from sim.config import Policy, Scenario
from sim.config.own import kind_of
from sim.errors import InputError, listed, nearest
from sim.experiments.asked import remembered
from sim.experiments.design import RUN, Design
from sim.experiments.executor import extra
from sim.experiments.own import Measure, own_of
from sim.experiments.record import Study
from sim.experiments.sampling import check_runs
from sim.experiments.statistics import half_width, is_best
from sim.experiments.study import Found, Means, run_design
from sim.experiments.sweep import Plan, Source, scenario_of
from sim.loading import list_configs, policies_of, resolve_policies
from sim.plugins import provided

if TYPE_CHECKING:
    from sim.objects.customer import Customer

PAIR = ("policy", "rival_policy")
SHARE = 1e-6  # a probability below it is none


@remembered
def wargame(
    scenario: Source,
    policies: Sequence[str] | None = None,
    rival: str | None = None,
    rival_policies: Sequence[str] | None = None,
    replications: int = 10,
    means: Means | None = None,
    overrides: Sequence[str] = (),
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Study:
    """Let the focal operator and one rival each choose a policy in month 1; the others go on as configured.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario
    policies : of the focal operator: policies, or kinds of pricing with their defaults; the scenario's own list where
        None
    rival : the largest other operator where None
    rival_policies : the same choice of the rival; `none` is what the scenario has it do. Where None: none, price_cut
        and every kind of pricing that adapts
    replications : worlds; every pair of policies is forked from each
    means : executor and store of finished rows
    overrides : for a scenario given by name or path
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market that has run, which return one number, or one for each
        operator by its name

    """
    scenario = game_of(scenario, overrides, [*(policies or ()), *(rival_policies or ())])
    rival, own = rival_of(scenario, rival), own_of(scenario, customer, measures)
    mine = list(policies) if policies is not None else list(scenario.policies)
    kinds = pricing_kinds(scenario)
    theirs = (
        list(rival_policies)
        if rival_policies is not None
        else ["none", "price_cut", *(name for name in kinds if name != "fixed" and _by_default(name, kinds[name]))]
    )
    for what, names in (("policies", mine), ("rival_policies", theirs)):
        if len(names) < 2 or len(set(names)) < len(names):
            raise InputError(f"{what}: at least two, each once (got {', '.join(names) or 'none'})")
    check_runs(len(mine) * len(theirs) * replications)
    scenario = with_policies(scenario, [*mine, *theirs])
    rows = [
        (policy, "responding", number, scenario.seed + number, other)
        for number in range(replications)
        for policy in mine
        for other in theirs
    ]
    table = pd.DataFrame(rows, columns=[*RUN, f"{rival} takes on"])
    design = Design(table, (scenario,), [0] * len(rows), own=own, rivals=(rival,))
    found = run_design(design, means or Means())
    return study_of(scenario, found, rival, mine, theirs, replications)


def game_of(scenario: Source, overrides: Sequence[str], names: Sequence[str]) -> Scenario:
    """Load a scenario with the policies that the sides name, those of the user's own folder too."""
    game = scenario_of(scenario, overrides)
    if isinstance(scenario, Scenario):
        return game
    files = policies_of(scenario)
    named = [name for name in names if all(part.strip() in files for part in name.split("+"))]
    return scenario_of(scenario, overrides, dict.fromkeys([*game.policies, *named]))


def rival_of(scenario: Scenario, rival: str | None) -> str:
    """Return the rival by name; the largest other operator where none is named."""
    others = {name: config.start_share for name, config in scenario.operators.items() if name != scenario.focal}
    if not others:
        raise InputError(f"wargame: {scenario.name} has one operator only")
    if rival is None:
        return max(others, key=lambda name: others[name])
    if rival not in others:
        raise InputError(f"rival={rival}: no such rival{nearest(rival, others)}; known: {listed(others)}")
    return rival


def pricing_kinds(scenario: Scenario) -> dict[str, type[Pricing]]:
    """Return every kind of pricing there is, those of the scenario's plug-ins too."""
    own = [kind for kind in provided(scenario.plugins).kinds if issubclass(kind, Pricing)]
    return {kind_of(kind): kind for kind in (*get_args(AnyPricing), *own)}


def _by_default(name: str, kind: type[Pricing]) -> Policy | None:
    """Return a policy that prices by a kind's defaults; None where the kind has numbers without default."""
    try:
        pricing = kind.model_validate({})
        return Policy.model_validate({"name": name, "description": summary_of(kind), "pricing": pricing})
    except ValidationError:
        return None


def with_policies(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Add policies by name to those the scenario knows: policy files, or kinds of pricing by their defaults."""
    known, files, kinds = dict(scenario.policies), list_configs("policy"), pricing_kinds(scenario)
    for name in names:
        if name in known:
            continue
        if name not in kinds:
            parts = [part for part in name.split("+") if part not in files]
            if parts:
                choice = list(dict.fromkeys([*scenario.policies, *files, *kinds]))
                raise InputError(
                    f"policy '{parts[0]}': neither a policy nor a kind of pricing{nearest(parts[0], choice)}; known:"
                    f" {', '.join(choice)}"
                )
            known.update(resolve_policies([name]))
        elif (policy := _by_default(name, kinds[name])) is None:
            raise InputError(
                f"policy '{name}': this kind of pricing has numbers without default; write a policy file with pricing:"
                f" {{kind: {name}, ...}}"
            )
        else:
            known[name] = policy
    return scenario.model_copy(update={"policies": known})


def study_of(
    scenario: Scenario, found: Found, rival: str, mine: list[str], theirs: list[str], replications: int
) -> Study:
    """Turn what was found into payoffs, best responses and equilibria."""
    table = found.table("runs", [*RUN, f"{rival} takes on", "hash"]).rename(
        columns={f"{rival} takes on": "rival_policy"}
    )
    stacks = {name: _stack(table[table["operator"] == name], mine, theirs) for name in (scenario.focal, rival)}
    payoffs = payoff_table(stacks[scenario.focal], stacks[rival], mine, theirs)
    payoffs = payoffs.join(_own_means(table, scenario.focal, rival, list(found.design.own.measures)), on=list(PAIR))
    tables = {
        "runs": table,
        "payoffs": payoffs,
        "equilibria": equilibria(stacks[scenario.focal], stacks[rival], mine, theirs),
    }
    plan = Plan("factorial", {"policy": mine, "rival_policy": theirs}, {}, 0, replications, scenario.seed)
    facts: dict[str, Any] = {"measure": "npv", "rival": rival, "policies": mine, "rival_policies": theirs}
    return Study("wargame", scenario, plan, float(table["weight"].iloc[0]), tables, facts, failures=found.failures)


def _own_means(table: pd.DataFrame, focal: str, rival: str, measures: list[str]) -> pd.DataFrame:
    """Return the mean of own measures at each pair, of both sides: the measure's name, and after `rival_`."""
    sides = (table[table["operator"] == name].groupby(list(PAIR))[measures].mean() for name in (focal, rival))
    return next(sides).join(next(sides).add_prefix("rival_"))


def _stack(rows: pd.DataFrame, mine: list[str], theirs: list[str]) -> np.ndarray:
    """Return net present values, shape (worlds, mine, theirs)."""
    wide = rows.pivot(index="replication", columns=["policy", "rival_policy"], values="npv")[
        [(policy, other) for policy in mine for other in theirs]
    ]
    return np.asarray(wide.to_numpy(dtype=float).reshape(-1, len(mine), len(theirs)))


def payoff_table(own: np.ndarray, other: np.ndarray, mine: list[str], theirs: list[str]) -> pd.DataFrame:
    """Return both payoffs of each pair with 95 % intervals, who answers best, and how many worlds would call the pair
    an equilibrium.
    """
    best, reply = _replies(own, other)
    each = [_replies(own[world : world + 1], other[world : world + 1]) for world in range(len(own))]
    stable = np.mean([here & there for here, there in each], axis=0)
    rows = []
    for i, policy in enumerate(mine):
        for j, answer in enumerate(theirs):
            halves = [float(half_width(pd.DataFrame({"npv": stack[:, i, j]}))["npv"]) for stack in (own, other)]
            means = [float(stack[:, i, j].mean()) for stack in (own, other)]
            rows.append(
                {
                    "policy": policy,
                    "rival_policy": answer,
                    "npv": means[0],
                    "npv_low": means[0] - halves[0],
                    "npv_high": means[0] + halves[0],
                    "rival_npv": means[1],
                    "rival_low": means[1] - halves[1],
                    "rival_high": means[1] + halves[1],
                    "is_best_response": bool(best[i, j]),
                    "is_rival_best_response": bool(reply[i, j]),
                    "is_equilibrium": bool(best[i, j] and reply[i, j]),
                    "share_of_worlds": float(stable[i, j]),
                }
            )
    return pd.DataFrame(rows)


def _replies(own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell for each pair whether it is my best response to the rival's policy, and the rival's to mine, by means over
    worlds.
    """
    mean, theirs = own.mean(axis=0), other.mean(axis=0)
    return is_best(mean, axis=0), is_best(theirs, axis=1)


def equilibria(own: np.ndarray, other: np.ndarray, mine: list[str], theirs: list[str]) -> pd.DataFrame:
    """Return the Nash equilibria (Nash 1950) of the mean payoffs, pure and mixed, by support enumeration.

    One row an equilibrium, side (mine, theirs) and policy played: number, is_pure, side, policy, probability, and the
    side's expected npv with its 95 % interval over worlds.
    """
    nash = extra("nashpy", "wargame", "churnlab wargame")
    scaled = [(stack.mean(axis=0) - stack.mean()) / (np.ptp(stack.mean(axis=0)) or 1.0) for stack in (own, other)]
    with np.errstate(all="ignore"), warnings.catch_warnings():  # of ties between policies, which are found all the same
        warnings.simplefilter("ignore")
        pairs = list(nash.Game(*scaled).support_enumeration(non_degenerate=False))
    rows: list[dict[str, Any]] = []
    for number, (p, q) in enumerate(
        sorted(pairs, key=lambda pair: (sum(pair[0] > SHARE) + sum(pair[1] > SHARE), list(-pair[0]), list(-pair[1]))),
        start=1,
    ):
        is_pure = sum(p > SHARE) + sum(q > SHARE) == 2
        for side, names, shares, stack in (("mine", mine, p, own), ("theirs", theirs, q, other)):
            values = pd.DataFrame({"npv": np.einsum("i,wij,j->w", p, stack, q)})
            mean, half = float(values["npv"].mean()), float(half_width(values)["npv"])
            rows.extend(
                {
                    "number": number,
                    "is_pure": is_pure,
                    "side": side,
                    "policy": name,
                    "probability": float(share),
                    "npv": mean,
                    "npv_low": mean - half,
                    "npv_high": mean + half,
                }
                for name, share in zip(names, shares, strict=True)
                if share > SHARE
            )
    return pd.DataFrame(
        rows, columns=["number", "is_pure", "side", "policy", "probability", "npv", "npv_low", "npv_high"]
    )

"""The report: every section there, no request, the same bytes for the same result, odd results told without breaking."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.loading import load_scenario
from sim.report.page import write_report, write_run_report, write_whole

POLICIES = ("none", "price_cut", "tenure_discount", "points", "contract", "proactive_random", "proactive_risk", "save_desk")
TWELVE = (*POLICIES, "tiers", "proactive_value", "points+save_desk", "proactive_risk+save_desk")
GAINS = (0.0, -64.0, -9.0, 11.0, 47.0, -3.0, -7.5, 39.0, 6.0, -5.0, 52.0, 30.0)  # million of currency, rivals responding
MEASURES = ("npv", "npv_horizon", "npv_terminal", "ebitda", "churn_rate", "arpu", "market_share", "csat", "consumer_surplus", "retained", "saved", "lost", "net_saved", "cost_per_saved")
COSTS = {
    "device_revenue": 60.0, "network_cost": -610.0, "care_cost": -230.0, "commission_cost": -160.0, "subsidy_cost": -210.0, "advertising_cost": -165.0, "contact_cost": -4.0, "credits_cost": -6.0,
    "points_cost": -2.0, "bad_debt_cost": -30.0, "overhead_cost": -520.0, "capex": -460.0,
}  # fmt: skip
REASONS = {"curiosity": 700, "term_end": 520, "campaign": 310, "dissatisfaction": 240, "failure": 260, "friend_left": 90, "move": 60, "contact": 4, "bill_shock": 25, "default": 330, "lapse": 460, "death": 220}


def fake_comparison(policies: Sequence[str] = POLICIES, replications: int = 5, months: int = 24, overrides: Sequence[str] = ()) -> SimpleNamespace:
    """Make a comparison with plausible numbers; noise is drawn from one fixed seed."""
    scenario = load_scenario("price_war", [f"policies=[{','.join(policies)}]", f"months={months}", *overrides])
    draws, weight = np.random.default_rng(7), scenario.market_size / scenario.customers.count
    gain = dict(zip(policies, GAINS, strict=False))
    runs = pd.DataFrame(
        [_run(policy, response, number, gain[policy], weight, draws) for response in ("static", "responding") for policy in policies for number in range(replications)]
    )
    table = _compared(runs[runs["response"] == "responding"], policies, ["policy"])
    by_response = pd.concat({response: _compared(runs[runs["response"] == response], policies, ["policy"]) for response in ("static", "responding")}, names=["response"]).swaplevel()
    parts = {name: _compared(_part(runs, segment.share, place, draws), policies, ["policy"]) for place, (name, segment) in enumerate(scenario.customers.segments.items())}
    summary = table[["npv_diff", "npv_low", "npv_high", "probability_best", "churn_rate_diff", "net_saved", "cost_per_saved"]].assign(
        payback_month=[math.nan if gain[policy] <= 0.0 else min(months - 3.0, 14.0) for policy in policies], npv_downside=table["npv_diff"] - 0.012 * table["npv"].abs()
    )
    return SimpleNamespace(
        scenario=scenario, policies=list(policies), replications=replications, focal="alpha", weight=weight, table=table, by_response=by_response,
        by_segment=pd.concat(parts, names=["segment"]).swaplevel(), summary=summary, runs=runs, trajectories=_paths(policies, replications, months, gain, weight, draws),
        money=_ledger(runs, gain, weight), reasons=_reasons(policies, replications, gain, draws), notes=["Regions were not in the customer file; they were drawn from the market's."],
        extra=[("The imported customers", pd.DataFrame({"contract": ["monthly", "<two years>"], "file": [0.427, 0.028], "simulated": [0.41, math.nan]}), "Churn by contract.")],
        manifest={"version": "0.1.0", "seed": 1, "hash": "5f3a9c", "created": "2026-11-23 10:54 UTC", "versions": {"python": "3.11.7", "numpy": "2.4.6"}},
        answer=lambda: "Run contract: it earns alpha EUR 47 m more than none over five years (95 % interval 42 to 52). If rivals hold still the order of the first two does not change.",
    )  # fmt: skip


def _run(policy: str, response: str, number: int, gain: float, weight: float, draws: np.random.Generator) -> dict[str, Any]:
    world, million = np.random.default_rng(number), 1e6 / weight
    gain = gain * (0.5 if policy == "price_cut" else 1.05) + (14.0 if policy == "save_desk" else 0.0) if response == "static" else gain
    horizon = (1100.0 + 25.0 * world.normal() + 0.6 * gain + (gain != 0.0) * 9.0 * draws.normal()) * million
    terminal = (930.0 + 20.0 * world.normal() + 0.4 * gain + (gain != 0.0) * 7.0 * draws.normal()) * million
    saved, lost = (0.0, 0.0) if gain == 0.0 else (260.0 + 3.0 * gain + 8.0 * draws.normal(), 130.0 - 0.5 * gain + 5.0 * draws.normal())
    return {
        "policy": policy, "response": response, "replication": number, "seed": 1 + number, "operator": "alpha", "npv": horizon + terminal, "npv_horizon": horizon, "npv_terminal": terminal,
        "ebitda": horizon * 1.5, "churn_rate": 0.0162 - gain * 2e-5 + 2e-4 * world.normal() + 4e-5 * draws.normal(), "arpu": 19.4 + 0.004 * gain, "market_share": 0.37 + gain * 2e-4 + 0.002 * world.normal(),
        "csat": 0.712 + gain * 1e-4 + 0.001 * draws.normal(), "consumer_surplus": 31.2 - 0.003 * gain + 0.02 * draws.normal(), "retained": 0.43 + (saved - lost) / 7680, "saved": saved, "lost": lost,
        "net_saved": saved - lost, "cost_per_saved": 900.0 - 8.0 * gain if saved - lost > 120.0 else math.nan,
    }  # fmt: skip


def _part(runs: pd.DataFrame, share: float, place: int, draws: np.random.Generator) -> pd.DataFrame:
    """Give a segment its share of everything, more of the gain to later segments."""
    part = runs[runs["response"] == "responding"].copy()
    for name in ("npv", "npv_horizon", "npv_terminal", "ebitda", "saved", "lost", "net_saved"):
        part[name] = part[name] * share * (1.0 + 0.004 * place * (part["policy"] == "points")) * (1.0 + 0.0005 * draws.normal(size=len(part)))
    return part


def _compared(runs: pd.DataFrame, policies: Sequence[str], index: list[str]) -> pd.DataFrame:
    """Pair differences to the first policy, as the contract says."""
    columns: dict[str, Any] = {}
    for name in MEASURES:
        wide = runs.pivot(index="replication", columns="policy", values=name)[list(policies)]
        change = wide.sub(wide[policies[0]], axis=0)
        half = 2.1 * change.std() / math.sqrt(len(wide))
        columns |= {name: wide.mean(), f"{name}_diff": change.mean(), f"{name}_low": change.mean() - half, f"{name}_high": change.mean() + half}
    best = runs.pivot(index="replication", columns="policy", values="npv").idxmax(axis=1).value_counts(normalize=True)
    return pd.DataFrame(columns).assign(probability_best=best.reindex(policies).fillna(0.0)).rename_axis(index[0])


def _paths(policies: Sequence[str], replications: int, months: int, gain: dict[str, float], weight: float, draws: np.random.Generator) -> pd.DataFrame:
    rows, month = [], np.arange(1, months + 1)
    for policy in policies:
        for number in range(replications):
            world, ramp = np.random.default_rng(number), 1.0 - np.exp(-month / 15.0)
            churn = 0.0162 + 0.004 * np.exp(-month / 8.0) - gain[policy] * 2e-5 * ramp + 4e-4 * world.normal(size=months) + 5e-5 * draws.normal(size=months)
            share = 0.40 - 0.03 * ramp + gain[policy] * 2e-4 * ramp + 0.0008 * np.cumsum(world.normal(size=months)) / 3.0
            profit = (34.0 + world.normal(size=months) + gain[policy] * (0.035 * ramp - 0.012)) * 1e6 / weight
            rows.append(pd.DataFrame({
                "response": "responding", "policy": policy, "replication": number, "month": month, "operator": "alpha", "subscribers": share * 19_000, "market_share": share, "churn_rate": churn,
                "arpu": 19.4, "csat": 0.712 + gain[policy] * 1e-4 * ramp + 0.002 * world.normal(size=months), "ebitda": profit,
            }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _ledger(runs: pd.DataFrame, gain: dict[str, float], weight: float) -> pd.DataFrame:
    """Split each arm's value into lines that add up to it."""
    lines = []
    for run in runs.to_dict("records"):
        extra = {"subsidy_cost": -1.2 * gain[run["policy"]], "credits_cost": -0.2 * gain[run["policy"]], "commission_cost": 0.15 * gain[run["policy"]], "care_cost": -0.1 * gain[run["policy"]]}
        signed = {name: (amount + extra.get(name, 0.0)) * 1e6 / weight for name, amount in COSTS.items()}
        row = {name: amount if name == "device_revenue" else -amount for name, amount in signed.items()}
        lines.append({
            "response": run["response"], "policy": run["policy"], "replication": run["replication"], "operator": "alpha", "service_revenue": run["npv_horizon"] - sum(signed.values()), **row, "npv_terminal": run["npv_terminal"],
        })  # fmt: skip
    return pd.DataFrame(lines)


def _reasons(policies: Sequence[str], replications: int, gain: dict[str, float], draws: np.random.Generator) -> pd.DataFrame:
    rows = [
        {"response": "responding", "policy": policy, "replication": number, "reason": reason, "count": int(count * (1.0 - gain[policy] * (0.006 if reason in ("term_end", "campaign") else 0.001)) + 5.0 * draws.normal())}
        for policy in policies for number in range(replications) for reason, count in REASONS.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def fake_run(months: int = 24, overrides: Sequence[str] = ()) -> SimpleNamespace:
    """Make one run of a market with plausible numbers."""
    scenario = load_scenario("price_war", [f"months={months}", *overrides])
    draws, month = np.random.default_rng(3), np.arange(1, months + 1)
    kpis, prices = [], []
    for place, (operator, share) in enumerate({"alpha": 0.40, "beta": 0.35, "gamma": 0.25}.items()):
        path = share + (-0.03, 0.04, -0.01)[place] * (1.0 - np.exp(-month / 15.0))
        kpis.append(pd.DataFrame({
            "month": month, "operator": operator, "subscribers": path * 19_000, "market_share": path, "churn_rate": 0.017 + 0.001 * place + 0.0005 * draws.normal(size=months),
            "arpu": 19.4 - place - 0.01 * month, "csat": 0.71 - 0.01 * place + 0.003 * draws.normal(size=months), "ebitda": path * 19_000 * (5.0 + 0.2 * draws.normal(size=months)),
        }))  # fmt: skip
        fees = {plan: config.fee for plan, config in scenario.operators[operator].plans.items()}
        cut = np.where(np.arange(months + 1) == 0, 1.0, (0.95, 0.8, 0.9)[place])
        prices += [pd.DataFrame({"month": np.arange(months + 1), "operator": operator, "plan": plan, "fee": fee * cut}) for plan, fee in fees.items()]
    overview = pd.DataFrame({"month": month, "hhi": 0.345 + 0.0001 * month, "outside": 0.04, "consumer_surplus": 31.0 + 0.02 * month, "welfare": 55.0})
    ledger = pd.DataFrame({"month": month, "operator": "alpha", "service_revenue": 1.0})
    return SimpleNamespace(scenario=scenario, kpis=pd.concat(kpis, ignore_index=True), overview=overview, ledger=ledger, prices=pd.concat(prices, ignore_index=True), notes=[], extra=[], manifest={"version": "0.1.0", "seed": 1, "hash": "5f3a9c", "created": "2026-11-23", "versions": {}})


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(fake_comparison(), tmp_path_factory.mktemp("report") / "report.html", "churnlab compare price_war").read_text("utf-8")


def words_of(page: str) -> str:
    """Return what a reader sees, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", re.sub(r"<style.*?</style>", "", page, flags=re.S))).replace("\u00a0", " ")

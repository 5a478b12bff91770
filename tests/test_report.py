"""The report: every section there, no request, the same bytes for the same result,
odd results told without breaking.
"""

import html
import math
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.files.whole import write_whole
from sim.loading import load_scenario
from sim.report import facts, figures, sentences
from sim.report.drawing import both, row_chart
from sim.report.formats import GAP, NBSP, REASON_LABELS, money, prose
from sim.report.page import write_report, write_run_report
from sim.world import tables

POLICIES = (
    "none",
    "price_cut",
    "tenure_discount",
    "points",
    "contract",
    "proactive_random",
    "proactive_risk",
    "save_desk",
)
TWELVE = (*POLICIES, "tiers", "proactive_value", "points+save_desk", "proactive_risk+save_desk")
# million of currency
GAINS = dict(zip(TWELVE, (0.0, -64.0, -9.0, 11.0, 47.0, -3.0, -7.5, 39.0, 6.0, -5.0, 52.0, 30.0), strict=True))
MEASURES = (
    "npv npv_horizon npv_terminal ebitda churn_rate arpu market_share csat consumer_surplus retained saved lost"
    " net_saved cost_per_saved".split()
)
COSTS = {
    "network_cost": 610.0,
    "care_cost": 230.0,
    "commission_cost": 160.0,
    "subsidy_cost": 210.0,
    "credits_cost": 6.0,
    "overhead_cost": 520.0,
    "capex": 460.0,
}
REASONS = {
    "curiosity": 700,
    "lapse": 460,
    "term_end": 520,
    "default": 330,
    "campaign": 310,
    "failure": 260,
    "dissatisfaction": 240,
    "friend_left": 90,
    "contact": 4,
}
RESPONSES = ("responding", "static")
KEYS = ["response", "policy", "replication"]

# --- results with plausible numbers ----------------------------------------------------------------------------------


def fake_comparison(
    policies: Sequence[str] = POLICIES, replications: int = 5, months: int = 24, overrides: Sequence[str] = ()
) -> SimpleNamespace:
    """Make a comparison; noise is drawn from one fixed seed."""
    scenario = load_scenario("price_war", [f"policies=[{','.join(policies)}]", f"months={months}", *overrides])
    draws, weight = np.random.default_rng(7), scenario.market_size / scenario.customers.count
    arms = [
        (response, policy, number) for response in RESPONSES for policy in policies for number in range(replications)
    ]
    runs = pd.DataFrame([_run(*arm, weight, draws) for arm in arms])
    tables = {response: _compared(runs[runs["response"] == response], policies) for response in RESPONSES}
    table = tables["responding"]
    shares = {name: segment.share for name, segment in scenario.customers.segments.items()}
    by_segment = {name: _part(runs, share, draws) for name, share in shares.items()}
    parts = {name: _compared(part, policies) for name, part in by_segment.items()}
    paths = pd.concat(
        [_path(policy, number, months, weight, draws) for response, policy, number in arms if response == "responding"],
        ignore_index=True,
    )
    summary = table[
        ["npv_diff", "npv_low", "npv_high", "probability_best", "churn_rate_diff", "net_saved", "cost_per_saved"]
    ]
    return SimpleNamespace(
        scenario=scenario,
        policies=list(policies),
        replications=replications,
        focal="alpha",
        weight=weight,
        table=table,
        runs=runs,
        segment_runs=pd.concat([part.assign(segment=name) for name, part in by_segment.items()]),
        trajectories=paths,
        by_response=pd.concat(tables, names=["response"]).swaplevel(),
        by_segment=pd.concat(parts, names=["segment"]).swaplevel(),
        summary=summary.assign(
            payback_month=[14.0 if GAINS[policy] > 0.0 else math.nan for policy in policies],
            npv_downside=table["npv_diff"] - 8e6 / weight,
        ),
        flows=paths[[*KEYS, "month"]].assign(free_cash_flow=0.8 * paths["ebitda"]),
        money=pd.DataFrame([_lines(run, weight) for run in runs.to_dict("records")]),
        reasons=pd.DataFrame([_leavers(*arm, reason, draws) for arm in arms for reason in REASONS]),
        notes=["Regions were not in the file; they were drawn."],
        extra=[
            (
                "The imported customers",
                pd.DataFrame(
                    {"contract": ["monthly", "<two years>"], "file": [0.427, 0.028], "simulated": [0.41, math.nan]}
                ),
                "Churn.",
            )
        ],
        manifest={
            "version": "0.1.0",
            "seed": 1,
            "hash": "5f3a9c",
            "created": "2026-11-23 10:54 UTC",
            "versions": {"python": "3.11.7"},
        },
        answer=lambda: (
            "Run contract: it earns alpha EUR 47 m more than none (95 % interval 42 to 52). If rivals hold still,"
            " save_desk comes first."
        ),
    )


def _run(response: str, policy: str, number: int, weight: float, draws: np.random.Generator) -> dict[str, Any]:
    world, million, gain = np.random.default_rng(number), 1e6 / weight, GAINS[policy]
    if response == "static":
        gain = gain * (0.5 if policy == "price_cut" else 1.05) + (24.0 if policy == "save_desk" else 0.0)
    horizon = (1100.0 + 25.0 * world.normal() + 0.6 * gain + (gain != 0.0) * 5.0 * draws.normal()) * million
    terminal = (930.0 + 20.0 * world.normal() + 0.4 * gain + (gain != 0.0) * 4.0 * draws.normal()) * million
    saved, lost = (260.0 + 3.0 * gain, 130.0 - 0.5 * gain) if gain else (0.0, 0.0)
    return {
        "response": response,
        "policy": policy,
        "replication": number,
        "seed": 1 + number,
        "operator": "alpha",
        "npv": horizon + terminal,
        "npv_horizon": horizon,
        "npv_terminal": terminal,
        "ebitda": horizon * 1.5,
        "churn_rate": 0.0162 - gain * 2e-5 + 2e-4 * world.normal() + 4e-5 * draws.normal(),
        "arpu": 19.4 + 0.004 * gain,
        "market_share": 0.37 + gain * 2e-4 + 0.002 * world.normal(),
        "csat": 0.712 + gain * 1e-4 + 0.001 * draws.normal(),
        "saved": saved,
        "lost": lost,
        "consumer_surplus": 31.2 - 0.003 * gain + 0.02 * draws.normal(),
        "retained": 0.43 + (saved - lost) / 7680.0,
        "net_saved": saved - lost,
        "cost_per_saved": 900.0 - 8.0 * gain if saved > lost else math.nan,
    }


def _part(runs: pd.DataFrame, share: float, draws: np.random.Generator) -> pd.DataFrame:
    """Give a segment its share of everything."""
    part = runs[runs["response"] == "responding"].copy()
    for name in ("npv", "npv_horizon", "npv_terminal", "ebitda", "saved", "lost", "net_saved"):
        part[name] *= share * (1.0 + 0.001 * draws.normal(size=len(part)))
    return part


def _compared(runs: pd.DataFrame, policies: Sequence[str]) -> pd.DataFrame:
    """Pair differences to the first policy."""
    columns: dict[str, Any] = {}
    for name in MEASURES:
        wide = runs.pivot(index="replication", columns="policy", values=name)[list(policies)]
        change = wide.sub(wide[policies[0]], axis=0)
        half = 2.1 * change.std() / math.sqrt(len(wide))
        columns |= {
            name: wide.mean(),
            f"{name}_diff": change.mean(),
            f"{name}_low": change.mean() - half,
            f"{name}_high": change.mean() + half,
        }
    best = (
        runs.pivot(index="replication", columns="policy", values="npv_horizon")
        .idxmax(axis=1)
        .value_counts(normalize=True)
    )
    return pd.DataFrame(columns).assign(probability_best=best.reindex(policies).fillna(0.0)).rename_axis("policy")


def _path(policy: str, number: int, months: int, weight: float, draws: np.random.Generator) -> pd.DataFrame:
    world, month, gain = np.random.default_rng(number), np.arange(1, months + 1), GAINS[policy]
    ramp = 1.0 - np.exp(-month / 15.0)
    share = 0.40 - 0.03 * ramp + gain * 2e-4 * ramp + 0.0003 * np.cumsum(world.normal(size=months))
    return pd.DataFrame(
        {
            "response": "responding",
            "policy": policy,
            "replication": number,
            "month": month,
            "operator": "alpha",
            "subscribers": share * 19_000,
            "market_share": share,
            "arpu": 19.4,
            "churn_rate": (
                0.0202
                - 0.004 * ramp
                - gain * 2e-5 * ramp
                + 4e-4 * world.normal(size=months)
                + 5e-5 * draws.normal(size=months)
            ),
            "csat": 0.712 + gain * 1e-4 * ramp + 0.002 * world.normal(size=months),
            "ebitda": (34.0 + world.normal(size=months) + gain * (0.035 * ramp - 0.012)) * 1e6 / weight,
        }
    )


def _lines(run: dict[str, Any], weight: float) -> dict[str, Any]:
    """Split an arm's value into ledger lines that add up to it."""
    shift = {"subsidy_cost": 1.2, "credits_cost": 0.2, "commission_cost": -0.15}
    costs = {
        name: (amount + shift.get(name, 0.0) * GAINS[run["policy"]]) * 1e6 / weight for name, amount in COSTS.items()
    }
    value = {"service_revenue": run["npv_horizon"] + sum(costs.values()), **costs, "npv_terminal": run["npv_terminal"]}
    return {**{key: run[key] for key in KEYS}, "operator": "alpha", **value}


def _leavers(response: str, policy: str, number: int, reason: str, draws: np.random.Generator) -> dict[str, Any]:
    share = 1.0 - GAINS[policy] * (0.006 if reason in ("term_end", "campaign") else 0.001)
    return {
        "response": response,
        "policy": policy,
        "replication": number,
        "reason": reason,
        "count": int(REASONS[reason] * share + 5.0 * draws.normal()),
    }


def fake_run(months: int = 24) -> SimpleNamespace:
    """Make one run of a market."""
    scenario, draws, month = (
        load_scenario("price_war", [f"months={months}"]),
        np.random.default_rng(3),
        np.arange(1, months + 1),
    )
    kpis, prices = [], []
    for place, (operator, share) in enumerate({"alpha": 0.40, "beta": 0.35, "gamma": 0.25}.items()):
        path = share + (-0.03, 0.04, -0.01)[place] * (1.0 - np.exp(-month / 15.0))
        kpis.append(
            pd.DataFrame(
                {
                    "month": month,
                    "operator": operator,
                    "subscribers": path * 19_000,
                    "market_share": path,
                    "churn_rate": 0.017 + 0.0005 * draws.normal(size=months),
                    "arpu": 19.4 - place - 0.01 * month,
                    "csat": 0.71 - 0.01 * place + 0.003 * draws.normal(size=months),
                    "ebitda": path * 95_000,
                }
            )
        )
        fall = np.where(np.arange(months + 1) == 0, 1.0, (0.95, 0.8, 0.9)[place])
        prices += [
            pd.DataFrame({"month": np.arange(months + 1), "operator": operator, "plan": name, "fee": plan.fee * fall})
            for name, plan in scenario.operators[operator].plans.items()
        ]
    overview = pd.DataFrame(
        {
            "month": month,
            "hhi": 0.345 + 0.0001 * month,
            "outside": 800,
            "consumer_surplus": 31.0 + 0.02 * month,
            "welfare": 55.0,
        }
    )
    tables = {
        "kpis": pd.concat(kpis, ignore_index=True),
        "overview": overview,
        "ledger": pd.DataFrame(),
        "prices": pd.concat(prices, ignore_index=True),
    }
    return SimpleNamespace(scenario=scenario, notes=[], extra=[], manifest={"version": "0.1.0", "seed": 1}, **tables)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(
        fake_comparison(), tmp_path_factory.mktemp("report") / "report.html", "churnlab compare price_war"
    ).read_text("utf-8")


def words_of(page: str) -> str:
    """Return what a reader sees, without tags."""
    text = re.sub(r"<[^>]*>", "", re.sub(r"<style.*?</style>", "", page, flags=re.S))
    return re.sub(r"\s+", " ", text.replace(NBSP, " "))


# --- the page --------------------------------------------------------------------------------------------------------


def test_every_section_is_there(page: str) -> None:
    for anchor in (
        "answer",
        "ranking",
        "time",
        "saved",
        "segments",
        "money",
        "rivals",
        "reasons",
        "assumptions",
        "extra-1",
        "reproduce",
        "reading",
    ):
        assert page.count(f'id="{anchor}"') == 1
        assert anchor.startswith(("answer", "extra")) or f'href="#{anchor}"' in page
    words = words_of(page)
    for said in (
        "A rival cuts its prices by 20 %.",
        "Run contract: it earns alpha EUR 47 m",
        "churnlab compare price_war",
        "5f3a9c",
        "Regions were not in the file",
        "3.11.7",
    ):
        assert said in words


def test_the_file_asks_for_nothing(page: str) -> None:
    assert (
        "http" not in page
        and "@import" not in page
        and "<script" not in page
        and "<link" not in page
        and "src=" not in page
    )
    assert all(target.startswith("#") for target in re.findall(r'(?:href="|url\()([^")]*)', page))


def test_identifiers_are_unique_and_references_resolve(page: str) -> None:
    names = re.findall(r'\sid="([^"]+)"', page)
    assert len(names) == len(set(names))
    wanted = [name for group in re.findall(r'aria-labelledby="([^"]+)"', page) for name in group.split()] + re.findall(
        r'(?:href="#|url\(#)([^")]+)', page
    )
    assert set(wanted) <= set(names)


def test_figures_and_tables_can_be_read_aloud(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    assert len(pictures) == 18 and all(
        re.search(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", picture) for picture in pictures
    )
    assert '<html lang="en">' in page and page.count("<table>") == page.count("<caption>")
    assert not re.search(r"<th(?![^>]*scope=)[ >]", page)


def test_same_result_gives_same_bytes_under_any_matplotlibrc(page: str, tmp_path: Path) -> None:
    with matplotlib.rc_context({"font.size": 30.0, "axes.grid": True, "svg.fonttype": "path"}):
        again = write_report(fake_comparison(), tmp_path / "report.html", "churnlab compare price_war").read_text(
            "utf-8"
        )
    assert again == page


def test_text_from_outside_is_escaped(page: str) -> None:
    assert "&lt;two years&gt;" in page and "<two years>" not in page


@pytest.mark.parametrize(
    ("policies", "replications", "overrides"),
    [
        (POLICIES[:2], 1, []),
        (("contract", "none"), 3, []),
        (TWELVE, 2, ["currency=CNY", "months=60"]),
        (("none", "proactive_risk+save_desk", "points+save_desk"), 2, ["shocks={}"]),
    ],
)
def test_odd_comparisons_are_told(
    policies: Sequence[str], replications: int, overrides: list[str], tmp_path: Path
) -> None:
    result = fake_comparison(policies, replications, overrides=overrides)
    path = write_report(result, tmp_path / "report.html", "churnlab compare")
    words = words_of(path.read_text("utf-8"))
    assert path.stat().st_size < 400_000
    assert "nan" not in words.lower().replace("unanimous", "") and "inf " not in words.lower()
    assert all(policy in words for policy in policies) and f"{result.scenario.currency} " in words


def test_missing_static_rivals_and_segments_are_said_or_left_out(tmp_path: Path) -> None:
    result = fake_comparison(POLICIES[:4], 2)
    result.by_response = result.by_response.xs("responding", level="response", drop_level=False)
    result.runs = result.runs[result.runs["response"] == "responding"]
    result.by_segment = result.by_segment[["retained", "retained_diff", "retained_low", "retained_high"]]
    words = words_of(write_report(result, tmp_path / "report.html", "churnlab compare").read_text("utf-8"))
    assert "cannot say what their response changes" in words and "change of customers kept, points" in words


def test_one_run_is_told(tmp_path: Path) -> None:
    page = write_run_report(fake_run(), tmp_path / "run.html", "churnlab run price_war").read_text("utf-8")
    words = words_of(page)
    assert (
        "In 24 months beta gains most" in words and "What this rests on" in words and "churnlab run price_war" in words
    )
    assert page.count("<svg") == 6 and "http" not in page


def test_a_number_walks_from_the_scenario_to_the_page(tmp_path: Path) -> None:
    result = fake_comparison(POLICIES[:2], 2, overrides=["behaviour.choice.nest=0.47"])
    page = write_report(result, tmp_path / "report.html", "churnlab compare").read_text("utf-8")
    row = re.search(r"<tr><th[^>]*>choice\.nest</th>.*?</tr>", page)
    assert row and "0.47" in row[0] and "Cardell 1997" in row[0]


# --- what it says ----------------------------------------------------------------------------------------------------


def test_ranking_flips_are_named() -> None:
    result = fake_comparison(replications=40)
    assert "The ranking flips: if rivals held still, \u2068save_desk\u2069 would come first" in sentences.rivals(result)
    assert sentences.horizon(result).startswith(
        "First place does not depend on how far one looks: \u2068contract\u2069"
    )
    result.runs["npv"] *= -1.0
    assert sentences.horizon(result).startswith(
        "First place depends on how far one looks: within the 24 months \u2068contract\u2069"
    )


def test_steps_of_the_waterfall_add_up() -> None:
    result = fake_comparison()
    whole = facts.value(result.table, "contract", "npv_diff") * result.weight
    assert figures.money_steps(result).sum() == pytest.approx(whole)
    assert facts.contender(result) == "contract"


def test_the_baseline_is_not_its_own_contender() -> None:
    result = fake_comparison(("contract", "none", "points"))
    assert facts.ordered(result)[0] == "contract" and facts.contender(result) == "points"


def test_cost_of_one_saved_needs_someone_saved() -> None:
    table = pd.DataFrame({"net_saved": [5.0, -1.0], "cost_per_saved": [90.0, 23_000.0]}, index=["good", "bad"])
    assert facts.cost_of_saved(table, "good") == 90.0 and math.isnan(facts.cost_of_saved(table, "bad"))


def test_one_replication_has_no_interval() -> None:
    mean, low, high = facts.band(np.ones((3, 1)))
    assert mean.tolist() == [1.0, 1.0, 1.0] and np.isnan(low).all() and np.isnan(high).all()


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (12.34e6, "EUR 12.3 m"),
        (2.0196e9, "EUR 2.02 bn"),
        (-840.0, "\u2212EUR 840"),
        (15_300.0, "EUR 15.3 k"),
        (math.nan, GAP),
    ],
)
def test_money_is_written_for_people(amount: float, told: str) -> None:
    assert money(amount, "EUR").replace(NBSP, " ") == told


def test_names_in_sentences_become_bold_and_stay_escaped() -> None:
    assert str(prose("\u2068a<b\u2069 & 5 %")) == f"<b>a&lt;b</b> &amp; 5{NBSP}%"


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(AttributeError):
        write_report(SimpleNamespace(scenario=None), path, "churnlab compare")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "report.html", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_report_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old, and longer than the new one")
    assert write_whole(path, "new").read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["x_$\\bad{$y", "US$ and A$", "$\\frac{p", "a^2_{b}", "50 %&<b>\"'", "<script>", "#\\~"]
)
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    def draw(width: int) -> Figure:
        chart = row_chart([name], [name], width, (0.0, 1.0), name, name, key=[("#0072B2", "o", name)], title=name)
        chart.axes.plot([0.0, 1.0], [0.0, 1.0], label=name)
        chart.axes.legend()
        return chart.figure

    picture = both("figure", name, name, draw)
    drawn = [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture.wide)]
    assert drawn.count(name) >= 6 and "<script" not in picture.wide and "<b>" not in picture.wide


def test_every_reason_of_leaving_has_words() -> None:
    assert set(REASON_LABELS) == set(tables.REASONS)

"""Doors for users outside the repository: own code finds its way into every study and to wherever it runs."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sim import Customer, Market, calibrate, compare, load_scenario, sweep
from sim.cli import main
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments import study
from sim.experiments.design import own_kinds
from sim.experiments.executor import Executor
from sim.experiments.optimise import optimise
from sim.experiments.robust import robust
from sim.experiments.sampling import Interval
from sim.experiments.study import AllFailedError, Means
from sim.experiments.wargame import wargame
from sim.kpis import gini
from sim.plugins import source_hash
from sim.world.tables import Reason

SMALL = ["customers.count=300", "months=3", "burn_in=0"]
GIFTS = '''
from typing import Any, Literal
from agents.block import quantity
from agents.rule import rule
from agents.strategies import Action, Loyalty, Surprise, View

@rule
def doubled(worth: float) -> float:
    return 2.0 * worth

class Gifts(Loyalty):
    """Gifts for half of the customers."""
    kind: Literal["gifts"] = "gifts"
    worth: float = quantity(5.0, meaning="worth", unit="currency", ge=0.0)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(surprise=Surprise(share=0.5, gift=doubled(self.worth)))
'''
LEVER = "operators.alpha.loyalty.gifts={kind: gifts}"


@pytest.fixture(scope="module")
def gifts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A module of a user's, in a folder that no other process looks into."""
    path = tmp_path_factory.mktemp("far") / "own_gifts.py"
    path.write_text(GIFTS, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("own_gifts", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["own_gifts"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["own_gifts"]


def generous(gifts: ModuleType) -> Scenario:
    return load_scenario("classroom", [*SMALL, LEVER], strategies=[gifts.Gifts])


def swept(scenario: Scenario, executor: Executor) -> pd.DataFrame:
    return sweep(scenario, {"operators.alpha.loyalty.gifts.worth": [1.0, 30.0]}, means=Means(executor))


# --- where it runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["loky", "dask", "ray"])
def test_own_code_is_sent_along(kind: str, gifts: ModuleType) -> None:
    if kind != "loky":
        pytest.importorskip("distributed" if kind == "dask" else "ray", reason="the extra [cluster] is not installed")
    serial = swept(generous(gifts), Executor(jobs=1))
    assert serial.groupby("operators.alpha.loyalty.gifts.worth")["npv"].first().nunique() == 2
    pd.testing.assert_frame_equal(swept(generous(gifts), Executor(kind, jobs=2)), serial)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster that is there already."""
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as there:
        yield there


def test_own_code_reaches_a_cluster_that_is_there(gifts: ModuleType, cluster: Any) -> None:
    far = Executor("dask", cluster.scheduler_address)
    pd.testing.assert_frame_equal(swept(generous(gifts), far), swept(generous(gifts), Executor(jobs=1)))


def test_code_that_cannot_be_used_there_is_told_before_anything_is_run(
    gifts: ModuleType, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "own_modules", lambda things: [])  # so that it is looked for by its name
    with pytest.raises(
        InputError, match=r"worker tcp.* cannot run this study: own code .* No module named 'own_gifts'"
    ):
        swept(generous(gifts), Executor("dask", cluster.scheduler_address))


def test_a_cluster_with_another_model_is_refused(
    gifts: ModuleType, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiments.executor.model_version", lambda: "another")
    with pytest.raises(InputError, match=r"another version of churnlab.*the study is of model another"):
        swept(generous(gifts), Executor("dask", cluster.scheduler_address))


def test_a_cluster_without_workers_is_not_waited_for(gifts: ModuleType) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(InputError, match="no worker answered within 1 s"),
    ):
        swept(generous(gifts), Executor("dask", empty.scheduler_address, patience=1.0))


def test_a_cluster_that_is_not_there_is_told(gifts: ModuleType) -> None:
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with pytest.raises(InputError, match=r"executor.address=tcp://127.0.0.1:9: no scheduler answers"):
        swept(generous(gifts), Executor("dask", "tcp://127.0.0.1:9", patience=1.0))


# --- own behaviours and measures in every study ----------------------------------------------------------------------


class Restless(Customer):
    """Looks around every month."""

    def pay_attention(self) -> None:
        super().pay_attention()
        if self.plan >= 0:
            self.reason = int(Reason.CURIOSITY)


def leavers(market: Market) -> dict[str, float]:
    """Customers who left each operator by choice, in all."""
    return market.kpis.groupby("operator")["churn_voluntary"].sum().to_dict()


def gini_fee(market: Market) -> float:
    """How unequal the fees are that people pay."""
    plans = market.customers.plan
    return gini(market.offers.plans.fee[plans[plans >= 0]])


OWN: dict[str, Any] = {"customer": Restless, "measures": {"gone": leavers, "gini_fee": gini_fee}}
SERIAL = Means(Executor(jobs=1))


@cache
def by_hand(policy: str, customer: type[Customer] | None = Restless) -> Market:
    """What alpha's market comes to without any study: the first world, under a policy."""
    scenario = load_scenario("classroom", [*SMALL, "policies=[none,points]"])
    return Market(scenario).fork(policy=policy, customer=customer).run()


def test_the_behaviour_makes_a_difference() -> None:
    assert leavers(by_hand("none"))["alpha"] > 2.0 * leavers(by_hand("none", None))["alpha"] > 0.0


def test_compare_takes_them() -> None:
    result = compare("classroom", ["none", "points"], 2, SMALL, means=SERIAL, **OWN)
    first = result.runs[(result.runs["replication"] == 0) & (result.runs["response"] == "responding")]
    for policy in ("none", "points"):
        own = first[first["policy"] == policy].set_index("operator")
        assert own["gone"].to_dict() == leavers(by_hand(policy))
        assert set(own["gini_fee"]) == {gini_fee(by_hand(policy))}
    assert {f"gone{part}" for part in ("", "_diff", "_low", "_high")} <= set(result.table)
    ((title, table, _),) = result.extra
    assert title == "Measures of your own" and table["measure"].tolist() == ["gone"] * 2 + ["gini_fee"] * 2
    assert table["mean"].iloc[0] == result.table.at["none", "gone"]


def test_sweep_takes_them() -> None:
    table = sweep("classroom", {"policy": ["none", "points"]}, overrides=SMALL, means=SERIAL, **OWN)
    assert table.groupby("policy")["gone"].apply(list).to_dict() == {
        policy: list(leavers(by_hand(policy)).values()) for policy in ("none", "points")
    }


def test_robust_judges_by_an_own_measure() -> None:
    found = robust(
        "classroom",
        ["none", "points"],
        {"behaviour.attention.base": (0.02, 0.2)},
        4,
        1,
        "gone",
        SERIAL,
        SMALL,
        **OWN,
    )
    runs = found.tables["runs"].query("operator == 'alpha'").groupby("policy")["gone"].mean()
    assert found.measure == "gone" and found.tables["policies"]["mean"].to_dict() == pytest.approx(runs.to_dict())


def test_a_war_game_tells_them_of_both_sides() -> None:
    pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
    found = wargame("classroom", ["none", "points"], "beta", ["none", "undercut"], 1, SERIAL, SMALL, **OWN)
    pair = found.tables["payoffs"].set_index(["policy", "rival_policy"]).loc[("points", "none")]
    assert (pair["gone"], pair["rival_gone"]) == (
        leavers(by_hand("points"))["alpha"],
        leavers(by_hand("points"))["beta"],
    )


def test_optimise_searches_for_an_own_measure_within_another() -> None:
    pytest.importorskip("optuna", reason="the extra [optimise] is not installed")
    ranges = {"loyalty.points.earn": Interval(0.5, 3.0)}
    found = optimise(
        "classroom", "points", ranges, "gini_fee<=1", "gone", 2, 2, 2, means=SERIAL, overrides=SMALL, **OWN
    )
    assert found.measure == "gone" and found.tables["trials"]["is_feasible"].all()


def test_calibrate_meets_an_own_measure() -> None:
    """The true value of the parameter is found again from an own measure alone."""
    ranges = {"behaviour.attention.base": (0.0, 0.5)}
    truth = load_scenario("classroom", [*SMALL, "customers.count=2_000", "behaviour.attention.base=0.3"])
    aim = leavers(Market(truth, seed=50).run())
    targets = pd.DataFrame(
        {"period": "1-3", "operator": ["alpha", "beta"], "measure": "gone", "value": [aim["alpha"], aim["beta"]]}
    )
    found = calibrate(
        "classroom",
        targets,
        ranges,
        [*SMALL, "customers.count=2_000"],
        4,
        2,
        4,
        1,
        SERIAL,
        measures={"gone": leavers},
    )
    estimate = found.tables["parameters"].set_index("parameter")["estimate"]
    assert estimate["behaviour.attention.base"] == pytest.approx(0.3, abs=0.08)


def test_own_code_is_part_of_a_rows_key() -> None:
    plain, own, other = (
        sweep("classroom", {"policy": ["none"]}, overrides=SMALL, means=SERIAL, measures=measures)["hash"].iloc[0]
        for measures in (None, {"one": leavers}, {"one": gini_fee})
    )
    assert len({plain, own, other}) == 3


@pytest.mark.parametrize(
    ("own", "part"),
    [
        ({"measures": {"npv": leavers}}, "the name 'npv' is taken"),
        ({"measures": {"a b": leavers}}, "no name for a measure"),
        ({"measures": {"one": 1.0}}, "must be a function of a market"),
        ({"customer": dict}, "must be a subclass of sim.Customer"),
    ],
)
def test_what_cannot_be_used_is_refused(own: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError, match=part):
        sweep("classroom", {"policy": ["none"]}, overrides=SMALL, means=SERIAL, **own)


@pytest.mark.parametrize(
    ("value", "part"),
    [("text", "must return a number, or"), ({"nobody": 1.0}, "measure 'one': no such operator 'nobody'")],
)
def test_a_measure_that_returns_no_number_fails_in_words(value: Any, part: str) -> None:
    with pytest.raises(AllFailedError, match=part):
        sweep("classroom", {"policy": ["none"]}, overrides=SMALL, means=SERIAL, measures={"one": lambda market: value})


# --- plug-ins --------------------------------------------------------------------------------------------------------

STRIKE = '''
from dataclasses import replace
from typing import Literal
from agents.block import quantity
from sim import Shock

class FeeStrike(Shock):
    """Nobody may charge for leaving, and one operator's fees fall while it lasts."""
    kind: Literal["fee_strike"] = "fee_strike"
    operator: str
    cut: float = quantity(0.5, meaning="cut of fees", ge=0.0, le=1.0)

    def change_rules(self, rules, month):
        return replace(rules, longest_term=0)

    def strike(self, world):
        if world.month == self.month:
            operator = world.operators[world.number_of(self.operator)]
            operator.fees = {plan: fee * (1.0 - self.cut) for plan, fee in operator.fees.items()}
'''
LAB = '''
from typing import Any, Literal
from agents.strategies import Action, Pricing, View
from sim import Customer
from sim.tables import Reason
from strike import FeeStrike  # the shock of another file is not this one's

class Generous(Pricing):
    """Asks for nothing."""
    kind: Literal["generous"] = "generous"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(fees={name: 0.0 for name in view.own})

class Restless(Customer):
    def pay_attention(self):
        super().pay_attention()
        if self.plan >= 0:
            self.reason = int(Reason.CURIOSITY)

def left_by_choice(market):
    return market.kpis.groupby("operator")["churn_voluntary"].sum().to_dict()

MEASURES = {"left_by_choice": left_by_choice}
'''
OWN_YAML = """
defaults: [base_of_mine, _self_]
plugins: [code/lab.py]
policies: [none, free]
shocks: {strike: {kind: fee_strike, operator: beta, month: 2}}
"""
BASE_YAML = """
defaults: [classroom, _self_]
plugins: code/strike.py
customers: {count: 300}
months: 3
burn_in: 0
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folder: a scenario that builds on another, both with a plug-in, and a policy of an own kind."""
    (tmp_path / "code").mkdir()
    (tmp_path / "policy").mkdir()
    (tmp_path / "code" / "strike.py").write_text(STRIKE, encoding="utf-8")
    (tmp_path / "code" / "lab.py").write_text(LAB, encoding="utf-8")
    (tmp_path / "policy" / "free.yaml").write_text("description: Free.\npricing: {kind: generous}\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(OWN_YAML, encoding="utf-8")
    (tmp_path / "base_of_mine.yaml").write_text(BASE_YAML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("strike", "lab"):
        sys.modules.pop(name, None)


def test_plugins_of_files_and_overrides_add_up(project: Path) -> None:
    (project / "more.py").write_text(GIFTS.replace('"gifts"', '"more_gifts"'), encoding="utf-8")
    scenario = load_scenario("mine.yaml", ["plugins=[more.py]", "operators.beta.loyalty.more={kind: more_gifts}"])
    assert [Path(place).relative_to(project).as_posix() for place in scenario.plugins] == [
        "code/strike.py",
        "code/lab.py",
        "more.py",
    ]
    assert type(scenario.shocks["strike"]).__name__ == "FeeStrike" and scenario.policies["free"].pricing is not None


def test_an_own_shock_changes_rules_and_market(project: Path) -> None:
    market = Market(load_scenario("mine.yaml")).run()
    fees = market.prices.query("operator == 'beta'").pivot(index="month", columns="plan", values="fee")
    assert (fees.loc[2] < 0.6 * fees.loc[1]).all() and market.world.rules.longest_term == 0
    assert Market(load_scenario("mine.yaml", ["~shocks.strike"])).run().world.rules.longest_term > 0


def test_own_numbers_of_a_shock_are_swept(project: Path) -> None:
    table = sweep("mine.yaml", {"shocks.strike.cut": [0.0, 0.9]}, means=SERIAL)
    assert table[table["operator"] == "beta"]["arpu"].nunique() == 2 and "left_by_choice" in table


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_plugins_behaviour_and_measures_are_in_every_command(
    jobs: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["classroom", *SMALL, "policies=none,points", "replications=2", f"--jobs={jobs}", "--json"]
    assert main(["compare", *words, "--strategies", "code/lab.py"]) == 0
    told = json.loads(capsys.readouterr().out)
    by_hand_too = compare("classroom", ["none", "points"], 2, SMALL, means=SERIAL, **OWN).table["gone"]
    assert [row["mean"] for row in told["own_measures"]] == by_hand_too.tolist()


def test_a_run_tells_own_measures(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "mine.yaml"]) == 0
    printed = capsys.readouterr().out
    assert "Measures of your own\n\noperator  left_by_choice" in printed


def test_a_war_game_finds_own_policies_and_kinds_of_pricing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
    words = ["policies=none,free", "rival=beta", "rival_policies=none,generous,free+points", "replications=1", "--json"]
    assert main(["wargame", "mine.yaml", *words]) == 0
    payoffs = pd.DataFrame(json.loads(capsys.readouterr().out)["payoffs"]).set_index(["policy", "rival_policy"])
    assert (
        len(payoffs) == 6 and payoffs.at[("none", "generous"), "rival_npv"] < payoffs.at[("none", "none"), "rival_npv"]
    )


def test_a_plugin_is_read_anew_where_it_has_changed(project: Path) -> None:
    scenarios = [load_scenario("mine.yaml"), load_scenario("mine.yaml")]
    hashes = [source_hash(own_kinds(scenario)) for scenario in scenarios]
    (project / "code" / "lab.py").write_text(LAB.replace("0.0 for name", "1.25 for name"), encoding="utf-8")
    edited = load_scenario("mine.yaml")
    first, same, other = (type(scenario.policies["free"].pricing) for scenario in (*scenarios, edited))
    assert first is same is not other and hashes[0] == hashes[1] != source_hash(own_kinds(edited))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, "no such file"),
        ("def", "cannot be read: SyntaxError"),
        ("import nowhere_to_be_found", "cannot be read: ModuleNotFoundError"),
        ("x = 1", "brings nothing"),
        ("MEASURES = [1]", "MEASURES must be a mapping"),
        ("from sim import Customer\nclass A(Customer): pass\nclass B(Customer): pass", "several behaviours.*A, B"),
    ],
)
def test_a_plugin_that_is_none_is_told(
    text: str | None, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "bad plugin, 1.py").write_text(text, encoding="utf-8")
    assert main(["run", "classroom", "--strategies", str(tmp_path / "bad plugin, 1.py")]) == 2
    assert re.search(part, capsys.readouterr().err)


def test_a_kind_mistyped_is_told_with_the_own_ones(project: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean 'generous'.*known: .*generous"):
        load_scenario("mine.yaml", ["operators.beta.pricing={kind: generos}"])

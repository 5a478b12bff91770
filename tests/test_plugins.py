"""Doors for users outside the repository: own code finds its way into every study and to wherever it runs."""

import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sim import Customer, Market, calibrate, compare, load_scenario, sweep
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments import study
from sim.experiments.executor import Executor
from sim.experiments.optimise import optimise
from sim.experiments.robust import robust
from sim.experiments.sampling import Interval
from sim.experiments.study import AllFailedError, Means
from sim.experiments.wargame import wargame
from sim.kpis import gini
from sim.tables import Reason

SMALL = ["customers.count=300", "months=3", "burn_in=0"]
GIFTS = '''
from typing import Any, Literal
from agents.block import quantity
from agents.rule import rule
from agents.strategies import Action, Loyalty, View
from agents.strategies.contract import GiftTerms

@rule
def doubled(worth: float) -> float:
    return 2.0 * worth

class Gifts(Loyalty):
    """Gifts for half of the customers."""
    kind: Literal["gifts"] = "gifts"
    worth: float = quantity(5.0, meaning="worth", unit="currency", ge=0.0)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(gift=GiftTerms(share=0.5, worth=doubled(self.worth)))
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
            self.cause = int(Reason.CURIOSITY)


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

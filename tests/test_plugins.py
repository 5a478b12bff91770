"""Doors for users outside the repository: own code finds its way into every study and to wherever it runs."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sim import load_scenario, sweep
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments import study
from sim.experiments.executor import Executor
from sim.experiments.study import Means

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

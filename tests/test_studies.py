"""Studies: one pipeline of design, executor, kept rows and views, proved on functions whose answer is known and on
small markets.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import load_scenario, sweep
from sim.config.values import with_values
from sim.errors import InputError
from sim.experiments import store as stores
from sim.experiments.design import Job, is_patchable
from sim.experiments.executor import Executor
from sim.experiments.sampling import Interval
from sim.experiments.sensitivity import indices
from sim.experiments.store import Store
from sim.experiments.study import Found, Means, run_design
from sim.experiments.sweep import Plan, design_of, plan_of, table_of

TINY = ["customers.count=300", "months=2", "burn_in=0"]
# Three numbers of a scenario stand in for the arguments of a function on [-pi, pi]^3.
ARGUMENTS = {
    "behaviour.attention.base": Interval(0.0, 1.0),
    "behaviour.attention.move": Interval(0.0, 1.0),
    "behaviour.attention.contact": Interval(0.0, 1.0),
}


def ishigami(job: Job) -> dict[str, pd.DataFrame]:
    """The function of Ishigami & Homma (1990) with a = 7, b = 0.1, as the work of a job."""
    x, y, z = (2.0 * math.pi * share - math.pi for share in dict(job.values).values())
    return {
        "runs": pd.DataFrame(
            {
                "arm": [0],
                "operator": ["alpha"],
                "value": [math.sin(x) + 7.0 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)],
            }
        )
    }


def study(work: Any, method: str, samples: int, means: Means | None = None) -> tuple[Plan, Found]:
    scenario = load_scenario("classroom", TINY)
    plan = plan_of(scenario, ARGUMENTS, 1, (), method, samples)
    return plan, run_design(design_of(scenario, plan, ()), means or Means(Executor(jobs=1)), work)


def test_the_known_indices_of_ishigami_come_out() -> None:
    """First-order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437, exactly; within the bootstrap's own intervals, which
    are narrow.
    """
    plan, found = study(ishigami, "sobol", 256)
    table = indices(plan, table_of(found, plan), "alpha").set_index("parameter")
    for index, known in (("first", (0.3139, 0.4424, 0.0)), ("total", (0.5576, 0.4424, 0.2437))):
        half = (table[f"{index}_high"] - table[index]).to_numpy()
        assert (half < 0.25).all() and (np.abs(table[index].to_numpy() - known) < 1.5 * half + 0.005).all()


def test_morris_screens_ishigami() -> None:
    """On Morris's grid, sin is 0 at both ends: the second argument moves most, and every argument acts through others
    or bends.
    """
    plan, found = study(ishigami, "morris", 60)
    table = indices(plan, table_of(found, plan), "alpha").set_index("parameter")
    assert table["mu_star"].idxmax() in ("behaviour.attention.base", "behaviour.attention.move")
    assert (table["mu_star"] >= table["mu"].abs() - 1e-9).all() and (table["sigma"] > 0.0).all()


# --- what is run -----------------------------------------------------------------------------------------------------


KEYS = {
    "behaviour.attention.base": 0.07,
    "customers.count": 400,
    "customers.outside": False,
    "months": 5,
    "operators.beta.plans.beta_M.fee": 21.0,
    "operators.alpha.care.wage": 3000,
    "customers.segments.youth.usage.mean_log": 1.5,
    "shocks.rival_cuts_prices.change": -0.3,
    "regions.urban": 0.72,
    "operators.beta.pricing.follow": 0.5,
}


@pytest.mark.parametrize("key", KEYS)
def test_a_value_laid_over_a_scenario_equals_an_override(key: str) -> None:
    scenario = load_scenario("price_war", TINY)
    if key not in ("shocks.rival_cuts_prices.change",):
        assert is_patchable(scenario, key, [KEYS[key]])
    assert with_values(scenario, {key: KEYS[key]}) == load_scenario("price_war", [*TINY, f"{key}={KEYS[key]}"])


def test_values_that_must_change_together_do() -> None:
    shares = {"customers.segments.mass.share": 0.50, "customers.segments.youth.share": 0.30}
    scenario = load_scenario("price_war", TINY)
    rest = 1.0 - sum(
        segment.share for name, segment in scenario.customers.segments.items() if name not in ("mass", "youth")
    )
    changed = with_values(
        scenario, {"customers.segments.mass.share": rest - 0.1, "customers.segments.youth.share": 0.1}
    )
    assert changed.customers.segments["youth"].share == 0.1
    with pytest.raises(InputError, match="shares sum to"):
        with_values(scenario, dict([*shares.items()][:1]))


def test_faults_of_values_are_told_in_words() -> None:
    scenario = load_scenario("price_war", TINY)
    with pytest.raises(InputError, match=r"behaviour.attention.base: must be less than or equal to 1 \(got 1.5\)"):
        with_values(scenario, {"behaviour.attention.base": 1.5})
    with pytest.raises(InputError, match="did you mean 'attention'"):
        with_values(scenario, {"behaviour.atention.base": 0.5})


def test_policies_of_a_point_share_a_world_and_equal_runs_of_their_own() -> None:
    both = sweep(
        "classroom", {"policy": ["none", "points"], "behaviour.attention.base": [0.02, 0.2]}, overrides=TINY, jobs=1
    )
    alone = pd.concat(
        [
            sweep("classroom", {"policy": [policy], "behaviour.attention.base": [0.02, 0.2]}, overrides=TINY, jobs=1)
            for policy in ("none", "points")
        ]
    )
    pd.testing.assert_frame_equal(both.drop(columns="hash"), alone.drop(columns="hash").reset_index(drop=True))
    assert both.groupby("behaviour.attention.base")["hash"].nunique().tolist() == [1, 1]


def test_rows_that_come_to_the_same_are_run_once_and_both_told() -> None:
    table = sweep(
        "classroom",
        {"operators.beta.pricing": [{"kind": "fixed"}, {"kind": "fixed", "change": 0.0}]},
        overrides=TINY,
        jobs=1,
    )
    assert (
        len(table) == 6
        and table["hash"].nunique() == 1
        and table["operators.beta.pricing"].tolist() == ["{kind: fixed}"] * 3 + ["{kind: fixed, change: 0.0}"] * 3
    )


def test_structure_is_swept_too() -> None:
    table = sweep(
        "classroom",
        {"operators.beta.pricing.kind": ["fixed", "undercut"], "customers": ["europe"]},
        overrides=TINY,
        jobs=1,
    )
    assert (
        table["operators.beta.pricing.kind"].unique().tolist() == ["fixed", "undercut"] and table["hash"].nunique() == 2
    )


def test_whole_numbers_are_sampled_whole() -> None:
    table = sweep(
        "classroom",
        {"behaviour.choice.shock_months": Interval(1, 12), "behaviour.attention.base": Interval(0.01, 0.1)},
        overrides=TINY,
        jobs=1,
        method="lhs",
        samples=5,
    )
    assert (
        pd.api.types.is_integer_dtype(table["behaviour.choice.shock_months"])
        and table["behaviour.attention.base"].nunique() == 5
    )


# --- rows that are kept ----------------------------------------------------------------------------------------------

RUNS: list[str] = []


FAULTS: list[BaseException] = []  # raised by some of the runs, once one has gone well


def counted(job: Job) -> dict[str, pd.DataFrame]:
    if FAULTS and RUNS and dict(job.values)["behaviour.attention.base"] > 0.5:
        raise FAULTS[0]
    RUNS.append(job.key(counted))
    return ishigami(job)


@pytest.fixture(autouse=True)
def no_runs_yet() -> Iterator[None]:
    RUNS.clear()
    FAULTS.clear()
    yield


def test_finished_rows_are_not_run_again(tmp_path: Path) -> None:
    told: list[str] = []
    _, first = study(counted, "lhs", 6, Means(Executor(jobs=1), Store(tmp_path)))
    assert len(RUNS) == 6
    plan, again = study(counted, "lhs", 6, Means(Executor(jobs=1), Store(tmp_path), tell=told.append))
    assert len(RUNS) == 6 and "6 of 6 jobs were finished before" in told[0]
    pd.testing.assert_frame_equal(table_of(again, plan), table_of(first, plan))
    _, memory = study(counted, "lhs", 6)
    pd.testing.assert_frame_equal(table_of(again, plan), table_of(memory, plan))


def test_another_version_of_the_model_runs_again_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    study(counted, "lhs", 3, Means(Executor(jobs=1), Store(tmp_path)))
    monkeypatch.setattr(stores, "model_version", lambda: "another")
    study(counted, "lhs", 3, Means(Executor(jobs=1), Store(tmp_path), tell=told.append))
    assert len(RUNS) == 6 and told == [
        "3 jobs were finished by another version of the model; their rows are not used, and are run again."
    ]


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"values": (("behaviour.attention.base", 0.3),)}, {"keep": ("runs", "money")}]
)
def test_everything_that_determines_a_row_is_in_its_hash(change: dict[str, Any]) -> None:
    from dataclasses import replace

    job = Job(load_scenario("classroom", TINY), (("behaviour.attention.base", 0.2),), 1, ())
    assert len({replace(job, **change).key(counted), job.key(counted), job.key(ishigami)}) == 3
    same = Job(load_scenario("classroom", [*TINY, "behaviour.attention.base=0.2"]), (), 1, ())
    assert same.key(counted) == job.key(counted)  # it is the scenario as resolved that counts


def test_a_row_that_fails_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    FAULTS.append(RuntimeError("the books\n do not close"))
    plan, found = study(counted, "lhs", 8, Means(Executor(jobs=1), Store(tmp_path)))
    FAULTS.clear()
    RUNS.clear()
    assert 0 < len(found.failures) < 8 and {failure["error"] for failure in found.failures} == {
        "RuntimeError: the books do not close"
    }
    assert len(table_of(found, plan)) == 8 - len(found.failures)
    _, mended = study(counted, "lhs", 8, Means(Executor(jobs=1), Store(tmp_path)))
    assert (
        len(RUNS) == len(found.failures) == len({failure["hash"] for failure in found.failures} & set(RUNS))
        and not mended.failures
    )


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    FAULTS.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        study(counted, "lhs", 9, Means(Executor(jobs=1), Store(tmp_path)))
    before = len(RUNS)
    FAULTS.clear()
    study(counted, "lhs", 9, Means(Executor(jobs=1), Store(tmp_path)))
    assert 0 < before < len(RUNS) == len(set(RUNS)) == 9


def test_rows_reach_the_disk_within_two_seconds_though_nothing_else_finishes(tmp_path: Path) -> None:
    import time

    store = Store(tmp_path)
    store.add("a", {"runs": pd.DataFrame({"arm": [0], "value": [1.0]})})
    time.sleep(2.0)
    assert Store(tmp_path).known(["a", "b"]) == {"a"}
    assert not [path for path in tmp_path.rglob(".*")]


def test_a_batch_that_was_cut_off_is_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add("a", {"runs": pd.DataFrame({"arm": [0]})})
    store.flush()
    assert store.folder is not None
    (store.folder / ".half").mkdir()
    (store.folder / ".half" / "runs.parquet").write_bytes(b"PAR1 and no more")
    assert Store(tmp_path).known(["a"]) == {"a"} and len(Store(tmp_path).read("runs", ["a"])) == 1


def test_what_waits_does_not_pile_up(tmp_path: Path) -> None:
    """However many rows a store is given, what it holds in memory is what the last second brought."""
    store = Store(tmp_path)
    for number in range(50):
        store.add(str(number), {"runs": pd.DataFrame({"arm": [0], "value": [1.0]})})
        store.flush()
        assert not store.waiting
    assert len(store.read("runs", [str(number) for number in range(50)])) == 50


# --- where it is run -------------------------------------------------------------------------------------------------


def markets(executor: Executor, tmp_path: Path) -> pd.DataFrame:
    values = {"policy": ["none", "points"], "behaviour.attention.base": [0.02, 0.1, 0.2]}
    return sweep(
        "classroom",
        values,
        overrides=["customers.count=300", "months=3", "burn_in=12"],
        means=Means(executor, Store(tmp_path)),
    )


@pytest.mark.parametrize("kind", ["loky", "dask", "ray"])
def test_every_executor_gives_the_same_to_the_bit(kind: str, tmp_path: Path) -> None:
    if kind != "loky":
        pytest.importorskip("distributed" if kind == "dask" else "ray", reason="the extra [cluster] is not installed")
    serial = markets(Executor(jobs=1), tmp_path / "serial")
    pd.testing.assert_frame_equal(markets(Executor(kind, jobs=2), tmp_path / kind), serial, check_exact=True)


@pytest.mark.parametrize(
    ("executor", "part"),
    [
        (Executor("lokey"), "did you mean 'loky'"),
        (Executor("loky", "tcp://x:1"), "give executor=dask"),
        (Executor(jobs=0), "--jobs must be"),
    ],
)
def test_an_executor_that_is_not_there_is_refused(executor: Executor, part: str) -> None:
    with pytest.raises(InputError, match=part):
        executor.check()


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        InputError, match=r"executor=dask needs distributed, which is not installed: pip install 'churnlab\[cluster\]'"
    ):
        Executor("dask").check()

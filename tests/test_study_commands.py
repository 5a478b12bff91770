"""The commands that run studies: what they print and write, what they refuse, and that a killed one goes on where it
stopped.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.cli import main

HOUSE = Path(__file__).parent.parent
SMALL = ("months=3", "burn_in=12", "customers.count=300")
RANGES = ("behaviour.attention.base=interval(0.01,0.1)", "behaviour.choice.shock_months=interval(3,24)")
STUDIES = {
    "factorial": (
        "sweep",
        "classroom",
        *SMALL,
        "behaviour.attention.base=range(0.02,0.07,0.02)",
        "behaviour.failure.rate=0.01,0.05",
        "policy=none,points",
    ),
    "sobol": (
        "sweep",
        "classroom",
        *SMALL,
        *RANGES,
        "method=sobol",
        "samples=4",
        "policy=none,price_cut",
        "measure=npv_diff",
    ),
    "morris": ("sweep", "classroom", *SMALL, *RANGES, "method=morris", "samples=3", "measure=churn_rate"),
    "robust": ("robust", "price_war", *SMALL, "policies=none,points,price_cut", "samples=12"),
    "wargame": (
        "wargame",
        "classroom",
        *SMALL,
        "policies=none,price_cut",
        "rival=beta",
        "rival_policies=none,price_cut,undercut",
        "replications=2",
    ),
    "optimise": (
        "optimise",
        "classroom",
        *SMALL,
        "policy=contract",
        "loyalty.contract.subsidy_renewal=interval(0,100)",
        "loyalty.contract.term=interval(6,24)",
        "trials=4",
        "replications=2",
        "holdout=2",
    ),
}
TABLES = {
    "factorial": {"sweep"},
    "sobol": {"sweep", "indices"},
    "morris": {"sweep", "indices"},
    "robust": {"runs", "policies", "points", "regions"},
    "wargame": {"runs", "payoffs", "equilibria"},
    "optimise": {"trials", "judged"},
}
NEEDS = {"wargame": "nashpy", "optimise": "optuna"}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def json_of(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--jobs", "1", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 2
    out, message = capsys.readouterr()
    assert out == "" and "Traceback" not in message and not Path("results").exists()
    return message


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_told_written_and_reported_again_from_its_tables(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"the extra [{name}] is not installed")
    found = json_of(capsys, *STUDIES[name], "--csv")
    folder = Path(found["folder"])
    assert (
        {path.stem for path in folder.glob("*.parquet")} == TABLES[name] == {path.stem for path in folder.glob("*.csv")}
    )
    before = Path(found["report"]).read_bytes()
    assert (
        before.count(b"<svg") >= 1
        and before.count(b"<svg") == before.count(b"</svg>")
        and b"nan" not in before.lower().replace(b"nano", b"")
    )
    Path(found["report"]).unlink()
    assert main(["report", str(folder)]) == 0
    assert Path(found["report"]).read_bytes() == before
    capsys.readouterr()
    assert main([*STUDIES[name], "--jobs", "1"]) == 0  # for people, from the rows that are kept
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0].split(":")[0] == STUDIES[name][1]
        and lines[-1].startswith("Report: ")
        and max(map(len, lines[:-2])) < 200
    )


def test_a_row_of_results_names_its_seed_and_hash(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame(json_of(capsys, *STUDIES["factorial"], "replications=2")["table"])
    assert len(table) == 3 * 2 * 2 * 2 * 3 and set(table["seed"]) == {1, 2}
    # a world each, all policies in it
    assert (
        table.groupby("hash")[["behaviour.attention.base", "behaviour.failure.rate", "seed"]]
        .nunique()
        .eq(1)
        .all(axis=None)
    )


def test_a_table_by_month_is_kept_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(json_of(capsys, "sweep", "classroom", *SMALL, "policy=none,points", "monthly=true")["folder"])
    months = pd.read_parquet(folder / "months.parquet")
    assert len(months) == 2 * 3 * 3 and {
        "policy",
        "seed",
        "hash",
        "month",
        "operator",
        "churn_rate",
        "subscribers",
    } <= set(months.columns)


# --- designs from files ----------------------------------------------------------------------------------------------


def test_a_design_from_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("runs.csv").write_text(
        "behaviour.attention.base,policy,response,seed,months\n0.02,none,responding,4,3\n0.02,points,static,4,3\n0.08,none,responding,5,2\n",
        encoding="utf-8",
    )
    found = json_of(capsys, "sweep", "classroom", *SMALL, "design=runs.csv")
    table = pd.DataFrame(found["table"]).query("operator == 'alpha'")
    assert table[["behaviour.attention.base", "policy", "response", "seed", "months"]].to_numpy().tolist() == [
        [0.02, "none", "responding", 4, 3],
        [0.02, "points", "static", 4, 3],
        [0.08, "none", "responding", 5, 2],
    ]
    assert table["hash"].nunique() == 2  # the first two share a world
    alone = json_of(capsys, "sweep", "classroom", *SMALL, "seed=5", "months=2,3", "behaviour.attention.base=0.08")[
        "table"
    ]
    assert (
        next(row["npv"] for row in alone if row["operator"] == "alpha" and row["months"] == 2) == table["npv"].iloc[2]
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "behaviour.attention.base\n0.02\n1.5\nmany\n",
            [
                "line 3: behaviour.attention.base=1.5: behaviour.attention.base: must be less than or equal to 1",
                "line 4, column 'behaviour.attention.base': must be a number (got 'many')",
            ],
        ),
        ("behaviour.atention.base\n0.02\n", ["column 'behaviour.atention.base'", "did you mean 'attention'"]),
        ("policy,response\nnone,still\n", ["line 2, column 'response': must be responding or static (got 'still')"]),
        ("policy\npionts\n", ["policy=pionts: no such policy (did you mean 'points'?)"]),
        ("policy\n", ["has no rows"]),
        ("", ["design=runs.csv: the file is empty"]),
    ],
)
def test_a_faulty_design_is_told_by_line_and_nothing_is_run(
    text: str, parts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("runs.csv").write_text(text, encoding="utf-8")
    message = refused(capsys, "sweep", "classroom", *SMALL, "design=runs.csv")
    assert all(part in message for part in parts), message


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("sweep", "classroom", RANGES[0]), "behaviour.attention.base: an interval has no list of values"),
        (("sweep", "classroom", RANGES[0], "method=sobl"), "method=sobl: no such method (did you mean 'sobol'?)"),
        (("sweep", "classroom", RANGES[0], "method=sobol", "samples=100"), "samples=100: must be a power of 2"),
        (("sweep", "classroom", RANGES[0], "method=lhs", "samples=few"), "samples must be a whole number (got 'few')"),
        (
            ("sweep", "classroom", "behaviour.attention.base=interval(0.5,2)", "method=lhs"),
            "behaviour.attention.base: must be less than or equal to 1 (got 2.0)",
        ),
        (("sweep", "classroom", "focal=interval(0,1)", "method=lhs"), "focal: is not a number in this scenario"),
        (
            ("sweep", "classroom", "policy=none,points", "executor=dusk"),
            "executor=dusk: no such executor (did you mean 'dask'?)",
        ),
        (("sweep", "classroom", "design=nowhere.csv"), "design=nowhere.csv: no such file"),
        (("sweep", "classroom", "policy=none,points", "monthly=yes"), "monthly must be true or false"),
        (("compare", "classroom", "precision=2"), "precision: must lie between 0 and 1"),
        (("robust", "from_iran", "customers.file=none.csv"), "does not say what is uncertain"),
        (("robust", "classroom", "policies=none"), "policies: at least two"),
        (("robust", "classroom", "behaviour.horizon=6,12"), "robust takes a range here"),
        (("robust", "classroom", "uncertain={behaviour.horizn: [1, 2]}"), "did you mean 'horizon'"),
        (("wargame", "classroom", "rival=betta"), "rival=betta: no such rival (did you mean 'beta'?)"),
        (("wargame", "classroom", "rival_policies=none,undercutt"), "did you mean 'undercut'"),
        (("optimise", "classroom"), "say which policy is to be set"),
        (("optimise", "classroom", "policy=contract"), "give a number of the policy a range"),
        (("optimise", "classroom", "policy=contract", "loyalty.contract.trem=interval(1,2)"), "did you mean 'term'"),
        (
            ("optimise", "classroom", "policy=contract", "loyalty.contract.term=interval(6,12)", "constraint=spnd<=3"),
            "did you mean 'spend'",
        ),
    ],
)
def test_bad_input_is_told_in_words(words: tuple[str, ...], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    if words[0] in NEEDS:
        pytest.importorskip(NEEDS[words[0]], reason=f"the extra [{words[0]}] is not installed")
    assert part in refused(capsys, *words)


# --- failures, interrupts, kills -------------------------------------------------------------------------------------


def test_failed_runs_are_told_and_the_rest_is_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.market import Market

    plainly = Market.run

    def fails_at_times(self: Market) -> Market:
        if self.world.world_seed == 2:
            raise RuntimeError("the books do not close")
        return plainly(self)

    monkeypatch.setattr(Market, "run", fails_at_times)
    for words in (
        ("sweep", "classroom", *SMALL, "policy=none,points"),
        ("compare", "classroom", *SMALL, "policies=none,points"),
    ):
        assert main([*words, "replications=3", "--jobs", "1"]) == 1
        out, message = capsys.readouterr()
        assert (
            "1 job failed and is missing from the result" in message
            and "RuntimeError: the books do not close" in message
        )
        folder = Path(out.rsplit("Report: ", 1)[1].strip()).parent
        assert (
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["failures"][0]["error"]
            == "RuntimeError: the books do not close"
        )
        assert main(["report", str(folder)]) == 0
        capsys.readouterr()
    monkeypatch.setattr(Market, "run", plainly)
    assert main(["sweep", "classroom", *SMALL, "policy=none,points", "replications=3", "--jobs", "1"]) == 0
    assert "2 of 3 jobs were finished before" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_study_that_was_stopped_goes_on_where_it_was(
    how: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "sweep",
        "classroom",
        "months=12",
        "burn_in=12",
        "customers.count=1000",
        RANGES[0],
        "method=lhs",
        "samples=100",
        "--jobs",
        "1",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *words, "--out", str(tmp_path / "stopped")],
        cwd=HOUSE,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        rows = tmp_path / "stopped" / "classroom" / ".rows"
        while not list(rows.glob("*/[!.]*/runs.parquet")):
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, how)
        assert process.wait(timeout=30) in (130, -how)
    kept = sum(pd.read_parquet(path)["job"].nunique() for path in rows.glob("*/[!.]*/runs.parquet"))
    assert 0 < kept < 100 and [path.name for path in (tmp_path / "stopped" / "classroom").iterdir()] == [".rows"]
    assert main([*words, "--json", "--out", "stopped"]) == 0
    resumed = capsys.readouterr()
    assert f"{kept} of 100 jobs were finished before" in resumed.err
    if how is signal.SIGINT:
        return
    assert main([*words, "--json", "--out", "whole"]) == 0
    assert json.loads(resumed.out)["table"] == json.loads(capsys.readouterr().out)["table"]

"""What `churnlab validate` finds, and how it says so."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.cli import main
from sim.errors import InputError
from sim.experiments.validate import MET, MISSED, OPEN, REPORTED, table_of, validate
from sim.facts import FACTS, Check, Fact
from sim.report.of_validate import answer
from sim.report.page import write_study_report

SMALL = ("customers.count=1500", "burn_in=6")
BAND, SIGN = Check("level", "%", "band", 1.0, 2.0), Check("order", "1", "sign", low=0.0)


def one(check: Check, values: list[float], around: list[float] | None = None) -> pd.Series:
    """Verdict on one number from its values in worlds and at points."""
    fact = Fact("99", "A fact", "a number", "Nobody", "H", "somehow", (check,), lambda lab: {})
    told = [*(("market", value) for value in values), *(("neighbourhood", value) for value in around or [])]
    runs = pd.DataFrame(
        {"part": [part for part, _ in told], "fact": "99", "check": check.name, "value": [value for _, value in told]}
    )
    return table_of(runs, [fact]).iloc[0]


@pytest.mark.parametrize(
    ("check", "values", "verdict"),
    [
        (BAND, [1.49, 1.51], MET),
        (BAND, [1.4, 1.6], OPEN),  # the interval of two worlds is 12.7 times their standard error to each side
        (BAND, [2.19, 2.20], MISSED),
        (BAND, [1.5], OPEN),
        (Check("near nothing", "1", "sign", -0.5, 0.5), [2.0, -1.0, 5.0], OPEN),
        (SIGN, [0.0, 0.0], MISSED),
        (SIGN, [1.0, 1.1, 0.9], MET),
        (SIGN, [-1.0, -1.1, -0.9], MISSED),
        (SIGN, [1.0, -0.9, 0.2], OPEN),
        (BAND, [float("nan")], OPEN),
        (Check("what it is", "EUR", "report"), [3.0], REPORTED),
    ],
)
def test_verdicts(check: Check, values: list[float], verdict: str) -> None:
    assert one(check, values)["verdict"] == verdict


def test_the_neighbourhood_is_the_share_of_points_that_hold() -> None:
    assert one(SIGN, [1.0, 1.0], [1.0, -1.0, 2.0, float("nan")])["neighbourhood"] == 0.5
    assert np.isnan(one(SIGN, [1.0])["neighbourhood"])


def test_a_small_examination(tmp_path: Path) -> None:
    found = validate("europe_three", ["8", "12"], SMALL, replications=2, samples=2)
    assert (
        found.checks["fact"].tolist() == ["8", "12", "12"]
        and (found.checks["worlds"] == 2).all()
        and not found.failures
    )
    assert (found.runs.groupby("part").size() == pd.Series({"market": 6, "neighbourhood": 6})).all()
    assert found.checks["lab"].between(found.checks["low"], found.checks["high"]).all()
    again = validate("europe_three", ["8", "12"], SMALL, replications=2, samples=2)
    pd.testing.assert_frame_equal(found.checks, again.checks)
    page = write_study_report(found.study(), tmp_path / "report.html", "churnlab validate").read_text("utf-8")
    assert (
        all(title in page for title in (fact.title for fact in FACTS if fact.number in ("8", "12")))
        and "src=" not in page
    )


def test_a_miss_is_shown_as_a_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "validate",
        "facts=8",
        "samples=0",
        "replications=3",
        *SMALL,
        "behaviour.switching_cost.hassle=2000",
        "behaviour.horizon=60",
        "--out",
        str(tmp_path),
    ]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "MISSED" in shown and "0 of 1 facts are met; missed: 8 (what a switch must be paid)" in shown
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][0]["verdict"] == MISSED


def test_one_world_and_nothing_asked_are_said_to_be_so() -> None:
    study = validate("europe_three", ["8", "29"], SMALL, replications=1, samples=0).study()
    told = "0 of 1 facts are met; none is missed; not to be told from one world, which gives no interval: 8 (what a"
    assert answer(study).startswith(told)
    study.tables["checks"] = study.tables["checks"].query("fact == '29'")
    assert answer(study) == "Nothing is asked of these numbers."


@pytest.mark.parametrize(("facts", "words"), [("11", "dynamic programming"), ("288", "did you mean .28")])
def test_unknown_facts_are_refused(facts: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        validate(facts=[facts])


@pytest.mark.parametrize("word", ["samples=1", "samples=-3"])
def test_a_neighbourhood_has_at_least_two_points(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", word]) == 2
    assert "must be 0, for no neighbourhood, or at least 2" in capsys.readouterr().err

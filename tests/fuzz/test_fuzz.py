"""Inputs that nobody would give on purpose, a few of each kind: each is read, or refused in words. `make fuzz` tries
ten thousand, and a thousand markets.
"""

from pathlib import Path

import pytest

from sim import InputError, load_scenario
from tests.fuzz.batches import KINDS, batches, tried
from tests.fuzz.trials import LONGEST, REFUSED, RIGHT, Trial, attempt, kept, reduced

pytestmark = pytest.mark.properties
FEW = {"customers": 120, "command lines": 24, "overrides": 40, "scenario files": 40}


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_is_read_or_refused_in_words(kind: str) -> None:
    counts, faults, _ = tried(kind, seed=7, count=FEW.get(kind, 60), shrinks=False)
    assert faults == []
    assert counts[RIGHT] > 0 and counts[REFUSED] > 0 and counts.total() == FEW.get(kind, 60)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (KeyError("x"), "KeyError in test_fuzz.py, read"),
        (InputError("months: must be at least 1"), REFUSED),
        (InputError("x" * (LONGEST + 1)), "message too long"),
        (InputError("1 validation error, see https://errors.pydantic.dev/2"), "words of a library"),
        (InputError(" "), "no word"),
    ],
)
def test_what_came_of_an_input_is_told_apart(fault: Exception, verdict: str) -> None:
    def read(_: list[str]) -> None:
        raise fault

    assert attempt(Trial("any", read)).verdict == verdict
    assert attempt(Trial("any", lambda _: None)).verdict == RIGHT
    assert attempt(Trial("any", lambda _: kept("rows", False))).verdict == "broken: rows"


def test_a_fault_is_told_with_the_smallest_input_that_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def read(words: list[str]) -> None:
        kept("c", "d" not in words or "bad" not in Path("f.yaml").read_text(encoding="utf-8"))

    text = b"a:\n  b: 1\n  bad: 2\nc:\n  e: 3\nf: 4\n"
    small = reduced(Trial("any", read, ["a", "d", "e"], {"f.yaml": text}), "broken: c")
    assert small.words == ["d"] and small.files == {"f.yaml": b"a:\n  bad: 2\n"}


def test_batches_are_all_that_was_asked_for() -> None:
    sizes = batches(10_000, 1_000, 1, None)
    assert sum(size for kind, _, size in sizes if kind == "markets") == 1_000
    assert sum(size for kind, _, size in sizes if kind != "markets") == 10_000
    assert len({(kind, seed) for kind, seed, _ in sizes}) == len(sizes)


def test_a_long_override_is_cut_in_what_is_told_of_it() -> None:
    long = "x" * 5_000
    for override in (
        f"behaviour.turrnover.exit={long}",
        f"~{long}",
        f"months={long}",
        f"policy={long}",
        f"market={long}",
    ):
        with pytest.raises(InputError) as told:
            load_scenario("classroom", [override])
        assert len(str(told.value)) < 1_000 and "characters)" in str(told.value)

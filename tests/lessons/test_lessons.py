"""Lessons: every one keeps the contract, its page is whole and offline, its key comes from its own run, and its claims
hold.
"""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import InputError, lessons
from sim.cli import main
from sim.commands.lesson import page_name
from sim.experiments.executor import Executor
from sim.experiments.lesson import lesson_of, run_lesson, shipped, variant
from sim.experiments.study import Means
from sim.lessons.lesson import Claim, Found, Lesson
from sim.report.lesson import write_lesson

NAMES = sorted(shipped())
CODES = (None, "MK204", "B7")
FILES = Path(lessons.__file__).parent
SMALL, FEW = 0.25, 2  # of a lesson's people, worlds: enough for a page, not for a claim


@cache
def small(name: str, code: str | None = None) -> Found:
    return run_lesson(lesson_of(name), code, worlds=FEW, size=SMALL, means=Means(Executor(jobs=1)))


def page_of(name: str, folder: Path, code: str | None = None) -> str:
    return write_lesson(lesson_of(name), small(name, code), folder / f"{name}.html", code).read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Read a page; note what it loads and whether tags close in order."""

    VOID = ("meta", "br", "wbr", "link", "img", "input", "path", "use", "rect", "circle", "line", "ellipse", "polygon")

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [
            str(value)
            for name, value in attrs
            if name in ("src", "href", "xlink:href") and not str(value).startswith("#")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [
            str(value)
            for name, value in attrs
            if name in ("src", "href", "xlink:href") and not str(value).startswith("#")
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


# --- the contract ----------------------------------------------------------------------------------------------------


def test_there_are_lessons_enough() -> None:
    assert len(NAMES) >= 12
    assert {path.stem for path in FILES.glob("*.py")} - {"__init__", "lesson"} == set(NAMES), (
        "found by listing the folder, under the name of the file"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_one_short_file_with_sources(name: str) -> None:
    lesson = lesson_of(name)
    assert len((FILES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 210
    assert (
        any(re.search(r"\(\d{4}\)", text) for text in lesson.literature)
        and lesson.assumes
        and lesson.question.endswith(("?", "?\u201d", "\u201d Do they?"))
    )
    assert (
        all(len(set(options)) == len(options) >= 2 for options in lesson.variants.values())
        and lesson.variants
        and lesson.seconds <= 30
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_code_picks_other_inputs_the_same_for_all_who_type_it(name: str) -> None:
    lesson = lesson_of(name)
    found = [variant(lesson, f"class {number}") for number in range(40)]
    assert variant(lesson, " CLASS 7 ").values == found[7].values and variant(lesson, "Class 7").seed == found[7].seed
    assert len({one.seed for one in found}) == len(found) and variant(lesson).seed not in {one.seed for one in found}
    for key, options in lesson.variants.items():
        assert {one.values[key] for one in found} == set(options), "every value is some class's"


def test_a_claim_holds_where_its_whole_interval_is_above_the_bound() -> None:
    spread = pd.Series([1.0, 2.0, 3.0])  # mean 2, standard error 0.577, t(2) 4.303: -0.48 to 4.48
    assert not Claim("", spread).holds and Claim("", spread, above=-0.5).holds
    assert Claim("", spread + 1.0).holds


def test_no_two_class_codes_share_a_page() -> None:
    codes = ["", "mk204", "MK204", "Mk204", "mk_204", "mk-204", "mk 204", "Г1", "Д1", "é", "e\u0301", "班", "x" * 300]
    names = [page_name("price_war", code) for code in [*codes, "x" * 301]]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name.encode()) < 250 and "/" not in name for name in names)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole_offline_and_hides_what_is_to_be_guessed(name: str, tmp_path: Path) -> None:
    page, told = page_of(name, tmp_path), lesson_of(name).tell(small(name))
    tags = Tags(page)
    assert (
        tags.loads == [] and tags.wrong == [] and tags.open == [] and "<script" not in page and "url(http" not in page
    )
    before, _, after = page.partition("<details")
    assert "<svg" not in before and "<svg" in after and "Make your prediction" in before
    assert 2 <= len(told.quiz) <= 4 and after.count("<summary>Key</summary>") == len(told.quiz)
    assert len(told.figures) >= 1 and told.happened and f"churnlab lesson {name}" in page and "def experiment(" in page
    assert "nan" not in re.sub(r"<[^>]+>", " ", page).lower().split(), "no number is missing"


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_among_their_choices_and_numbers_come_from_the_run(name: str) -> None:
    lesson = lesson_of(name)
    told = lesson.tell(small(name))
    for ask in (told.prediction, *told.quiz):
        assert ask.answer in ask.choices if ask.choices else re.search(r"\d", ask.answer), ask.text
    found = small(name)
    factors = 1.2 + 0.07 * np.arange(found.worlds.shape[1])  # each number moves by its own, so that ratios move too
    other = found._replace(worlds=found.worlds * factors)
    numbers = [
        (ask.answer, again.answer)
        for ask, again in zip(told.quiz, lesson.tell(other).quiz, strict=True)
        if not ask.choices
    ]
    assert any(one != again for one, again in numbers), "other worlds, another key"


def test_the_same_code_gives_the_same_bytes_and_another_code_another_page(tmp_path: Path) -> None:
    name = "rising_retention"
    first = page_of(name, tmp_path, "MK204")
    small.cache_clear()
    assert page_of(name, tmp_path, "MK204") == first
    assert page_of(name, tmp_path, "B7") != first


# --- the command -----------------------------------------------------------------------------------------------------

OWN = """
from sim.lessons.lesson import Ask, Bars, Claim, Lesson, Told
from sim.report.tables import Table

def experiment(scenario, seed, values):
    return {"x": 3.0 + values["more"] + 0.01 * (seed % 2)}

def tell(found):
    return Told("A scene.", Ask("Which?", "3"), ["It was so."], [Bars("Title", "axis", {"a": found.worlds["x"]})],
                Table("Cap", ["a", "b"], [["c", "1"]]), [Claim("It is large", found.worlds["x"])],
                [Ask("What?", f"{found.mean('x'):.1f}"), Ask("And?", "2")])

LESSON = Lesson("mine", "Moral", "Why?", "classroom", ("policies=[none]",), {"more": (1, 2)}, 2, 1, experiment, tell,
                ("Nobody.",), ("Nothing.",))
"""


def test_the_command_lists_and_runs_a_lesson_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{name}: {lesson_of(name).question}".split()[0] in listed for name in NAMES)
    path = tmp_path / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    assert main(["lesson", str(path), "--out", str(tmp_path), "--jobs", "1", "--json"]) == 0
    assert '"holds": true' in capsys.readouterr().out and (tmp_path / "lessons" / "mine.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rising_retension"], "did you mean 'rising_retention'"),
        (["rising_retention", "worlds=1"], "at least 2"),
        (["rising_retention", "cod=1"], "code=CLASSCODE"),
        (["nowhere/mine.py"], "no such lesson file"),
        (["rising_retention", "code="], "a class code is needed"),
        (["rising_retention", "worlds=many"], "whole number"),
    ],
)
def test_bad_words_are_refused_in_words(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lesson", *words, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_without_a_lesson_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="must set LESSON"):
        lesson_of(str(tmp_path / "none.py"))


# --- the claims, at full size ----------------------------------------------------------------------------------------


@pytest.mark.validate
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", NAMES)
def test_every_claim_holds_for_every_class(name: str, code: str | None) -> None:
    """The 95 % interval of each claim lies above its bound."""
    lesson: Lesson = lesson_of(name)
    claims = lesson.tell(run_lesson(lesson, code, means=Means(Executor(jobs=1)))).claims
    assert [claim.text for claim in claims if not claim.holds] == []

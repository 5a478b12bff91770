"""Numbers followed from YAML to report in docs/extending.md, and the words of docs/symbols.md: every name stands where
the page says it does.
"""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = Path(__file__).parent.parent
PAGE = (HOUSE / "docs" / "extending.md").read_text(encoding="utf-8")
WALK = re.compile(r"^### (?P<title>.+): (?P<counts>\d+ files, \d+ hops, \d+ names)\n(?P<table>(?:\n|\|.*\n)+)", re.M)
HOP = re.compile(r"^\| (\d+) \| \[`(.+?)`\]\(\.\./\2\) \| `(\w+)` \| `(\w+)` \| .+ \|$", re.M)


class Hop(NamedTuple):
    """One place at which a number is read, and the name it has there."""

    number: str
    path: str
    name: str
    place: str


WALKS = {
    walk["title"]: (walk["counts"], [Hop(*hop) for hop in HOP.findall(walk["table"])]) for walk in WALK.finditer(PAGE)
}
HOPS = [hop for _, hops in WALKS.values() for hop in hops]


def text_of(hop: Hop) -> str:
    """Source of the function, class or constant of a hop; in YAML, all from the key on."""
    source = (HOUSE / hop.path).read_text(encoding="utf-8")
    if hop.path.endswith(".yaml"):
        return source[source.index(f"{hop.place}:") :]
    for node in ast.walk(ast.parse(source)):
        named = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
        if hop.place in (getattr(node, "name", None), *named):
            return ast.get_source_segment(source, node) or ""
    raise AssertionError(f"nothing in {hop.path} is called {hop.place}")


@pytest.mark.parametrize("hop", HOPS, ids=lambda hop: f"{hop.place}-{hop.name}")
def test_every_name_of_a_walk_stands_where_the_page_says(hop: Hop) -> None:
    assert re.search(rf"\b{hop.name}\b", text_of(hop)), f"{hop.path}: no {hop.name} in {hop.place}"


@pytest.mark.parametrize("title", WALKS)
def test_files_hops_and_names_of_a_walk_are_counted(title: str) -> None:
    told, hops = WALKS[title]
    files, names = {hop.path for hop in hops}, {hop.name.lower() for hop in hops}
    assert told == f"{len(files)} files, {len(hops)} hops, {len(names)} names"
    assert [int(hop.number) for hop in hops] == list(range(1, len(hops) + 1))


def test_no_hop_is_overlooked() -> None:
    assert len(WALKS) == 3 and len(HOPS) == len(re.findall(r"^\| \d+ \|", PAGE, re.MULTILINE))


def test_trial_changes_name_files_that_exist() -> None:
    table = PAGE.split("## What a change touches")[1].split("## ")[0]
    for row in (line for line in table.splitlines() if re.match(r"\| a ", line)):
        _, _, files, _, where, _ = row.split("|")
        named = re.findall(r"`([\w/]+\.(?:py|yaml))`", where)
        assert len(named) == int(files) and all((HOUSE / name).is_file() for name in named), row


def test_every_word_of_the_glossary_stands_in_the_code() -> None:
    page = (HOUSE / "docs" / "symbols.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| \[`(.+?)`\]\(\.\./\1\): `(\w+)` \| .+ \|$", page, re.MULTILINE)
    assert len(rows) > 12
    for path, name in rows:
        assert re.search(rf"\b{name}\b", (HOUSE / path).read_text(encoding="utf-8")), f"{path}: no {name}"

"""The documentation is run: every command and code block of docs/ works, shown output is what is printed, generated
pages are fresh, sources are listed.

Comments above a block say how it is run:

    <!-- run: customers.count=1000 months=6 -->   overrides that make a heavy command light enough for a test
    <!-- exit: 2 -->                             the exit code of each command; 0 where nothing is said
    <!-- file: policy/mine.yaml -->               the block is a file of the reader's
    <!-- needs: ../data.csv -->                   a file outside the repository; without it the block is left out
    <!-- output: 1-13, differs with size -->      which lines of what was printed a `text` block shows;
                                                 whether they differ in a light run

`python tests/test_docs.py` runs the pages in full and writes what was printed into their `text` blocks.
"""

import ast
import contextlib
import glob
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

import agents.care
import agents.customer
from sim.books.ledger import MONEY, POINTS
from sim.books.panel import COLUMNS
from sim.cli import main
from sim.commands import docs, mechanisms
from sim.config import Scenario
from sim.config.mechanisms import MECHANISMS, override
from sim.experiments.compare import MEASURES

HOUSE = Path(__file__).resolve().parents[1]
PAGES = sorted((HOUSE / "docs").rglob("*.md"))
BLOCK = re.compile(r"(?P<notes>(?:^<!-- [^\n]* -->\n)*)^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HEAVY = ("run", "compare", "sweep", "robust", "wargame", "optimise", "calibrate", "validate", "lesson")


class Block(NamedTuple):
    """One fenced block of a page."""

    kind: str
    text: str
    notes: dict[str, str]
    start: int  # of its text in the page


def blocks_of(page: str) -> list[Block]:
    found = []
    for match in BLOCK.finditer(page):
        notes = dict(
            (key.strip(), value.strip())
            for key, _, value in (note.partition(":") for note in re.findall(r"<!-- (.*?) -->", match["notes"]))
        )
        found.append(Block(match["kind"], match["text"], notes, match.start("text")))
    return found


# --- running a page --------------------------------------------------------------------------------------------------


@dataclass
class Reader:
    """Somebody who follows a page in a folder of their own, from top to bottom."""

    in_full: bool = False
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "reader"})
    printed: str = ""

    def follow(self, block: Block) -> None:
        """Do what one block says; keep what it prints."""
        if "file" in block.notes:
            Path(block.notes["file"]).parent.mkdir(parents=True, exist_ok=True)
            Path(block.notes["file"]).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            self.printed = printed_by(lambda: exec(compile(block.text, "page", "exec"), self.names))
        elif block.kind == "bash":
            self.printed = printed_by(lambda: self.commands(block))
        elif block.kind == "yaml":
            assert isinstance(yaml.safe_load(block.text), dict)
        elif block.kind == "text":
            if not self.in_full:
                self.compare(block)
        else:
            pytest.fail(f"a block of kind '{block.kind}': run it, or write it as text")

    def commands(self, block: Block) -> None:
        wanted = int(block.notes.get("exit", 0))
        lines = [line for line in block.text.replace("\\\n", " ").splitlines() if line.strip()]
        for line in lines:
            if len(lines) > 1:
                print(f"$ {line.partition(' #')[0].rstrip()}")
            words = shlex.split(line, comments=True)
            if words[0] in ("churnlab", ".venv/bin/churnlab"):
                light = [] if self.in_full or words[1] not in HEAVY else block.notes.get("run", "").split()
                extra = [word for word in light if words[1] != "run" or not word.startswith("replications=")]
                expanded = [path for word in words[1:] for path in (glob.glob(word) if "*" in word else [word])]
                assert main([*expanded, *extra]) == wanted, line
            elif words[:3] == ["python", "-m", "pytest"]:
                run_tests(Path(words[3]))
            else:
                check_setup(words)

    def compare(self, block: Block) -> None:
        """Hold shown lines to what was printed, numbers apart."""
        assert block.text.strip(), "an empty text block: python tests/test_docs.py fills it"
        if "differs" not in block.notes.get("output", ""):
            known = {shape(line) for line in self.printed.splitlines()}
            strange = [line for line in block.text.splitlines() if shape(line) not in known]
            assert not strange, f"shown, but not printed:\n{chr(10).join(strange)}\n\nprinted:\n{self.printed}"


def printed_by(act: Any) -> str:
    """Do something; return what it says, without the lines on compiling and on jobs that an earlier command
    has done.
    """
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            act()
    except BaseException:
        print(out.getvalue())
        raise
    return "".join(
        line
        for line in out.getvalue().splitlines(keepends=True)
        if not line.startswith("Compiling") and "jobs were finished before" not in line
    )


def shape(line: str) -> str:
    """Write a line without its numbers, so that runs of different size agree."""
    line = re.sub(r"(results|study)/\S+", r"\1/", line)
    line = re.sub(r"(?<![\w.])[-+>]?(\d[\d.,_]*\d|\d|nan\b|NaN\b)(e[+-]\d+)?", "#", line)
    return " ".join("#" if word in ("-", ">#", "-0.0") else word for word in line.split())


def check_setup(words: list[str]) -> None:
    """Hold a line that installs or calls make to the Makefile and pyproject.toml."""
    makefile, project = (
        (HOUSE / "Makefile").read_text(encoding="utf-8"),
        tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8")),
    )
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), words
    elif words[1:3] == ["-m", "venv"]:
        assert "-m venv .venv" in makefile and words[3] == ".venv"
    elif words[:2] == [".venv/bin/pip", "install"]:
        assert words[2:4] == ["-c", "constraints.txt"] and (HOUSE / "constraints.txt").is_file()
        assert "-c constraints.txt" in makefile and words[4] == "-e"
        extra = re.fullmatch(r"\.(?:\[(\w+)\])?", words[5])
        assert extra and (extra[1] is None or extra[1] in project["project"]["optional-dependencies"]), words
    elif words[:3] == [".venv/bin/python", "-m", "pytest"]:
        assert f"$(BIN)/python {' '.join(words[1:])}\n" in makefile
    else:
        pytest.fail(f"no test knows how to run: {shlex.join(words)}")


def run_tests(path: Path) -> None:
    """Run the test functions of a reader's file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[None]:
    """Work in a folder, with its modules importable and one process, as a reader would in a fresh one."""
    before, modules = os.getcwd(), set(sys.modules)
    processes = os.environ.get("LOKY_MAX_CPU_COUNT")
    os.chdir(folder)
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(str(folder))
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
        if processes is None:
            del os.environ["LOKY_MAX_CPU_COUNT"]
        else:
            os.environ["LOKY_MAX_CPU_COUNT"] = processes


def follow(page: Path, folder: Path, in_full: bool = False) -> tuple[Reader, list[tuple[Block, str]]]:
    """Follow a page from top to bottom; return the reader, and each block with what had been printed by then."""
    reader, seen = Reader(in_full), []
    with desk(folder):
        for block in blocks_of(page.read_text(encoding="utf-8")):
            if "needs" in block.notes:
                source = HOUSE / block.notes["needs"]
                if not source.is_file():
                    continue
                shutil.copy(source, folder)
            reader.follow(block)
            seen.append((block, reader.printed))
    return reader, seen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    follow(page, tmp_path)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("contract   +136.6  +126.0 to +147.2  70 %  >60  -", "contract  -1.2  -3 to +0.1  0 %  33  +1,000", True),
        ("policy      gain", "policy  gain", True),
        ("policy      gain", "policy  loss", False),
        (
            "Report: results/a/20261123-114611-compare-071f56d7/report.html",
            "Report: results/b/1-run-2/report.html",
            True,
        ),
    ],
)
def test_lines_are_compared_without_their_numbers(one: str, other: str, same: bool) -> None:
    assert (shape(one) == shape(other)) is same


# --- pages that come from the code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", docs.pages())
def test_generated_pages_are_fresh(name: str) -> None:
    fresh = (HOUSE / "docs" / name).read_text(encoding="utf-8") == docs.pages()[name]
    assert fresh, "run: python -m sim.commands.docs"


def test_every_table_is_defined_column_by_column() -> None:
    assert set(docs.LEDGER) == {*MONEY, *POINTS}
    assert set(docs.COMPARISON) == set(MEASURES)
    assert set(docs.PANEL) == set(COLUMNS)


def test_every_key_has_a_meaning() -> None:
    """The schema says it, or docs.BLOCKS where a key only holds another block."""
    schema = Scenario.model_json_schema()
    blocks = {"Scenario": schema, **schema["$defs"]}
    silent = {
        (name, key)
        for name, block in blocks.items()
        if name not in ("Columns", "Policy")
        for key, facts in block.get("properties", {}).items()
        if not facts.get("description")
    }
    assert {
        f"{name}.{key}" for name, key in silent if name != "Behaviour" and key not in ("kind", "distribution")
    } == set(docs.BLOCKS)


# --- what pages speak of exists --------------------------------------------------------------------------------------


def text_of(name: str) -> str:
    return (HOUSE / "docs" / name).read_text(encoding="utf-8")


def test_every_rule_of_behaviour_is_in_the_model_page() -> None:
    files = [*Path(agents.customer.__file__).parent.glob("*.py"), Path(agents.care.__file__)]
    bodies = [node for path in files for node in ast.parse(path.read_text(encoding="utf-8")).body]
    rules = {node.name for node in bodies if isinstance(node, ast.FunctionDef)} - {"clip", "feature"}
    assert len(rules) > 60
    assert rules - set(re.findall(r"\w+", text_of("model.md"))) == set()


def test_every_mechanism_is_in_its_page_with_its_test() -> None:
    page = text_of("mechanisms.md")
    assert [
        one.name
        for one in MECHANISMS
        if f"| **{one.name}**: " not in page or f"`[{one.name}]`" not in page or f"`{override(one.off)}`" not in page
    ] == []
    tests = (HOUSE / mechanisms.TESTS).read_text(encoding="utf-8")
    assert all(
        f"def {name}(" in tests
        for name in (mechanisms.STRENGTH, mechanisms.SILENCE, "test_labels_move_with_what_they_are_made_of")
    )


def test_every_lever_is_in_the_policy_page() -> None:
    schema = Scenario.model_json_schema()["$defs"]["OperatorConfig"]["properties"]
    unions = [
        schema["pricing"],
        schema["service"],
        schema["loyalty"]["additionalProperties"],
        schema["retention"]["additionalProperties"],
    ]
    kinds = {kind for union in unions for kind in union["discriminator"]["mapping"]}
    assert kinds - set(re.findall(r"`(\w+)`", text_of("policy.md"))) == set()


def test_every_kind_of_shock_is_in_the_market_page() -> None:
    kinds = Scenario.model_json_schema()["properties"]["shocks"]["additionalProperties"]["discriminator"]["mapping"]
    assert set(kinds) - set(re.findall(r"`(\w+)`", text_of("market.md"))) == set()


def test_symbols_name_rules_and_keys_that_exist() -> None:
    names = {name for module in (agents.customer, agents.care) for name in vars(module)} | {
        "agents.draws.bounded_normal",
        "discount_annual",
    }
    parameters = text_of("parameters.md")
    rows = re.findall(r"^\|.*\| (`.*`) \|$", text_of("symbols.md"), re.MULTILINE)
    assert len(rows) > 20
    for name in re.findall(r"`(.+?)`", " ".join(rows)):
        assert name in names or f"| `{name.rpartition('.')[2]}` |" in parameters or f"`{name}`" in parameters, name


@pytest.mark.parametrize("page", [*PAGES, HOUSE / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]+)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
        headings = [
            re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in (page.parent / target).read_text(errors="replace").splitlines()
            if line.startswith("#")
        ]
        assert not anchor or anchor in headings, f"{target}#{anchor}"


def citations(text: str) -> set[tuple[str, str]]:
    """First author's family name and year of every source cited as `Name (1999)`, `Name & Other 1999`, `Name et al.
    1999`.
    """
    name = r"(?:de |van |van den |De )?[A-ZÇ][A-Za-zç]+"
    pattern = rf"({name})((?:, {name})*(?: & {name})?| et al\.),? \(?((?:18|19|20)\d\d)\)?"
    return {(first.split()[-1], year) for first, _, year in re.findall(pattern, " ".join(text.split()))}


def test_every_source_is_in_the_references() -> None:
    listed = text_of("references.md")
    entries = [line for line in listed.splitlines() if line.startswith("- ")]
    cited = set()
    for path in [
        *HOUSE.glob("agents/**/*.py"),
        *HOUSE.glob("sim/**/*.py"),
        *HOUSE.glob("scenarios/**/*.yaml"),
        *(page for page in PAGES if page.name != "references.md"),
    ]:
        cited |= {(author, year, path.name) for author, year in citations(path.read_text(encoding="utf-8"))}
    lost = {
        (author, year, where)
        for author, year, where in cited
        if not any(author in entry and year in entry for entry in entries)
    }
    assert lost == set()
    assert len(cited) > 60


# --- filling in what was printed -------------------------------------------------------------------------------------


def shown(printed: str, lines: str) -> str:
    """Return the lines asked for ('1-13', '15-', '' for all) of what was printed."""
    first, dash, last = lines.partition(",")[0].partition("-")
    rows = [line.rstrip() for line in printed.rstrip().splitlines()]
    chosen = rows[int(first or 1) - 1 : int(last) if last else None if dash or not first else int(first)]
    return (
        "\n".join(re.sub(r"(results|study)/(\w+)/\d{8}-\d{6}", r"\1/\2/20261123-101500", row) for row in chosen) + "\n"
    )


def fill(page: Path) -> None:
    """Run a page in full and write what it prints into its text blocks."""
    with tempfile.TemporaryDirectory() as folder:
        _, seen = follow(page, Path(folder), in_full=True)
        if page.name == "README.md":
            for report in Path(folder).glob("results/price_war/*-compare-*/report.html"):
                if json.loads(report.with_name("manifest.json").read_text())["command"] == "churnlab compare price_war":
                    photograph(report, HOUSE / "docs" / "images" / "compare.png")
    text = page.read_text(encoding="utf-8")
    for block, printed in reversed(seen):
        if block.kind == "text":
            text = (
                text[: block.start]
                + shown(printed, block.notes.get("output", ""))
                + text[block.start + len(block.text) :]
            )
    page.write_text(text, encoding="utf-8")


def photograph(report: Path, picture: Path) -> None:
    """Take a picture of the head of a report, where there is a browser."""
    import subprocess

    from PIL import Image

    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no browser, no new picture")
        return
    whole = report.with_name("whole.png")
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1080,1560",
            f"--screenshot={whole}",
            report.as_uri(),
        ],
        check=True,
    )
    Image.open(whole).convert("RGB").quantize(64).save(picture, optimize=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or ["README.md", *(str(page.relative_to(HOUSE)) for page in PAGES)]:
        fill(HOUSE / name)
        print(name)

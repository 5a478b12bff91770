"""Words as nobody would say them on purpose: overrides, scenario files, whole command lines and results folders, usual
ones with something odd in them.
"""

import contextlib
import io
import json
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim import Market, load, load_scenario
from sim.cli import main
from sim.commands.options import COMMANDS
from sim.config.grammar import in_words
from sim.loading import list_configs
from sim.results import RunResult
from tests.fuzz.files import ODD
from tests.fuzz.trials import KnownError, Outcome, Trial, kept, told

SCENARIOS = [name for name in list_configs() if not name.startswith("from_")]  # those import files that are not here
TINY = ("customers.count=40", "months=1", "burn_in=0")
VALUES = (
    *(*ODD, "0.5", "true", "points", "none", "alpha", "alpha_M", "urban", "choice(1,2)", "range(1,3)", "glob(*)"),
    *("interval(0,1)", "[", "{", "[[1]]", "{kind: match}", "{kind: points}", "{kind: [1]}", "{distribution: normal}"),
    *("{distribution: fixed, value: 1e308}", "${months}", "${oc.env:HOME}", "'a'b", "x" * 5_000, "[" * 300, "1_0_0"),
    *(
        "-1",
        "-0",
        "1e-320",
        "1e308",
        "2147483648",
        "99999999999999999999",
        "null",
        "~",
        "\\",
        "\x00",
        "\t",
        "\u202e",
        "🙂",
    ),
)
OPTIONS = (
    *("--seed", "--csv", "--json", "--out", "--jobs", "--threads", "--strategies", "--skip-bad-rows", "--targets"),
    *("--help", "--", "-", "--resume", "--sed=1", "--mechanisms", "--fast"),
)


@cache
def _keys() -> dict[str, Any]:
    """Dotted keys of a whole scenario, blocks and numbers, with what they hold."""
    found: dict[str, Any] = {}

    def walk(tree: Any, path: str) -> None:
        for key, value in tree.items() if isinstance(tree, dict) else ():
            found[f"{path}{key}"] = value
            walk(value, f"{path}{key}.")

    walk(load_scenario("price_war").model_dump(mode="json"), "")
    return {key: value for key, value in found.items() if not key.startswith(("policies", "name", "plugins"))}


def _bent(luck: random.Random, text: str) -> str:
    """A word with a letter too few, too many, or another."""
    if not text:
        return text
    place = luck.randrange(len(text))
    return (
        text[:place] + luck.choice(("", "", luck.choice("aX.=,~+{}[]:'\"$ \\/é"), text[place] * 2)) + text[place + 1 :]
    )


def _override(luck: random.Random) -> str:
    key, value = luck.choice(list(_keys().items()))
    if luck.random() < 0.5:  # as somebody would write it
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return f"{key}={in_words(value * luck.choice((1, 1, 0.5, 2)) if is_number else value)}"
    key = _bent(luck, key) if luck.random() < 0.2 else key
    sign = luck.choice(("=",) * 12 + ("", "==", ":", " = "))
    return luck.choice(("",) * 12 + ("+", "++", "~", "@")) + key + sign + luck.choice(VALUES)


def overrides(luck: random.Random) -> Trial:
    """One to three overrides of a shipped scenario."""
    name = luck.choice(SCENARIOS)
    words = [_override(luck) for _ in range(luck.randint(1, 3))]
    return Trial("overrides", lambda given: load_scenario(name, given), words)


# --- YAML ------------------------------------------------------------------------------------------------------------

PIECES = (
    *("&a ", "*a", "<<: *a", "!!python/object:os.system ", "!!binary ", "? ", "- ", "---", "...", "\t", "%YAML 9", "#"),
    *("|", ">", "{", "}", "[", "]", ":", "null", "defaults: [mine]", "defaults: 3", "defaults: [{a: b}]", "kind: x"),
    *("yes: no", "1: 2", "? [1]\n: 2", "&a [*a]", "x: &a {y: *a}", "\x00", "\ufeff", "é", "'", '"', "1e400", "0x1F"),
)


@cache
def _texts() -> list[str]:
    """Scenario files to begin with: shipped ones as resolved, and what a user writes."""
    whole = load_scenario("classroom").model_dump(mode="json", exclude={"policies", "name"})
    short = "defaults: [price_war, _self_]\nmonths: 3\nshocks: {more: {kind: outage, operator: beta, month: 2}}\n"
    own = {"defaults": ["base", {"market": "europe_three"}, {"customers": "europe"}, "_self_"], "months": 6}
    return [
        yaml.safe_dump({"defaults": ["base", "_self_"], **whole}, sort_keys=False),
        short,
        yaml.safe_dump(own),
        *(
            yaml.safe_dump({"defaults": ["classroom", "_self_"], part: whole[part]})
            for part in ("operators", "customers")
        ),
    ]


def scenario_file(luck: random.Random) -> Trial:
    """A scenario file in which a few lines are odd."""
    lines = luck.choice(_texts()).splitlines()
    for _ in range(luck.randint(1, 4)):
        place = luck.randrange(len(lines)) if lines else 0
        lines[place : place + luck.choice((0, 1, 1, 1, 5))] = luck.choice(
            (
                [],
                [luck.choice(PIECES)],
                [_bent(luck, line) for line in lines[place : place + 1]],
                [line.partition(":")[0] + ": " + luck.choice(VALUES) for line in lines[place : place + 1]],
                [luck.choice(PIECES) + line for line in lines[place : place + 1]],
                lines[place : place + 2] * 2,
                [" " * luck.randint(0, 9) + line.lstrip() for line in lines[place : place + 1]],
            )
        )
    content = "\n".join(lines).encode(luck.choice(("utf-8",) * 8 + ("utf-16", "cp1252")), "replace")
    content = content[: luck.randrange(len(content) + 1)] if luck.random() < 0.1 else content
    return Trial("scenario files", lambda _: load_scenario("mine.yaml"), files={"mine.yaml": content})


# --- command lines ---------------------------------------------------------------------------------------------------


USUAL = (  # what somebody would type
    ("scenarios",),
    ("policies", "--json"),
    ("params", "classroom"),
    ("params", "price_war", "behaviour", "--json"),
    ("schema", "--out", "schema.json", "--force"),
    ("run", "classroom", *TINY, "--json"),
)


def command(luck: random.Random) -> Trial:
    """A command line: one in five is one that somebody would type."""
    if luck.random() < 0.2:
        return Trial("command lines", said, list(luck.choice(USUAL)))
    name = luck.choice([*COMMANDS, "run", "compare", "sweep", "params"])
    place = luck.choice(
        [luck.choice(SCENARIOS), "classroom", "classroom", _bent(luck, "classroom"), luck.choice(VALUES)]
    )
    words = [name, place, *TINY] if luck.random() < 0.8 else [_bent(luck, name), place]
    for _ in range(luck.randint(1, 3)):
        word = luck.choice([_override(luck), _override(luck), luck.choice(OPTIONS), luck.choice(VALUES)])
        words.insert(luck.randint(1, len(words)), word)
    return Trial("command lines", said, words)


def said(words: list[str]) -> None:
    """Say a command line; a refusal is one of the command's own."""
    out, told_to_user = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told_to_user):
        try:
            code = main(words)
        except SystemExit as end:  # --help, and what the parser itself refuses
            code = int(end.code or 0)
    if code not in (0, 2):
        raise KnownError(Outcome(f"exit code {code}", told_to_user.getvalue()))
    if code == 2:
        raise KnownError(told(told_to_user.getvalue()))
    kept("no traceback where all is well", "Traceback" not in told_to_user.getvalue())


# --- results folders -------------------------------------------------------------------------------------------------

FOLDER = Path("folder")


@cache
def _result() -> dict[str, bytes]:
    """The files of a small run."""
    shutil.rmtree("whole", ignore_errors=True)
    RunResult.of(Market(load_scenario("classroom", [*TINY, "panel.share=1"])).run()).save("whole")
    return {path.name: path.read_bytes() for path in Path("whole").iterdir() if path.suffix != ".html"}


def results_folder(luck: random.Random) -> Trial:
    """The folder of a run in which a file is missing, cut short, another's, or has a byte or a value changed; one in
    seven is whole.
    """
    files = dict(_result())
    for _ in range(luck.choice((0, 1, 1, 1, 1, 2, 2))):
        name = luck.choice(["manifest.json", *files])
        files[name] = luck.choice((_cut, _changed, _other, _value))(luck, name, files.get(name, b""))
        if luck.random() < 0.1:
            del files[name]
    placed = {str(FOLDER / name): content for name, content in files.items()}
    return Trial("results folders", _read_folder, files=placed)


def _read_folder(_: list[str]) -> None:
    load(FOLDER)


def _cut(luck: random.Random, name: str, content: bytes) -> bytes:
    return content[: luck.randrange(len(content) + 1)]


def _changed(luck: random.Random, name: str, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(luck.randint(1, 8)) if damaged else ():
        damaged[luck.randrange(len(damaged))] = luck.randrange(256)
    return bytes(damaged)


def _other(luck: random.Random, name: str, content: bytes) -> bytes:
    return luck.choice((b"", b"null", b"[]", b"{}", b"PAR1", b"\xff\xfe", *_result().values()))


def _value(luck: random.Random, name: str, content: bytes) -> bytes:
    """Put something odd in place of a value of the manifest, at any depth."""
    try:
        tree = json.loads(content)
    except ValueError:
        return content
    block = tree
    while isinstance(block, dict | list) and block:
        key = luck.choice(list(block) if isinstance(block, dict) else range(len(block)))
        if not (isinstance(block[key], dict | list) and block[key]) or luck.random() < 0.3:
            block[key] = luck.choice((None, True, -1, 1e300, "x", [], {}, [None], {"a": 1}, "\u0000", 10**30))
            break
        block = block[key]
    return json.dumps(tree).encode()

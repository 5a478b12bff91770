"""`churnlab rerun`: make a result again from what its folder keeps, and say whether the numbers are the same."""

import contextlib
import io
import shutil
from argparse import Namespace
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import sim
from sim.commands.options import do
from sim.commands.output import print_json, say
from sim.errors import InputError
from sim.experiments.asked import arguments_of
from sim.experiments.design import hash_of
from sim.experiments.executor import Executor, in_words
from sim.experiments.kept import FILES, kept_thing, words_of
from sim.experiments.study import Means
from sim.files.tables import STUDIES, not_as_written, read_manifest, read_table
from sim.files.whole import scratch_folder
from sim.results import scenario_in
from sim.waiting import progress

KEYS = ("hash",)  # columns that name rows by what they were made from; no numbers of the model
SURROUNDINGS = ("model", "commit", "versions", "scenario")  # of a manifest: what may have changed in between
SHOWN = 10
COMMANDS = ("run", "compare", *STUDIES)  # that a manifest may name
Tables = Mapping[str, pd.DataFrame]


class Difference(NamedTuple):
    """What of a table is not the same."""

    table: str
    column: str  # empty for the whole table
    words: str


def rerun(arguments: Namespace) -> int:
    """Make the result again in a folder of its own, compare all tables, say what differs; 1 where anything does."""
    folder = Path(arguments.folder).resolve()
    manifest = read_manifest(folder)
    old = _tables(folder, manifest)
    with scratch_folder() as place:
        again = _again(manifest, folder, place, arguments.jobs)
        made = read_manifest(again)
        new = _tables(again, made)
    found = list(differences(old, new))
    changed = dict(_changed(manifest, made))
    tables, values = len(old), sum(table.size for table in old.values())
    if arguments.json:
        told = {"kind": "rerun", "folder": folder, "same": not found, "tables": tables, "values": values}
        print_json({**told, "differences": [one._asdict() for one in found], "changed": changed})
    elif not found:
        print(f"The same numbers: {tables} tables with {values:,} values, to the last bit.")
    else:
        print("Not the same numbers:")
        print("\n".join(f"  {one.table}{'.' * bool(one.column)}{one.column}: {one.words}" for one in found[:SHOWN]))
        if len(found) > SHOWN:
            print(f"  and {len(found) - SHOWN} more")
    if not arguments.json:
        for name, words in changed.items():
            say(f"Changed since: {name}: {words}")
    return 1 if found else 0


# --- made again ------------------------------------------------------------------------------------------------------


def _again(manifest: dict[str, Any], folder: Path, place: Path, jobs: int) -> Path:
    """Make a result again; return its folder."""
    words = words_of(str(manifest["command"]))
    if words and words[0] in COMMANDS:
        return _by_command(words, manifest, folder, place, jobs)
    if "asked" not in manifest or not isinstance(manifest["asked"], dict):
        raise InputError(f"{folder}: its manifest does not say how it was made, so it cannot be made again")
    return _by_call(manifest, folder, place, jobs)


def _by_call(manifest: dict[str, Any], folder: Path, place: Path, jobs: int) -> Path:
    """Ask a study again what it was asked in Python."""
    files = manifest["files"]
    scenario = scenario_in(manifest, folder, ())
    _customer_file(manifest)
    try:
        study = {name: getattr(sim, name) for name in COMMANDS if hasattr(sim, name)}[manifest["asked"]["study"]]
        named = arguments_of(
            manifest["asked"],
            lambda module, name: kept_thing(module, name, files, folder),
            lambda path: folder / FILES / Path(path).relative_to(files["root"]),
        )
        signature(study).bind(scenario, **named)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise not_as_written(manifest, folder, f"asked: {in_words(error)[:200]}") from None
    with progress(scenario.name) as advance:
        result = study(scenario, **named, means=Means(Executor(jobs=jobs), progress=advance))
    again: Path = result.save(place / "again")
    return again


def _by_command(words: list[str], manifest: dict[str, Any], folder: Path, place: Path, jobs: int) -> Path:
    """Give the command again, from a copy of the files it was given with."""
    files, root = manifest["files"], place / FILES
    if (folder / FILES).is_dir():
        shutil.copytree(folder / FILES, root)
    here = root / files["here"]
    here.mkdir(parents=True, exist_ok=True)
    moved = {str(Path(files["root"], name)): str(root / name) for name in files["copies"]}
    _link_customers(manifest, files["root"], root)
    for old, new in moved.items():
        words = [word.replace(old, new) for word in words]
    options = ["--out", str(place / "again")] + (["--jobs", str(jobs)] if words[0] != "run" else [])
    with contextlib.chdir(here), contextlib.redirect_stdout(io.StringIO()):
        code = do(words[0], [*words[1:], *options])
    made = list((place / "again").glob("*/*/manifest.json"))
    if code or not made:
        raise InputError(f"{folder}: the command could not be given again: {manifest['command']}")
    return made[0].parent


def _link_customers(manifest: dict[str, Any], old: str, root: Path) -> None:
    """Let the customer file be found where the copies lie, if it still is what it was."""
    path = _customer_file(manifest)
    if path is not None and path.is_relative_to(old):
        link = root / path.relative_to(old)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)


def _customer_file(manifest: Mapping[str, Any]) -> Path | None:
    """Return the customer file, if there is one and it still is what it was."""
    customers = manifest["files"]["customers"]
    if customers is None:
        return None
    path = Path(customers["path"])
    if hash_of(path) != customers["sha256"]:
        raise InputError(
            f"{path}: {'is not what it was' if path.is_file() else 'is not there'}; results folders keep a customer"
            " file's hash only, so it must lie where it lay, unchanged"
        )
    return path


# --- compared --------------------------------------------------------------------------------------------------------


def differences(old: Tables, new: Tables) -> Iterator[Difference]:
    """Yield what differs between the tables of two results folders; values must be the same to the last bit."""
    for name, before in old.items():
        if name not in new:
            yield Difference(name, "", "is not there any more")
            continue
        after = new[name]
        if list(before.columns) != list(after.columns) or len(before) != len(after):
            yield Difference(name, "", f"has {_size(after)} where it had {_size(before)}")
            continue
        for column in (column for column in before if column not in KEYS):
            words = _differing(before[column], after[column])
            if words:
                yield Difference(name, str(column), words)
        if not before.index.equals(after.index):
            yield Difference(name, "", "has its rows under other names")
    for name in new:
        if name not in old:
            yield Difference(name, "", "was not there")


def _tables(folder: Path, manifest: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Tables of a results folder, by name."""
    names = {Path(name).stem for name in manifest.get("sha256", {})} | {path.stem for path in folder.glob("*.parquet")}
    return {name: read_table(folder, name, manifest) for name in sorted(names)}


def _size(table: pd.DataFrame) -> str:
    return f"{len(table):,} rows and {len(table.columns)} columns"


def _differing(before: "pd.Series[Any]", after: "pd.Series[Any]") -> str:
    """Say how two columns differ; nothing where they do not."""
    one, other = before.astype(object).to_numpy(), after.astype(object).to_numpy()
    apart = np.array([not _is_same(x, y) for x, y in zip(one, other, strict=True)], dtype=bool)
    if not apart.any():
        return ""
    count = f"{apart.sum():,} of {len(apart):,} values"
    try:
        gaps = np.abs(after.to_numpy(dtype=float)[apart] - before.to_numpy(dtype=float)[apart])
        sizes = np.abs(before.to_numpy(dtype=float)[apart])
    except (TypeError, ValueError):
        return count
    shares = np.divide(gaps, sizes, out=np.full(len(gaps), np.inf), where=sizes > 0.0)
    return f"{count}, by up to {np.nanmax(gaps):.3g}, {np.nanmax(shares):.2g} of its size"


def _is_same(one: Any, other: Any) -> bool:
    return bool(one == other) or (one != one and other != other)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a result was made from that is not the same now."""
    for name in SURROUNDINGS:
        yield from _apart(name, before.get(name), after.get(name))


def _apart(name: str, one: Any, other: Any) -> Iterator[tuple[str, str]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            if key != "plugins":  # lie elsewhere
                yield from _apart(f"{name}.{key}", one.get(key), other.get(key))
    elif one != other:
        yield name, f"{one} then, {other} now"

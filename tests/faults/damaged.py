"""Files that are damaged, each in every way: what can be made again is, and what cannot is refused in a sentence."""

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sim.cli import main
from sim.experiments.store import INDEX, Store
from tests.faults.damage import DAMAGES
from tests.faults.kills import Undisturbed, tables_of

LONGEST = 1_000  # characters of a message


def told(*words: str) -> tuple[int, str]:
    """Give a command in this process; return its exit code and what it says."""
    out, message = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(message):
        code = main(words)
    return code, message.getvalue()


def results(out: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Damage every file of a results folder in every way and draw its report again; yield file, damage and faults."""
    folder = next(path.parent for path in sorted(out.glob("*/*/manifest.json")))
    for file in sorted(path.name for path in folder.iterdir() if path.is_file()):
        for damage in DAMAGES:
            with tempfile.TemporaryDirectory() as place:
                copy = Path(shutil.copytree(folder, Path(place, "copy")))
                DAMAGES[damage](copy / file)
                yield file, damage, list(_refused(file, *told("report", str(copy))))


def _refused(file: str, code: int, message: str) -> Iterator[str]:
    is_read = file.endswith((".json", ".parquet"))
    if code not in ((2,) if is_read else (0, 2)):
        yield f"exit code {code}: {message[-300:]}"
    if code and (message.count("\n") != 1 or not message.startswith("churnlab: ") or len(message) > LONGEST):
        yield f"is not told in a sentence: {message[-300:]}"


def rows(out: Path, command: list[str], whole: Undisturbed) -> Iterator[tuple[str, str, list[str]]]:
    """Damage every file of one batch of finished rows in every way, and give the command again; yield file, damage and
    faults.
    """
    batch = min(out.glob("*/.rows/*/*-*-*"))
    for file in sorted(path.name for path in batch.iterdir()):
        for damage in DAMAGES:
            with tempfile.TemporaryDirectory() as place:
                copy = Path(place, "out")
                shutil.copytree(out, copy, ignore=lambda _, names: [name for name in names if name[:2] == "20"])
                DAMAGES[damage](copy / batch.relative_to(out) / file)
                store = Store(copy / batch.relative_to(out).parents[1])
                jobs = store.known(_jobs(batch))
                yield file, damage, [f"{len(jobs)} jobs of it count as finished"] if jobs else []
    yield "all batches", "one bit flipped", list(_again(out, command, whole))


def _jobs(batch: Path) -> list[str]:
    return list(json.loads((batch / INDEX).read_bytes())["jobs"])


def _again(out: Path, command: list[str], whole: Undisturbed) -> Iterator[str]:
    """Damage every batch, and see that the study comes to the same."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "out")
        shutil.copytree(out, copy, ignore=lambda _, names: [name for name in names if name[:2] == "20"])
        for batch in copy.glob("*/.rows/*/*-*-*"):
            DAMAGES["one bit flipped"](batch / "runs.parquet")
        code, message = told(*[word if word != str(out) else str(copy) for word in command])
        if code or "damaged" not in message:
            yield f"exit code {code}: {message[-300:]}"
        found = tables_of(copy)
        yield from (
            f"{name} is another table" for name, table in whole.tables.items() if not table.equals(found.get(name))
        )

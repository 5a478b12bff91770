"""How the tables and the manifest of a results folder are written, and read back: whatever lies there is input, as it
may be damaged, of another version, or from somebody else.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeAlias

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sim.config.versions import churnlab_version
from sim.errors import InputError, shown

MANIFEST = "manifest.json"
STUDIES = ("sweep", "robust", "wargame", "optimise", "naive_true", "calibrate", "validate")
LONGEST = 200_000_000  # bytes of a manifest
FORMULA = re.compile(r"\s*[=+\-@]|[\t\r\n]")  # how a cell begins that a spreadsheet may compute


def _within(name: str) -> str:
    """Refuse a path that leads out of the folder it is read in."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ValueError("must lie within the folder")
    return name


def _plain(name: str) -> str:
    """Refuse a table's name that is more than a file's."""
    if "/" in name or name.startswith(".") or _within(name) == "":
        raise ValueError("must be a plain name")
    return name


Within: TypeAlias = Annotated[str, AfterValidator(_within)]
Plain: TypeAlias = Annotated[str, AfterValidator(_plain)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class _Customers(_Part):
    path: str
    sha256: str


class _Files(_Part):
    root: str
    here: Within
    copies: list[Within]
    code: dict[str, Within]
    kinds: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    customers: _Customers | None


class _Section(_Part):
    title: str
    table: Plain
    caption: str


class _Result(_Part):
    name: str
    command: str
    seed: int
    version: str
    created: str
    hash: str
    weight: float = Field(gt=0.0)
    files: _Files
    scenario: dict[str, Any]
    notes: list[str]
    sections: list[_Section]
    failures: list[dict[str, Any]] = []
    sha256: dict[str, str] = {}


class _Run(_Result):
    kind: Literal["run"]


class _Compare(_Result):
    kind: Literal["compare"]
    policies: list[str] = Field(min_length=1)
    replications: int = Field(ge=1)


class _Study(_Result):
    kind: Literal["sweep", "robust", "wargame", "optimise", "naive_true", "calibrate", "validate"]
    plan: dict[str, Any]
    facts: dict[str, Any]
    tables: list[Plain] = Field(min_length=1)


# --- manifest --------------------------------------------------------------------------------------------------------


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write what a folder says of itself, with the hashes of its tables, so that damage is seen."""
    told = {**manifest, "sha256": {path.name: hash_of(path) for path in sorted(folder.glob("*.parquet"))}}
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a results folder says of itself; all that any kind of result has is there, and of its type."""
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder}: no results folder, it has no {MANIFEST}{_newest(folder)}")
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"it has more than {LONGEST:,} bytes")
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    if kind not in ("run", "compare", *STUDIES):
        raise InputError(f"{path}: not the manifest of a run or a study (kind: {shown(kind)})")
    try:
        (_Run if kind == "run" else _Compare if kind == "compare" else _Study).model_validate(manifest)
    except ValidationError as error:
        raise not_as_written(manifest, folder, _first(error)) from None
    return dict(manifest)


def not_as_written(manifest: Mapping[str, Any], folder: Path, what: str) -> InputError:
    """Say what of a manifest is wrong, and how to go on."""
    return InputError(
        f"{folder / MANIFEST}: not as this version of churnlab ({churnlab_version()}) writes it: {what}; it says that"
        f" version {str(manifest.get('version', 'unknown'))[:40]} wrote it{_again(manifest)}"
    )


def _again(manifest: Mapping[str, Any]) -> str:
    """Say how the result is made again."""
    command = str(manifest.get("command"))
    return (
        f"; `{command[:400]}` makes it again" if command.startswith("churnlab ") else "; make it again as it was made"
    )


def _first(error: ValidationError) -> str:
    """Write the first fault of a manifest."""
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])[:100]}: {fault['msg'][:100].lower()}"


def _newest(folder: Path) -> str:
    inside = [found.parent for found in folder.glob(f"*/{MANIFEST}")] if folder.is_dir() else []
    return f"; the newest in it is {max(inside, key=lambda run: run.name)}" if inside else ""


# --- tables ----------------------------------------------------------------------------------------------------------


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame], csv: bool) -> None:
    """Write tables, as CSV too where that is asked."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
        if csv:
            inert(table).to_csv(folder / f"{name}.csv", index=table.index.names != [None], lineterminator="\n")


def read_table(folder: Path, name: str, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Read a table that is what the manifest says was written."""
    path, written = folder / f"{name}.parquet", manifest.get("sha256", {}).get(f"{name}.parquet")
    try:
        if written is not None and hash_of(path) != written:
            raise InputError(f"{path}: is not what was written: damaged, or changed since{_again(manifest)}")
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(f"{path}: missing; the folder is not whole{_again(manifest)}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}{_again(manifest)}") from None


def hash_of(path: Path) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inert(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no name is a formula to a spreadsheet: an apostrophe stands before one that could be."""
    index = table.index.set_names([_inert(name) for name in table.index.names])
    if isinstance(index, pd.MultiIndex):
        index = pd.MultiIndex.from_tuples([tuple(map(_inert, key)) for key in index], names=index.names)
    else:
        index = index if pd.api.types.is_numeric_dtype(index.dtype) else index.map(_inert)
    columns = {
        place: column if pd.api.types.is_numeric_dtype(column.dtype) else column.astype(object).map(_inert)
        for place, (_, column) in enumerate(table.items())
    }
    found = pd.DataFrame({place: column.to_numpy() for place, column in columns.items()}, index=index)
    return found.set_axis([_inert(name) for name in table.columns], axis=1)


def _inert(cell: Any) -> Any:
    """Return a cell that is text to a spreadsheet, if it is text.

    >>> [_inert(cell) for cell in ("=cmd|' /C calc'!A0", "-12.5", "+alpha", "a-b", 3)]
    ["'=cmd|' /C calc'!A0", '-12.5', "'+alpha", 'a-b', 3]
    """
    if not isinstance(cell, str) or not FORMULA.match(cell):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell

"""What can be made again is absent when it is damaged or cannot be read: machine code, and finished rows of studies."""

import errno
import importlib.util
import logging
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import pandas as pd
import pytest

from agents import kept_code
from agents.kept_code import KeptCode, has_code, name_of
from sim.errors import StoppedError
from sim.experiments import store as stores
from sim.experiments.store import INDEX, Store
from tests.faults.damage import DAMAGES, MISSING

# --- machine code ----------------------------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    """A module with one function to compile."""
    path = tmp_path / "twice_as.py"
    path.write_text("def double(number):\n    return 2 * number\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("twice_as", path)
    assert spec is not None and spec.loader is not None
    found = sys.modules["twice_as"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    kept_code._say_once.cache_clear()
    return found


def doubled(module: ModuleType, folder: Path) -> int:
    """Double 3 in machine code, kept in a folder; return how often it was found there."""
    compiled = numba.njit(module.double)
    compiled._cache = KeptCode(module.double, folder)
    assert compiled(3) == 6
    return sum(compiled.stats.cache_hits.values())


@pytest.mark.parametrize("damage", DAMAGES)
def test_machine_code_that_is_damaged_is_made_again(
    damage: str, module: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "code"
    assert [doubled(module, folder) for _ in range(2)] == [0, 1] and has_code(name_of(module.double), folder)
    (file,) = folder.iterdir()
    DAMAGES[damage](file)
    with caplog.at_level(logging.WARNING, "churnlab"):
        assert not has_code(name_of(module.double), folder)
        assert [doubled(module, folder) for _ in range(2)] == [0, 1] and list(folder.iterdir()) == [file]
    told = [] if damage in MISSING else ["machine code of double cannot be read and is made again"]
    assert [message.rpartition(": ")[0] for message in caplog.messages] == told


def test_changed_source_is_never_answered_by_old_code(module: ModuleType, tmp_path: Path) -> None:
    assert doubled(module, tmp_path / "code") == 0
    assert module.__file__ is not None
    path = Path(module.__file__)
    path.write_text(path.read_text().replace("2 * number", "number + number"), encoding="utf-8")
    assert doubled(module, tmp_path / "code") == 0


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_where_nothing_can_be_kept_all_goes_on(
    fault: int,
    module: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with caplog.at_level(logging.WARNING, "churnlab"):
        assert [doubled(module, tmp_path / "code") for _ in range(2)] == [0, 0]
    assert len(caplog.messages) == 1 and caplog.messages[0].endswith(os.strerror(fault))


# --- finished rows ---------------------------------------------------------------------------------------------------


def table(value: float) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame({"arm": [0], "value": [value]})
    return {"runs": frame, "money": frame.assign(line="fees")}


@pytest.mark.parametrize("file", ["runs.parquet", "money.parquet", INDEX])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_batch_that_is_damaged_is_absent(damage: str, file: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    for job in ("a", "b"):
        store.add(job, table(1.0))
        store.flush()
    assert store.folder is not None
    first, second = sorted(store.folder.iterdir())
    DAMAGES[damage](first / file)
    again = Store(tmp_path)
    assert again.known(["a", "b"]) == {"b"} and again.damaged == 1
    assert all(again.read(name, ["a", "b"])["job"].tolist() == ["b"] for name in ("runs", "money"))
    again.add("a", table(2.0))
    again.flush()
    last = Store(tmp_path)
    assert last.known(["a", "b"]) == {"a", "b"} and last.damaged == 0
    assert last.read("runs", ["a"])["value"].tolist() == [2.0]


def test_a_batch_that_cannot_be_read_now_is_left_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.add("a", table(1.0))
    store.flush()

    def refuse(path: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse)
        assert not Store(tmp_path).known(["a"])
    assert Store(tmp_path).known(["a"]) == {"a"}


@pytest.mark.parametrize("place", ["notes.txt", "1a-2-3", ".DS_Store"])
def test_what_is_no_batch_does_not_matter(place: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add("a", table(1.0))
    store.flush()
    assert store.folder is not None
    (store.folder / place).write_text("strange", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "1b-2-3").write_text("strange", encoding="utf-8")
    assert Store(tmp_path).known(["a", "b"]) == {"a"} and Store(tmp_path).known_elsewhere(["a", "b"]) == 0


def test_rows_that_find_no_room_are_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stores, "write_folder", full)
    with pytest.raises(
        StoppedError, match="cannot be written to .*: No space left on device; those written before are"
    ):
        Store(tmp_path).add("a", table(1.0))


def test_a_job_that_finishes_alone_is_on_disk_at_once(tmp_path: Path) -> None:
    Store(tmp_path).add("a", table(1.0))
    assert Store(tmp_path).known(["a"]) == {"a"}

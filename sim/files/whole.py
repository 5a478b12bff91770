"""How files and folders are written: whole or not at all, out of sight until they are on disk.

What is half-written bears the machine and the process that writes it in its name, so that what was left by one that
was killed is known, and removed by the next that writes beside it.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from sim.errors import InputError

HALF = re.compile(r"\.churnlab-([0-9a-f]{8})-(\d+)-(\d+)-\d+\.part")  # machine, process, its start, number
TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR)  # a name that somebody has
_numbers = itertools.count(1)


def write_whole(path: Path, text: str) -> Path:
    """Write a file whole or not at all: a hidden name beside it, flushed to the disk, then renamed."""
    temporary = half_written(path.parent)
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def write_folder(places: Iterable[Path], fill: Callable[[Path], object]) -> Path:
    """Fill a hidden folder; when all is on disk it takes the first of some names, in one folder, that nobody has.

    Two processes that write the same name at the same time both find a place, as renaming decides. Where anything goes
    wrong, nothing is left.
    """
    names = iter(places)
    first = next(names)
    made = _missing(first.parent)
    try:
        first.parent.mkdir(parents=True, exist_ok=True)
        temporary = half_written(first.parent)
        try:
            temporary.mkdir()
            fill(temporary)
            for path in (*temporary.rglob("*"), temporary):
                _sync(path)
            place = _renamed(temporary, itertools.chain([first], names))
            _sync(place.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except BaseException:
        _remove_empty(made)
        raise
    return place


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder for a while, where the system keeps such; what a killed process left there goes with the next."""
    folder = half_written(Path(tempfile.gettempdir()))
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _renamed(temporary: Path, places: Iterable[Path]) -> Path:
    place = temporary
    for place in places:
        try:
            temporary.rename(place)
            return place
        except OSError as error:
            if error.errno not in TAKEN:
                raise
    raise FileExistsError(errno.EEXIST, "is there already", str(place))


def check_writable(root: Path) -> None:
    """Refuse a results folder that cannot be written, before anything is computed; leaves nothing behind, and clears
    what a killed process left in it.
    """
    try:
        with tempfile.TemporaryFile(dir=_nearest(root)):
            pass
    except OSError as error:
        raise InputError(
            f"results cannot be written to {root}: {error.strerror}; give another folder with --out"
        ) from None
    for folder in (root, *_folders(root)):
        clear_leftovers(folder)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    for path in (folder, *folder.parents):
        with contextlib.suppress(FileNotFoundError):
            path.lstat()
            return path
    return folder


def _folders(root: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [path for path in root.iterdir() if path.is_dir()]
    return []


def _missing(folder: Path) -> list[Path]:
    """Folders that would have to be made, outermost first."""
    return [path for path in (*reversed(folder.parents), folder) if not path.exists()]


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _sync(path: Path) -> None:
    """Wait until a file or folder is on disk, where the system can say so."""
    with contextlib.suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- what a killed process left --------------------------------------------------------------------------------------


def half_written(folder: Path) -> Path:
    """Return a hidden name for what this process is about to write in a folder; clears what dead ones left there."""
    clear_leftovers(folder)
    pid = os.getpid()
    return folder / f".churnlab-{_machine()}-{pid}-{_started(pid)}-{next(_numbers)}.part"


def clear_leftovers(folder: Path) -> None:
    """Remove what processes of this machine left half-written in a folder and did not live to remove."""
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            found = HALF.fullmatch(path.name)
            if found is None or found[1] != _machine() or is_alive(int(found[2]), int(found[3])):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def is_alive(pid: int, started: int) -> bool:
    """Whether the process of this number that began then still runs; one that nobody can tell of is taken to."""
    if os.name != "posix":  # asking would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return _started(pid) == started


def _started(pid: int) -> int:
    """When a process began, in ticks since the system did; 0 where the system does not say, -1 for one that has ended
    and waits to be buried.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return -1 if told[0] in "ZX" else int(told[19])


@cache
def _machine() -> str:
    """Mark of this machine, and of the container on it, whose processes have numbers of their own."""
    try:
        processes = os.readlink("/proc/self/ns/pid")
    except OSError:
        processes = ""
    return hashlib.sha256(f"{socket.gethostname()} {processes}".encode()).hexdigest()[:8]

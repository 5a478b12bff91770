"""How machine code is kept from process to process: a file for each function and signature, with a hash of its content.

What cannot be read, or is not what was written, is absent, and made again; where nothing can be written, nothing is
kept. Both are told once.
"""

import contextlib
import hashlib
import logging
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numba
from numba.core import serialize
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult

SIZE = hashlib.sha256().digest_size
LEFT = 60.0  # seconds after which a file that is still half-written was left by a killed process


class KeptCode(NullCache):  # type: ignore[misc]
    """What a compiled function asks for its machine code before it compiles, and hands it afterwards."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self.function, self.folder = function, folder

    @property
    def cache_path(self) -> str:
        """Where it is kept."""
        return str(self.folder)

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return the machine code of a signature; None where there is none, or none that may be trusted."""
        target_context.refresh()
        with _told(f"machine code of {self.function.__qualname__} cannot be read and is made again"):
            content = read_sound(self._path(signature, target_context.codegen()))
            if content is None:
                return None
            kept, payload = pickle.loads(content)
            return CompileResult._rebuild(target_context, *payload) if kept == signature else None
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep the machine code of a signature, if it may be used by another process."""
        if result.library.has_dynamic_globals or not all(part.can_cache for part in result.lifted):
            return
        with _told(f"machine code cannot be kept in {self.folder} and is made again by every process"):
            write_sound(self._path(signature, result.codegen), serialize.dumps((signature, result._reduce())))

    def _path(self, signature: Any, codegen: Any) -> Path:
        """Name the file by all that shapes the code, but what the folder is named by."""
        told = f"{signature!r} {codegen.magic_tuple()!r} {self._made_of}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        return self.folder / f"{name_of(self.function)}-{digest}.nbc"

    @cached_property
    def _made_of(self) -> str:
        """Hash of what a function is compiled from: the file it stands in, and the values it encloses."""
        cells = [cell.cell_contents for cell in self.function.__closure__ or ()]
        parts = (Path(self.function.__code__.co_filename).read_bytes(), self.function.__code__.co_code)
        return hashlib.sha256(b"".join((*parts, serialize.dumps(cells), numba.__version__.encode()))).hexdigest()


def name_of(function: Callable[..., Any]) -> str:
    """Name of a function's files, without their hash."""
    return f"{function.__module__}.{function.__qualname__}".replace("<", "").replace(">", "")


def has_code(name: str, folder: Path) -> bool:
    """Whether all machine code that is kept under a function's name may be used, and there is some."""
    with contextlib.suppress(OSError, ValueError):
        found = [read_sound(path) is not None for path in folder.glob(f"{name}-*.nbc")]
        return bool(found) and all(found)
    return False


def read_sound(path: Path) -> bytes | None:
    """Return what was written to a file, None if there is none; a ValueError where it is something else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content[SIZE:]).digest() != content[:SIZE]:
        raise ValueError("not what was written")
    return content[SIZE:]


def write_sound(path: Path, content: bytes) -> None:
    """Write a file whole, behind the hash of its content; in place of whatever has its name."""
    for other in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(OSError):
            if time.time() - other.lstat().st_mtime > LEFT:
                other.unlink()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(hashlib.sha256(content).digest() + content)
        with contextlib.suppress(OSError):
            path.rmdir()  # a folder in its place that holds nothing
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def _told(words: str) -> Iterator[None]:
    """Go on after any fault, and say so, once and in the main process only."""
    try:
        yield
    except Exception as error:
        if multiprocessing.current_process().name == "MainProcess":
            _say_once(words, getattr(error, "strerror", None) or str(error) or type(error).__name__)


@cache
def _say_once(words: str, why: str) -> None:
    logging.getLogger("churnlab").warning("%s: %s", words, why)

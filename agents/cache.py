"""Where what can be made again is kept between runs: a folder that is the user's alone, or nowhere.

Machine code is read back from there and run, so whoever can write there runs code as the user.
"""

import os
import shutil
import stat
import tempfile
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_folder(name: str) -> Path | None:
    """Return a folder of this name in the user's cache, made where it is missing; None where no folder can be trusted.

    It and the folder of churnlab above are the user's, closed to all others and no links; nobody but the user and the
    system's administrator can rename what is above them.
    """
    try:
        base = _base()
        if base is None:
            return None
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        base = base.resolve(strict=True)
        folder = base / "churnlab" / name
        if not (_is_kept_safe(base) and _is_private(folder.parent) and _is_private(folder)):
            return None
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # no home, no right to write there, or a loop of links
        return None


def _base() -> Path | None:
    """Return the folder of the user's caches, as the XDG standard says: a path that is not absolute does not count."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given
    home = Path.home() if os.environ.get("HOME") != "" else Path()  # an empty one is no home, and not the root
    return home / ".cache" if home.is_absolute() else None


def _is_kept_safe(folder: Path) -> bool:
    """Whether nobody else can put another folder in this one's place, or into it in a place of ours."""
    return all(_is_safe(path.stat()) for path in (folder, *folder.parents))


def _is_safe(found: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # other systems keep a user's folders by other means
        return True
    own_group = found.st_gid == os.getgid() == os.geteuid()  # of nobody else, as many systems give one to each user
    writers = OTHERS_WRITE & ~(stat.S_IWGRP if own_group else 0)
    return found.st_uid in (0, os.geteuid()) and (not found.st_mode & writers or bool(found.st_mode & stat.S_ISVTX))


def _is_private(folder: Path) -> bool:
    """Whether a folder, made where it is missing, is the user's and closed to others. One that others could write to
    until now is emptied first: nobody knows what lies there.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return False
    if found.st_mode & OTHERS_WRITE:
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    elif stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    return stat.S_IMODE(folder.lstat().st_mode) == 0o700

"""How a file is written: whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Write a file whole or not at all: a temporary name beside it, flushed to the disk, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
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

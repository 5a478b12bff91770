"""Which file a user means by a path as it was typed."""

from os.path import expanduser
from pathlib import Path


def own_path(given: str | Path) -> Path:
    """Return the path that is meant; `~` begins the home of somebody who has one, and is a plain letter otherwise.

    >>> own_path("~operators.beta").name
    '~operators.beta'
    """
    return Path(expanduser(given))  # noqa: PTH111 # Path.expanduser fails where there is no such home

"""How files build on one another: where a file is found, and what its `defaults:` list puts below and above it.

The lists are Hydra's: names of files, `group: option`, `group@key.path: option`, `group: [one, other]`, `override` and
`optional` before a group, and `_self_` for the file itself, which wins where it is not named. A file that builds on its
own name means the one it hides, of the next folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from sim.config.yaml_file import MOST_CHARACTERS, Tree, read_yaml
from sim.errors import InputError, listed, nearest, shown

# Beside this package, wherever that lies: by its name, a folder `scenarios` of the user's would be taken for it.
SHIPPED = Path(__file__).resolve().parents[2] / "scenarios"
GROUPS = ("market", "customers", "behaviour", "shock")  # folders of files that an override may choose
SELF, GLOBAL = "_self_", "_global_"
MOST_FILES, DEEPEST = 200, 40  # that one scenario may be put together from, and one upon the other
HEADER = re.compile(r"#\s*@package\s+(\S+)\s*")

Shelves = tuple[Traversable, ...]  # folders that are looked through in order: the user's own, then the shipped one


class Layer(NamedTuple):
    """What one file says, and under which key it says it."""

    path: str  # of the file, without its ending: "market/europe_three"
    package: str  # dotted key, empty for the whole
    content: Tree
    place: Traversable  # the file


class _File(NamedTuple):
    """One file as it stands."""

    place: Traversable
    package: str | None  # of its line `# @package ...`
    defaults: list[Any] | None
    content: Tree


class _Entry(NamedTuple):
    """One line of a `defaults:` list."""

    group: str | None  # None where files are named without one
    names: list[str]
    package: str | None
    marks: list[str]
    is_list: bool


def shelves(folder: Path | None = None) -> Shelves:
    """Return the folders in which files are found."""
    return (SHIPPED,) if folder is None else (folder, SHIPPED)


def options(among: Shelves, group: str = "") -> list[str]:
    """Names of the files of a group, those of the scenarios themselves for the empty group."""
    folders = [shelf.joinpath(group) if group else shelf for shelf in among]
    names = {place.name for folder in folders if folder.is_dir() for place in folder.iterdir() if place.is_file()}
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml") and not name.startswith("."))


def read_file(among: Shelves, path: str, below: Sequence[Traversable] = ()) -> _File | None:
    """Return a file by its path without ending; none where there is none but those that it is to lie below."""
    try:
        place = next(
            at for at in (shelf.joinpath(f"{path}.yaml") for shelf in among) if at.is_file() and at not in below
        )
    except (StopIteration, OSError, ValueError):  # a name longer than a file system takes, or with a NUL in it
        return None
    where = f"{path}.yaml"
    try:
        with place.open("rb") as stream:
            text = stream.read(4 * MOST_CHARACTERS + 1).decode("utf-8-sig")  # a character has at most four bytes
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: 'utf-8' codec cannot read byte {error.start + 1}; save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    content = read_yaml(text, where)
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise InputError(f"{where}: a mapping is expected at the top (got {shown(content)})")
    defaults = content.pop("defaults", None)
    if not isinstance(defaults, list | None):
        raise InputError(f"{where}: defaults: a list is expected, e.g. [europe_three, _self_] (got {shown(defaults)})")
    return _File(place, _header(text), defaults, content)


def _header(text: str) -> str | None:
    """Return the package that a line among a file's first remarks names."""
    for line in text.splitlines():
        found = HEADER.fullmatch(line.strip())
        if found:
            return found[1]
        if line.strip() and not line.lstrip().startswith("#"):
            return None
    return None


def layers(among: Shelves, path: str, package: str = "") -> list[Layer]:
    """Return what a file and all that it builds on say, in the order in which one is laid over the other."""
    composition = _Composition(among)
    composition.add(path, package, (), "")
    unused = [key for key in composition.chosen if key not in composition.used]
    if unused:
        raise InputError(
            f"{path}.yaml: defaults: nothing to override at '{unused[0]}'; chosen below it:"
            f" {', '.join(composition.seen) or 'nothing'}"
        )
    return composition.layers[::-1]


@dataclass
class _Composition:
    """A composition on its way, from the top down."""

    among: Shelves
    layers: list[Layer] = field(default_factory=list)  # the uppermost first
    chosen: dict[str, list[str]] = field(default_factory=dict)  # what `override` lines choose; the outermost wins
    used: set[str] = field(default_factory=set)
    seen: dict[str, str] = field(default_factory=dict)  # groups -> option

    def add(
        self,
        path: str,
        package: str | None,
        above: tuple[tuple[str, Traversable], ...],
        parent: str,
        own: str = "",
        is_optional: bool = False,
    ) -> None:
        """Add a file with what it builds on; `above` are the files that are built on it."""
        file = read_file(self.among, path, [place for _, place in above])
        if file is None and is_optional:
            return
        if file is None:
            raise self._missing(path, [name for name, _ in above])
        here = _joined(parent, package if package is not None else _absolute(file.package) or own)
        group, chain = path.rpartition("/")[0], (*above, (path, file.place))
        if len(chain) > DEEPEST:
            raise InputError(f"{path}.yaml: more than {DEEPEST} files build on one another")
        entries = [_entry(line, f"{path}.yaml") for line in file.defaults or ()]
        selves = sum(entry.names == [SELF] and entry.group is None for entry in entries)
        if selves > 1:
            raise InputError(f"{path}.yaml: defaults: _self_ stands there {selves} times; once is enough")
        for entry in entries:
            if "override" in entry.marks:
                self.chosen.setdefault(_choice(entry, group, here), entry.names)
        if not selves:
            self._lay(path, here, file)
        for entry in reversed(entries):  # so that a later file may override what an earlier one chooses
            if entry.names == [SELF] and entry.group is None:
                self._lay(path, here, file)
            elif "override" not in entry.marks:
                self._follow(entry, group, here, chain)

    def _lay(self, path: str, package: str, file: _File) -> None:
        if len(self.layers) >= MOST_FILES:
            raise InputError(f"{path}.yaml: put together from more than {MOST_FILES} files")
        self.layers.append(Layer(path, package, file.content, file.place))

    def _follow(self, entry: _Entry, group: str, here: str, chain: tuple[tuple[str, Traversable], ...]) -> None:
        """Add the files that one line names."""
        names, key = entry.names, _choice(entry, group, here)
        if entry.group is not None and key in self.chosen:
            names = self.chosen[key]
            self.used.add(key)
        if entry.group is not None and not entry.is_list and names:
            if self.seen.get(key, names[0]) != names[0]:
                raise InputError(
                    f"{chain[-1][0]}.yaml: defaults: {key} is chosen twice, {names[0]} and {self.seen[key]}; write"
                    f" `override {key}: {self.seen[key]}` in place of the first, `{key}: [{self.seen[key]}]` beside it"
                )
            self.seen[key] = names[0]
        for name in reversed(names):
            path = name if entry.group is None else f"{entry.group}/{name}"
            relative = path.lstrip("/").rpartition("/")[0].replace("/", ".")
            self.add(_below(group, path), _named(entry, group), chain, here, relative, "optional" in entry.marks)

    def _missing(self, path: str, above: list[str]) -> InputError:
        where = f"{above[-1]}.yaml: defaults: " if above else ""
        if path in above:
            return InputError(f"{where}{path} builds on itself: {' -> '.join([*above[above.index(path) :], path])}")
        group, _, name = path.rpartition("/")
        known = options(self.among, group)
        among = f"; known: {listed(known)}" if known else f"; there is no folder {shown(group)}"
        return InputError(f"{where}no such file {shown(path)}{nearest(name, known)}{among}")


def _entry(line: Any, where: str) -> _Entry:
    """Read one line of a `defaults:` list."""
    if isinstance(line, dict) and len(line) == 1:
        ((word, value),) = line.items()
        *marks, group = word.split()
        names = [] if value is None else value if isinstance(value, list) else [value]
        group, at, package = group.partition("@")
        is_known = not set(marks) - {"override", "optional"} and bool(group)
    else:
        marks, names, is_known = [], [line], not isinstance(line, dict | list | None)
        group, at, package = "", "", ""
        if is_known:
            name, at, package = str(line).partition("@")
            names = [name]
    if not is_known or any(isinstance(name, dict | list | bool | None) or not str(name) for name in names):
        raise InputError(f"{where}: defaults: a file or `group: file` is expected (got {shown(line)})")
    if any(mark in str(name) for name in names for mark in ("${", "???")):
        raise InputError(f"{where}: defaults: a file must be named as it is called (got {shown(line)})")
    is_list = isinstance(line, dict) and isinstance(value, list)
    return _Entry(group or None, [str(name) for name in names], package if at else None, marks, is_list)


def _below(group: str, path: str) -> str:
    """Return a path as seen from a file of a group; from the top where it begins with a slash."""
    return path.lstrip("/") if path.startswith("/") or not group else f"{group}/{path}"


def _named(entry: _Entry, group: str) -> str | None:
    """Return the package a line names, if it does."""
    if entry.package is None or "_group_" not in entry.package:
        return "" if entry.package == "_here_" else entry.package
    folder = f"{entry.group}/" if entry.group else entry.names[0]
    return f"{GLOBAL}.{entry.package.replace('_group_', _below(group, folder).rpartition('/')[0].replace('/', '.'))}"


def _absolute(package: str | None) -> str | None:
    """Return a file's own package, which is told from the top."""
    return package if package is None or package.startswith(GLOBAL) else f"{GLOBAL}.{package}"


def _joined(parent: str, package: str) -> str:
    """Put a package below its parent's, unless it is told from the top.

    >>> _joined("behaviour", ""), _joined("", "shocks"), _joined("customers", "_global_.shocks")
    ('behaviour', 'shocks', 'shocks')
    """
    whole = ".".join(part for part in (parent, package) if part)
    return whole.rpartition(GLOBAL)[2].lstrip(".")


def _choice(entry: _Entry, group: str, here: str) -> str:
    """Name what a line chooses, so that another can override it: its group, and where its content goes if elsewhere."""
    path = _below(group, entry.group or "")
    package = _named(entry, group)
    relative = (entry.group or "").lstrip("/").replace("/", ".")
    where = _joined(here, relative if package is None else package)
    return path if where == path.replace("/", ".") else f"{path}@{where or GLOBAL}"

"""What of the user's files a results folder keeps, so that its result can be made again, and how own code among them is
found again.

Scenarios, policies, plug-ins with what they import, targets and designs are copied, in the places they had to one
another; of a customer file, which may be large and private, a hash.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.config import Scenario
from sim.config.composition import GROUPS
from sim.errors import InputError
from sim.experiments.design import file_hash, own_kinds
from sim.files.own_path import own_path
from sim.loading import own_yaml
from sim.plugins import is_file_name, is_installed, own_files, plugin, provided

FILES = "files"  # folder of the copies
Manifest = Mapping[str, Any]


def words_of(command: str) -> list[str]:
    """Return the words after `churnlab`; none where a result was made in Python.

    >>> words_of("churnlab run classroom 'policy=points'"), words_of("made in Python")
    (['run', 'classroom', 'policy=points'], [])
    """
    try:
        return shlex.split(command)[1:] if command.startswith("churnlab ") else []
    except ValueError:  # a quotation without end, as no command has
        return []


def kept(scenario: Scenario, command: str, code: Sequence[Any] = (), named: Iterable[Path] = ()) -> dict[str, Any]:
    """Say of the user's files what a manifest holds: where they lie, to one another and to the working folder.

    Parameters
    ----------
    scenario : as resolved
    command : that made the result
    code : own classes and functions, beside those of the scenario and its plug-ins
    named : further files

    Returns
    -------
    mapping of root and here (folders that all lie in, and where the command was given), copies (paths below root), code
    (module -> path below root), kinds (own classes of strategies and shocks: module, name), customers (path and hash)

    """
    words, brought = words_of(command), provided(scenario.plugins)
    things = [*own_kinds(scenario), *brought.kinds, *brought.measures.values(), *code]
    things += [] if brought.customer is None else [brought.customer]
    modules = {name: path for name, path in own_files(things).items() if not is_installed(path)}
    plugins = [Path(name) for name in scenario.plugins if is_file_name(name)]
    found = [*_yaml(words, scenario), *_in(words, scenario), *plugins, *modules.values(), *named]
    files = list(dict.fromkeys(path.resolve() for path in found))
    here = Path.cwd().resolve()
    root = Path(os.path.commonpath([here, *(file.parent for file in files)])) if files else here
    return {
        "root": str(root),
        "here": here.relative_to(root).as_posix(),
        "copies": [file.relative_to(root).as_posix() for file in files],
        "code": {name: path.relative_to(root).as_posix() for name, path in modules.items()},
        "kinds": [[kind.__module__, kind.__qualname__] for kind in own_kinds(scenario)],
        "customers": {"path": str(own_path(scenario.customers.file).resolve()), "sha256": file_hash(scenario)}
        if scenario.customers.file
        else None,
    }


def _yaml(words: Sequence[str], scenario: Scenario) -> list[Path]:
    """Return the user's own YAML files behind a command."""
    if len(words) < 2 or not words[1].endswith(".yaml"):
        return []
    groups = [
        (key, option)
        for key, _, value in (word.partition("=") for word in words)
        for option in value.strip("[]").split(",")
        if key in GROUPS
    ]
    return own_yaml(words[1], groups, scenario.policies)


def _in(words: Sequence[str], scenario: Scenario) -> Iterator[Path]:
    """Yield the files that a command names, but the customer file."""
    for before, word in zip(("", *words), words, strict=False):
        path = own_path(word.partition("=")[2] if "=" in word else word)
        with suppress(OSError, ValueError):  # a word longer than a file system takes, or with a NUL in it
            if before == "--moments" and path.is_dir():
                yield from (inner for inner in path.iterdir() if inner.is_file())
            elif path.suffix and path.is_file() and str(path) != str(scenario.customers.file):
                yield path


def copy_files(files: Manifest, folder: Path) -> None:
    """Copy the user's files into a results folder."""
    for name in files["copies"]:
        place = folder / FILES / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(files["root"], name), place)


# --- found again -----------------------------------------------------------------------------------------------------


def kept_module(name: str, files: Manifest, folder: Path) -> ModuleType:
    """Import a module of the user's from a results folder; from where it is installed, if it is not kept there."""
    if name not in files["code"]:
        try:
            return import_module(name)
        except ImportError:
            raise InputError(
                f"{folder}: was made with code of '{name}', which lies in no file and can be imported nowhere"
            ) from None
    path = folder / FILES / files["code"][name]
    if "." not in name:
        return plugin(str(path))
    top = path.parents[name.count(".") + (path.name == "__init__.py")]  # of a package
    sys.path.append(str(top))
    return import_module(name)


def kept_kinds(manifest: Manifest, folder: Path, given: Sequence[type]) -> tuple[type, ...]:
    """Return own classes of strategies and shocks that a scenario in a results folder needs; the given ones win."""
    found = list(given)
    for module, name in manifest.get("files", {}).get("kinds", ()):
        if name not in {kind.__qualname__ for kind in given}:
            found.append(kept_thing(module, name, manifest["files"], folder))
    return tuple(found)


def kept_thing(module: str, name: str, files: Manifest, folder: Path) -> Any:
    """Return an own class or function of a results folder."""
    found: Any = kept_module(module, files, folder)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise InputError(
            f"{folder}: was made with '{name}' of '{module}', which is not there any more; a class or function that is"
            " to be found again must stand in a file, outside of functions"
        )
    return found

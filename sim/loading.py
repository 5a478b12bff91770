"""How a scenario is put together from files and overrides; the schema checks the whole before anything runs.

The merge is ours, because a changed `kind` or `distribution` replaces its whole block and `name: null` deletes an entry
of a mapping.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from agents.strategies.contract import MOST_LEVERS, Strategy
from sim.config import Policy, Scenario
from sim.config.checking import validated
from sim.config.composition import GROUPS, Layer, Shelves, layers, options, read_file, shelves
from sim.config.grammar import Given, read
from sim.config.operators import side_by_side
from sim.config.paths import path_of
from sim.config.scenario import MOST_POLICIES
from sim.config.shocks import Shock
from sim.config.yaml_file import Tree
from sim.errors import SHOWN, InputError, cut, listed, nearest, shown
from sim.plugins import is_file_name, provided

WRITTEN = "policies written out"  # of a tree that is being put together: by name, beside their names in `policies`
PLACES = {"shock": "shocks", "market": ""}  # groups whose files do not lie under the group's own name


def load_scenario(
    name: str | Path,
    overrides: Sequence[str] = (),
    strategies: Sequence[type[Strategy]] = (),
    shocks: Sequence[type[Shock]] = (),
) -> Scenario:
    """Compose and validate a scenario.

    Parameters
    ----------
    name : a scenario under scenarios/, or the path of a YAML file
    overrides : Hydra overrides, e.g. ``["customers.count=50_000", "policy=points"]``
    strategies : own Strategy classes that files and overrides may name by `kind`
    shocks : own Shock classes, likewise

    Raises
    ------
    InputError
        naming the file or override, the key, what was given and what is allowed

    """
    for cls in strategies:
        if not (isinstance(cls, type) and issubclass(cls, Strategy)):
            raise InputError(f"strategies: {cls!r} is not a Strategy class")
    for shock in shocks:
        if not (isinstance(shock, type) and issubclass(shock, Shock)):
            raise InputError(f"shocks: {shock!r} is not a Shock class")
    return compose(name, overrides, (*strategies, *shocks))[0]


def compose(
    name: str | Path, overrides: Sequence[str] = (), own: Sequence[type[BaseModel]] = ()
) -> tuple[Scenario, dict[str, str]]:
    """Return the scenario and where each of its values was set: key path -> file or override."""
    among, config_name = _locate(name)
    tree: Tree = {}
    origin: dict[str, str] = {}
    groups, values = _split(overrides)
    for layer in _with_groups(among, layers(among, config_name), groups):
        _lay(tree, origin, layer)
    for given in values:
        _apply(tree, origin, given)
    tree["name"] = config_name
    written = tree.pop(WRITTEN, {})
    if not tree.get("operators"):
        raise InputError(
            f"scenario '{config_name}' has no operators to run; build on a market and its customers, e.g."
            " `market=europe_three customers=europe`"
        )
    own = (*own, *provided(tree.get("plugins") or ()).kinds)
    tree["policies"] = resolve_policies(_policy_names(tree), among, own, written, origin)
    return validated(Scenario, tree, origin, own, f"scenario '{config_name}'"), origin


def own_yaml(name: str | Path, groups: list[tuple[str, str]], policies: Iterable[str]) -> list[Path]:
    """Return the user's own files that a scenario, groups chosen by override and policies are put together from."""
    among, config_name = _locate(name)
    parts = {part.strip() for policy in policies for part in policy.split("+")} & set(options(among, "policy"))
    found = [*layers(among, config_name)]
    found += [layer for group, option in groups for layer in layers(among, f"{group}/{option}")]
    found += [layer for part in sorted(parts) for layer in layers(among, f"policy/{part}")]
    places = [layer.place for layer in found if len(among) > 1 and isinstance(layer.place, Path)]
    return [place for place in dict.fromkeys(places) if place.is_relative_to(str(among[0]))]


def policies_of(name: str | Path) -> list[str]:
    """Names of the policies that a scenario may name: the shipped ones, and those beside its file."""
    return options(_locate(name)[0], "policy")


def list_configs(group: str = "") -> list[str]:
    """Names of the shipped files of a group; of the scenarios themselves for the empty group."""
    return options(shelves(), group)


def raw_config(path: str) -> Tree:
    """Return one shipped file as it stands, without its defaults list."""
    file = read_file(shelves(), path)
    if file is None:
        raise InputError(f"no such file '{path}'")
    return file.content


def resolve_policies(
    names: Iterable[str],
    among: Shelves | None = None,
    own: Sequence[type[BaseModel]] = (),
    written: Tree | None = None,
    origin: Mapping[str, str] | None = None,
) -> dict[str, Policy]:
    """Load policies by name; `a+b` runs two side by side.

    Parameters
    ----------
    names : as a scenario names them
    among : folders their files are found in; the shipped ones where None
    own : the user's own Strategy classes
    written : policies that a scenario writes itself, name -> what differs from the file of that name, if there is one
    origin : where each of those values was set

    """
    among = among or shelves()
    shelf = Policies(among, tuple(own), written or {}, origin or {}, options(among, "policy"))
    resolved: dict[str, Policy] = {}
    for name in names:
        if name.count("+") >= MOST_LEVERS:
            raise InputError(f"policy={cut(name, SHOWN)}: at most {MOST_LEVERS} side by side")
        parts = [_policy(part.strip(), shelf) for part in name.split("+")]
        resolved[name] = side_by_side(parts)
    return resolved


# --- finding files ---------------------------------------------------------------------------------------------------


def _locate(name: str | Path) -> tuple[Shelves, str]:
    """Find a scenario by name or path; return the folders its files are found in, and its name."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        if not _is_file(path):
            raise InputError(f"{shown(str(path))}: no such scenario file")
        if path.suffix != ".yaml":
            raise InputError(f"{shown(str(path))}: a scenario file must end in .yaml")
        return shelves(path.resolve().parent), path.stem
    names = list_configs()
    if str(name) not in names:
        raise InputError(
            f"no such scenario {shown(str(name))}{nearest(str(name), names)}; known: {listed(names)}, or the path of"
            " a YAML file"
        )
    return shelves(), str(name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than a file system takes, or with a NUL in it
        return False


def _with_groups(among: Shelves, below: list[Layer], groups: list[tuple[str, str]]) -> list[Layer]:
    """Let a group chosen by override, with what its file builds on, take the place of the file's choice and win over
    the files.
    """
    for group, option in groups:
        names = options(among, group)
        if option not in names:
            raise InputError(
                f"{group}={cut(option, SHOWN)}: no such {group}{nearest(option, names)}; known: {listed(names)}"
            )
        # shocks add up; a behaviour says only what differs from behaviour/mobile below it
        if group not in ("shock", "behaviour"):
            below = [layer for layer in below if not layer.path.startswith(f"{group}/")]
        below = [*below, *layers(among, f"{group}/{option}", PLACES.get(group, group))]
    return below


def _lay(tree: Tree, origin: dict[str, str], layer: Layer) -> None:
    content = _with_plugins(layer.content, tree, Path(str(layer.place)).parent)
    content = _with_policies(content, tree, origin, f"{layer.path}.yaml")
    for key in reversed([part for part in layer.package.split(".") if part]):
        content = {key: content}
    merge(tree, content, origin, f"{layer.path}.yaml")


def _with_plugins(content: Tree, tree: Tree, folder: Path) -> Tree:
    """Let plug-ins add up, and files among them be found from the folder of the file that names them."""
    if not content.get("plugins"):
        return content
    named = content["plugins"] if isinstance(content["plugins"], list) else [content["plugins"]]
    if strange := [name for name in named if isinstance(name, dict | list | bool | None)]:
        raise InputError(f"plugins: files or names of modules are expected (got {shown(strange[0])})")
    places = [str((folder / name).resolve()) if is_file_name(str(name)) else str(name) for name in named]
    return {**content, "plugins": list(dict.fromkeys([*(tree.get("plugins") or ()), *places]))}


def _with_policies(content: Tree, tree: Tree, origin: dict[str, str], source: str) -> Tree:
    """Let policies that are written out, name -> what differs from the file of that name, add to those named below."""
    given = content.get("policies")
    if not isinstance(given, dict):
        return content
    for name, block in given.items():
        if "+" in str(name):
            raise InputError(f"{source}: policies.{name}: a+b runs two policies; write out each under its own name")
        if not isinstance(block, dict | None):
            raise InputError(
                f"{source}: policies.{name}: a policy is a block of pricing, service, loyalty and retention, {{}} for"
                f" that of its file, null for none (got {shown(str(block))})"
            )
    merge(
        tree.setdefault(WRITTEN, {}),
        {name: block for name, block in given.items() if block is not None},
        origin,
        source,
        "policies",
    )
    named = tree.get("policies") or []
    names = dict.fromkeys([*([named] if isinstance(named, str) else named), *given])
    return {**content, "policies": [name for name in names if given.get(name, {}) is not None]}


# --- merging ---------------------------------------------------------------------------------------------------------


def merge(tree: Tree, change: Tree, origin: dict[str, str], source: str, path: str = "") -> None:
    """Lay `change` over `tree` in place; a changed kind or distribution replaces its block, null deletes an entry."""
    for key, value in change.items():
        key, here = str(key), f"{path}.{key}" if path else str(key)
        old = tree.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not _replaces(old, value):
            merge(old, value, origin, source, here)
            continue
        for below in [known for known in origin if known.startswith(f"{here}.")] if isinstance(old, dict) else ():
            del origin[below]
        origin[here] = source
        if value is None and isinstance(old, dict):
            del tree[key]
        elif isinstance(value, dict):
            tree[key] = {}
            merge(tree[key], value, origin, source, here)
        else:
            tree[key] = value


def _replaces(old: Tree, new: Tree) -> bool:
    """Whether a block changes what it is, so that nothing of the old one may remain."""
    if set(new) == {"value"} and "distribution" in old:
        return bool(old["distribution"] != "fixed")
    return any(tag in new and new[tag] != old.get(tag) for tag in ("kind", "distribution"))


# --- overrides -------------------------------------------------------------------------------------------------------


def _split(overrides: Sequence[str]) -> tuple[list[tuple[str, str]], list[Given]]:
    """Tell choices of a group from values."""
    groups: list[tuple[str, str]] = []
    values: list[Given] = []
    for given in map(read, map(str, overrides)):
        group = given.key.partition("@")[0]
        if group in GROUPS and not given.is_deletion and not isinstance(given.value, dict | list | None):
            groups.append((group, str(given.value)))
        else:
            values.append(given)
    return groups, values


def _apply(tree: Tree, origin: dict[str, str], given: Given) -> None:
    path = path_of(given.key, tree)
    if given.is_deletion:
        _delete(tree, origin, given, path)
        return
    change: Any = given.value
    for key in reversed(path):
        change = {key: change}
    change = _with_plugins(change, tree, Path.cwd())
    change = _with_policies(change, tree, origin, f"override '{given.text}'")
    merge(tree, change, origin, f"override '{given.text}'")


def _delete(tree: Tree, origin: dict[str, str], given: Given, path: list[str]) -> None:
    """Take an entry out, as `~key` says."""
    block: Any = tree
    for key in path:
        if not isinstance(block, dict) or key not in block:
            names = list(block) if isinstance(block, dict) else []
            raise InputError(
                f"override '{cut(given.text, SHOWN)}': there is no '{cut(key, SHOWN)}' to delete{nearest(key, names)};"
                f" there is: {listed(names)}"
            )
        holder, block = block, block[key]
    del holder[path[-1]]
    for below in [known for known in origin if f"{known}.".startswith(f"{given.key}.")]:
        del origin[below]


# --- policies --------------------------------------------------------------------------------------------------------


def _policy_names(tree: Tree) -> list[str]:
    """Policies a scenario names: its list, in order, and the one it runs."""
    names = tree.get("policies") or ["none"]
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list):
        raise InputError("policies: a list of policy names is expected, e.g. policies=[none,points]")
    if len(names) > MOST_POLICIES:
        raise InputError(f"policies: at most {MOST_POLICIES:,} entries (got {len(names):,})")
    wanted = [str(name) for name in names]
    policy = str(tree.get("policy", "none"))
    return wanted if policy in wanted else [*wanted, policy]


class Policies(NamedTuple):
    """Where policies are found."""

    among: Shelves
    own: tuple[type[BaseModel], ...]
    written: Tree  # by the scenario itself: name -> what differs from the file of that name
    origin: Mapping[str, str]  # of what is written
    files: list[str]


def _policy(name: str, shelf: Policies) -> Policy:
    """Compose a policy from its file with what that builds on, and from what the scenario writes of it."""
    known = list(dict.fromkeys([*shelf.files, *shelf.written]))
    if name not in known:
        raise InputError(f"policy={cut(name, SHOWN)}: no such policy{nearest(name, known)}; known: {listed(known)}")
    tree: Tree = {}
    origin: dict[str, str] = {}
    for layer in layers(shelf.among, f"policy/{name}") if name in shelf.files else ():
        _lay(tree, origin, layer)
    here = f"policies.{name}"
    source = f"policy/{name}.yaml"
    if name in shelf.written:
        merge(tree, shelf.written[name], origin, here)
        given = {key.removeprefix(f"{here}."): place for key, place in shelf.origin.items() if key.startswith(here)}
        origin, source = origin | given, shelf.origin.get(here, here)
    return validated(Policy, {"description": "", **tree, "name": name}, origin, shelf.own, source)

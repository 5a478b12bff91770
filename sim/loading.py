"""How a scenario is put together: Hydra resolves files, groups and overrides; the schema checks the whole before
anything runs.

Hydra finds the files (`defaults:` lists, groups, a user's own folder) and reads the override grammar. The merge is
ours, because a changed `kind` or `distribution` replaces its whole block and `name: null` deletes an entry of a
mapping.
"""

import typing
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.core_plugins.importlib_resources_config_source import ImportlibResourcesConfigSource
from hydra._internal.defaults_list import create_defaults_list
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.default_element import ResultDefault
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError
from yaml import YAMLError

from agents.strategies.contract import Strategy
from sim.config import Policy, Scenario
from sim.errors import InputError, nearest

GROUPS = ("market", "customers", "behaviour", "shock")
PACKAGE = "pkg://scenarios"
Tree = dict[str, Any]


def load_scenario(
    name: str | Path, overrides: Sequence[str] = (), strategies: Sequence[type[Strategy]] = ()
) -> Scenario:
    """Compose and validate a scenario.

    Parameters
    ----------
    name : a scenario under scenarios/, or the path of a YAML file
    overrides : Hydra overrides, e.g. ``["customers.count=50_000", "policy=points"]``
    strategies : own Strategy classes that files and overrides may name by `kind`

    Raises
    ------
    InputError
        naming the file or override, the key, what was given and what is allowed

    """
    return compose(name, overrides, strategies)[0]


def compose(
    name: str | Path, overrides: Sequence[str] = (), strategies: Sequence[type[Strategy]] = ()
) -> tuple[Scenario, dict[str, str]]:
    """Return the scenario and where each of its values was set: key path -> file or override."""
    repository, config_name = _locate(name)
    tree: Tree = {}
    origin: dict[str, str] = {}
    groups, values = _split(repository, overrides)
    for default in _with_groups(repository, _defaults(repository, config_name), groups):
        _merge_file(repository, tree, origin, default)
    for override in values:
        _apply(tree, origin, override)
    tree["name"] = config_name
    if not tree.get("operators"):
        raise InputError(
            f"scenario '{config_name}' has no operators to run; build on a market and its customers, e.g."
            " `market=europe_three customers=europe`"
        )
    known = {policy: "" for policy in list_configs("policy", repository)}
    tree["policies"] = resolve_policies(_policy_names(tree), repository, strategies, known)
    return validated(Scenario, tree, origin, strategies, f"scenario '{config_name}'"), origin


def list_configs(group: str = "", repository: ConfigRepository | None = None) -> list[str]:
    """Names of the files of a group; of the scenarios themselves for the empty group."""
    return (repository or _repository(None)).get_group_options(group, ObjectType.CONFIG)


def raw_config(path: str) -> Tree:
    """Return one shipped file as it stands, without its defaults list."""
    return _load(_repository(None), path)


def resolve_policies(
    names: Iterable[str],
    repository: ConfigRepository | None = None,
    strategies: Sequence[type[Strategy]] = (),
    known: Iterable[str] | None = None,
) -> dict[str, Policy]:
    """Load policies by name; `a+b` runs two side by side."""
    repository = repository or _repository(None)
    known = list_configs("policy", repository) if known is None else known
    resolved: dict[str, Policy] = {}
    for name in names:
        parts = [_policy(part.strip(), repository, strategies, known) for part in str(name).split("+")]
        resolved[str(name)] = combine(parts)
    return resolved


def combine(parts: Sequence[Policy]) -> Policy:
    """Run several policies side by side."""
    whole = parts[0]
    for part in parts[1:]:
        try:
            whole = whole.combined(part)
        except ValueError as error:
            raise InputError(str(error)) from None
    return whole


# --- finding and reading files ---------------------------------------------------------------------------------------


def _repository(folder: Path | None) -> ConfigRepository:
    registry = SourcesRegistry.instance()
    for source in (FileConfigSource, ImportlibResourcesConfigSource):
        registry.register(source)
    search = ConfigSearchPathImpl()
    if folder is not None:
        search.append("user", f"file://{folder}")
    search.append("churnlab", PACKAGE)
    return ConfigRepository(search)


def _locate(name: str | Path) -> tuple[ConfigRepository, str]:
    """Find a scenario by name or path."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        if not path.is_file():
            raise InputError(f"{path}: no such scenario file")
        if path.suffix != ".yaml":
            raise InputError(f"{path}: a scenario file must end in .yaml")
        return _repository(path.resolve().parent), path.stem
    repository = _repository(None)
    if not repository.config_exists(str(name)):
        names = list_configs("", repository)
        raise InputError(
            f"no such scenario '{name}'{nearest(str(name), names)}; known: {', '.join(names)}, or the path of a YAML"
            " file"
        )
    return repository, str(name)


def _load(repository: ConfigRepository, path: str) -> Tree:
    try:
        result = repository.load_config(path)
    except (YAMLError, HydraException, OmegaConfBaseException, UnicodeDecodeError, ValueError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, YAMLError) else error
        raise InputError(f"{path}.yaml cannot be read: {' '.join(str(cause).split())}") from None
    if result is None:
        group = path.rpartition("/")[0]
        names = list_configs(group, repository)
        raise InputError(f"no such file '{path}'{nearest(path.rpartition('/')[2], names)}; known: {', '.join(names)}")
    content = OmegaConf.to_container(result.config)
    if not isinstance(content, dict):
        raise InputError(f"{path}.yaml: a mapping is expected at the top")
    return typing.cast(Tree, content)


def _defaults(repository: ConfigRepository, config_name: str) -> list[ResultDefault]:
    try:
        return list(create_defaults_list(repository, config_name, [], prepend_hydra=False, skip_missing=False).defaults)
    except (HydraException, YAMLError, OmegaConfBaseException, ValueError) as error:
        raise InputError(f"{config_name}.yaml: {' '.join(str(error).split())}") from None


def _with_groups(
    repository: ConfigRepository, defaults: list[ResultDefault], groups: list[tuple[str, str]]
) -> list[ResultDefault]:
    """Let a group chosen by override, with what its file builds on, take the place of the file's choice and win over
    the files.
    """
    for group, option in groups:
        names = list_configs(group, repository)
        if option not in names:
            raise InputError(f"{group}={option}: no such {group}{nearest(option, names)}; known: {', '.join(names)}")
        if group not in (
            "shock",
            "behaviour",
        ):  # shocks add up; a behaviour says only what differs from behaviour/mobile below it
            defaults = [default for default in defaults if not (default.config_path or "").startswith(f"{group}/")]
        package = {"shock": "shocks", "market": ""}.get(group, group)
        defaults = [
            *defaults,
            *(
                ResultDefault(config_path=one.config_path, package=package)
                for one in _defaults(repository, f"{group}/{option}")
            ),
        ]
    return defaults


def _merge_file(repository: ConfigRepository, tree: Tree, origin: dict[str, str], default: ResultDefault) -> None:
    path = default.config_path or ""
    content = _load(repository, path)
    for key in reversed([part for part in (default.package or "").split(".") if part]):
        content = {key: content}
    merge(tree, content, origin, f"{path}.yaml")


# --- merging ---------------------------------------------------------------------------------------------------------


def merge(tree: Tree, change: Tree, origin: dict[str, str], source: str, path: str = "") -> None:
    """Lay `change` over `tree` in place; a changed kind or distribution replaces its block, null deletes an entry."""
    for key, value in change.items():
        key, here = str(key), f"{path}.{key}" if path else str(key)
        old = tree.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not _replaces(old, value):
            merge(old, value, origin, source, here)
            continue
        for below in [known for known in origin if known.startswith(f"{here}.")]:
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


def _split(repository: ConfigRepository, overrides: Sequence[str]) -> tuple[list[tuple[str, str]], list[Override]]:
    """Tell choices of a group from values."""
    groups: list[tuple[str, str]] = []
    values: list[Override] = []
    for text in overrides:
        try:
            (override,) = OverridesParser.create().parse_overrides([str(text)])
        except (HydraException, ValueError):
            raise InputError(
                f"override '{text}': not understood; write key=value, e.g. customers.count=50_000"
            ) from None
        if override.is_sweep_override():
            raise InputError(f"override '{text}': several values make a sweep; use `churnlab sweep`")
        key = override.key_or_group.removeprefix("+")
        if key in GROUPS and isinstance(override.value(), str):
            groups.append((key, str(override.value())))
        else:
            values.append(override)
    return groups, values


def _apply(tree: Tree, origin: dict[str, str], override: Override) -> None:
    if override.is_delete():
        _delete(tree, origin, override)
        return
    value = override.value()
    if isinstance(value, str | int | float | bool | list | dict | None):
        value = _plain(value)
    keys = override.key_or_group.split(".")
    change: Any = value
    for key in reversed(keys):
        change = {key: change}
    merge(tree, change, origin, f"override '{override.input_line}'")


def _delete(tree: Tree, origin: dict[str, str], override: Override) -> None:
    """Take an entry out, as `~key` says."""
    *path, last = override.key_or_group.split(".")
    block: Any = tree
    for key in [*path, last]:
        if not isinstance(block, dict) or key not in block:
            names = list(block) if isinstance(block, dict) else []
            raise InputError(
                f"override '{override.input_line}': there is no '{key}' to delete{nearest(key, names)}; there is:"
                f" {', '.join(map(str, names))}"
            )
        holder, block = block, block[key]
    del holder[last]
    for below in [known for known in origin if f"{known}.".startswith(f"{override.key_or_group}.")]:
        del origin[below]


def _plain(value: Any) -> Any:
    """Turn Hydra's quoted strings and nested values into plain Python; '50_000' is a number."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if hasattr(value, "text"):
        return str(value.text)
    return value


# --- policies --------------------------------------------------------------------------------------------------------


def _policy_names(tree: Tree) -> list[str]:
    """Policies a scenario names: its list, in order, and the one it runs."""
    names = tree.get("policies") or ["none"]
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list):
        raise InputError("policies: a list of policy names is expected, e.g. policies=[none,points]")
    wanted = [str(name) for name in names]
    policy = str(tree.get("policy", "none"))
    return wanted if policy in wanted else [*wanted, policy]


def _policy(
    name: str, repository: ConfigRepository, strategies: Sequence[type[Strategy]], known: Iterable[str]
) -> Policy:
    known = list(known)
    if name not in known:
        raise InputError(f"policy={name}: no such policy{nearest(name, known)}; known: {', '.join(known)}")
    content = _load(repository, f"policy/{name}")
    return validated(Policy, {"name": name, **content}, {}, strategies, f"policy/{name}.yaml")


# --- validation, in words --------------------------------------------------------------------------------------------

Model = typing.TypeVar("Model", bound=BaseModel)


def validated(
    model: type[Model], tree: Tree, origin: dict[str, str], strategies: Sequence[type[Strategy]], where: str
) -> Model:
    """Check a tree against the schema; what is wrong with it is told in words, with where each value was set."""
    for cls in strategies:
        if not (isinstance(cls, type) and issubclass(cls, Strategy)):
            raise InputError(f"strategies: {cls!r} is not a Strategy class")
    try:
        return model.model_validate(tree, context={"strategies": tuple(strategies)})
    except ValidationError as error:
        lines = [_in_words(model, item, origin) for item in error.errors()[:20]]
        raise InputError(f"{where} is not valid:\n" + "\n".join(f"  {line}" for line in lines)) from None


def _in_words(model: type[BaseModel], item: Any, origin: dict[str, str]) -> str:
    """One fault: where it was set, the key, what was given, what is allowed, the nearest name."""
    path, holder = _walk(model, item["loc"])
    key = ".".join(path)
    source = next((origin[".".join(path[:n])] for n in range(len(path), 0, -1) if ".".join(path[:n]) in origin), "")
    prefix = f"{source}: {key}" if source else key
    given = f"(got {item['input']!r})" if not isinstance(item["input"], dict) else ""
    if item["type"] == "extra_forbidden":
        names = list(holder.model_fields) if holder is not None else []
        return f"{prefix}: no such key{nearest(path[-1], names)}; known: {', '.join(names)}"
    if item["type"] == "missing":
        return f"{prefix}: a value is needed"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        context = item.get("ctx", {})
        tag = str(context.get("tag", ""))
        expected = [name.strip(" '") for name in str(context.get("expected_tags", "")).split(",")]
        field = str(context.get("discriminator", "kind")).strip("'")
        if not tag:
            return f"{prefix}.{field}: needed, to say what this is"
        return f"{prefix}.{field}: no such {field} '{tag}'{nearest(tag, expected)}; known: {', '.join(expected)}"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if item["type"] == "value_error":
        return message if not key else f"{source + ': ' if source and source.startswith('override') else ''}{message}"
    return (
        f"{prefix}: must be {message} {given}"
        if item["msg"].startswith("Input should be ")
        else f"{prefix}: {message} {given}"
    )


def _walk(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel] | None]:
    """Follow pydantic's location through the schema; return the key path without union tags, and the block that holds
    it.
    """
    path: list[str] = []
    annotation: Any = model
    holder: type[BaseModel] | None = model
    for step in location:
        tagged = [block for block in blocks_of(annotation) if str(step) in _tags(block)]
        if tagged and not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            annotation = tagged[0]
            continue
        path.append(str(step))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            holder = annotation
            field = annotation.model_fields.get(str(step))
            annotation = None if field is None else _target(field.annotation)
        else:
            annotation = _target(_mapping_value(annotation))
    return path, holder


def _target(annotation: Any) -> Any:
    """The one block an annotation holds, or the annotation itself where it is a union or a mapping."""
    found = blocks_of(annotation)
    return found[0] if len(found) == 1 and _mapping_value(annotation) is annotation else annotation


def _mapping_value(annotation: Any) -> Any:
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1]
    return annotation


def blocks_of(annotation: Any) -> list[type[BaseModel]]:
    """All blocks an annotation may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [block for part in typing.get_args(annotation) for block in blocks_of(part)]


def _tags(block: type[BaseModel]) -> set[str]:
    return {str(block.model_fields[tag].default) for tag in ("kind", "distribution") if tag in block.model_fields}

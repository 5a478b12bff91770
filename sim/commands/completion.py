"""`churnlab completion`: what a shell needs to complete commands, names and keys, asking churnlab itself at each Tab.

The shell's side is argcomplete's; ours are the words: scenarios, policies, lessons, the keys of the scenario named
before, and what may stand behind `=`.
"""

import contextlib
import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from argcomplete.completers import DirectoriesCompleter, FilesCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from agents.cache import cache_folder
from sim.commands.options import COMMANDS
from sim.config.composition import GROUPS, SHIPPED, Shelves, options, shelves
from sim.config.versions import model_version
from sim.errors import InputError, listed, nearest

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
STUDY_WORDS: dict[str, tuple[str, ...]] = {  # words of a study -> what they may be, where that is a choice
    "replications": (),
    "precision": (),
    "method": ("factorial", "lhs", "sobol", "morris"),
    "samples": (),
    "design": (),
    "monthly": ("true", "false"),
    "measure": (),
    "executor": ("loky", "dask", "ray"),
    "executor.address": (),
    "rival": (),
    "rival_policies": (),
    "reference": (),
    "constraint": (),
    "trials": (),
    "holdout": (),
}
ONE_POLICY, SOME_POLICIES = ("policy", "reference"), ("policies", "rival_policies")
FILES = ("customers.file", "design")
PARTS = ("scenario", "market", "customers", "behaviour", "policy", "shock")


def completion(arguments: Namespace) -> int:
    """Print what the shell is to read."""
    if arguments.shell not in SHELLS:
        raise InputError(
            f"completion {arguments.shell}: no such shell{nearest(arguments.shell, SHELLS)}; known: {listed(SHELLS)}"
        )
    print(shellcode(["churnlab"], shell=arguments.shell), end="")
    return 0


def complete() -> None:
    """Answer a shell that asks for words, and end."""
    Finder()(parser(), always_complete_options=False)


class Finder(CompletionFinder):
    """Argcomplete's, where overrides may follow options, and a key goes on behind its dot."""

    def collect_completions(
        self, active_parsers: list[ArgumentParser], parsed_args: Namespace, cword_prefix: str
    ) -> list[str]:
        """Return the words that fit; argparse itself expects no override behind an option."""
        found = super().collect_completions(active_parsers, parsed_args, cword_prefix)
        if found or cword_prefix.startswith("-") or not hasattr(parsed_args, "overrides"):
            return found
        return [word for word in _overrides(cword_prefix, parsed_args) if word.startswith(cword_prefix)]

    def quote_completions(self, completions: list[str], *how: Any) -> list[str]:
        """Quote words for the shell; no blank follows one that goes on."""
        return [
            word.removesuffix(" ") if word.endswith((". ", ", ")) else word
            for word in super().quote_completions(completions, *how)
        ]


def parser() -> ArgumentParser:
    """Return all commands as one parser, with what completes each of their words."""
    whole = ArgumentParser(prog="churnlab", allow_abbrev=False)
    commands = whole.add_subparsers()
    for name, command in COMMANDS.items():
        own = commands.add_parser(name, help=command.summary, allow_abbrev=False)
        command.options(own)
        for action in own._actions:
            if action.dest in COMPLETERS:
                action.completer = COMPLETERS[action.dest]  # type: ignore[attr-defined]
    return whole


# --- words -----------------------------------------------------------------------------------------------------------


def _scenarios(prefix: str, **_: Any) -> list[str]:
    return [*options(shelves()), *FilesCompleter(["yaml"])(prefix)]


def _lessons(prefix: str, **_: Any) -> list[str]:
    shipped = [place for place in files("sim").joinpath("lessons").iterdir() if place.name.endswith(".py")]
    names = [place.name.removesuffix(".py") for place in shipped if "\nLESSON = " in place.read_text(encoding="utf-8")]
    return [*sorted(names), *FilesCompleter(["py"])(prefix)]


def _targets(prefix: str, **_: Any) -> list[str]:
    shipped = SHIPPED.joinpath("targets").iterdir()
    return [*sorted(place.name.removesuffix(".csv") for place in shipped), *FilesCompleter(["csv"])(prefix)]


def _overrides(prefix: str, parsed_args: Namespace, **_: Any) -> list[str]:
    """Return keys up to their next dot, or what may stand behind `key=`."""
    scenario = getattr(parsed_args, "scenario", None)
    if scenario is None:  # a lesson's
        return ["code=", "worlds="]
    key, sign, value = prefix.partition("=")
    if sign:
        start = value[: max(value.rfind("["), value.rfind(",")) + 1]
        start = start or ("[" if key in SOME_POLICIES else "")
        return [f"{key}={start}{word}" for word in _values(key, value, scenario)]
    known = {*_keys_of(scenario), *GROUPS, *ONE_POLICY, *SOME_POLICIES, *STUDY_WORDS}
    return sorted({_up_to_dot(name, prefix) for name in known if name.startswith(prefix)})


def _up_to_dot(name: str, prefix: str) -> str:
    """Cut a key behind the first dot that is not yet typed.

    >>> _up_to_dot("behaviour.attention.base", "behaviour.a"), _up_to_dot("months", "mo")
    ('behaviour.attention.', 'months=')
    """
    rest, dot, _ = name[len(prefix) :].partition(".")
    return f"{prefix}{rest}{dot or '='}"


def _values(key: str, value: str, scenario: str) -> Iterable[str]:
    """Return what may stand behind a key."""
    if key in (*ONE_POLICY, *SOME_POLICIES):
        return options(_shelves(scenario), "policy")
    if key in GROUPS:
        return options(_shelves(scenario), key)
    if key in FILES:
        return FilesCompleter()(value)
    return STUDY_WORDS[key] if key in STUDY_WORDS else _choices(key)


def _choices(key: str) -> list[str]:
    from sim.config.paths import choices_at

    return choices_at(key)


def _shelves(scenario: str) -> Shelves:
    return shelves(Path(scenario).parent if scenario.endswith(".yaml") else None)


def _keys_of(scenario: str) -> list[str]:
    """Return the keys of a scenario; those of a shipped one are kept in the user's cache, as the schema takes half a
    second to import.
    """
    folder = cache_folder(f"keys-{model_version()}") if scenario in options(shelves()) else None
    if folder is None:
        return _read_keys(scenario)
    place = folder / f"{scenario}.json"
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
        return [str(key) for key in known]
    except (OSError, ValueError, TypeError):
        keys = _read_keys(scenario)
    with contextlib.suppress(OSError):
        kept = place.with_suffix(f".{os.getpid()}")
        kept.write_text(json.dumps(keys), encoding="utf-8")
        kept.replace(place)
    return keys


def _read_keys(scenario: str) -> list[str]:
    from sim.config.meanings import settings
    from sim.loading import load_scenario

    try:
        found = load_scenario(scenario)
    except InputError:
        return []
    return [key for key, _, _ in settings(found) if key != "name" and not key.startswith("policies.")]


COMPLETERS: dict[str, Callable[..., Iterable[str]]] = {
    "scenario": _scenarios,
    "overrides": _overrides,
    "lesson": _lessons,
    "targets": _targets,
    "folder": DirectoriesCompleter(),
    "moments": DirectoriesCompleter(),
    "out": DirectoriesCompleter(),
    "strategies": FilesCompleter(["py"]),
    "part": lambda **_: PARTS,
    "shell": lambda **_: SHELLS,
}

"""Which of the key=value words are for the scenario, and which for the experiment."""

import json
import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from sim.config import Scenario
from sim.config.grammar import listed, parsed, read, split, sweep_of, value_of
from sim.config.paths import path_of
from sim.errors import InputError, shown
from sim.experiments.sampling import MOST_RUNS, Interval


def scenario_overrides(arguments: Namespace) -> list[str]:
    """Return the overrides given, with those that options stand for."""
    extra = [] if arguments.seed is None else [f"seed={arguments.seed}"]
    if arguments.skip_bad_rows:
        extra.append("customers.skip_bad_rows=true")
    return [*arguments.overrides, *extra, *plugin_overrides(arguments.strategies)]


def plugin_overrides(files: Sequence[str]) -> list[str]:
    """Return the overrides that --strategies stands for."""
    return [f"plugins=[{json.dumps(file, ensure_ascii=False)}]" for file in files]


def command_line(command: str, scenario: str, overrides: Sequence[str], *options: str) -> str:
    """Return the line that makes the same result again."""
    return shlex.join(["churnlab", command, scenario, *overrides, *options])


def take_replications(overrides: Sequence[str], default: int) -> tuple[int, list[str]]:
    """Take replications=N out of the overrides."""
    found, rest = _take(overrides, "replications")
    if found is None:
        return default, rest
    value = read(found).value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_RUNS:
        raise InputError(
            f"override {shown(found)}: replications must be a whole number of at least 1, and at most {MOST_RUNS:,}"
        )
    return value, rest


def take_policies(overrides: Sequence[str]) -> tuple[list[str] | None, list[str]]:
    """Take policies=[a,b] (or policies=a,b) out of the overrides; None where not given."""
    return take_list(overrides, "policies")


def take_list(overrides: Sequence[str], key: str) -> tuple[list[str] | None, list[str]]:
    """Take a list of policies out of the overrides; None where not given."""
    found, rest = _take(overrides, key)
    if found is None:
        return None, rest
    said = parsed(split(found)[2] or "")
    if said is None:
        raise InputError(f"override {shown(found)}: not understood; write {key}=[none,points]")
    names = [str(name) for name in listed(said, found) if name not in (None, "")]
    if not names:
        raise InputError(f"override {shown(found)}: at least one policy is needed, e.g. {key}=[none,points]")
    return names, rest


def take_axes(overrides: Sequence[str]) -> tuple[dict[str, list[Any] | Interval], list[str]]:
    """Take the keys that are given several values (key=1,2,3) or a range (key=interval(0,1)) out of the overrides."""
    axes: dict[str, list[Any] | Interval] = {}
    rest: list[str] = []
    for text in overrides:
        several = sweep_of(text)
        if several is None:
            rest.append(text)
        else:
            axes[several.key] = several.values if several.interval is None else Interval(*several.interval)
    return axes, rest


def take_words(overrides: Sequence[str], known: Mapping[str, type]) -> tuple[dict[str, Any], list[str]]:
    """Take what is said of the study itself (key=value, with the type it must have) out of the overrides; a key not
    given is None.
    """
    words: dict[str, Any] = dict.fromkeys(known)
    rest: list[str] = []
    for text in overrides:
        key, sign, given = text.partition("=")
        if not sign or key not in known:
            rest.append(text)
            continue
        try:
            words[key] = known[key](given.strip())
        except ValueError:
            kind = "whole number" if known[key] is int else "number"
            raise InputError(f"override {shown(text)}: {key} must be a {kind} (got {shown(given)})") from None
        if known[key] is not str and not abs(words[key]) <= MOST_RUNS:
            raise InputError(f"override {shown(text)}: {key} is at most {MOST_RUNS:,}")
    return words, rest


def cell_value(key: str, text: str) -> Any:
    """Read one value as it would be read after `key=`."""
    try:
        return value_of(key, text)
    except InputError:
        raise InputError(f"not understood (got {shown(text)})") from None


def _take(overrides: Sequence[str], key: str) -> tuple[str | None, list[str]]:
    """Take the last override of a key out of them."""
    own = [text for text in overrides if "=" in text and split(text)[1] == key]
    return own[-1] if own else None, [text for text in overrides if text not in own]


def notes_on(overrides: Sequence[str], scenario: Scenario) -> list[str]:
    """Warn of an override that does not do what it seems to: another starting fee, where appeals follow the opening
    shares.
    """
    paths = {text: path_of(split(text)[1], scenario) for text in overrides}
    touched = [text for text, path in paths.items() if path[::2] == ["operators", "plans", "fee"]]
    if not touched or all(plan.appeal is not None for _, plan in scenario.all_plans.values()):
        return []
    return [
        f"{touched[0]} moves the fee at which the market starts, and the appeals of plans are set so that the opening"
        " shares hold there: no customer reacts to it. To see what a change of price does, use the policy price_cut or"
        " a shock of kind price_change."
    ]

"""Which of the key=value words are for the scenario, and which for the experiment."""

import re
import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override
from hydra.errors import HydraException

from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.sampling import Interval


def scenario_overrides(arguments: Namespace) -> list[str]:
    """Return the overrides given, with those that options stand for."""
    extra = [] if arguments.seed is None else [f"seed={arguments.seed}"]
    if arguments.skip_bad_rows:
        extra.append("customers.skip_bad_rows=true")
    return [*arguments.overrides, *extra]


def command_line(command: str, scenario: str, overrides: Sequence[str], *options: str) -> str:
    """Return the line that makes the same result again."""
    return shlex.join(["churnlab", command, scenario, *overrides, *options])


def take_replications(overrides: Sequence[str], default: int) -> tuple[int, list[str]]:
    """Take replications=N out of the overrides."""
    found, rest = _take(overrides, "replications")
    if found is None:
        return default, rest
    value = found.value()
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"override '{found.input_line}': replications must be a whole number of at least 1")
    return value, rest


def take_policies(overrides: Sequence[str]) -> tuple[list[str] | None, list[str]]:
    """Take policies=[a,b] (or policies=a,b) out of the overrides; None where not given."""
    return take_list(overrides, "policies")


def take_list(overrides: Sequence[str], key: str) -> tuple[list[str] | None, list[str]]:
    """Take a list of policies out of the overrides; None where not given."""
    found, rest = _take(overrides, key)
    if found is None:
        return None, rest
    names = [str(name) for name in _values(found) if name not in (None, "")]
    if not names:
        raise InputError(f"override '{found.input_line}': at least one policy is needed, e.g. {key}=[none,points]")
    return names, rest


def take_axes(overrides: Sequence[str]) -> tuple[dict[str, list[Any] | Interval], list[str]]:
    """Take the keys that are given several values (key=1,2,3) or a range (key=interval(0,1)) out of the overrides."""
    axes: dict[str, list[Any] | Interval] = {}
    rest: list[str] = []
    for text in overrides:
        override = _parsed(text)
        if override is None or not override.is_sweep_override():
            rest.append(text)
        elif override.is_interval_sweep():
            interval = override.value()
            assert isinstance(interval, IntervalSweep) and interval.start is not None and interval.end is not None
            axes[override.key_or_group] = Interval(float(interval.start), float(interval.end))
        elif override.is_discrete_sweep():
            axes[override.key_or_group] = _values(override)
        else:
            raise InputError(
                f"override '{text}': not understood in a sweep; write key=1,2,3, key=range(0,10,2), key=choice(a,b) or"
                " key=interval(0,1)"
            )
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
            raise InputError(
                f"override '{text}': {key} must be a {'whole number' if known[key] is int else 'number'} (got"
                f" '{given}')"
            ) from None
    return words, rest


def cell_value(key: str, text: str) -> Any:
    """Read one value as it would be read after `key=`."""
    override = _parsed(f"{key}={text}")
    if override is None or override.is_sweep_override():
        raise InputError(f"not understood (got '{text}')")
    (value,) = _values(override) if not isinstance(override.value(), list) else (override.value(),)
    return value


def _take(overrides: Sequence[str], key: str) -> tuple[Override | None, list[str]]:
    found, rest = None, []
    for text in overrides:
        if text.partition("=")[0].strip().lstrip("+") == key:
            found = _parsed(text)
            if found is None:
                raise InputError(
                    f"override '{text}': not understood; write"
                    f" {key}={'20' if key == 'replications' else '[none,points]'}"
                )
        else:
            rest.append(text)
    return found, rest


def _values(override: Override) -> list[Any]:
    if override.is_sweep_override():
        return list(override.sweep_iterator())
    value = override.value()
    return list(value) if isinstance(value, list) else [value]


def _parsed(text: str) -> Override | None:
    """Parse one override; None where the scenario's loader will tell what is wrong with it."""
    try:
        (override,) = OverridesParser.create().parse_overrides([text])
    except (HydraException, ValueError):
        return None
    return override


def notes_on(overrides: Sequence[str], scenario: Scenario) -> list[str]:
    """Warn of an override that does not do what it seems to: another starting fee, where appeals follow the opening
    shares.
    """
    touched = [text for text in overrides if re.match(r"\+*operators\.\w+\.plans\.\w+\.fee=", text)]
    if not touched or all(plan.appeal is not None for _, plan in scenario.all_plans.values()):
        return []
    return [
        f"{touched[0]} moves the fee at which the market starts, and the appeals of plans are set so that the opening"
        " shares hold there: no customer reacts to it. To see what a change of price does, use the policy price_cut or"
        " a shock of kind price_change."
    ]

"""Which keys cannot matter in a market: what they belong to is switched off there."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sim.config import Scenario
from sim.config.mechanisms import MECHANISMS, Mechanism, override
from sim.config.paths import value_at
from sim.errors import InputError
from sim.report.formats import listing

BY_NAME = {one.name: one for one in MECHANISMS}


def idle(scenario: Scenario, varied: Mapping[str, Collection[Any]]) -> dict[str, str]:
    """Return the varied keys that move nothing, each with why: "second SIM (second_sim.hazard is 0) is off".

    Parameters
    ----------
    scenario : a loaded scenario
    varied : key -> values, or ends of a range, that a study gives it

    """
    found = {}
    for key in varied:
        behind = [name for mechanism in MECHANISMS for name in _behind(mechanism, key)]
        off = [_off(scenario, BY_NAME[name], varied) for name in dict.fromkeys(behind)]
        if off and all(off):
            names = list(dict.fromkeys(f"{one.name} ({_told(one)})" for part in off for one in part))
            found[key] = f"{listing(names)} {'is' if len(names) == 1 else 'are'} off"
    return found


def idle_in_words(scenarios: Sequence[Scenario], varied: Mapping[str, Collection[Any]]) -> list[str]:
    """Say of each key that cannot matter in any of the scenarios why it cannot."""
    found = [idle(scenario, varied) for scenario in scenarios]
    return [
        f"{key} moves nothing in this market: {why}."
        for key, why in found[0].items()
        if all(key in other for other in found)
    ]


def _behind(mechanism: Mechanism, key: str) -> tuple[str, ...]:
    """Names of the mechanisms one of which must be on for a key to matter, as far as this one tells."""
    if key in {override(one).partition("=")[0] for one in mechanism.idle}:
        return (mechanism.name,)
    return mechanism.within if key == _switch(mechanism)[0] else ()


def _off(scenario: Scenario, mechanism: Mechanism, varied: Mapping[str, Collection[Any]]) -> list[Mechanism]:
    """Return what is off so that a mechanism does not act in a market, whatever its switch is given in a study: itself,
    or all it acts within; nothing where it may act.
    """
    key, off = _switch(mechanism)
    try:
        values = varied[key] if key in varied else [value_at(scenario, key)]
    except InputError:  # of an operator that this market does not have
        return []
    if all(str(value).lower() == off or _number(value) == _number(off) is not None for value in values):
        return [mechanism]
    outer = [_off(scenario, BY_NAME[name], varied) for name in mechanism.within]
    return [one for part in outer for one in part] if outer and all(outer) else []


def _switch(mechanism: Mechanism) -> tuple[str, str]:
    """Key that switches a mechanism off, and the value that does."""
    key, _, off = override(mechanism.off).partition("=")
    return key, off


def _told(mechanism: Mechanism) -> str:
    return mechanism.off.replace("=", " is ")


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None

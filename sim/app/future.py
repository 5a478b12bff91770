"""What a page asks for: one future of a market and its twin, in the address of the page, as overrides, and as a command
line that gives the same numbers.
"""

import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from agents.block import Block, choice, quantity
from sim.config import Policy, Scenario
from sim.config.checking import validated
from sim.config.grammar import in_words
from sim.config.mechanisms import MECHANISMS, override
from sim.errors import InputError, nearest
from sim.loading import list_configs, load_scenario

MINE, TWIN = "mine", "none"  # names of the policy put together on the screen, and of what the twin does
MOST_PEOPLE, MOST_MONTHS, MOST_LEVERS, LONGEST = 20_000, 60, 12, 200  # LONGEST: characters of a value in an address
SWITCHES = {mechanism.name: override(mechanism.off) for mechanism in MECHANISMS}
DOES = ("pricing", "service", "loyalty", "retention")


class Future(Block):
    """One future: a market, what one of its operators does in it, and how long."""

    scenario: str = choice("classroom", meaning="market")
    focal: str = choice("", meaning="operator that acts; the scenario's own where empty")
    policy: Policy = Policy(name=MINE, description="")
    rivals: Literal["responding", "static"] = choice("responding", meaning="rivals")
    off: tuple[str, ...] = choice((), meaning="mechanisms of behaviour that are switched off")
    shocks: tuple[str, ...] = choice((), meaning="shocks that hit the market, beside the scenario's own")
    months: int = quantity(36, meaning="months shown", unit="months", ge=6, le=MOST_MONTHS)
    people: int = quantity(2_000, meaning="simulated people", unit="people", ge=200, le=MOST_PEOPLE)
    seed: int = quantity(1, meaning="seed of the world and its luck", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check("scenario", [self.scenario], list_configs())
        _check("off", self.off, SWITCHES)
        _check("shocks", self.shocks, list_configs("shock"))
        if len(self.policy.loyalty) + len(self.policy.retention) > MOST_LEVERS:
            raise ValueError(f"policy: at most {MOST_LEVERS} levers at once")
        return self

    # --- as an address -----------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> Self:
        """Check what is asked for.

        Raises
        ------
        InputError
            naming the field, what was given and what is allowed

        """
        does = tree.get("policy", {})
        if isinstance(does, Mapping):
            does = {**does, "name": MINE, "description": ""}
        return validated(cls, {**tree, "policy": does}, {}, (), "what this page asks for")

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Self:
        """Read the address of a page; words that are none of a future's are left to others. See `of` for errors."""
        tree: dict[str, Any] = {}
        for key, text in query.items():
            names = key.split(".")
            if names[0] not in cls.model_fields:
                continue
            if len(text) > LONGEST * (len(SWITCHES) if names[0] == "off" else 1):
                raise InputError(f"{key[:LONGEST]}: too long")
            place: Any = tree
            for name in names[:-1]:
                place = place.setdefault(name, {}) if isinstance(place, dict) else None
            if not isinstance(place, dict):
                raise InputError(f"{key[:LONGEST]}: nothing can stand there")
            place[names[-1]] = _listed(text) if names[0] in ("off", "shocks") else None if text == "null" else text
        return cls.of(tree)

    def to_query(self) -> dict[str, str]:
        """Write the address: only what differs from what a page opens with."""
        whole = self.model_dump(exclude_defaults=True) | {"policy": self.does}
        return {key: value for name, item in whole.items() for key, value in _leaves(name, item)}

    # --- as a scenario -----------------------------------------------------------------------------------------------

    @property
    def does(self) -> dict[str, Any]:
        """What the policy sets, as it would be written."""
        written = self.policy.model_dump(include=set(DOES), exclude_none=True)
        return {name: block for name, block in written.items() if block}

    @property
    def overrides(self) -> list[str]:
        """What the market differs in from its scenario, the policy apart."""
        return [
            *(f"shock={shock}" for shock in self.shocks),
            *([f"focal={in_words(self.focal)}"] if self.focal else []),
            *(SWITCHES[name] for name in self.off),
            f"months={self.months}",
            f"customers.count={self.people}",
            f"seed={self.seed}",
        ]

    def load(self) -> Scenario:
        """Compose and validate the market, with both policies."""
        return load_scenario(self.scenario, self._asked)

    @property
    def _asked(self) -> list[str]:
        """What the market differs in from its scenario, both policies included."""
        return [*self.overrides, f"policies.{MINE}={in_words(self.does)}", f"policies=[{TWIN},{MINE}]"]

    @property
    def command(self) -> str:
        """The command line that gives the same numbers."""
        return shlex.join(["churnlab", "compare", self.scenario, *self._asked, "replications=1"])


def _check(field: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{field}: no such name '{name[:LONGEST]}'{nearest(name, known)}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(f"{key}.{name}", item)
    elif isinstance(value, list | tuple):
        yield key, ",".join(map(str, value))
    else:
        yield key, "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

"""What is to be run: a design is a table with one row a run; rows that share a world are one job, so that it is warmed
up once.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import BaseModel

from sim.config import Scenario
from sim.config.paths import value_at
from sim.config.values import with_values
from sim.errors import InputError
from sim.experiments.own import Own
from sim.files.own_path import own_path
from sim.plugins import own_among, source_hash

Work = Callable[["Job"], Mapping[str, pd.DataFrame]]  # tables by name, `runs` among them, with the column `arm`
RUN = ("policy", "response", "replication", "seed")  # columns of every design, behind those it varies


class Arm(NamedTuple):
    """One future of a world: who takes on which policy in month 1."""

    policy: str  # of the focal operator
    response: str = "responding"  # of rivals; or "static"
    rivals: tuple[tuple[str, str], ...] = ()  # operator, policy it takes on


@dataclass(frozen=True)
class Job:
    """One warmed-up world and the arms to fork from it: the unit of work, of storing and of failing."""

    base: Scenario  # shared by many jobs
    values: tuple[tuple[str, Any], ...]  # key -> value, what differs from the base
    seed: int
    arms: tuple[Arm, ...]
    keep: tuple[str, ...] = ("runs",)  # tables wanted
    own: Own = Own()

    def scenario(self) -> Scenario:
        """Return the scenario of this job."""
        return with_values(self.base, dict(self.values))

    def key(self, work: Work) -> str:
        """Hash of everything that determines the outcome but the model: what is done, the scenario as resolved, the
        customer file, seed, arms, and the source of what in all that is the user's own.
        """
        resolved = self.scenario()
        source = source_hash([work, *own_kinds(resolved), *self.own.parts])
        told = [
            source,
            list(self.own.measures),
            resolved.model_dump(mode="json", exclude={"plugins"}),  # their source counts, not where they lie
            file_hash(resolved),
            self.seed,
            self.arms,
            self.keep,
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def own_kinds(scenario: Scenario) -> tuple[Any, ...]:
    """Return the user's own classes that a scenario holds: strategies of operators and policies, shocks."""
    return own_among(sorted(_kinds(scenario), key=lambda kind: (kind.__module__, kind.__qualname__)))


def _kinds(value: Any) -> set[type]:
    """Return the classes of all blocks in a block, mapping or list."""
    if isinstance(value, BaseModel):
        return {type(value)}.union(*map(_kinds, vars(value).values()))
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return set[type]().union(*map(_kinds, parts))


def file_hash(scenario: Scenario) -> str:
    """Hash of the customer file's bytes; empty where there is none."""
    return hash_of(own_path(scenario.customers.file or ""))


def hash_of(path: Path) -> str:
    """Hash of a file's bytes; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@dataclass(frozen=True)
class Design:
    """What to run. `table` has one row a run: a column for each key that varies, then policy, response, replication and
    seed.

    `bases` are the scenarios rows build on, `base_of` which of them each row does; `patched` are the keys of the table
    that are laid over the base (the others went into it).
    """

    table: pd.DataFrame
    bases: tuple[Scenario, ...]
    base_of: Sequence[int]
    patched: tuple[str, ...] = ()
    keep: tuple[str, ...] = ("runs",)
    own: Own = Own()
    rivals: tuple[str, ...] = ()  # operators that have a column "OPERATOR takes on" in the table

    @cached_property
    def jobs_rows(self) -> list[list[int]]:
        """Rows of the table by job, in the order of first appearance."""
        groups: dict[Any, list[int]] = {}
        columns = [self.table[key].tolist() for key in (*self.patched, "seed")]
        for row, identity in enumerate(zip(self.base_of, *columns, strict=True)):
            groups.setdefault(identity, []).append(row)
        return list(groups.values())

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return {str(name): column.tolist() for name, column in self.table.items()}

    def job(self, number: int) -> Job:
        """Return one job."""
        rows, columns = self.jobs_rows[number], self._columns
        first = rows[0]
        arms = tuple(
            Arm(
                columns["policy"][row],
                columns["response"][row],
                tuple((name, columns[f"{name} takes on"][row]) for name in self.rivals),
            )
            for row in rows
        )
        return Job(
            self.bases[self.base_of[first]],
            tuple((key, columns[key][first]) for key in self.patched),
            columns["seed"][first],
            arms,
            self.keep,
            self.own,
        )

    def jobs(self) -> Iterator[Job]:
        """Yield all jobs, made as they are asked for."""
        return (self.job(number) for number in range(len(self.jobs_rows)))


def is_patchable(scenario: Scenario, key: str, values: Sequence[Any]) -> bool:
    """Whether values may be laid over the scenario at this key; what changes its structure must be composed instead."""
    if key.rpartition(".")[2] in ("kind", "distribution") or key in ("name", "seed", "policy", "policies"):
        return False
    try:
        now = value_at(scenario, key)
    except InputError:
        return False
    return isinstance(now, int | float | str) and all(isinstance(value, int | float) for value in values)

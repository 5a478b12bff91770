"""Files as nobody would write them on purpose: customers, targets, designs, tables of moments, in any dress, with odd
cells, at times damaged. What is read keeps its bounds.
"""

import csv
import io
import random
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sim import load_scenario
from sim.analysis.moments import read_moments
from sim.commands.overrides import cell_value
from sim.config import Columns, Scenario
from sim.config.customer_file import FileFormat
from sim.experiments.calibration.targets import read_targets
from sim.experiments.csv_design import read_design
from sim.files.customer_file import read_customers
from tests.fuzz.trials import Trial, kept

ODD = (
    *(
        "",
        "NA",
        "null",
        "-",
        "0",
        "1",
        "2.5",
        "3,5",
        "22.900",
        "1.234,5",
        "1e3",
        "-4",
        "1e400",
        "9" * 40,
        "nan",
        "inf",
        "١٢",
    ),
    *("yes", "No", "ja", "True.", "alpha_M", "urban", "mass", "2023-05-01", "31.12.2022", "12/31/2021", "0000-00-00"),
    *(
        "nan",
        "inf",
        "١٢",
        "€ 5",
        "5 %",
        "'",
        '"',
        "x;y",
        "a,b",
        "\u00a0",
        "Ünï",
        "#",
        "\u2028",
        "=1+1",
        "--",
        "{a: 1}",
        "[1,2]",
        "1,2,3",
    ),
)
USUAL: dict[str, tuple[str, ...]] = {  # field of a customer file -> cells that are right
    "id": tuple(str(number) for number in range(900)),
    "plan": ("alpha_prepaid", "alpha_flex", "alpha_M", "alpha_L"),
    "tenure": tuple(str(number) for number in range(90)),
    "months_left": ("0", "3", "12"),
    "monthly_charge": ("9.50", "19.00", "26.00", "31.25", "41"),
    "region": ("urban", "rural"),
    "complaints": ("0", "0", "1", "0.3"),
    "churned": ("yes", "no", "0", "1"),
    "weight": ("1", "0.5", "12"),
}
DAYS = ("2019-03-01", "2020-01-31", "2023-12-31", "2024-02-29")
TARGETS: dict[str, tuple[str, ...]] = {
    "period": ("1", "3", "1-3", "12"),
    "operator": ("alpha", "beta", "gamma"),
    "measure": ("market_share", "churn_rate", "csat", "attention_rate"),
    "value": ("0.38", "0,38", "38 %", "0.019", "1.9 %"),
    "se": ("", "0.01", "0.2"),
    "scale": ("", "1"),
    "use": ("", "fit", "hold"),
}
ASKED = {"by": "segment", "group": "mass"}  # columns that go together
WRONG = {  # what looks like a cell of the column, and is none, or not beside the others
    "period": ("2011-05", "2011Q2", "-1", "4-2", "13"),
    "operator": ("market", "alfa", ""),
    "measure": ("arpu", "subscribers", "ebitda/service_revenue", "hhi", "arpu/", "+"),
    "value": ("38.4", "22.900", "3800000"),
    "se": ("0,2", "-1"),
    "scale": ("0.01",),
    "use": ("past",),
    "behaviour.attention.base": ("2", "0,05,1"),
    "operators.alpha.plans.alpha_M.fee": ("22.900", "-1"),
    "months": ("0", "1.5"),
    "policy": ("pionts",),
    "focal": ("alfa",),
    "churners": ("2,5", "99999"),
    "n": ("1.200,5",),
}
DESIGN: dict[str, tuple[str, ...]] = {
    "behaviour.attention.base": ("0.02", "0.05"),
    "operators.alpha.plans.alpha_M.fee": ("22.5", "26"),
    "months": ("2", "12"),
    "policy": ("none", "points"),
    "response": ("static", "responding"),
    "seed": ("1", "2"),
    "focal": ("alpha", "beta"),
}
MOMENTS: dict[str, tuple[str, ...]] = {
    "group": ("alpha M", "4-6", "(0, 6]"),
    "n": ("10", "1200"),
    "churners": ("0", "3"),
}


def _odd(luck: random.Random, name: str) -> tuple[str, ...]:
    return WRONG.get(name, ODD) if luck.random() < 0.5 else ODD


def table(luck: random.Random, usual: dict[str, tuple[str, ...]], names: Sequence[str], heads: Sequence[str]) -> bytes:
    """A table of usual and odd cells in some dress, at times damaged."""
    out = io.StringIO(newline="")
    separator, rows, odd = luck.choice(",;\t|"), luck.choice((0, 1, 3, 30, 80)), luck.choice((0.0, 0.0, 0.02, 0.2))
    writer = csv.writer(out, delimiter=separator, lineterminator=luck.choice(("\n", "\r\n")))
    out.write(luck.choice(("", "", "", f"sep={separator}\n", "Titel;x\n\n", "# start: 2011-01\n")))
    writer.writerow(heads)
    for _ in range(rows):
        cells = [luck.choice(_odd(luck, name) if luck.random() < odd else usual[name]) for name in names]
        writer.writerow(cells if luck.random() >= odd / 4 else luck.choice((cells[:-1], [*cells, "z"])))
    content = bytearray(out.getvalue().encode(luck.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252")), "replace"))
    if luck.random() < 0.1 and content:
        for _ in range(luck.randint(1, 6)):
            content[luck.randrange(len(content))] = luck.randrange(256)
    return bytes(content[: luck.randrange(len(content) + 1)] if luck.random() < 0.03 else content)


@cache
def _scenario() -> Scenario:
    return load_scenario("europe_three", ["burn_in=0", "months=12"])


def customers(luck: random.Random) -> Trial:
    """A customer file and a mapping to it."""
    fields = luck.sample(list(USUAL), luck.randint(1, 6))
    names = {
        name: luck.choice((name, name.upper(), f"{name} x", f'"{name}"', f"{name};1", f"Straße {name}"))
        for name in fields
    }
    usual, columns = dict(USUAL), dict[str, Any]()
    for name in fields:
        columns[name] = {"column": [names[name]]}
        if name in ("tenure", "months_left", "churned") and luck.random() < 0.2:
            columns[name]["date"], usual[name] = luck.choice(("ymd", "ymd", "dmy", "mdy")), DAYS
        elif name in ("tenure", "monthly_charge", "complaints") and luck.random() < 0.3:
            columns[name]["scale"] = luck.choice((1, 0.01, 12, 1000))
        if name in ("tenure", "complaints", "weight") and luck.random() < 0.3:
            columns[name]["values"] = {"": "0"}
    given = {
        "file": "f.csv",
        "columns": Columns(**columns),
        "as_of": date(2023, 12, 31),
        "skip_bad_rows": luck.random() < 0.3,
        "where": {names[fields[0]]: (luck.choice(usual[fields[0]]),)} if luck.random() < 0.1 else {},
        "format": FileFormat(decimal=luck.choice((None, None, ".", ","))),
    }
    content = table(luck, usual, fields, [names[name] for name in fields])
    return Trial("customers", lambda _: _imported(given), files={"f.csv": content})


def _imported(given: dict[str, Any]) -> None:
    """Import the customers; what is read of them keeps its bounds."""
    scenario = _scenario()
    file = read_customers(scenario.model_copy(update={"customers": scenario.customers.model_copy(update=given)}))
    kept("all columns have a value a row", file is not None and file.rows > 0)
    assert file is not None
    kept("all columns have a value a row", all(len(values) == file.rows for values in file.fields.values()))
    for name in {"tenure", "months_left", "monthly_charge", "complaints"} & file.fields.keys():
        values = file.fields[name]
        kept(f"{name} is a number, and not negative", np.isfinite(values).all() and (values >= 0).all())
        kept(f"{name} is no longer than a life", name in ("monthly_charge", "complaints") or (values <= 1200).all())


def targets(luck: random.Random) -> Trial:
    """A table of targets."""
    usual = TARGETS | ({name: (cell, "") for name, cell in ASKED.items()} if luck.random() < 0.2 else {})
    names = [*list(usual)[:4], *luck.sample(list(usual)[4:], luck.randint(0, len(usual) - 4))]
    heads = names if luck.random() < 0.9 else [luck.choice((name, name.upper(), f"{name} ", "")) for name in names]
    return Trial("targets", _targets_read, files={"t.csv": table(luck, usual, names, heads)})


def _targets_read(_: list[str]) -> None:
    found = read_targets(Path("t.csv"), _scenario())
    kept("a target is a number", all(np.isfinite(target.value) for target in found))


def designs(luck: random.Random) -> Trial:
    """A design of a sweep."""
    names = luck.sample(list(DESIGN), luck.randint(1, 4))
    heads = names if luck.random() < 0.9 else [luck.choice((name, "nope", "", f" {name}")) for name in names]
    return Trial("designs", _design_read, files={"d.csv": table(luck, DESIGN, names, heads)})


def _design_read(_: list[str]) -> None:
    rows = read_design(Path("d.csv"), _scenario(), cell_value)
    kept("a row of a design has every key", all(set(row) == set(rows[0]) for row in rows))


def moments(luck: random.Random) -> Trial:
    """A table of moments to hold a market against."""
    return Trial("moments", _moments_read, files={"m_by_plan.csv": table(luck, MOMENTS, list(MOMENTS), list(MOMENTS))})


def _moments_read(_: list[str]) -> None:
    for found in read_moments(Path(), _scenario(), "m").values():
        kept("no more left than were there", ((found["n"] >= 0) & (found["churners"] <= found["n"])).all())

"""Thousands of files as nobody would write them on purpose: each is read, or refused in words; none ends in a
traceback, and what is read keeps its bounds.

`python -m tests.test_fuzz_files 10000` tries more, and counts.
"""

import csv
import io
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import InputError, load_scenario
from sim.analysis.moments import read_moments
from sim.commands.overrides import cell_value
from sim.config import Columns, Scenario
from sim.config.customer_file import FileFormat
from sim.experiments.calibration.targets import read_targets
from sim.experiments.csv_design import read_design
from sim.files.customer_file import read_customers

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
    "period": ("1", "3", "1-3", "12", "2011-05", "2011Q2", "-1", "4-2"),
    "operator": ("alpha", "beta", "gamma", "market", "alfa"),
    "measure": (
        "market_share",
        "churn_rate",
        "arpu",
        "subscribers",
        "csat",
        "ebitda/service_revenue",
        "hhi",
        "arpu/",
        "+",
    ),
    "value": ("0.38", "38.4", "0,38", "1.9 %", "23.5", "22.900", "3800000"),
    "se": ("", "0.01", "0,2"),
    "scale": ("", "1", "0.01"),
    "use": ("", "fit", "hold", "past"),
    "by": ("", "segment", "tenure", "plan"),
    "group": ("", "mass", "0-12", "alpha_M"),
}
DESIGN: dict[str, tuple[str, ...]] = {
    "behaviour.attention.base": ("0.02", "0,05"),
    "operators.alpha.plans.alpha_M.fee": ("22.5", "22.900"),
    "months": ("2", "12"),
    "policy": ("none", "points", "pionts"),
    "response": ("static", "responding"),
    "seed": ("1", "2"),
    "focal": ("alpha", "beta"),
    "nope": ("1",),
}
MOMENTS: dict[str, tuple[str, ...]] = {
    "group": ("alpha M", "4-6", "(0, 6]"),
    "n": ("10", "1200", "1.200,5"),
    "churners": ("0", "3", "2,5"),
}


def table(luck: random.Random, usual: dict[str, tuple[str, ...]], names: Sequence[str], heads: Sequence[str]) -> bytes:
    """A table of usual and odd cells in some dress, at times damaged."""
    out = io.StringIO(newline="")
    separator, rows, odd = luck.choice(",;\t|"), luck.choice((0, 1, 3, 30, 80)), luck.choice((0.0, 0.0, 0.02, 0.2))
    writer = csv.writer(out, delimiter=separator, lineterminator=luck.choice(("\n", "\r\n")))
    out.write(luck.choice(("", "", "", f"sep={separator}\n", "Titel;x\n\n", "# start: 2011-01\n")))
    writer.writerow(heads)
    for _ in range(rows):
        cells = [luck.choice(ODD if luck.random() < odd else usual[name]) for name in names]
        writer.writerow(cells if luck.random() >= odd / 4 else luck.choice((cells[:-1], [*cells, "z"])))
    content = bytearray(out.getvalue().encode(luck.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252")), "replace"))
    if luck.random() < 0.1 and content:
        for _ in range(luck.randint(1, 6)):
            content[luck.randrange(len(content))] = luck.randrange(256)
    return bytes(content[: luck.randrange(len(content) + 1)] if luck.random() < 0.03 else content)


def customers(luck: random.Random, scenario: Scenario) -> None:
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
    Path("f.csv").write_bytes(table(luck, usual, fields, [names[name] for name in fields]))
    given = {
        "file": "f.csv",
        "columns": Columns(**columns),
        "as_of": date(2023, 12, 31),
        "skip_bad_rows": luck.random() < 0.3,
        "where": {names[fields[0]]: (luck.choice(usual[fields[0]]),)} if luck.random() < 0.1 else {},
        "format": FileFormat(decimal=luck.choice((None, None, ".", ","))),
    }
    file = read_customers(scenario.model_copy(update={"customers": scenario.customers.model_copy(update=given)}))
    assert file is not None and file.rows > 0 and all(len(values) == file.rows for values in file.fields.values())
    for name in {"tenure", "months_left", "monthly_charge", "complaints"} & file.fields.keys():
        assert np.isfinite(file.fields[name]).all() and (file.fields[name] >= 0).all()
        assert (file.fields[name] <= 1200).all() or name in ("monthly_charge", "complaints")


def targets(luck: random.Random, scenario: Scenario) -> None:
    names = [*list(TARGETS)[:4], *luck.sample(list(TARGETS)[4:], luck.randint(0, 5))]
    Path("t.csv").write_bytes(table(luck, TARGETS, names, names))
    assert all(np.isfinite(target.value) for target in read_targets(Path("t.csv"), scenario))


def designs(luck: random.Random, scenario: Scenario) -> None:
    names = luck.sample(list(DESIGN), luck.randint(1, 4))
    Path("d.csv").write_bytes(table(luck, DESIGN, names, names))
    assert all(set(row) == set(names) for row in read_design(Path("d.csv"), scenario, cell_value))


def moments(luck: random.Random, scenario: Scenario) -> None:
    Path("m_by_plan.csv").write_bytes(table(luck, MOMENTS, list(MOMENTS), list(MOMENTS)))
    for found in read_moments(Path(), scenario, "m").values():
        assert ((found["n"] >= 0) & (found["churners"] <= found["n"])).all()


KINDS: tuple[Callable[[random.Random, Scenario], None], ...] = (customers, customers, targets, designs, moments)


def tried(count: int, seed: int) -> Counter[str]:
    """Read so many files; return how many of each kind were read and refused."""
    luck, found = random.Random(seed), Counter[str]()
    scenario = load_scenario("europe_three", ["burn_in=0", "months=12"])
    for _ in range(count):
        kind = luck.choice(KINDS)
        try:
            kind(luck, scenario)
            found[f"{kind.__name__} read"] += 1
        except InputError as error:
            assert len(str(error)) < 12_000 and str(error).count("\n") < 80, str(error)
            found[f"{kind.__name__} refused"] += 1
    return found


@pytest.mark.properties
def test_every_file_is_read_or_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = tried(300, seed=7)
    assert found.total() == 300 and min(found["customers read"], found["customers refused"]) > 10


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print(dict(sorted(tried(int(sys.argv[1]), seed=int((sys.argv[2:] or ["1"])[0])).items())))

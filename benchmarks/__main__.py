"""churnlab against its rivals in the same small market, in one run: `python -m benchmarks`, or `make bench`.

Every run is a process of its own, and repeats are interleaved: in each repeat, at each size, everybody runs once.
Rivals that cannot be installed are left out, and named. Exits with 1 if a rival does not live the same market."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import environments
from benchmarks.agreement import RISK, compare_runs, compare_worlds
from benchmarks.contenders import CONTENDERS, REFERENCE, months_for
from benchmarks.machine import HOUSE, RESULTS, machine, write_results
from benchmarks.options import fill
from benchmarks.small_market import figure_names
from benchmarks.table import size_name, table_of
from sim import load_scenario
from sim.errors import InputError, nearest
from sim.files.whole import write_whole

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "POLARS_MAX_THREADS",
    )
}
WATCHED, MONTHS, WORLDS = 4_000, 12, 24  # people, months and worlds in which trajectories are compared
PAGE = HOUSE / "docs" / "performance.md"


def options(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a check of about two minutes: one repeat, at 10k and 100k, short runs; nothing is written",
    )
    parser.add_argument(
        "--full", action="store_true", help="also the sizes at which a rival takes very long (AgentPy at 1M)"
    )
    parser.add_argument("--sizes", type=_sizes, help="people, with commas (10000,100000,1000000)")
    parser.add_argument("--repeats", type=int, help="of every run (3)")
    parser.add_argument("--seconds", type=float, help="that a run should measure (2)")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help=f"of {', '.join(CONTENDERS)}; {REFERENCE} always runs"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (benchmarks/results)")
    parser.add_argument(
        "--table", action="store_true", help="measure nothing; put the stored results' table into the pages"
    )
    parser.add_argument(
        "--pages", type=Path, nargs="*", default=[PAGE], help="pages whose table is rewritten (docs/performance.md)"
    )
    given = parser.parse_args(words)
    given.repeats = given.repeats or (1 if given.quick else 3)
    given.seconds = given.seconds or (0.4 if given.quick else 2.0)
    given.sizes = given.sizes or ([10_000, 100_000] if given.quick else [10_000, 100_000, 1_000_000])
    for name in given.only or ():
        if name not in CONTENDERS:
            parser.error(f"--only {name}: no such contender{nearest(name, CONTENDERS)}")
    return given


def _sizes(text: str) -> list[int]:
    return sorted({int(part.replace("_", "")) for part in text.split(",")})


def run_one(name: str, opening: Path, people: int, *more: str) -> Any:
    """Run a contender in a process of its own; return what it measured, or in words why it could not."""
    contender = CONTENDERS.get(name)
    python = environments.python_of(contender) if contender else sys.executable
    words = [
        str(python),
        "-W",
        "ignore",
        "-m",
        "benchmarks.run_one",
        name,
        "--opening",
        str(opening),
        "--people",
        str(people),
        *more,
    ]
    done = subprocess.run(
        words, cwd=HOUSE, env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(HOUSE)}, capture_output=True, text=True
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}


class Bench:
    """A benchmark under way: who takes part, what was measured, and what is to be said."""

    def __init__(self, given: argparse.Namespace, folder: Path):
        self.given, self.folder = given, folder
        self.operators = list(load_scenario("small_market").operators)
        self.names = figure_names(self.operators)
        self.rows: list[dict[str, Any]] = []
        self.agreement: dict[str, str] = {}
        self.worlds: dict[str, Any] = {}
        self.notes: list[str] = []
        self.differ = False
        self.load = os.getloadavg()[0]  # of the machine before the benchmark begins

    def tell(self, line: str) -> None:
        """Print a line, and keep it for the results."""
        print(line, flush=True)
        self.notes.append(line)

    def opening(self, people: int) -> Path:
        """File of the small market's opening with so many people; drawn by churnlab, the same for all."""
        path = self.folder / f"{people}.npz"
        if not path.exists():
            if found := run_one("opening", path, people):
                raise SystemExit(f"the opening could not be drawn: {found}")
        return path

    def contenders(self) -> list[str]:
        """Names of those who take part: asked for, and installed."""
        asked = [name for name in CONTENDERS if self.given.only is None or name in self.given.only or name == REFERENCE]
        able = []
        for name in asked:
            if why := environments.install(CONTENDERS[name]):
                self.tell(f"{CONTENDERS[name].title}: left out, it cannot be installed here ({why})")
            else:
                able.append(name)
        return able

    def watch(self, names: Sequence[str]) -> None:
        """See whether rivals live the same market as churnlab."""
        for name in names:
            contender = CONTENDERS[name]
            if contender.is_churnlab and name != REFERENCE:
                continue
            found = run_one(name, self.opening(WATCHED), WATCHED, "--months", str(MONTHS), "--worlds", str(WORLDS))
            if isinstance(found, str):
                self.refuse(name, f"does not run ({found})")
                continue
            self.worlds[name] = found
            if name == REFERENCE:
                continue
            verdict = compare_worlds(self.worlds[REFERENCE], found, self.names)
            self.agreement[name] = verdict.told()
            if verdict.agrees:
                print(
                    f"{contender.title}: the same market ({verdict.figures} figures; farthest: {verdict.worst}, p ="
                    f" {verdict.p_value:.2g})",
                    flush=True,
                )
            else:
                self.refuse(name, verdict.told())

    def refuse(self, name: str, why: str) -> None:
        """Note that a rival does not live the same market."""
        self.differ = True
        self.agreement[name] = why
        self.tell(f"{CONTENDERS[name].title}: not the same market: {why}")

    def measure(self, names: Sequence[str]) -> None:
        """Run everybody at every size, repeat by repeat."""
        for repeat in range(self.given.repeats):
            for people in self.given.sizes:
                ours: Any = None
                for name in names:
                    found = self.run(name, people, repeat)
                    if found is None:
                        continue
                    ours = found["figures"] if name == REFERENCE else ours
                    if ours and name in self.worlds and name != REFERENCE:
                        verdict = compare_runs(
                            ours, found["figures"], self.worlds[REFERENCE], people, WATCHED, self.names
                        )
                        if not verdict.agrees:
                            self.refuse(name, f"at {size_name(people)}, {verdict.told()}")

    def run(self, name: str, people: int, repeat: int) -> Any:
        """Run one contender once; return what it measured, None where it is left out."""
        contender = CONTENDERS[name]
        if people > contender.most and not self.given.full:
            if repeat == 0:
                self.tell(f"{contender.title}: not run at {size_name(people)}, it takes too long; --full does")
            return None
        if name in self.agreement and name not in self.worlds:
            return None
        found = run_one(
            name,
            self.opening(people),
            people,
            "--months",
            str(months_for(contender, people, self.given.seconds)),
            "--seed",
            str(repeat),
        )
        if isinstance(found, str):
            self.tell(f"{contender.title}: failed at {size_name(people)} ({found})")
            return None
        row = {key: value for key, value in found.items() if key != "figures"}
        self.rows.append(
            {
                "repeat": repeat,
                "contender": name,
                "people": people,
                "threads": contender.threads or os.cpu_count(),
                **row,
            }
        )
        print(
            f"{repeat + 1}/{self.given.repeats}  {size_name(people):>5}  {contender.title:<62} {row['cpu_ns']:>8,.0f}"
            f" ns  {row['peak_mib']:>7,.0f} MiB",
            flush=True,
        )
        return found

    def write(self, frame: pd.DataFrame, names: Sequence[str]) -> None:
        """Keep results with the machine and versions they were measured with, and put the table into the pages."""
        rivals = {
            CONTENDERS[name].package: environments.versions_in(CONTENDERS[name])
            for name in names
            if CONTENDERS[name].needs
        }
        more = {
            "rivals": rivals,
            "agreement": self.agreement,
            "notes": self.notes,
            "repeats": self.given.repeats,
            "seconds": self.given.seconds,
            "load": round(self.load, 1),
        }
        write_results("rivals", frame, self.given.out, more)
        table = stored_table(self.given.out)
        write_whole(self.given.out / "rivals.md", table)
        if self.given.out == RESULTS:
            for page in self.given.pages:
                fill(page, "bench", table)


def below(told: dict[str, Any]) -> str:
    """Return the line under the table: on what machine, when, with which versions."""
    at, versions = told["machine"], told["versions"]
    rivals = {
        package: found.get(package, found.get(package.replace("-", "_"), ""))
        for package, found in told.get("rivals", {}).items()
    }
    parts = [
        f"{name} {version}"
        for name, version in {
            "NumPy": versions["numpy"],
            "Numba": versions["numba"],
            "Mesa": versions["Mesa"],
            **rivals,
        }.items()
    ]
    where = f"{at['processor']}, {at['cores']} cores, {at['memory']}" + (
        f", busy with other work (load {told['load']})" if told.get("load", 0.0) > 0.5 else ""
    )
    return (
        f"\nMeasured on {told['measured']} at commit {told['commit']} on {where}; Python {at['python']},"
        f" {', '.join(parts)}; {told['repeats']} repeats.\n"
    )


def stored_table(folder: Path) -> str:
    """Table of the results in a folder, with the line that says how they were measured."""
    told = json.loads((folder / "rivals.json").read_text(encoding="utf-8"))
    return table_of(pd.read_csv(folder / "rivals.csv"), told["agreement"]) + below(told)


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    given = options(words)
    if given.table:
        try:
            for page in given.pages:
                fill(page, "bench", stored_table(given.out))
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given, Path(folder))
        names = bench.contenders()
        bench.watch(names)
        bench.measure(names)
    frame = pd.DataFrame(bench.rows)
    print(
        f"\n{table_of(frame, bench.agreement)}\nTook {(time.perf_counter() - begun) / 60:.0f} minutes on"
        f" {machine()['processor']}; agreement is refused below a risk of {RISK:g}."
    )
    if not given.quick:
        bench.write(frame, names)
        print(f"Written to {given.out}")
    return int(bench.differ)


if __name__ == "__main__":
    sys.exit(main())

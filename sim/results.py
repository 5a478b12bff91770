"""What a results folder holds, and how it is read back."""

import hashlib
import itertools
import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from agents.strategies.contract import Strategy
from sim.config import Scenario
from sim.config.own import OWN
from sim.config.shocks import Shock
from sim.config.versions import churnlab_version, commit, library_versions, model_version
from sim.errors import InputError, StoppedError
from sim.experiments.asked import code_asked, files_asked
from sim.experiments.design import file_hash, own_kinds
from sim.experiments.executor import in_words
from sim.experiments.kept import copy_files, kept, kept_kinds
from sim.experiments.units import with_units
from sim.files.tables import STUDIES, not_as_written, read_manifest, read_table, write_manifest, write_tables
from sim.files.whole import write_folder
from sim.plugins import provided, source_hash

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison
    from sim.experiments.record import Study
    from sim.market import Market

NOTEBOOK = "sim.report.notebook"  # imported when asked for


REPORT = "report.html"
MADE = "made in Python"  # in place of a command
NOT_KEPT = ("customers",)  # tables of a comparison with a row for every person and arm
Extra = tuple[str, pd.DataFrame, str]  # title, table, caption


@dataclass(frozen=True)
class RunResult:
    """One run of a market, as its folder keeps it and its report shows it."""

    scenario: Scenario
    kpis: pd.DataFrame
    overview: pd.DataFrame
    ledger: pd.DataFrame
    ports: pd.DataFrame
    prices: pd.DataFrame
    relations: pd.DataFrame
    panel: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)
    extra: list[Extra] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return str(import_module(NOTEBOOK).line_of_run(self))

    def _repr_html_(self) -> str:
        return str(import_module(NOTEBOOK).html_of_result(repr(self), self.kpis))

    def plot(self, measure: str = "market_share") -> Any:
        """Draw how a measure of `kpis` or `overview` develops, a line an operator; a matplotlib Figure."""
        return import_module(NOTEBOOK).plot_course(self, measure)

    @classmethod
    def of(
        cls,
        market: "Market",
        notes: Sequence[str] = (),
        extra: Sequence[Extra] = (),
        manifest: dict[str, Any] | None = None,
    ) -> "RunResult":
        """Take the tables of a market that has run; the panel only where the scenario asks for it."""
        panel = market.panel if market.scenario.panel.share > 0.0 else None
        return cls(
            market.scenario,
            market.kpis,
            market.overview,
            market.ledger,
            market.ports,
            market.prices,
            market.long_tables,
            panel,
            list(notes),
            list(extra),
            manifest or {},
        )

    def save(self, folder: str | Path, csv: bool = False) -> Path:
        """Write tables, manifest and report into a new folder; `sim.load` reads them back."""
        return save(self, Path(folder), csv)


# --- what is known about a result ------------------------------------------------------------------------------------


def study_manifest(study: "Study", command: str, **more: Any) -> dict[str, Any]:
    """Say what makes a study again."""
    from sim.experiments.record import plan_to_json

    told = {"plan": plan_to_json(study.plan), "facts": study.facts, "tables": list(study.tables)}
    return manifest_of(study.kind, study.scenario, command, study.weight, **told, **more)


def _manifest_in_python(result: "RunResult | Comparison | Study") -> dict[str, Any]:
    """Say what makes a result again that was not made by the command line."""
    from sim.experiments.record import Study

    scenario = result.scenario
    if isinstance(result, RunResult):
        return manifest_of("run", scenario, MADE, scenario.market_size / scenario.customers.count)
    asked: dict[str, Any] = {"asked": result.asked} if result.asked else {}
    if isinstance(result, Study):
        manifest = study_manifest(result, MADE, **asked)
    else:
        told = {"policies": result.policies, "replications": result.replications}
        manifest = manifest_of("compare", scenario, MADE, result.weight, **told, **asked)
    return manifest | {"files": kept(scenario, MADE, code_asked(result.asked), files_asked(result.asked))}


def manifest_of(kind: str, scenario: Scenario, command: str, weight: float, **more: Any) -> dict[str, Any]:
    """Say what makes a result again: scenario as resolved, seed, versions, time, hash, command.

    The hash covers the scenario, the rest of the experiment (`more`), the customer file's bytes, the model's version
    and the source of the user's own classes: what could change a number.
    """
    import platform

    resolved, brought = scenario.model_dump(mode="json"), provided(scenario.plugins)
    code = source_hash([*own_kinds(scenario), brought.customer, *brought.measures.values()])
    told = [kind, {**resolved, "plugins": code}, more, model_version(), file_hash(scenario)]
    inputs = json.dumps(told, sort_keys=True)
    return {
        "kind": kind,
        "name": scenario.name,
        "command": command,
        "seed": scenario.seed,
        **more,
        "version": churnlab_version(),
        "model": model_version(),
        "commit": commit(),
        "versions": {
            "python": platform.python_version(),
            "churnlab": churnlab_version(),
            **library_versions(),
        },
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        "hash": hashlib.sha256(inputs.encode()).hexdigest()[:8],
        "weight": weight,
        "files": kept(scenario, command),
        "scenario": resolved,
    }


def folders_for(root: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """Yield names for a result's folder: root / scenario / time-kind-hash; numbered where that second has some
    already.
    """
    stamp = manifest["created"].removesuffix(" UTC").replace("-", "").replace(":", "").replace(" ", "-")
    folder = root / str(manifest["name"]) / f"{stamp}-{manifest['kind']}-{manifest['hash']}"
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))


# --- writing ---------------------------------------------------------------------------------------------------------


class ReportError(StoppedError):
    """A report could not be drawn; tables and manifest of the result are in `folder`."""

    def __init__(self, folder: Path, error: BaseException) -> None:
        words = " ".join(str(error).split())
        super().__init__(
            f"the report could not be drawn: {type(error).__name__}{': ' * bool(words)}{words}; tables and manifest are"
            f" whole in {folder}, and `churnlab report {shlex.quote(str(folder))}` draws it again"
        )
        self.folder = folder


def save(result: "RunResult | Comparison | Study", folder: Path, csv: bool = False) -> Path:
    """Write tables, manifest and report of a result; return the folder."""
    if os.path.lexists(folder):
        raise InputError(f"{folder}: is there already; a result is written to a new folder")
    return _save(result, [folder], csv)


def save_under(root: Path, result: "RunResult | Comparison | Study", csv: bool = False) -> Path:
    """Write a result into a folder of its own below `root`; return it."""
    return _save(result, folders_for(root, result.manifest), csv)


def _save(result: "RunResult | Comparison | Study", places: Iterable[Path], csv: bool) -> Path:
    """Write tables and manifest, whole or not at all; then draw the report, which can be drawn again."""
    if not result.manifest:
        result.manifest.update(_manifest_in_python(result))
    scenario = result.scenario
    weight = scenario.market_size / scenario.customers.count
    tables = {name: with_units(table, scenario.currency, weight) for name, table in tables_of(result).items()}
    sections = [
        {"title": title, "caption": caption, "table": f"section_{number}"}
        for number, (title, _, caption) in enumerate(result.extra, start=1)
    ]
    tables |= {f"section_{number}": table for number, (_, table, _) in enumerate(result.extra, start=1)}
    failures = {} if isinstance(result, RunResult) or not result.failures else {"failures": result.failures}

    def fill(folder: Path) -> None:
        write_tables(folder, tables, csv)
        for name, text in getattr(result, "files", {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        copy_files(result.manifest["files"], folder)
        write_manifest(folder, {**result.manifest, "notes": result.notes, "sections": sections, **failures})

    try:
        folder = write_folder(places, fill)
    except FileExistsError:
        raise
    except OSError as error:
        raise StoppedError(
            f"the result cannot be written: {error.strerror or error}; nothing half-written is left: make room, or give"
            " another folder, and ask again"
        ) from error
    try:
        write_page(result, folder)
    except BaseException as error:
        told = ReportError(folder, error)
        if isinstance(error, Exception):
            raise told from error
        error.add_note(str(told))  # an interrupt
        raise
    return folder


def tables_of(result: "RunResult | Comparison | Study") -> dict[str, pd.DataFrame]:
    """Tables a folder keeps, by name."""
    from sim.experiments.record import Study

    if isinstance(result, Study):
        return dict(result.tables)
    found = {item.name: getattr(result, item.name) for item in fields(result)}
    return {name: table for name, table in found.items() if isinstance(table, pd.DataFrame) and name not in NOT_KEPT}


def write_page(result: "RunResult | Comparison | Study", folder: Path) -> Path:
    """Write a result's report into a folder."""
    from sim.experiments.record import Study
    from sim.report import page

    path, command = folder / REPORT, result.manifest["command"]
    if isinstance(result, RunResult):
        return page.write_run_report(result, path, command)
    if isinstance(result, Study):
        return page.write_study_report(result, path, command)
    return page.write_report(result, path, command)


# --- reading ---------------------------------------------------------------------------------------------------------


def load(
    folder: str | Path, strategies: Sequence[type[Strategy]] = (), shocks: Sequence[type[Shock]] = ()
) -> "RunResult | Comparison | Study":
    """Read a result back from its folder.

    Own classes of its scenario are imported from the copies that the folder keeps, unless they are given: a folder from
    somebody else may hold code that runs when it is read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    result = _loaded(folder, manifest, scenario_in(manifest, folder, (*strategies, *shocks)))
    manifest.pop("sha256", None)  # of the folder, not of the result
    return result


def _loaded(folder: Path, manifest: dict[str, Any], scenario: Scenario) -> "RunResult | Comparison | Study":
    """Read the tables of a result; what stands in fields of its own leaves the manifest."""
    sections = [
        (item["title"], read_table(folder, item["table"], manifest), item["caption"])
        for item in manifest.pop("sections")
    ]
    notes = manifest.pop("notes")
    if manifest["kind"] == "run":
        names = ("kpis", "overview", "ledger", "ports", "prices", "relations")
        tables = {name: read_table(folder, name, manifest) for name in names}
        has_panel = (folder / "panel.parquet").is_file() or "panel.parquet" in manifest.get("sha256", {})
        panel = read_table(folder, "panel", manifest) if has_panel else None
        return RunResult(scenario, **tables, panel=panel, notes=notes, extra=sections, manifest=manifest)
    if manifest["kind"] in STUDIES:
        return _load_study(folder, scenario, manifest, notes)
    return _load_comparison(folder, scenario, manifest, notes, sections)


def scenario_in(manifest: Mapping[str, Any], folder: Path, own: Sequence[type]) -> Scenario:
    """Return the scenario that a manifest holds."""
    try:
        return Scenario.model_validate(manifest["scenario"], context={OWN: kept_kinds(manifest, folder, own)})
    except InputError:
        raise
    except Exception as error:  # whatever a validator makes of what is no scenario
        words = f"scenario: {' '.join(str(error).split())[:200]}"
        raise not_as_written(manifest, folder, words) from None


def _load_study(folder: Path, scenario: Scenario, manifest: dict[str, Any], notes: list[str]) -> "Study":
    from sim.experiments.record import Study, plan_from_json

    failures = manifest.pop("failures", [])
    tables = {name: read_table(folder, name, manifest) for name in manifest["tables"]}
    try:
        plan = plan_from_json(manifest["plan"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise not_as_written(manifest, folder, f"plan: {in_words(error)}") from None
    return Study(
        manifest["kind"],
        scenario,
        plan,
        manifest["weight"],
        tables,
        manifest["facts"],
        notes,
        failures,
        manifest,
    )


def _load_comparison(
    folder: Path,
    scenario: Scenario,
    manifest: dict[str, Any],
    notes: list[str],
    sections: list[Extra],
) -> "Comparison":
    from sim.experiments.compare import Comparison

    failures = manifest.pop("failures", [])
    names = [item.name for item in fields(Comparison) if item.type in (pd.DataFrame, "pd.DataFrame")]
    kept = [name for name in names if name not in NOT_KEPT]
    if "calm.parquet" not in manifest.get("sha256", {}):  # of before it was known what doing nothing costs
        kept.remove("calm")
    tables: dict[str, Any] = {
        name: read_table(folder, name, manifest) if name in kept else pd.DataFrame() for name in names
    }
    return Comparison(
        scenario=scenario,
        policies=manifest["policies"],
        replications=manifest["replications"],
        focal=scenario.focal,
        weight=manifest["weight"],
        **tables,
        notes=notes,
        extra=list(sections),
        manifest=manifest,
        failures=failures,
    )

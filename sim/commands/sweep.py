"""`churnlab sweep`: every combination of some values."""

from argparse import Namespace
from pathlib import Path

from sim.commands.output import announce_compilation, print_json, progress, text_table
from sim.commands.overrides import command_line, scenario_overrides, take_axes, take_replications
from sim.customer_file import read_customers
from sim.errors import InputError
from sim.experiments import sweep as experiment
from sim.loading import load_scenario
from sim.results import check_writable, folder_for, manifest_of, save_table

SHOWN = ("npv", "churn_rate", "arpu", "market_share", "csat", "ebitda")


def sweep(arguments: Namespace) -> int:
    """Run the combinations, write the table, print the focal operator's means."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, 1)
    axes, overrides = take_axes(overrides)
    if not axes:
        raise InputError("sweep: give at least one key several values, e.g. behaviour.attention.base=0.02,0.04")
    scenario = load_scenario(arguments.scenario, overrides)
    read_customers(scenario)  # its faults are told once, before any process is started
    root = Path(arguments.out)
    check_writable(root)
    announce_compilation()
    with progress(f"{scenario.name}: runs") as advance:
        table = experiment.sweep(arguments.scenario, axes, replications, overrides, arguments.jobs, advance)
    weight = scenario.market_size / scenario.customers.count
    manifest = manifest_of("sweep", scenario, command_line("sweep", arguments.scenario, given), weight, axes=axes, replications=replications)
    folder = save_table(table, "sweep", manifest, folder_for(root, manifest), arguments.csv)
    if arguments.json:
        print_json({"kind": "sweep", "scenario": scenario.name, "axes": axes, "replications": replications, "folder": folder, "table": table})
        return 0
    focal = table[table["operator"] == scenario.focal]
    measures = [name for name in SHOWN if name in table]
    means = focal.groupby(list(axes), sort=False)[measures].mean().reset_index()
    rows = [[str(row[key]) for key in axes] + [f"{row[name]:,.5g}" for name in measures] for row in means.to_dict("records")]
    print(f"{scenario.name}: {scenario.focal}, means over {replications} replication{'s' if replications > 1 else ''}; money of the simulated market\n")
    print(text_table([*axes, *measures], rows))
    print(f"\nTable: {folder / 'sweep.parquet'}")
    return 0

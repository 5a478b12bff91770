"""`churnlab report`: the report again, from the folder alone."""

from argparse import Namespace
from pathlib import Path

from sim.commands.output import print_json
from sim.errors import InputError
from sim.experiments.executor import in_words
from sim.results import load, write_page


def report(arguments: Namespace) -> int:
    """Write report.html of a results folder again."""
    folder = Path(arguments.folder)
    try:
        path = write_page(load(folder), folder)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{folder}: the report cannot be written: {error.strerror}") from None
    except Exception as error:  # tables and facts that are not what a report needs fail in many ways
        raise InputError(
            f"{folder}: the report cannot be drawn from what the folder holds: {in_words(error)[:200]}; it may"
            " be damaged, or of another version"
        ) from error
    if arguments.json:
        print_json({"report": path})
    else:
        print(f"Report: {path}")
    return 0

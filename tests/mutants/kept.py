"""A pytest plugin for planted faults: machine code stays that of the tree without the fault, and rules run as plain
Python where Python calls them.

Compiling the month anew takes twenty seconds a fault. Objects take its steps as plain Python, so they show a fault in
a second, after a world that the kept code has opened and warmed up. What is compiled with the file that bears the fault
is compiled anew.
"""

import os
from typing import Any

import numba
import pytest

from agents import rule

FOLDER = "CHURNLAB_KEPT_CODE"  # environment variable: where the code is kept


def called(self: Any, *values: Any, **named: Any) -> Any:
    """Run a customer's rule as it is written; draws need the whole numbers of machine code."""
    is_of_customer = self.py_func.__module__.startswith("agents.customer")
    return (self.py_func if is_of_customer else self.compiled)(*values, **named)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Change this before the model is imported."""
    numba.config.CACHE_DIR = os.environ[FOLDER]
    rule._Rule.__call__ = called

"""What a scenario may say: every key under scenarios/, with its meaning, unit, bounds and source.

One file a part of a scenario; whoever needs a part's schema takes it from here. Names are imported when first used, so
that files can be found and completed without the schema.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.plan import Plan
    from sim.config.behaviour import Behaviour
    from sim.config.customer_file import Column, Columns
    from sim.config.customers import TRAITS, CustomersConfig, Segment
    from sim.config.operators import Network, OperatorConfig, Policy
    from sim.config.scenario import Scenario
    from sim.config.traits import Distribution

_HOME = {
    "behaviour": ("Behaviour",),
    "customer_file": ("Column", "Columns"),
    "customers": ("TRAITS", "CustomersConfig", "Segment"),
    "operators": ("Network", "OperatorConfig", "Plan", "Policy"),
    "scenario": ("Scenario",),
    "traits": ("Distribution",),
}

__all__ = [
    "TRAITS",
    "Behaviour",
    "Column",
    "Columns",
    "CustomersConfig",
    "Distribution",
    "Network",
    "OperatorConfig",
    "Plan",
    "Policy",
    "Scenario",
    "Segment",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"sim.config.{module}"), name)
    raise AttributeError(f"module 'sim.config' has no attribute '{name}'")

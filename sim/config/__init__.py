"""What a scenario may say: every key under scenarios/, with its meaning, unit, bounds and source.

One file a part of a scenario; whoever needs a part's schema takes it from here.
"""

from sim.config.behaviour import Behaviour
from sim.config.customer_file import Column, Columns
from sim.config.customers import TRAITS, CustomersConfig, Segment
from sim.config.operators import Network, OperatorConfig, Plan, Policy
from sim.config.scenario import Scenario
from sim.config.traits import Distribution

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

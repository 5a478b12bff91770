"""Published facts of the industry, each with the way it is measured in the lab. What is asked is in every `Fact`;
`sim.experiments.validate` runs them.
"""

from sim.facts import competition, economics, service, social, tenure
from sim.facts.fact import Check, Fact
from sim.facts.lab import Lab

_ALL = (*tenure.FACTS, *competition.FACTS, *service.FACTS, *social.FACTS, *economics.FACTS)
FACTS: tuple[Fact, ...] = tuple(sorted(_ALL, key=lambda fact: int(fact.number)))

__all__ = ["FACTS", "Check", "Fact", "Lab"]

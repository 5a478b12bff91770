"""Published facts of the industry, each with the way it is measured in the lab. What is asked is in every `Fact`; `sim.experiments.validate` runs them."""

from sim.facts import competition, economics, service, social, tenure
from sim.facts.fact import Check, Fact
from sim.facts.lab import Lab

FACTS: tuple[Fact, ...] = (*tenure.FACTS, *competition.FACTS, *service.FACTS, *social.FACTS, *economics.FACTS)

__all__ = ["FACTS", "Check", "Fact", "Lab"]

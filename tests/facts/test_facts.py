"""Published facts in the default market. Those that one world tells run here; all of them, with a neighbourhood, in
`churnlab validate` and `make validate`.
"""

import pytest

from sim.experiments.validate import MET, POLICIES, validate
from sim.experiments.wargame import with_policies
from sim.facts import FACTS, Fact, Lab
from sim.loading import load_scenario

pytestmark = pytest.mark.facts

# a second or two each, and far from what was asked beside chance
QUICK = ("1", "3", "7", "8", "12", "13", "16", "17", "18", "19", "20", "21", "22", "28")
NOT_MET = {  # what the default market does not give, or eight worlds do not tell, and why, as far as known
    "4": "cannot be told: terms hold and the free leave more; what of it is selection lies within chance",
    "5": "cannot be told: causes are nearly independent here",
    "10": "portability levels shares by tastes; discounts for ties do not outweigh it",
    "15": "-1.35 where at most -1.5 was asked: who stays is offered nearly what joining brings",
    "24": "cannot be told: naive is about 2.8 times the true effect, with an interval that reaches below 2",
    "25": "cannot be told: too few are referred",
    "26": "cannot be told: since fixed costs stay where they are, more retention is worth what the formula says",
    "31": (
        "cannot be told: who is at risk for what the operator can see is also who can be held, and uplift comes level"
        " with risk"
    ),
    "32": "cannot be told: naive over true is 2.0 to 2.3, with an interval that reaches below 2",
    "33": "six months of a lower fee hold those who came back for both longer than those who came for a device",
}


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab(with_policies(load_scenario("europe_three", ["panel.share=1", "panel.truth=true"]), POLICIES), seed=1)


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.number in QUICK], ids=lambda fact: fact.number)
def test_fact(fact: Fact, lab: Lab) -> None:
    found = fact.measure(lab)
    assert {check.name: found[check.name] for check in fact.checks if not check.holds(found[check.name])} == {}


def test_every_fact_is_examined_somewhere_and_has_its_source() -> None:
    numbers = [fact.number for fact in FACTS]
    assert len(set(numbers)) == len(numbers) and {*QUICK, *NOT_MET} <= set(numbers)
    assert all(fact.source and fact.how and fact.published for fact in FACTS)
    assert {fact.number for fact in FACTS if fact.is_tuned} == {"1", "7", "8", "12", "28"}


@pytest.mark.validate
@pytest.mark.parametrize("fact", [fact.number for fact in FACTS])
def test_all_facts_are_met_or_known_not_to_be(fact: str) -> None:
    checks = validate(facts=[fact], replications=8, samples=0).checks
    asked = checks[checks["kind"] != "report"]
    assert (asked["verdict"] == MET).all() != (fact in NOT_MET), asked[
        ["check", "lab", "low", "high", "verdict"]
    ].to_string()

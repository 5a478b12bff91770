"""The verdict on a fact reads what its title claims: for each, the experiment that would refute it, and does."""

from collections.abc import Mapping
from math import isfinite

import pandas as pd
import pytest

from sim.experiments.validate import MET, MISSED, OPEN, REPORTED, table_of, worst_of
from sim.facts import FACTS, Check, Fact

pytestmark = pytest.mark.facts
BY_NUMBER = {fact.number: fact for fact in FACTS}
AGAINST: tuple[tuple[str, Mapping[str, float]], ...] = (  # fact, what a lab would measure in which its title is wrong
    ("1", {"prepaid": 1.5, "ratio": 1.0}),  # prepaid customers leave as postpaid ones do
    ("2", {"late over early hazard": 1.2}),  # old customers leave more
    ("3", {"afterwards over in term": 0.9}),  # who is free stays longer than who is bound
    ("4", {"gap seen": -4.83}),  # who has no term leaves less
    ("4", {"churn without terms less with": -1.0}),  # terms hold nobody
    ("4", {"selection": -5.51}),  # who signs would leave more
    ("5", {"promised": 10.0, "realised": 12.0, "realised over promised": 1.2}),
    ("6", {"area under the curve": 0.95}),  # churn can be predicted well
    ("7", {"notices: change of churn": -0.1}),  # reminders put people to sleep
    ("8", {"payment": 400.0}),
    ("9", {"change of best-reply prices": 3.0}),
    ("10", {"with on-net discounts": -0.0013}),
    ("12", {"lowest": 0.5, "highest": 0.6}),  # as two operators have it
    ("13", {"change of prices": -4.0}),
    ("14", {"ratio": 1.0}),  # friends are as strangers
    ("15", {"of all less of choosers": -0.8}),  # the base watches more than choosers do
    ("15", {"of all in one month": 0.1}),  # it comes for higher prices
    ("16", {"above neutral": 45.0}),  # most are not satisfied
    ("17", {"loss over gain": 1.0}),
    ("18", {"satisfaction x tenure": 0.05}),  # satisfaction binds newcomers more
    ("19", {"affective over satisfaction": 1.4}),  # affective commitment is what counts
    ("20", {"after large failures": 60.0}),  # more than half complain
    ("21", {"large: unresolved less silent": -5.0}),  # who complains in vain leaves more than who keeps silent
    ("22", {"leave after recovery less never failed": -2.0}),  # a paradox: they leave less than those never hurt
    ("23", {"hazard ratio": 1.0}),
    ("24", {"true effect": -0.05}),  # friends hold
    ("24", {"true less half of naive": 0.01}),  # they cause nearly all that is seen
    ("25", {"rank correlation": 0.8}),  # the best payers refer most
    ("26", {"realised over formula": 1.3}),
    ("28", {"second difference of profit": 2.0}),  # the more is spent, the more it brings
    ("30", {"change of three-month churn": -1.0}),  # advice keeps
    ("31", {"uplift less risk": -0.8}),
    ("32", {"naive beyond twice the true": -0.18}),  # members are made
    ("32", {"true effect": 0.1}),  # they are driven away
    ("33", {"leave again, both less upgrade": -0.3, "leave again, both less price": -0.1}),  # who is bought back stays
)


def judged(fact: Fact, worlds: Mapping[str, list[float]]) -> str:
    """Verdict on a fact whose numbers come to these in worlds, and where they were asked to be else."""
    rows = [
        {"part": "market", "fact": fact.number, "check": check.name, "value": value}
        for check in fact.checks
        for value in worlds.get(check.name, [inside(check)] * 3)
    ]
    return worst_of(table_of(pd.DataFrame(rows), [fact]))[fact.number]


def inside(check: Check) -> float:
    """A number where it is asked to be."""
    if isfinite(check.low) and isfinite(check.high):
        return 0.5 * (check.low + check.high)
    return check.low + 1.0 if isfinite(check.low) else check.high - 1.0 if isfinite(check.high) else 1.0


def outside(check: Check) -> list[float]:
    """Numbers on each wrong side."""
    return [end + step for end, step in ((check.low, -0.5), (check.high, 0.5)) if isfinite(end)]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.number)
def test_every_number_of_every_fact_is_judged_by_its_interval(fact: Fact) -> None:
    asked = [check for check in fact.checks if check.kind != "report"]
    assert judged(fact, {}) == (MET if asked else REPORTED)
    for check in asked:
        right, wrong = inside(check), outside(check)
        assert wrong and {judged(fact, {check.name: [value] * 3}) for value in wrong} == {MISSED}, check
        assert judged(fact, {check.name: [right - 999.0, right + 999.0, right]}) == OPEN, "too wide an interval"
        assert judged(fact, {check.name: [wrong[0], right, right]}) == OPEN, "an interval over the edge"
        assert judged(fact, {check.name: [right]}) == OPEN, "one world has no interval"


@pytest.mark.parametrize(("number", "measured"), AGAINST)
def test_a_lab_in_which_the_title_is_wrong_misses_the_fact(number: str, measured: Mapping[str, float]) -> None:
    fact = BY_NUMBER[number]
    assert set(measured) <= {check.name for check in fact.checks}
    assert judged(fact, {name: [value] * 3 for name, value in measured.items()}) == MISSED


def test_whatever_is_asked_could_be_refuted() -> None:
    asked = {fact.number for fact in FACTS if any(check.kind != "report" for check in fact.checks)}
    assert {number for number, _ in AGAINST} == asked

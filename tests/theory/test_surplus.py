"""Consumer surplus of a month, recomputed from who holds what, who moved and what they got for it."""

from pathlib import Path

import pytest

from sim import Market
from tests.theory.builders import operators_of, price_sensitivity, textbook

pytestmark = pytest.mark.theory

FEES, APPEALS, SENSITIVITY, HASSLE, SUBSIDY = [15.0, 18.0], [2.0, 2.4], 0.12, 60.0, 30.0


@pytest.mark.parametrize("months_held", [1, 12])
def test_surplus_is_what_is_held_less_what_moving_cost_plus_what_was_given(months_held: int, tmp_path: Path) -> None:
    """One-off sums count in full in their month, whatever the horizon of decisions; tastes only where they are held for
    longer than a month.
    """
    operators = operators_of(["a", "b"], ["A", "B"], FEES, APPEALS, start_share=0.45)
    operators["B"]["plans"]["b"]["subsidy_new"] = SUBSIDY
    behaviour = {
        "horizon": 12,
        "switching_cost": {"hassle": HASSLE, "portability": 0.0},
        "choice": {"shock_months": months_held},
        "attention": {"base": 0.3},
    }
    market = Market(
        textbook(
            tmp_path,
            operators,
            months=3,
            customers={"count": 5_000, **price_sensitivity(value=SENSITIVITY)},
            behaviour=behaviour,
        )
    ).run()
    people, ports = market.customers.to_frame(), market.ports.query("month == 3")
    held = (
        people["plan"]
        .map(
            {name: appeal / SENSITIVITY - fee for name, appeal, fee in zip("ab", APPEALS, FEES, strict=True)}
            | {"outside": 0.0}
        )
        .astype(float)
    )
    moved, joined_b = ports.loc[ports["from"] != "outside", "count"].sum(), ports.loc[ports["to"] == "B", "count"].sum()
    expected = held.mean() + (SUBSIDY * joined_b - HASSLE * moved) / len(people)
    surplus = market.overview["consumer_surplus"].iloc[-1]
    if months_held == 1:
        assert surplus == pytest.approx(expected, rel=1e-6)
    else:  # who chooses, keeps what she likes: Gumbel draws have mean 0.577 / a, those chosen more
        assert surplus > expected + 0.577 / SENSITIVITY

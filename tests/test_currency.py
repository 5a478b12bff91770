"""Money of any size: the same market in another currency is the same market; where its amounts are of two currencies it
is told, or cannot open.
"""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sim import InputError, Market, load_scenario
from sim.cli import main
from sim.commands.imported import notes_on_currency
from sim.config import Scenario

SMALL = ("customers.count=400", "months=2", "burn_in=0", "policies=[none]")


def exchanged(block: Any, rate: float) -> Any:
    """The same block in a currency of which one unit of the old is worth `rate`."""
    changed: dict[str, Any] = {}
    for name, field in type(block).model_fields.items():
        value, extra = getattr(block, name), field.json_schema_extra
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        if name == "price_sensitivity":
            changed[name] = value.model_copy(update={"mean_log": value.mean_log - math.log(rate)})
        elif isinstance(value, BaseModel):
            changed[name] = exchanged(value, rate)
        elif isinstance(value, dict) and any(isinstance(one, BaseModel) for one in value.values()):
            changed[name] = {key: exchanged(one, rate) for key, one in value.items()}
        elif "currency" in unit and value is not None:
            changed[name] = value * rate if unit.startswith("currency") else value / rate
    return block.model_copy(update=changed)


@pytest.mark.properties
@pytest.mark.parametrize(
    ("currency", "rate"), [("COP", 4300.0), ("KRW", 1500.0), ("IDR", 17_000.0), ("KWD", 0.33), ("LBP", 97_000.0)]
)
def test_a_market_in_another_currency_is_the_same_market(currency: str, rate: float) -> None:
    own = load_scenario("price_war", SMALL)
    other = Scenario.model_validate(exchanged(own, rate).model_copy(update={"currency": currency}).model_dump())
    kpis, found = Market(own).run().kpis, Market(other).run().kpis
    for measure in ("subscribers", "gross_adds", "churn_rate", "csat", "internal_migrations"):
        assert found[measure].tolist() == pytest.approx(kpis[measure].tolist(), rel=1e-4, nan_ok=True), measure
    for measure in ("arpu", "ebitda"):
        assert (found[measure] / rate).tolist() == pytest.approx(kpis[measure].tolist(), rel=1e-4), measure
    assert notes_on_currency(other) == []


ISLAND = """
defaults: [base, _self_]
currency: COP
market_size: 400_000
months: 2
burn_in: 12
regions: {town: 0.6, country: 0.4}
customers:
  count: 400
  segments:
    residents: {share: 1.0, price_sensitivity: {distribution: lognormal, mean_log: -1.5, sd_log: 0.35}}
operators:
  old: {start_share: 0.60, plans: {contract: {fee: 54_900, term: 24, etf: 10_000, cost: 4000}}, care: {wage: 1_300_000}}
  new: {start_share: 0.35, plans: {flex: {fee: 39_900, cost: 4000}}}
focal: old
policies: [none]
"""


@pytest.fixture
def island(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("island.yaml").write_text(ISLAND, encoding="utf-8")


@pytest.mark.usefixtures("island")
@pytest.mark.parametrize("mean_log", [-1.5, -3.0, -5.0])
def test_shares_that_fees_cannot_support_are_told_before_the_market_opens(mean_log: float) -> None:
    scenario = load_scenario("island.yaml", [f"customers.segments.residents.price_sensitivity.mean_log={mean_log}"])
    with pytest.raises(
        InputError, match="opening shares cannot be held: .* utils per COP .* mean_log of about -8.7 gives"
    ):
        Market(scenario)


@pytest.mark.usefixtures("island")
def test_scaled_as_told_it_opens_and_what_is_left_in_euros_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "island.yaml", "customers.segments.residents.price_sensitivity.mean_log=-8.6"]
    assert main(words) == 0
    told = capsys.readouterr().err
    assert "2,244 times" in told and "behaviour.switching_cost.hassle=22" in told and "(is 100)" in told
    assert main(["run", "island.yaml"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("island")
def test_a_plan_sold_to_fewer_than_it_is_to_hold_is_named() -> None:
    narrow = [
        "customers.segments.residents.price_sensitivity.mean_log=-8.6",
        "customers.segments.residents.share=0.9",
        "customers.segments.few.share=0.1",
        "customers.segments.few.price_sensitivity={distribution: lognormal, mean_log: -8.6, sd_log: 0.35}",
        "operators.old.plans.contract.segments=[few]",
    ]
    with pytest.raises(
        InputError, match=r"contract of old is to open with 60.00% of people, and is sold to segments with"
    ):
        Market(load_scenario("island.yaml", narrow))


@pytest.mark.usefixtures("island")
@pytest.mark.parametrize("share", [0.649, 0.65])
def test_nearly_nobody_outside_is_no_reason(share: float) -> None:
    Market(
        load_scenario(
            "island.yaml",
            ["customers.segments.residents.price_sensitivity.mean_log=-8.6", f"operators.old.start_share={share}"],
        )
    )


def test_shipped_markets_are_of_one_currency() -> None:
    for name in ("europe_three", "us_2010_2013", "china_2012", "from_iran", "from_ibm", "price_war"):
        assert notes_on_currency(load_scenario(name)) == [], name

"""A scenario, or an override, may write a policy out where it names it."""

from pathlib import Path

import pytest

from sim import InputError, load_scenario
from sim.config.operators import Policy


def policies(*overrides: str, file: str | Path = "classroom") -> dict[str, Policy]:
    return load_scenario(file, overrides).policies


def test_a_policy_written_out_is_named_beside_the_others() -> None:
    found = policies("policies.mine={pricing: {kind: fixed, change: -0.2}}")
    assert list(found) == ["none", "price_cut", "points", "contract", "save_desk", "mine"]
    assert found["mine"].pricing.change == -0.2
    assert found["price_cut"].pricing.change == -0.1


def test_what_is_written_of_a_shipped_policy_differs_from_its_file() -> None:
    before, after = (
        policies(*given)["save_desk"].retention["save_desk"]
        for given in ([], ["policies.save_desk.retention.save_desk.credit=75"])
    )
    assert after == before.model_copy(update={"credit": 75.0})


def test_a_policy_may_do_nothing_and_one_of_a_file_stays_as_it_is() -> None:
    found = policies("policies.mine={}", "policies.points={}")
    assert found["mine"].model_copy(update={"name": "none"}) == Policy(name="none", description="")
    assert found["points"] == policies()["points"]


def test_it_runs_beside_another_and_is_chosen_by_name() -> None:
    mine = "policies.mine={pricing: {kind: fixed, change: -0.2}}"
    found = policies(mine, "policies=[none,mine]", "policy=mine+save_desk")
    assert list(found) == ["none", "mine", "mine+save_desk"]
    assert found["mine+save_desk"].pricing == found["mine"].pricing
    assert list(found["mine+save_desk"].retention) == ["save_desk"]


def test_a_file_writes_policies_out_and_a_file_above_takes_one_away(tmp_path: Path) -> None:
    (tmp_path / "below.yaml").write_text(
        "defaults: [classroom, _self_]\npolicies: {cut: {pricing: {kind: fixed, change: -0.3}}, points: {}}\n"
    )
    (tmp_path / "above.yaml").write_text(
        "defaults: [below, _self_]\npolicies: {contract: null, cut: {pricing: {change: -0.4}}}\n"
    )
    found = policies(file=tmp_path / "above.yaml")
    assert list(found) == ["none", "price_cut", "points", "save_desk", "cut"]
    assert found["cut"].pricing.change == -0.4


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "policies.mine={pricing: {kind: fixed, chagne: -0.1}}",
            "pricing.chagne: no such key (did you mean 'change'?)",
        ),
        ("policies.mine=3", "policies.mine: a policy is a block of pricing"),
        ("policies.points+cut={}", "a+b runs two policies"),
        ("policies.mine.pricing={kind: fixed, change: -3}", "-0.9"),
    ],
)
def test_what_is_written_wrongly_is_told(override: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        policies(override)
    assert said in str(told.value)

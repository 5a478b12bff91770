"""What a comparison says: it ranks only what intervals tell apart, and says what it rests on."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.experiments.answer import answer
from sim.report import facts, sentences
from sim.report.formats import NBSP
from tests.test_report import MEASURES, RESPONSES, _compared, fake_comparison


def compared(gains: dict[str, tuple[float, ...]], whole: float = 1.0) -> SimpleNamespace:
    """Policies that gain so much cash over the first in each world; `whole`: times that with what comes after."""
    policies, worlds = list(gains), len(next(iter(gains.values())))
    result = fake_comparison(("none", "contract"), 2)
    rows = [
        {
            **dict.fromkeys(MEASURES, 1.0),
            "response": response,
            "policy": policy,
            "replication": world,
            "operator": "alpha",
            "npv_horizon": 600.0 + 40.0 * world + gain[world],
            "npv": 1_000.0 + 40.0 * world + whole * gain[world],
            "npv_terminal": 400.0 + (whole - 1.0) * gain[world],
        }
        for response in RESPONSES
        for policy, gain in gains.items()
        for world in range(worlds)
    ]
    result.runs = pd.DataFrame(rows)
    tables = {name: _compared(part, policies) for name, part in result.runs.groupby("response", sort=False)}
    result.table, result.by_response = tables["responding"], pd.concat(tables, names=["response"]).swaplevel()
    result.policies, result.replications, result.weight = policies, worlds, 1.0
    return result


def said(result: SimpleNamespace) -> str:
    return answer(result).replace(NBSP, " ").replace("\u2068", "").replace("\u2069", "")


SURE = {"none": (0.0,) * 6, "contract": (50.0, 54.0, 49.0, 52.0, 51.0, 48.0)}


def test_the_best_is_advised_where_it_is_told_apart() -> None:
    words = said(compared(SURE))
    assert words.startswith("Run contract: to alpha it is worth EUR 51 of cash within the 24 months more than none (")
    assert "6 of 6 paired worlds (95 % interval of that chance 61 % to 100 %), and it stays best" in words


def test_nothing_is_advised_where_the_interval_holds_nothing() -> None:
    words = said(compared({"none": (0.0,) * 4, "contract": (300.0, -200.0, 10.0, -20.0)}))
    assert "Run" not in words and words.startswith("No policy is clearly worth more to alpha than none: contract has")
    assert "4 paired worlds cannot tell the two apart" in words


def test_two_that_are_not_told_apart_are_both_named() -> None:
    words = said(compared({**SURE, "points": (52.0, 50.0, 53.0, 49.0, 48.0, 51.0)}))
    assert words.startswith("Run contract or points: each is worth more to alpha than none, but 6 paired worlds")


def test_the_baseline_stays_where_all_others_lose() -> None:
    words = said(compared({"none": (0.0,) * 4, "points": (-9.0, -11.0, -10.0, -10.0)}))
    assert words.startswith(
        "Stay with none: every other policy is worth less to alpha; the nearest, points, costs EUR 10"
    )


@pytest.mark.parametrize("dust", [0.0, 3e-13])
def test_dust_makes_no_difference(dust: float) -> None:
    words = said(compared({"none": (0.0,) * 4, "points": (dust, -dust, dust, dust)}))
    assert words.startswith("No policy makes any difference to alpha")


def test_one_world_tells_nothing() -> None:
    assert said(compared({"none": (0.0,), "points": (90.0,)})).startswith(
        "In the one world that was run points is worth EUR 90 more than none, which may be luck"
    )


def test_what_would_change_the_answer_is_told_only_where_it_is_sure() -> None:
    three = SURE | {"points": (40.0,) * 6}
    longer = compared(three)
    longer.runs["npv"] += np.where(longer.runs["policy"] == "points", 50.0, 0.0)
    assert "it would be points if what comes after the 24 months counts" in said(longer)
    unsure = compared(SURE)
    unsure.runs["npv"] += np.where(unsure.runs["policy"] == "none", 50.0, 0.0)
    assert "if what comes after the 24 months counts, it may be the best too, but cannot be told" in said(unsure)


def test_what_comes_after_is_said_beside_the_cash() -> None:
    assert "; what comes after would add EUR 101)" in said(compared(SURE, whole=3.0))
    assert "; what comes after would cost EUR 25)" in said(compared(SURE, whole=0.5))


def test_what_never_pays_back_is_not_recommended() -> None:
    """It brings 51 within the horizon and loses 51 in the end."""
    words = said(compared(SURE, whole=-1.0))
    assert words.startswith("Stay with none: no policy that pays back is worth more to alpha.")
    assert "contract brings EUR 51" in words and "EUR 51 less than none" in words and "never pays back" in words
    loose = compared(SURE, whole=-0.1)
    loose.table["npv_low"] = -300.0
    loose.table["npv_high"] = 290.0
    assert "and is not told to pay back" in said(loose) and said(loose).startswith("Stay with none")
    other = compared(SURE | {"points": (20.0, 21.0, 19.0, 20.0, 22.0, 18.0)}, whole=1.0)
    lost = other.runs["policy"] == "contract"
    other.runs["npv"] -= np.where(lost, 200.0, 0.0)
    tables = {name: _compared(part, other.policies) for name, part in other.runs.groupby("response", sort=False)}
    other.table, other.by_response = tables["responding"], pd.concat(tables, names=["response"]).swaplevel()
    assert said(other).startswith("Run points: to alpha it is worth EUR 20") and "never pays back" in said(other)


def test_no_cost_of_one_saved_where_none_may_be_saved() -> None:
    table = pd.DataFrame(
        {"net_saved": [5.0], "net_saved_diff": [5.0], "net_saved_low": [-2.0], "net_saved_high": [12.0]}, index=["desk"]
    ).assign(cost_per_saved=90.0)
    assert np.isnan(facts.cost_of_saved(table, "desk"))
    assert facts.cost_of_saved(table.assign(net_saved_low=1.0), "desk") == 90.0


def test_segments_are_ranked_as_far_as_worlds_tell() -> None:
    result = fake_comparison(("none", "contract"), 6)
    assert sentences.segments(result) == "In every segment, \u2068contract\u2069 earns most."
    rows = result.segment_runs
    one, luck = rows["segment"] == rows["segment"].iloc[0], (-1.0) ** rows["replication"] * (rows["policy"] == "none")
    rows["npv_horizon"] = np.where(one, luck, rows["npv_horizon"])
    assert "no policy is told from the others" in sentences.segments(result)


def test_few_worlds_have_no_one_in_twenty() -> None:
    told = {what for what, _, _ in sentences.tiles(fake_comparison(("none", "contract"), 6))}
    assert "Worst of 6 worlds" in told and "Bad case, 1 in 20" not in told
    assert {remark for what, _, remark in sentences.tiles(fake_comparison(("none", "contract"), 6)) if "best" in what}


def test_reasons_and_money_name_only_what_is_more_than_chance() -> None:
    result = fake_comparison(("none", "contract"), 6)
    assert "The largest change under \u2068contract\u2069 that is more than chance" in sentences.reasons(result)
    result.reasons["count"] = 100 + 7 * (result.reasons["replication"] % 2) * (result.reasons["policy"] == "none")
    result.reasons.loc[result.reasons["policy"] == "none", "count"] -= 3
    assert "changes the number of no reason by more than chance" in sentences.reasons(result)

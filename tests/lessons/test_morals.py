"""A lesson's moral is a claim that could fall: for every claim, worlds in which it does, and the words that follow."""

from collections.abc import Mapping

import pandas as pd
import pytest

from sim.experiments.lesson import lesson_of, variant
from sim.lessons.lesson import Found, Told
from sim.loading import load_scenario

Numbers = Mapping[str, float]
CELLS, SIDES = ("win_win", "trapped", "free_rider", "lose_lose"), ("leader", "rival")
WORLDS: Mapping[str, Numbers] = {  # about what the lessons' worlds come to
    "sleeping_dogs": {
        "alone": 10.2,
        "effect_asleep": -0.4,
        "effect_half": -0.1,
        "effect_usual": 0.3,
        "effect_double": 1.0,
    },
    "risk_or_uplift": {
        f"{what}_proactive_{target}": number
        for target, numbers in {"random": (456, 4.8, 4.5), "risk": (454, 9.2, 10.2), "oracle": (438, 9.4, 11.5)}.items()
        for what, number in {
            **dict(zip(("called", "gone", "would"), numbers, strict=True)),
            "saved": numbers[2] - numbers[1],
        }.items()
    },
    "members_and_others": {
        "stayed_members_offered": 75.7,
        "stayed_members_never": 73.8,
        "stayed_others_offered": 71.5,
        "stayed_others_never": 71.2,
        "paid_members_offered": 21.5,
        "paid_members_never": 21.0,
        "paid_others_offered": 17.4,
        "paid_others_never": 17.3,
    },
    "keeping_and_winning": {
        "sac": 139.0,
        "src": 7.5,
        **{
            f"{what}_{policy}": number
            for policy, numbers in {
                "none": (196_000, 4_657),
                "save_desk": (226_000, 4_837),
                "contract": (388_000, 5_374),
                "tenure_discount": (236_000, 4_781),
                "referral": (221_000, 4_751),
                "dealer_commission": (226_000, 4_691),
            }.items()
            for what, number in zip(("outlay", "years"), numbers, strict=True)
        },
    },
    "recovery_paradox": {
        f"{what}_{group}": number
        for group, numbers in {
            "compensated": (138, 0.017, 0.007),
            "unresolved": (74, -0.1, 0.04),
            "silent": (551, -0.1, 0.042),
        }.items()
        for what, number in zip(("people", "felt", "gone"), numbers, strict=True)
    },
    "price_war": {
        f"{market}_{pair}_{side}": number
        for market in ("usual", "alert")
        for side in SIDES
        for pair, number in {
            "hh": 2_400,
            "cc": 2_150,
            ("ch" if side == "leader" else "hc"): 2_900,
            ("hc" if side == "leader" else "ch"): 1_600,
        }.items()
    }
    | {"usual_hh_cash": 900.0, "usual_ch_cash": 750.0},
    "retention_is_not_loyalty": {
        "spurious": 0.46,
        "churn_before": 0.014,
        "gone_spurious_with": 0.34,
        "gone_spurious_without": 0.22,
        "gone_true_with": 0.18,
        "gone_true_without": 0.13,
    },
    "value_quadrant": {
        f"{what}_{cell}": number
        for cell, numbers in dict(
            zip(CELLS, ((0.41, 0.49), (0.41, 0.57), (0.13, -0.04), (0.05, -0.02)), strict=True)
        ).items()
        for what, number in zip(("share", "margin"), numbers, strict=True)
    }
    | {
        f"gone_{cell}_{world}": 20.0 + 10.0 * (world == "with") * (cell == "trapped")
        for cell in CELLS
        for world in ("with", "without")
    }
    | {"end_with": 39.0, "end_without": 40.0, "ebitda_with": 40_000.0, "ebitda_without": 52_000.0},
    "five_points": {
        "retention": 0.79,
        **{
            f"{what}_{policy}": number
            for policy, numbers in {
                "contract": (0.067, 0.38, 0.59),
                "save_desk": (0.025, 0.13, 0.08),
                "points": (0.01, 0.03, 0.03),
            }.items()
            for what, number in zip(("points", "promised", "realised"), numbers, strict=True)
        },
    },
    "early_or_late": {
        f"{what}_{when}": number
        for when, numbers in {"early": (15.0, 12.0, 2.7, 0.0, 0.8), "late": (82.0, 78.0, 6.3, 0.0, 3.8)}.items()
        for what, number in zip(("saved", "paid", "felt", "felt_end", "lost"), numbers, strict=True)
    },
    "stated_reasons": {
        "failed_leavers": 0.40,
        "failed_stayers": 0.28,
        "unhappy_leavers": 0.4,
        "unhappy_stayers": 0.2,
        "trigger": 0.25,
        "churn": 0.018,
        "churn_without": 0.0155,
        "avoided": 0.14,
    },
}
AGAINST: tuple[tuple[str, Numbers, str], ...] = (  # lesson, what is otherwise, words of the claim that falls
    ("sleeping_dogs", {"effect_asleep": 0.1}, "wakes nobody"),
    ("sleeping_dogs", {"effect_double": -0.2}, "it raises churn"),
    ("sleeping_dogs", {"effect_usual": 1.2}, "Each waking costs"),
    ("risk_or_uplift", {"saved_proactive_random": 1.4}, "more than calling anybody"),
    ("risk_or_uplift", {"saved_proactive_risk": 5.0}, "less than a third"),
    ("risk_or_uplift", {"saved_proactive_oracle": 0.9}, "does not find all"),
    ("risk_or_uplift", {"saved_proactive_risk": 9.5}, "more than ten"),
    ("members_and_others", {"paid_others_offered": 22.0}, "Members pay more"),
    ("members_and_others", {"paid_members_never": 18.0}, "Less than half of that"),
    ("members_and_others", {"paid_members_never": 18.0}, "More than half of it"),
    ("keeping_and_winning", {"sac": 30.0}, "By the books"),
    ("keeping_and_winning", {"outlay_save_desk": 198_000}, "Save desk: a customer-year"),
    ("keeping_and_winning", {"years_contract": 15_000}, "Contract with subsidy: a customer-year"),
    ("keeping_and_winning", {"years_tenure_discount": 7_000}, "Tenure discount: a customer-year"),
    ("keeping_and_winning", {"years_dealer_commission": 5_000}, "Save desk gains a customer-year for less"),
    ("keeping_and_winning", {"years_referral": 4_660}, "Reward for bringing friends gains"),
    ("recovery_paradox", {"felt_compensated": -0.01}, "The paradox in feeling"),
    ("recovery_paradox", {"gone_compensated": -0.03}, "None in behaviour"),
    ("recovery_paradox", {"gone_compensated": 0.03}, "hardly moves them"),
    ("recovery_paradox", {"gone_silent": -0.01}, "Not answering costs"),
    *(
        (
            "price_war",
            {f"{market}_{'ch' if side == 'leader' else 'hc'}_{side}": 2_300, f"{market}_cc_{side}": 2_500},
            f"{words}: {claim} {who}",
        )
        for market, words in (("usual", "As it is"), ("alert", "Where many look"))
        for side, who in (("leader", "the leader"), ("rival", "its rival"))
        for claim in ("cutting alone pays", "when both cut, that costs")
    ),
    ("retention_is_not_loyalty", {"gone_spurious_with": 0.20}, "makes the held leave"),
    ("retention_is_not_loyalty", {"gone_true_with": 0.30}, "In points"),
    ("retention_is_not_loyalty", {"gone_spurious_with": 0.20}, "In proportion"),
    ("value_quadrant", {"margin_trapped": 0.2}, "more than a quarter"),
    ("value_quadrant", {"share_lose_lose": 0.001}, "All four cells"),
    ("value_quadrant", {"gone_trapped_with": 19.0}, "makes trapped customers leave"),
    ("value_quadrant", {"gone_win_win_with": 35.0}, "more than those with whom both gain"),
    ("value_quadrant", {"ebitda_with": 60_000.0}, "takes profit"),
    ("five_points", {"realised_save_desk": 0.14}, "less than the formula"),
    ("five_points", {"realised_contract": 0.1}, "more by the contract"),
    ("five_points", {"points_contract": -0.01}, "does raise retention"),
    ("early_or_late", {"saved_late": -1.0}, "looks like success"),
    ("early_or_late", {"paid_late": 30.0}, "more than half of what it saved"),
    ("early_or_late", {"felt_end_late": 3.0}, "three quarters of the late gap"),
    ("early_or_late", {"lost_late": -0.1}, "still missing"),
    ("early_or_late", {"lost_early": 4.0}, "More of them"),
    ("stated_reasons", {"avoided": 0.5}, "More leavers can name"),
    ("stated_reasons", {"avoided": -0.01}, "lowers churn all the same"),
    ("stated_reasons", {"failed_stayers": 0.1}, "stayers can name too"),
)


class Courses(dict[str, pd.DataFrame]):
    """Courses of three worlds, whatever their name."""

    def __missing__(self, name: str) -> pd.DataFrame:
        return pd.DataFrame(0.0, index=[1, 2], columns=[0, 1, 2])


def told(name: str, otherwise: Numbers | None = None) -> Told:
    """What a lesson tells where three worlds agree on these numbers."""
    lesson = lesson_of(name)
    scenario = load_scenario(lesson.scenario, lesson.overrides)
    worlds = pd.DataFrame([{**WORLDS[name], **(otherwise or {})}] * 3, dtype=float)
    return lesson.tell(Found(scenario, variant(lesson).values, worlds, Courses()))


def fallen(name: str, otherwise: Numbers | None = None) -> list[str]:
    """Claims that do not hold there."""
    return [claim.text for claim in told(name, otherwise).claims if not claim.holds]


@pytest.mark.parametrize("name", WORLDS)
def test_every_claim_holds_in_worlds_like_the_lessons_and_some_experiment_would_refute_it(name: str) -> None:
    assert fallen(name) == []
    tried = [words for lesson, _, words in AGAINST if lesson == name]
    assert [claim.text for claim in told(name).claims if not any(words in claim.text for words in tried)] == []


@pytest.mark.parametrize(
    ("name", "otherwise", "words"), AGAINST, ids=[f"{name}: {words}" for name, _, words in AGAINST]
)
def test_a_claim_falls_in_worlds_where_it_is_wrong(name: str, otherwise: Numbers, words: str) -> None:
    assert any(words in text for text in fallen(name, otherwise))


@pytest.mark.parametrize(
    ("name", "otherwise", "answer", "words"),
    [
        ("sleeping_dogs", {}, "More leave", "so few worlds give that no interval"),
        ("sleeping_dogs", {"effect_usual": -0.2}, "Fewer leave", ""),
        (
            "risk_or_uplift",
            {"saved_proactive_risk": 9.0, "gone_proactive_risk": 1.2},
            "Nearly all of them",
            "99 of 100 called",
        ),
        ("members_and_others", {"paid_members_never": 17.5}, "All of it", "brought 4.00 of the 4.10"),
        ("members_and_others", {"paid_members_never": 22.0}, "None: they would pay more without it", ""),
        ("keeping_and_winning", {"outlay_save_desk": 197_000}, "About as much", ""),
        (
            "keeping_and_winning",
            {"years_referral": 4_660, "years_dealer_commission": 4_660},
            "More than ten times as much",
            "Here keeping is the cheaper",
        ),
        ("recovery_paradox", {"gone_compensated": -0.02}, "Happier, and they stay more", "they stay more"),
        ("price_war", {}, "It gains alone, and loses when both cut", "prisoner's dilemma."),
        ("price_war", {"usual_ch_leader": 2_300}, "It gains neither way", "to a rival that holds, hold"),
        (
            "retention_is_not_loyalty",
            {"gone_true_with": 0.22},
            "More of the held",
            "in proportion the others moved more",
        ),
        ("five_points", {"realised_contract": 0.2}, "Less than it says", "retention costs money"),
        ("early_or_late", {"paid_late": 20.0}, "Satisfaction only", "even the late cut has paid"),
        ("early_or_late", {"paid_late": 99.0}, "Satisfaction only", "has cost more than it saved"),
    ],
)
def test_answers_and_words_follow_the_worlds(name: str, otherwise: Numbers, answer: str, words: str) -> None:
    lesson = told(name, otherwise)
    assert lesson.prediction.answer == answer
    assert words in " ".join(lesson.happened).replace("\u00a0", " ")


def test_parts_of_what_is_seen_of_members_add_up() -> None:
    rows = {
        row[0]: [float(cell.replace("\u2212", "-")) for cell in row[1:]]
        for row in told("members_and_others").table.rows
    }
    seen = rows.pop("What is seen")
    assert [sum(part) for part in zip(*rows.values(), strict=True)] == pytest.approx(seen, abs=0.06)

"""Every policy and every lever through the same checks; a lever that gives nothing changes nothing; users bring their
own.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from agents.learning import Software, TariffLine
from agents.plan import Plan
from agents.strategies import (
    Action,
    AnyLoyalty,
    AnyPricing,
    AnyRetention,
    AnyService,
    BackBook,
    BestResponse,
    BudgetShare,
    Bundle,
    Contract,
    CostPlus,
    DealerCommission,
    FirstContact,
    Fixed,
    FixedService,
    GroupTariff,
    Loyalty,
    Match,
    NoContract,
    Onboarding,
    Points,
    Portfolio,
    PriceWar,
    Pricing,
    Proactive,
    QLearning,
    Records,
    Recovery,
    Referral,
    Retention,
    SaveDesk,
    Schedule,
    Strategy,
    Surprise,
    TargetSatisfaction,
    TargetShare,
    TargetWait,
    TenureDiscount,
    Tiers,
    Undercut,
    View,
    WinBack,
)
from agents.strategies.contract import FEATURES, PlanView
from agents.strategies.targeting import aim, risk_weights, uplift_weights
from agents.tables import kinds_of
from sim import InputError, Market, load_scenario
from sim.books.ledger import MONEY
from sim.config import Policy
from sim.loading import list_configs
from sim.month.decisions import views
from sim.world.offers import LEVERS
from tests.properties.builders import assert_same, differing, small, tables

pytestmark = pytest.mark.contract

POLICIES = list_configs("policy")
STRATEGIES: list[Strategy] = [
    cls() for union in (AnyPricing, AnyService, AnyLoyalty, AnyRetention) for cls in get_args(union)
]
MONTHS = 6


def view(month: int = 1) -> View:
    """Build what operator `own` sees: a plan at 20, a rival's at 15 that started at 18, its books and records of two
    years.
    """
    plans = {"mine": PlanView("own", 20.0, 20.0, np.inf, False), "theirs": PlanView("rival", 15.0, 18.0, np.inf, False)}
    features = np.column_stack([np.ones(200), np.linspace(0.0, 9.0, 200), *np.zeros((len(FEATURES) - 2, 200))])
    counts = ("opening", "closing", "gross_adds", "acquisition", "retention", "costs_of_revenue")
    books = dict.fromkeys((*MONEY, *counts), 100.0) | {"service_revenue": 2_000.0}
    history = tuple(
        {"log_subscribers": float(np.log(100.0 - past)), "relative_fee": 0.01 * (past % 7)} for past in range(24)
    )
    return View(
        month=month,
        name="own",
        plans=plans,
        unit_cost={"mine": 6.0},
        shares={"own": 0.5, "rival": 0.5},
        ledger=lambda: books,
        history=history,
        records=lambda: Records(features, np.arange(200) % 3 == 0, features, np.arange(200) % 2 == 0),
        people=250.0,
        satisfaction=0.7,
        wait=2.0,
        network_share=0.05,
        everyone_chooses=month > 2,
        exact_reply=lambda: {"mine": 17.0},
        software=software,
        true_effects=lambda credit, term: np.linspace(0.1, -0.1, 200),
    )


def software() -> Software:
    """Pricing software of `own` that answers any level of a rival's by the same one of its own, and values no one above
    another.
    """
    lines = {
        "own": TariffLine({"mine": 10.0}, {"mine": 20.0}, 3),
        "rival": TariffLine({"theirs": 10.0}, {"theirs": 20.0}, 3),
    }
    return Software("own", lines, answers=bytes([0, 1, 2] * 3), values=np.zeros((9, 3)))


@pytest.fixture(scope="module")
def base() -> Market:
    """A warmed-up market in which every shipped policy is known and none runs."""
    return Market(small(f"policies=[{','.join(POLICIES)}]", "policy=none", months=MONTHS, customers=2_000))


@pytest.fixture(scope="module")
def untouched(base: Market) -> dict[str, pd.DataFrame]:
    return tables(base.fork().run())


# --- the same checks for all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POLICIES)
def test_policy_runs(name: str, base: Market, untouched: dict[str, pd.DataFrame]) -> None:
    twin = base.fork(policy=name).run()
    assert twin.month == MONTHS and (
        twin.ledger.drop(columns=["month", "operator", "ebitda", "free_cash_flow", "contribution"]) >= 0.0
    ).all(axis=None)
    assert np.isfinite(twin.ledger.drop(columns=["month", "operator"])).all(axis=None)
    assert (differing(untouched, tables(twin)) == []) == (name == "none")


@pytest.mark.parametrize("name", POLICIES)
def test_policy_is_a_frozen_value(name: str, base: Market) -> None:
    policy = base.scenario.policies[name]
    assert policy.name == name and policy.description.endswith(".") and pickle.loads(pickle.dumps(policy)) == policy
    assert Policy.model_validate(policy.model_dump()) == policy
    for block in (policy, policy.pricing, policy.service, *policy.loyalty.values(), *policy.retention.values()):
        for field in type(block).model_fields if block is not None else ():
            with pytest.raises(ValidationError, match="frozen"):
                setattr(block, field, 0)


@pytest.mark.parametrize("name", POLICIES)
def test_policy_composes_by_name(name: str) -> None:
    scenario = small(f"policies=[{name}]", f"policy={name}", name="classroom")
    assert list(scenario.policies) == [name] and pickle.loads(pickle.dumps(scenario)) == scenario


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: f"{strategy.role}.{strategy.kind}")
def test_strategy_decides_on_its_view_alone(strategy: Strategy) -> None:
    state: Any = None
    for month in (1, 2, 3, 4):
        (again, same), (state, action) = (
            strategy.decide(pickle.loads(pickle.dumps(state)), view(month)),
            strategy.decide(state, view(month)),
        )
        assert isinstance(action, Action) and action == same and again == state
        assert set(action.fees) <= {"mine"} and all(fee >= 0.0 for fee in action.fees.values())
        assert Action().beside(action) == action == action.beside(Action())
    assert pickle.loads(pickle.dumps(strategy)) == strategy
    with pytest.raises(ValidationError, match="frozen"):
        strategy.kind = "other"


def test_every_shipped_strategy_is_checked() -> None:
    assert {type(strategy) for strategy in STRATEGIES} == {
        Fixed,
        Schedule,
        CostPlus,
        Match,
        Undercut,
        PriceWar,
        TargetShare,
        BestResponse,
        QLearning,
        FixedService,
        BudgetShare,
        TargetSatisfaction,
        TargetWait,
        BackBook,
        Points,
        Tiers,
        TenureDiscount,
        Contract,
        NoContract,
        Bundle,
        GroupTariff,
        Surprise,
        Referral,
        Proactive,
        SaveDesk,
        Onboarding,
        Recovery,
        FirstContact,
        WinBack,
        DealerCommission,
        Portfolio,
    }


@pytest.mark.parametrize("target", ["random", "value", "risk"])
def test_a_round_of_calls_reaches_the_part_of_the_base_it_aims_at(target: str, base: Market) -> None:
    """In its first month, when nobody is resting; a quarter of the base pays one and the same largest fee."""
    depth, twin = 0.10, base.fork(policy=f"proactive_{target}")
    twin.step()
    called = twin.panel.query("operator == 'alpha'")["contacted"]
    assert called.mean() == pytest.approx(depth, abs=4.0 * np.sqrt(depth * (1.0 - depth) / len(called)))


@pytest.mark.parametrize("lever", [kind() for kind in LEVERS.values()], ids=list(LEVERS))
def test_a_lever_is_what_the_month_reads_and_leaves_nothing_behind(lever: Strategy, base: Market) -> None:
    running, focal = adopted(base, lever), base.focal_index
    running.step()
    row = running.offers.terms[lever.kind][focal]
    assert {name: row[name] for name in row.dtype.names} == {n: getattr(lever, n) for n in kinds_of(type(lever))}
    ended = running.fork(policy="none")
    ended.step()
    assert any(row.item()) and not any(ended.offers.terms[lever.kind][focal].item())


def test_a_contract_counts_where_it_exceeds_the_plans_own() -> None:
    plan = Plan(fee=30.0, term=12, etf=15.0, subsidy_new=10.0, subsidy_renewal=5.0)
    lever = Contract(term=24, etf=12.0, subsidy_new=40.0, subsidy_renewal=60.0)
    assert lever.changed(plan) == {"term": 24, "etf": 15.0, "subsidy_new": 50.0, "subsidy_renewal": 65.0}
    without = Contract(term=0, etf=20.0, subsidy_new=0.0, subsidy_renewal=0.0)
    assert without.changed(plan) == {"term": 12, "etf": 15.0, "subsidy_new": 10.0, "subsidy_renewal": 5.0}


def test_without_contracts_nothing_ends_and_devices_are_owed() -> None:
    plan = Plan(fee=30.0, term=12, etf=15.0, subsidy_new=10.0, device_debt=90.0, debt_months=12)
    assert NoContract(debt=240.0, debt_months=20, pays=50.0).changed(plan) == {
        "term": 0,
        "etf": 0.0,
        "subsidy_new": 60.0,
        "device_debt": 240.0,
        "debt_months": 20,
    }


def test_commissions_come_on_top_and_a_level_that_gives_nothing_is_out_of_reach() -> None:
    plan = Plan(fee=30.0, commission_new=10.0, commission_renewal=5.0)
    assert DealerCommission(new=20.0, renewal=3.0).changed(plan) == {"commission_new": 30.0, "commission_renewal": 8.0}
    club = Tiers(thresholds=(20.0, 30.0, 40.0), perks=(1.0, 0.0, 0.0), care_bonus=(0.0, 0.1, 0.0))
    assert list(club.levels()) == [(20.0, 1.0, 0.0), (30.0, 0.0, 0.1), (np.inf, 0.0, 0.0)]


# --- nothing given, nothing changed ----------------------------------------------------------------------------------

NEUTRAL: dict[str, Strategy] = {
    "points that earn 0": Points(earn=0.0, member_cost=0.0),
    "points worth 0": Points(value=0.0, member_cost=0.0),
    "points for all that earn 0": Points(earn=0.0, member_cost=0.0, voluntary=False),
    "tiers without perks": Tiers(perks=(0.0, 0.0), care_bonus=(0.0, 0.0), perk_cost=0.0),
    "tiers nobody reaches": Tiers(thresholds=(1e6, 2e6)),
    "tenure discount 0": TenureDiscount(per_year=0.0),
    "tenure discount capped at 0": TenureDiscount(cap=0.0),
    "contract of nothing": Contract(term=0, etf=0.0, subsidy_new=0.0, subsidy_renewal=0.0),
    "contract without a term": Contract(term=0, etf=12.0, subsidy_new=0.0, subsidy_renewal=0.0),
    "save desk with nothing": SaveDesk(reach=1.0, credit=0.0, term=0, contact_cost=0.0),
    "save desk that asks for a term": SaveDesk(reach=1.0, credit=0.0, term=12, contact_cost=0.0),
    "save desk that reaches nobody": SaveDesk(reach=0.0),
    "random contact of nobody": Proactive(target="random", depth=0.0),
    "value contact of nobody": Proactive(target="value", depth=0.0),
    "risk contact of nobody": Proactive(target="risk", depth=0.0),
    "prices changed by 0": Fixed(change=0.0),
    "a match that follows by 0": Match(follow=0.0),
    "a schedule of nothing": Schedule(),
    "a schedule of the start fees": Schedule(fees={1: 1.0, 3: 1.0}),
    "a price war over nothing": PriceWar(depth=0.0),
    "a target share that moves nothing": TargetShare(response=0.0),
    "service as it is": FixedService(),
    "targets without moves": TargetSatisfaction(network_move=0.0, care_move=0.0),
    "waits that move nobody": TargetWait(care_move=0.0),
    "budgets left open": BudgetShare(),
}


def policy_of(*strategies: Strategy) -> Policy:
    """Put strategies side by side in one policy."""
    parts: dict[str, Any] = {"loyalty": {}, "retention": {}}
    for strategy in strategies:
        if strategy.role in parts:
            parts[strategy.role][strategy.kind] = strategy
        else:
            parts[strategy.role] = strategy
    return Policy(name="built", description="Built in a test.", **parts)


def adopted(base: Market, *strategies: Strategy) -> Market:
    """Fork the market with the focal operator under these strategies."""
    twin = base.fork()
    twin.operators[0].adopt(policy_of(*strategies))
    return twin


@pytest.mark.control
@pytest.mark.parametrize("name", NEUTRAL)
def test_a_lever_that_gives_nothing_changes_nothing(
    name: str, base: Market, untouched: dict[str, pd.DataFrame]
) -> None:
    twin = adopted(base, NEUTRAL[name])
    assert NEUTRAL[name] in twin.operators[0].strategies().values()
    assert_same(untouched, tables(twin.run()))


@pytest.mark.control
def test_all_levers_together_that_give_nothing_change_nothing(base: Market, untouched: dict[str, pd.DataFrame]) -> None:
    levers = [
        NEUTRAL[name]
        for name in (
            "points that earn 0",
            "tiers without perks",
            "tenure discount 0",
            "contract of nothing",
            "save desk with nothing",
            "risk contact of nobody",
        )
    ]
    assert_same(untouched, tables(adopted(base, *levers).run()))


@pytest.mark.control
def test_a_call_that_wakes_nobody_costs_what_it_costs_and_changes_nothing_else() -> None:
    """Contact without attention, habit broken or credit: customers and rivals live on as they would have."""
    quiet = ("behaviour.attention.contact=0", "behaviour.bonds.habit_break=0", "policies=[none]")
    market = Market(small(*quiet, months=MONTHS, customers=2_000))
    called, left_alone = (
        adopted(market, Proactive(target="random", depth=0.5, every=1, credit=0.0, contact_cost=3.0, rest=0)).run(),
        market.fork().run(),
    )
    assert called.ledger["contact_cost"].sum() == 3.0 * called.panel["contacted"].sum() > 0.0
    assert (
        left_alone.panel["contacted"].sum() == 0
        and called.ports.equals(left_alone.ports)
        and called.prices.equals(left_alone.prices)
    )
    assert called.panel.drop(columns="contacted").equals(left_alone.panel.drop(columns="contacted"))


# --- side by side ----------------------------------------------------------------------------------------------------


def test_policies_combine(base: Market) -> None:
    twin = base.fork(policy="points+save_desk")
    named = twin.operators[0].strategies()
    assert named["loyalty.points"] == base.scenario.policies["points"].loyalty["points"]
    assert named["retention.save_desk"] == base.scenario.policies["save_desk"].retention["save_desk"]
    twin.run()
    ledger = twin.ledger.query("operator == 'alpha'")
    assert ledger["points_issued"].gt(0.0).all() and ledger["contact_cost"].sum() > 0.0
    assert_same(tables(twin), tables(base.fork(policy="save_desk+points").run()))


def test_a_combined_policy_named_in_the_scenario_is_the_same(base: Market) -> None:
    named = Market(small("policies=[none,points+save_desk]", "policy=points+save_desk", months=MONTHS, customers=2_000))
    assert list(named.scenario.policies) == ["none", "points+save_desk"]
    assert_same(tables(base.fork(policy="points+save_desk").run()), tables(named.run()))


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        ("proactive_random+proactive_value", "retention.proactive"),
        ("points+points", "loyalty.points"),
        ("price_cut+points+price_cut", "pricing"),
    ],
)
def test_two_values_for_one_key_name_both(pair: str, key: str, base: Market) -> None:
    *_, second = parts = pair.split("+")
    for attempt in (lambda: base.fork(policy=pair), lambda: load_scenario("classroom", [f"policy={pair}"])):
        with pytest.raises(InputError) as error:
            attempt()
        assert all(word in str(error.value) for word in (parts[0], second, key))


def test_two_levers_of_one_kind_are_bad_input_and_name_both() -> None:
    """Under two names they would set one thing twice: said in words, not as a fault in the middle of a run."""
    with pytest.raises(InputError, match=r"(?s)club.*card|card.*club"):
        Market(
            load_scenario(
                "classroom", ["operators.alpha.loyalty={club: {kind: points}, card: {kind: points}}", "burn_in=12"]
            )
        ).step()


@pytest.mark.parametrize("months", [0, 2])
def test_a_policy_makes_way_for_another(months: int, base: Market) -> None:
    """Nothing of the first is left in what the operator does; what it did to customers is."""
    twin = base.fork(policy="price_cut+points+tiers+tenure_discount+contract+proactive_value+save_desk")
    for _ in range(months):
        twin.step()
    after = twin.fork(policy="none")
    assert after.operators[0].strategies() == base.operators[0].strategies()
    after.run()
    own = f"operator == 'alpha' and month > {months}"
    assert after.prices.query(own)["fee"].tolist() == base.fork().run().prices.query(own)["fee"].tolist()
    later = after.ledger.query(own)
    assert (later[["points_issued", "points_cost", "contact_cost"]] == 0.0).all(axis=None)
    if months == 0:
        assert_same(tables(base.fork().run()), tables(after))


def test_an_unknown_policy_is_refused_with_the_nearest(base: Market) -> None:
    for attempt in (
        lambda: base.fork(policy="pionts"),
        lambda: base.fork(policy="save_desk+pionts"),
        lambda: load_scenario("classroom", ["policy=pionts"]),
    ):
        with pytest.raises(InputError, match=r"pionts.*did you mean.*points"):
            attempt()


# --- one's own -------------------------------------------------------------------------------------------------------


class Alternate(Pricing):
    """Fees up and down by a share, in turn; remembers which way it went."""

    kind: Literal["alternate"] = "alternate"
    swing: float = 0.05

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        up = not (state or False)
        return up, Action(
            fees={name: plan.start_fee * (1.0 + (self.swing if up else -self.swing)) for name, plan in view.own.items()}
        )


class Generous(Retention):
    """A desk that gives every leaver what it takes."""

    kind: Literal["generous"] = "generous"
    credit: float = 1000.0

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(save_desk=SaveDesk(reach=1.0, credit=self.credit, term=0, contact_cost=0.0))


class Misplaced(Loyalty):
    """Gifts under the name of points."""

    kind: Literal["misplaced"] = "misplaced"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(points=Surprise())


def test_a_lever_under_the_name_of_another_is_refused(base: Market) -> None:
    with pytest.raises(InputError, match=r"operators\.alpha: Action\(points=\.\.\.\) takes a Points \(got Surprise\)"):
        adopted(base, Misplaced()).step()


OWN: Mapping[str, str] = {
    "market.yaml": (
        "defaults: [europe_three, _self_]\ncustomers: {count: 1_000}\nburn_in: 12\nmonths: 4\npolicies: [none,"
        " alternate, generous]\n"
    ),
    "policy/alternate.yaml": "description: Up and down.\npricing: {kind: alternate, swing: 0.1}\n",
    "policy/generous.yaml": "description: Whatever it takes.\nretention:\n  desk: {kind: generous}\n",
}


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    for name, text in OWN.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "market.yaml"


def test_own_strategies_work_in_own_policies(own_folder: Path) -> None:
    market = Market(load_scenario(own_folder, strategies=[Alternate, Generous]))
    fees = market.fork(policy="alternate").run().prices.query("plan == 'alpha_M'")["fee"].to_numpy()
    assert fees / fees[0] == pytest.approx([1.0, 1.1, 0.9, 1.1, 0.9])
    held, alone = market.fork(policy="generous+alternate").run(), market.fork(policy="alternate").run()
    assert held.ledger["credits_cost"].sum() > alone.ledger["credits_cost"].sum() == 0.0
    lost = [run.kpis.query("operator == 'alpha'")["churn_voluntary"].sum() for run in (held, alone)]
    assert lost[0] < lost[1]


def test_own_strategies_work_in_scenario_and_overrides() -> None:
    overrides = [
        "operators.beta.pricing={kind: alternate}",
        "operators.gamma.retention.desk={kind: generous, credit: 50}",
        "operators.alpha.pricing={kind: match}",
    ]
    scenario = load_scenario("classroom", overrides, strategies=[Alternate, Generous])
    assert scenario.operators["beta"].pricing == Alternate() and scenario.operators["gamma"].retention == {
        "desk": Generous(credit=50.0)
    }
    assert scenario.operators["alpha"].pricing == Match() and pickle.loads(pickle.dumps(scenario)) == scenario


def test_own_strategies_must_be_handed_over(own_folder: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"(?s)policy/alternate.*no such kind 'alternate'.*known: fixed, schedule, .*best_response, q_learning",
    ):
        load_scenario(own_folder)


def test_own_strategies_state_is_copied_by_a_fork(own_folder: Path) -> None:
    market = Market(load_scenario(own_folder, strategies=[Alternate, Generous])).fork(policy="alternate")
    market.step()
    twin = market.fork()
    twin.step()
    assert_same(tables(market.fork().run()), tables(twin.run()))
    assert market.month == 1 and market.run().prices.equals(twin.prices)


# --- whom an operator calls ------------------------------------------------------------------------------------------


def test_uplift_aims_at_whom_a_call_keeps_and_risk_at_who_leaves() -> None:
    draw, rows = np.random.default_rng(4), 6_000
    features = np.zeros((rows, len(FEATURES)))
    features[:, 0] = 1.0
    at_risk, can_be_kept, called = np.arange(rows) % 10 == 0, np.arange(rows) % 10 == 1, draw.random(rows) < 0.5
    features[at_risk, FEATURES.index("prepaid")], features[can_be_kept, FEATURES.index("term_ends")] = 1.0, 1.0
    chance = np.where(at_risk, np.where(called, 0.45, 0.40), np.where(can_be_kept, np.where(called, 0.10, 0.25), 0.02))
    records = Records(features, draw.random(rows) < chance, features, called)
    for weights, wanted in ((risk_weights(records), at_risk), (uplift_weights(records, 0.10), can_be_kept)):
        assert weights is not None
        threshold, _ = aim(features, weights, 0.10)
        assert ((features @ np.asarray(weights) >= threshold) == wanted).all()


def test_oracle_knows_that_a_call_helps_when_a_term_ends_and_harms_inside_it() -> None:
    """Everybody is called in a fork, twelve times under other luck; saved over three months."""
    world = Market(load_scenario("europe_three", ["customers.count=20_000", "months=3", "policies=[none]"]), seed=1)
    views(world.scenario, world.world)[world.focal_index].true_effects(30.0, 0)
    own, left = world.customers_of(world.focal_index), world.state.months_left[world.customers_of(world.focal_index)]
    everybody, saved = (
        Policy(name="everybody", description="", retention={"calls": Proactive(target="random", depth=1.0, every=12)}),
        [],
    )
    for luck in range(12):
        alone, called = world.fork(seed=luck), world.fork(seed=luck)
        called.operators[world.focal_index].adopt(everybody)
        for _ in range(3):
            alone.step()
            called.step()
        saved.append(
            (called.customers.operator[own] == world.focal_index).astype(float)
            - (alone.customers.operator[own] == world.focal_index)
        )
    for people, sign in (((left > 0) & (left <= 3), 1), (left > 3, -1)):
        realised = sign * np.mean(saved, axis=0)[people]
        assert (
            realised.mean() > 2.0 * realised.std() / np.sqrt(len(realised))
            and sign * world.world.oracle[own][people].mean() > 0.0
        )

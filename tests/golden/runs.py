"""What the golden runs are: small markets of every scenario, as shipped and under levers and shocks, and two with
everything on.

Few people live for few months, so that all tables of all runs are read, compared and stored in seconds; under levers
more happens to them than in life, so that few people are enough for every path of a month to be taken.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sim import Market, load_scenario

HERE = Path(__file__).parent
STORED = HERE / "stored"
MONTHS = 4  # a quarter and what follows from it; a model of whom to call learns in month 4
BURN_IN = 4
PEOPLE, FEW = 180, 120  # under levers; as shipped
# made up, with the columns of the data sets that these scenarios import
FILES = {"from_iran": HERE / "base_iran.csv", "from_ibm": HERE / "base_ibm.csv"}
OPEN_AT_ONCE = (*FILES, "china_2012", "small_market")  # without a burn-in
# what a scenario has in store for later
AT_ONCE = {"loyalty_arms_race": ["operators.beta.mirror_after=2", "operators.gamma.mirror_after=3"]}
BUSY = (
    "behaviour.attention.base=0.12",
    "behaviour.failure.rate=0.12",
    "behaviour.turnover.default=0.02",
    "behaviour.turnover.exit=0.01",
)


@dataclass(frozen=True)
class Run:
    """One market that is stored: a scenario, in which arm, and what differs from the scenario there."""

    scenario: str
    arm: str
    policy: str = "none"
    shocks: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    people: int = PEOPLE
    months: int = MONTHS

    @property
    def name(self) -> str:
        """Scenario and arm, as the folder below `stored` is named."""
        return f"{self.scenario}/{self.arm}"

    @property
    def folder(self) -> Path:
        """Where its tables are stored."""
        return STORED / self.scenario / self.arm


def busy(scenario: str, policy: str, shocks: tuple[str, ...] = (), *overrides: str) -> Run:
    """A scenario in which the focal operator runs a policy, more happens, and shocks come."""
    return Run(scenario, "levers", policy, shocks, (*BUSY, *overrides))


# Dealt out so that every policy file and every shock occurs; tests/golden/test_golden.py checks that they do.
LEVERS = (
    busy(
        "breach",
        "response_promise+win_back_price+proactive_value",
        ("outage",),
        "operators.beta.pricing={kind: cost_plus, markup: 1.5, phase: 2}",
        "operators.gamma.pricing={kind: undercut, step: 0.5}",
    ),
    busy("china_2005", "back_book+points+proactive_random", ("back_book_ban",)),
    busy("china_2012", "price_cut+referral+care_cut+first_contact"),
    busy(
        "classroom",
        "premium_price+save_desk+onboarding",
        ("term_ban",),
        "operators.beta.pricing={kind: price_war, phase: 2}",
        "operators.gamma.pricing={kind: target_share, target: 0.3}",
        "operators.alpha.plans.alpha_flex={promotion: 0.3, promotion_months: 2}",
    ),
    busy("entrant", "contract+proactive_risk+tenure_discount", (), "operators.beta.service={kind: target_wait}"),
    busy(
        "europe_three",
        "bundle+group_tariff+surprise+proactive_upgrade",
        ("recession",),
        "operators.gamma.pricing={kind: best_response, knowledge: records, every: 2}",
        "operators.beta.service={kind: target_satisfaction}",
    ),
    busy("from_ibm", "contract+proactive_oracle"),
    busy("from_iran", "points_minimum_spend+win_back_upgrade"),
    busy("loyalty_arms_race", "tiers+win_back_both"),
    busy("merger", "price_rise+dealer_commission+proactive_uplift"),
    busy("portability", "network_investment+plan_advice+first_contact", ("end_of_contract_notices",)),
    busy("premium_poaching", "premium_club+care_staffing+save_desk", (), "operators.alpha.record_error=0.3"),
    busy("price_war", "portfolio+points", ("price_war",)),
    busy("service_collapse", "care_and_network_cut+bundle", ("fee_waiver",)),
    busy("small_business_neglect", "tiered_service+referral", (), "behaviour.accounts.by_head=false"),
    busy(
        "small_market",
        "network_cut+save_desk",
        (),
        "operators.beta.pricing={kind: best_response, knowledge: exact}",
        "operators.gamma.pricing={kind: schedule, fees: {2: 0.9, 3: {gamma_S: 7}}}",
    ),
    busy("tariff_rise", "no_contract+proactive_value"),
    busy("un_carrier", "un_carrier+onboarding"),
    busy("us_2010_2013", "un_carrier_pays_fees+response_promise"),
)

MUCH = (
    "behaviour.attention={base: 0.15, friend_left: 0.05, campaign: 0.2, win_back: 0.5, dissatisfaction: 0.4}",
    "behaviour.failure={rate: 0.2, billing: 0.05, local_outage: 0.1, region_outage: 0.1, voice_large: 0.6}",
    "behaviour.turnover={default: 0.02, exit: 0.01, prepaid_lapse: 0.1, prepaid_return: 0.4, silent_months: 2}",
    "behaviour.turnover.move=0.05",
    "behaviour.second_sim={hazard: 0.2, drop: 0.2, drift: 0.3}",
    "behaviour.usage_change={fall: 0.05, growth: 0.1}",
    "behaviour.enrolment.hazard=0.4",
    "behaviour.device={hazard: 0.01, onset: 6, replaced: 0.1}",
    "behaviour.deals={learning: 0.4, threat: 0.3}",
    "behaviour.campaigns.rate=0.4",
    "behaviour.word_of_mouth={weight: 1.0, referral: 0.2}",
    "behaviour.variety={weight: 1.0, rate: 0.2}",
    "behaviour.opening={tenure_postpaid: 20, tenure_prepaid: 12}",
    "behaviour.trust.weight=2",
    "operators.alpha.record_error=0.1",
)
EVERYTHING = (
    Run(
        "entrant",
        "everything",
        "back_book+bundle+contract+group_tariff+points+referral+surprise+tenure_discount+tiers+care_staffing"
        "+dealer_commission+first_contact+onboarding+proactive_risk+response_promise+save_desk+win_back_both",
        ("outage", "breach", "device_launch", "recession", "end_of_contract_notices"),
        (
            *MUCH,
            "operators.beta={mirror_after: 3, service: {kind: target_satisfaction}}",
            "operators.gamma={pricing: {kind: undercut}, service: {kind: target_wait}}",
            "operators.delta.pricing={kind: price_war}",
            "operators.beta.plans.beta_flex={promotion: 0.3, promotion_months: 2, brand: junior}",
            "operators.beta.plans.beta_M.device_debt=200",
            "behaviour.bonds.reactance=0.3",
        ),
        people=400,
        months=8,
    ),
    Run(
        "europe_three",
        "everything",
        "price_rise+no_contract+points_minimum_spend+premium_club+group_tariff+portfolio",
        ("portability", "term_ban", "fee_waiver", "tariff_rise", "back_book_ban"),
        (
            *MUCH,
            "operators.beta={pricing: {kind: match, every: 2}, mirror_after: 4}",
            "operators.gamma={pricing: {kind: target_share, target: 0.3}}",
            "operators.gamma.loyalty={points: {kind: points, expiry: 0.1, voluntary: false}}",
            "operators.gamma.retention.pilot={kind: proactive, target: uplift}",
            "operators.gamma.retention.advice={kind: proactive, target: random, offer: advice}",
            "operators.gamma.plans.gamma_flex={promotion: 0.3, promotion_months: 2, brand: junior}",
            "behaviour.choice.shock_months=3",
            "behaviour.accounts.by_head=false",
        ),
        people=400,
        months=8,
    ),
)
RUNS = (
    *(Run(one.scenario, "shipped", people=FEW) for one in LEVERS),
    *LEVERS,
    *EVERYTHING,
)


@lru_cache(maxsize=1)
def world(run: Run) -> Market:
    """Build the run's market at month 0, to be forked by either engine; its shocks come in months 2, 3, 4, 2, ..."""
    overrides = [
        f"customers.count={run.people}",
        f"months={run.months}",
        *([f"burn_in={BURN_IN}"] if run.scenario not in OPEN_AT_ONCE else []),
        *([f"customers.file='{FILES[run.scenario]}'"] if run.scenario in FILES else []),
        "panel={share: 1, truth: true, survey_share: 0.3}",
        *(f"shock={shock}" for shock in run.shocks),
        *AT_ONCE.get(run.scenario, []),
        f"policy={run.policy}",
        f"policies=[{','.join(dict.fromkeys(('none', run.policy)))}]",
        *run.overrides,
    ]
    scenario = load_scenario(run.scenario, overrides)
    soon = {
        name: shock.model_copy(update={"month": 2 + number % 3})
        for number, (name, shock) in enumerate(scenario.shocks.items())
    }
    return Market(scenario.model_copy(update={"shocks": soon}))

"""How one customer lives a month: every behavioural equation of the model, once, by theme.

Each rule is a short function of one customer: plain numbers in, a plain number out. Units: money in currency per month,
usage in GB per month; satisfaction, expectation, commitment, trust, habit, performance in 0 to 1; utility in utils. The
loop in sim/month.py calls the rules in the order of the month.
"""

from agents.customer.attention import adoption_probability, campaign_hazard, curiosity_hazard, device_hazard, dissatisfaction_hazard, failure_hazard, term_hazard, vulnerability
from agents.customer.bonds import (
    bond_utility,
    effective_portability,
    enrolment_hazard,
    hassle_left,
    operator_taste,
    satiation,
    social_utility,
    switching_cost,
    threat_hazard,
    tops_up,
    update_commitment,
    update_deal_proneness,
    update_habit,
    update_trust,
)  # fmt: skip
from agents.customer.choice import bundle_chance, dealer_push, inclusive_value, is_recommended, line_value, one_off, plan_utility, second_sim_gain, share_of_wallet
from agents.customer.experience import (
    believed,
    complains,
    congestion,
    damage_left,
    delight,
    envy,
    experience_weight,
    fairness,
    performance,
    reach,
    update_expectation,
    update_expected_delight,
    update_satisfaction,
)  # fmt: skip
from agents.customer.money import (
    bill,
    combined_discount,
    default_hazard,
    group_discount,
    loyalty_penalty,
    promotion_worth,
    tenure_discount,
    update_reference_price,
)  # fmt: skip
from agents.customer.numbers import clip
from agents.customer.records import feature
from agents.customer.relations import ended_relation, lifecycle_stage, loyalty_phase, loyalty_type, value_quadrant

__all__ = [
    "adoption_probability", "believed", "bill", "bond_utility", "bundle_chance", "campaign_hazard", "clip", "combined_discount", "complains", "congestion", "curiosity_hazard",
    "damage_left", "dealer_push", "default_hazard", "delight", "device_hazard", "dissatisfaction_hazard", "effective_portability", "ended_relation", "enrolment_hazard",
    "envy", "experience_weight", "failure_hazard", "fairness", "feature", "group_discount", "hassle_left", "inclusive_value", "is_recommended", "lifecycle_stage",
    "line_value", "loyalty_penalty", "loyalty_phase", "loyalty_type", "one_off", "operator_taste", "performance", "plan_utility", "promotion_worth", "reach", "satiation",
    "second_sim_gain", "share_of_wallet", "social_utility", "switching_cost", "tenure_discount", "term_hazard", "threat_hazard", "tops_up", "update_commitment",
    "update_deal_proneness", "update_expectation", "update_expected_delight", "update_habit", "update_reference_price", "update_satisfaction", "update_trust",
    "value_quadrant", "vulnerability",
]  # fmt: skip

"""Every mechanism of behaviour: what it says, whose idea it is, how it is switched off, and what must move when it is stronger.

The tests read this list: with the switch off, the mechanism's other numbers (`idle`) change nothing at all; against the
market without it, the setting `moved` moves `measure` in the direction `sign`. The documentation is made from it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanism:
    """A mechanism. Keys are overrides of a scenario; behaviour.* is left out of the names."""

    name: str
    says: str
    rules: tuple[str, ...]  # functions of agents.customer or agents.care
    source: str
    off: str  # the one key that switches it off
    moved: str  # the same key, strong
    measure: str  # of the focal operator: kpis.X, reasons.X, lifecycle.X, loyalty_type.X, panel.X; of the whole market: market.X
    sign: int  # of the measure's change from off to moved
    idle: tuple[str, ...] = ()  # overrides that change nothing while it is off
    setting: tuple[str, ...] = ()  # the occasion on which it shows


def _levers(role: str, kind: str, **terms: object) -> str:
    """Give the focal operator a lever, as an override."""
    return f"operators.alpha.{role}={{lever: {{{', '.join(f'{name}: {value}' for name, value in {'kind': kind, **terms}.items())}}}}}"


RISE = "shocks={rise: {kind: price_change, operator: alpha, change: 0.15}}"

EXPERIENCE = (
    Mechanism("disconfirmation", "Satisfaction answers the gap between performance and expectation.", ("update_satisfaction",), "Oliver 1980",
              "satisfaction.disconfirmation=0", "satisfaction.disconfirmation=4", "kpis.csat", -1, ("satisfaction.loss_aversion=4",)),
    Mechanism("loss aversion", "Losses weigh more than gains.", ("update_satisfaction",), "Mittal, Ross & Baldasare 1998",
              "satisfaction.loss_aversion=1", "satisfaction.loss_aversion=4", "kpis.csat", -1),
    Mechanism("anchoring", "Old customers' satisfaction is moved less by a month.", ("experience_weight",), "Bolton 1998",
              "satisfaction.anchoring=0", "satisfaction.anchoring=1", "panel.spread_of_satisfaction", -1, ("satisfaction.weight_min=0.2",)),
    Mechanism("promise raises expectation", "What is advertised is expected, and measured against.", ("update_expectation",), "Boulding et al. 1993",
              "satisfaction.expectation_advertised=0", "satisfaction.expectation_advertised=0.2", "kpis.csat", -1, (), ("operators.alpha.advertised=0.95",)),
    Mechanism("promise attracts", "Advertising colours what is believed of operators not used.", ("believed",), "Roberts & Urban 1988",
              "choice.promise=0", "choice.promise=0.8", "kpis.gross_adds", 1, (), ("operators.alpha.advertised=0.95",)),
    Mechanism("price fairness", "A bill is judged against a reference price.", ("fairness",), "Bolton, Warlop & Alba 2003",
              "experience.fairness_slope=0", "experience.fairness_slope=4", "kpis.csat", -1, (), (RISE,)),
    Mechanism("adapting reference price", "The reference price follows the bill: a rise is forgiven in time.", ("update_reference_price",), "Helson 1964",
              "experience.reference_adaptation=0", "experience.reference_adaptation=0.5", "kpis.csat", 1, (), (RISE,)),
    Mechanism("newcomers' prices", "Paying more than newcomers is felt as unfair.", ("envy",), "Feinberg, Krishna & Zhang 2002",
              "experience.newcomer_slope=0", "experience.newcomer_slope=4", "kpis.csat", -1, (), ("operators.alpha.pricing={kind: back_book, front: 0, premium: 0.2, after: 12}",)),
    Mechanism("delight", "Unexpected rewards lift, are not missed, and fade into expectation (Kano: attractive).", ("delight", "update_expected_delight"), "Kano et al. 1984",
              "delight.weight=0", "delight.weight=0.6", "kpis.csat", 1, ("delight.scale=2", "delight.fade=0.9"), (_levers("loyalty", "surprise", share=0.3, gift=10),)),
    Mechanism("failures", "Failures hurt, their absence earns nothing (Kano: must-be).", ("damage_left", "performance"), "Kano et al. 1984",
              "failure.rate=0", "failure.rate=0.08", "kpis.csat", -1, ("failure.large=0.9", "failure.damage_large=0.9", "failure.damage_small=0.9")),
    Mechanism("wrong bills", "A correct bill is taken for granted, a wrong one is not (Kano: must-be).", ("damage_left",), "Kano et al. 1984",
              "failure.billing=0", "failure.billing=0.05", "kpis.csat", -1, ("failure.billing_damage=0.9", "failure.billing_voice=0.9")),
    Mechanism("network load", "A network beyond its capacity fails more often and slows down.", ("congestion",), "assumption; queueing",
              "congestion.slope=0", "congestion.slope=30", "kpis.failures", 1, ("congestion.knee=0.2", "congestion.slowdown=2"), ("operators.alpha.network.headroom=0",)),
    Mechanism("voice", "Some failures are complained of: more the graver, and by the committed.", ("complains",), "Hirschman 1970",
              "failure.voice=0", "failure.voice=2", "kpis.complaint_rate", 1, ("failure.voice_large=0.9", "failure.voice_commitment=0.9", "failure.voice_success=0.9")),
    Mechanism("expected success", "Complaints are made where they succeed.", ("complains",), "Hirschman 1970",
              "failure.voice_success=0", "failure.voice_success=0.8", "kpis.complaint_rate", 1),
    Mechanism("recovery", "Care repairs part of the damage; done fast or with compensation, more than that.", ("damage_left",), "Maxham & Netemeyer 2002",
              "failure.recovery=0", "failure.recovery=1", "kpis.csat", 1,
              ("failure.factor_unresolved=0.1", "failure.factor_resolved=0.1", "failure.factor_fast=-0.5", "failure.factor_compensated=-0.9"),
              ("failure.voice=4", "failure.rate=0.1")),
    Mechanism("double failure", "A second failure soon after is worse than twice.", ("damage_left",), "Maxham & Netemeyer 2002",
              "failure.repeat=1", "failure.repeat=4", "kpis.csat", -1, (), ("failure.rate=0.1",)),
    Mechanism("waiting for care", "Waiting in the queue spoils care.", ("queue", "erlang_a"), "Garnett, Mandelbaum & Reiman 2002",
              "operators.alpha.care.wait_penalty=0", "operators.alpha.care.wait_penalty=0.5", "kpis.csat", -1, (), ("operators.alpha.service={kind: budget_share, care: 0.002}",)),
    Mechanism("agents' morale", "Overload wears agents out, and tired agents resolve less.", ("update_morale", "first_contact"), "Deery, Iverson & Walsh 2002",
              "operators.alpha.care.morale_loss=0", "operators.alpha.care.morale_loss=2", "kpis.first_contact_resolution", -1,
              ("operators.alpha.care.morale_speed=0.9", "operators.alpha.care.overload=0.2"), ("operators.alpha.service={kind: budget_share, care: 0.004}",)),
    Mechanism("commitment", "Affective commitment holds.", ("update_commitment", "bond_utility"), "Garbarino & Johnson 1999",
              "choice.commitment=0", "choice.commitment=5", "kpis.churn_rate", -1),
    Mechanism("trust", "Kept promises build trust, betrayals break it, and trust holds.", ("update_trust", "bond_utility"), "Morgan & Hunt 1994",
              "trust.weight=0", "trust.weight=6", "kpis.churn_rate", 1, ("trust.growth=0.9", "trust.slope=9", "trust.loss=0.9"),
              ("shocks={breach: {kind: breach, operator: alpha, loss: 0.9}}",)),
    Mechanism("habit", "Every month of use makes it harder to do otherwise, until something breaks the habit.", ("update_habit", "bond_utility"), "Wood & Neal 2009",
              "bonds.habit_growth=0", "bonds.habit_growth=0.3", "kpis.churn_rate", -1, ("bonds.habit_break=0.9",), ("choice.habit=3",)),
    Mechanism("reactance", "A scheme that forces behaviour raises spending and costs commitment.", ("update_commitment", "tops_up"), "Wendlandt & Schrader 2007",
              "bonds.reactance=0", "bonds.reactance=0.6", "kpis.commitment", -1, (), (_levers("loyalty", "points", voluntary="false", obligation=30, value=0.2, minimum=10000),)),
)  # fmt: skip
RELATIONS = (
    Mechanism("phases of loyalty", "Each phase of loyalty has its own weakness.", ("loyalty_phase", "vulnerability"), "Oliver 1999",
              "loyalty_phases.vulnerability=0", "loyalty_phases.vulnerability=3", "reasons.campaign", 1),
    Mechanism("curiosity", "Few look around in a month for no special reason.", ("curiosity_hazard",), "Hortacsu, Madanizadeh & Puller 2017",
              "attention.base=0", "attention.base=0.08", "kpis.attention_rate", 1, ("attention.prepaid=9",), ("attention.prospect=0.3",)),
    Mechanism("end of a term", "A term that ends makes customers look around.", ("term_hazard",), "Hortacsu, Madanizadeh & Puller 2017",
              "attention.term_end=0", "attention.term_end=0.9", "kpis.churn_rate", 1),
    Mechanism("dissatisfaction", "The dissatisfied look around.", ("dissatisfaction_hazard",), "Hirschman 1970",
              "attention.dissatisfaction=0", "attention.dissatisfaction=0.6", "reasons.dissatisfaction", 1, ("attention.dissatisfaction_level=0.9",)),
    Mechanism("friends who leave", "A tie who leaves makes customers look around.", ("pay_attention",), "Nitzan & Libai 2011; Ferreira, Telang & De Matos 2019",
              "attention.friend_left=0", "attention.friend_left=0.2", "kpis.churn_rate", 1),
    Mechanism("contact wakes", "The operator's own call wakes customers up.", ("pay_attention",), "Ascarza, Iyengar & Schleicher 2016",
              "attention.contact=0", "attention.contact=0.6", "kpis.churn_rate", 1, (), (_levers("retention", "proactive", target="random", depth=0.3, credit=0),)),
    Mechanism("rivals' campaigns", "Rivals court communities with a bonus for joining.", ("campaign_hazard", "one_off"), "assumption",
              "campaigns.rate=0", "campaigns.rate=0.4", "kpis.churn_rate", 1, ("campaigns.bonus=300",)),
    Mechanism("social pull", "Ties who are with an operator pull.", ("social_utility",), "Birke & Swann 2006",
              "choice.social=0", "choice.social=4", "market.same_operator_as_ties", 1),
    Mechanism("accounts decide together", "Branches follow the head office; members move with their account.", ("wish_of_account",), "assumption",
              "accounts.together=false", "accounts.together=true", "reasons.account", 1, ("accounts.by_head=false",)),
    Mechanism("businesses that grow", "Small businesses are the mothers of large ones.", ("use",), "assumption; OECD on high-growth firms",
              "usage_change.growth=0", "usage_change.growth=0.1", "kpis.arpu", 1, ("usage_change.growth_factor=3", "usage_change.largest=90")),
    Mechanism("falling usage", "Some use less and less, for reasons of their own.", ("use",), "assumption",
              "usage_change.fall=0", "usage_change.fall=0.05", "kpis.arpu", -1, ("usage_change.fall_to=0.1",)),
    Mechanism("second SIM", "A second line for coverage here or price there splits the wallet.", ("share_of_wallet", "second_sim_gain", "line_value"), "assumption",
              "second_sim.hazard=0", "second_sim.hazard=0.2", "kpis.share_of_wallet", -1,
              ("second_sim.drop=0.5", "second_sim.effort=0", "second_sim.coverage=90", "second_sim.by_satisfaction=9", "second_sim.drift=0.9")),
    Mechanism("decline before departure", "Usage drifts to the better line before the customer is seen to leave.", ("share_of_wallet", "hassle_left"), "assumption",
              "second_sim.drift=0", "second_sim.drift=0.6", "lifecycle.decline", 1, (), ("second_sim.hazard=0.1", "second_sim.by_satisfaction=6")),
    Mechanism("brands of the house", "Moving to another brand of the house takes some effort.", ("plan_utility",), "assumption",
              "choice.brand_change=0", "choice.brand_change=300", "kpis.brand_migrations", -1, (), ("operators.alpha.plans.alpha_flex.brand=junior",)),
    Mechanism("involuntary churn", "Unpaid bills end relations.", ("default_hazard",), "assumption",
              "turnover.default=0", "turnover.default=0.02", "kpis.churn_involuntary", 1, ("turnover.arrears=9",)),
    Mechanism("arrears", "Bills above what she is used to go unpaid more often.", ("default_hazard",), "assumption",
              "turnover.arrears=0", "turnover.arrears=40", "kpis.churn_involuntary", 1, (), ("turnover.default=0.01",)),
    Mechanism("silent lines", "A prepaid line falls silent before it is counted as lost.", ("forced_out", "stay_silent"), "inactivity rules of operators",
              "turnover.silent_months=0", "turnover.silent_months=6", "kpis.silent_lines", 1, ("turnover.prepaid_return=0.9",)),
    Mechanism("win-back", "A former operator's call makes people look around.", ("be_courted", "promotion_worth"), "Kumar, Bhagwat & Zhang 2015",
              "attention.win_back=0", "attention.win_back=0.8", "kpis.won_back", 1, (), (_levers("retention", "win_back", reach=0.5, promotion=0.3),)),
    Mechanism("word of mouth", "What ties report is believed beside the reputation; where bad news travels farther, rivals look worse.", ("believed",), "Roberts & Urban 1988",
              "word_of_mouth.weight=0", "word_of_mouth.weight=10", "kpis.churn_rate", -1, (), ("word_of_mouth.bad=8", "word_of_mouth.neutral=0.65")),
    Mechanism("bad news travels farther", "A bad report reaches more people than a good one.", ("reach",), "TARP; Anderson 1998",
              "word_of_mouth.bad=1", "word_of_mouth.bad=8", "kpis.expectation", -1, (), ("satisfaction.expectation_social=0.3",)),
    Mechanism("referral", "Content ties bring others to their operator.", ("is_recommended",), "Schmitt, Skiera & van den Bulte 2011",
              "word_of_mouth.referral=0", "word_of_mouth.referral=0.3", "kpis.referred", 1, ("word_of_mouth.by_reward=0.1", "word_of_mouth.recommended=9")),
    Mechanism("dealers", "Dealers recommend what they are paid to sell.", ("dealer_push",), "assumption",
              "dealers.influence=0", "dealers.influence=0.03", "kpis.gross_adds", 1, ("dealers.share=0.9",), (_levers("retention", "dealer_commission", new=60, renewal=60),)),
    Mechanism("trained by deals", "Deals got and heard of make customers deal-prone; it fades.", ("update_deal_proneness",), "Mela, Gupta & Lehmann 1997",
              "deals.learning=0", "deals.learning=0.6", "kpis.deal_proneness", 1, ("deals.fade=0.9",)),
    Mechanism("deal-prone listen to campaigns", "Who is deal-prone is woken by campaigns more easily.", ("campaign_hazard",), "Mela, Gupta & Lehmann 1997",
              "deals.weight=0", "deals.weight=1", "panel.proneness_of_leavers", 1, (), ("campaigns.rate=0.4", "deals.learning=0")),
    Mechanism("empty threats", "Customers learn to threaten the save desk.", ("threat_hazard",), "assumption",
              "deals.threat=0", "deals.threat=0.5", "kpis.threats", 1, (), (_levers("retention", "save_desk"),)),
    Mechanism("end of a promotion", "The first full bill makes customers look around.", ("pay_attention",), "assumption",
              "attention.promotion_end=0", "attention.promotion_end=0.9", "reasons.promotion_end", 1, (),
              ("operators.alpha.plans.alpha_flex.promotion=0.3", "operators.alpha.plans.alpha_flex.promotion_months=3")),
    Mechanism("variety seeking", "Some want a change for its own sake.", ("satiation",), "McAlister & Pessemier 1982",
              "variety.weight=0", "variety.weight=4", "kpis.churn_rate", 1, ("variety.rate=0.9",)),
    Mechanism("ageing device", "An old device brings an old relation up for review.", ("device_hazard",), "assumption",
              "device.hazard=0", "device.hazard=0.02", "reasons.device", 1, ("device.onset=1", "device.most=0.9", "device.replaced=0.9")),
    Mechanism("bad records", "Campaigns hit customers with a wrong record blindly.", ("be_called",), "assumption",
              "operators.alpha.record_error=0", "operators.alpha.record_error=0.9", "panel.bill_of_called", -1, (),
              (_levers("retention", "proactive", target="value", depth=0.1),)),
    Mechanism("bundle", "Taking a bundle apart is an effort.", ("switching_cost",), "Burnham, Frels & Mahajan 2003",
              "bundle_hassle=0", "bundle_hassle=1000", "kpis.churn_rate", -1, (), (_levers("loyalty", "bundle", uptake=0.3),)),
)  # fmt: skip
MECHANISMS = EXPERIENCE + RELATIONS


def override(key: str) -> str:
    """Return the full override for a key of this list."""
    return key if key.startswith(("operators.", "shocks")) else f"behaviour.{key}"

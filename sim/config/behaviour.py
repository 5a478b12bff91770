"""What a scenario may say of how customers behave. A mechanism is off where its leading number is 0."""

from pydantic import Field

from agents.block import MOST_MONEY, Block, choice, fraction, quantity
from sim.config.traits import Hazard


class Choice(Block):
    """Nested-logit choice among all eligible plans (McFadden 1978)."""

    nest: float = quantity(
        meaning="scale of plan shocks within an operator; 1 is plain logit", ge=0.01, le=1.0, source="Cardell 1997"
    )
    shock_months: int = quantity(meaning="months an operator's taste shock is held", unit="months", ge=1, le=120)
    satisfaction: float = quantity(
        meaning="utility of satisfaction (own) or reputation (rivals), full scale", unit="utils", ge=0.0, le=100.0
    )
    commitment: float = quantity(meaning="utility of full affective commitment", unit="utils", ge=0.0, le=100.0)
    habit: float = quantity(meaning="utility of full habit", unit="utils", ge=0.0, le=100.0)
    social: float = quantity(meaning="utility when all ties are with the operator", unit="utils", ge=0.0, le=100.0)
    plan_change: float = quantity(
        meaning="hassle of changing plan inside the operator, once", unit="currency", ge=0.0, le=MOST_MONEY
    )
    brand_change: float = quantity(
        meaning="more hassle where the plan is of another brand of the house", unit="currency", ge=0.0, le=MOST_MONEY
    )
    promise: float = fraction(
        meaning="weight of advertised quality against reputation in what is believed of operators not used"
    )
    taste_sd: float = quantity(
        meaning="standard deviation of the lasting taste for an operator", unit="utils", ge=0.0, le=100.0
    )
    taste_community: float = fraction(meaning="correlation of lasting tastes with the community's")
    prepaid_taste_sd: float = quantity(
        meaning="standard deviation of the lasting taste for prepaid", unit="utils", ge=0.0, le=100.0
    )


class SwitchingCost(Block):
    """Money and effort of leaving; no feelings in it (Burnham, Frels & Mahajan 2003)."""

    hassle: float = quantity(
        meaning="mean search, paperwork and number loss, once",
        unit="currency",
        ge=0.0,
        le=MOST_MONEY,
        source="Weiergraeber 2022: 47-178 USD in all",
    )
    portability: float = fraction(meaning="part of the hassle that number portability takes away")
    prepaid: float = quantity(meaning="multiplier of the hassle for prepaid customers", ge=0.0, le=10.0)


class Binding(Block):
    """What a term costs before it is signed: not being free, and the leaving fee that is reckoned with."""

    dislike: float = quantity(
        meaning="mean dislike of being bound, for each month, once",
        unit="share of the monthly fee",
        ge=0.0,
        le=10.0,
        source="Confraria, Ribeiro & Vasconcelos 2017",
    )
    dislike_sd: float = quantity(meaning="spread of that dislike between people, in logs", ge=0.0, le=3.0)
    doubt: float = fraction(
        meaning="hazard with which customers expect to want to leave, times their own attention", unit="per month"
    )


class Attention(Block):
    """Monthly hazards of considering alternatives, by cause (Hortacsu, Madanizadeh & Puller 2017)."""

    base: float = fraction(meaning="curiosity", unit="per month")
    prospect: float = fraction(meaning="someone without an operator looks for one", unit="per month")
    in_term: float = quantity(
        meaning="multiplier of base and dissatisfaction while more than two months of term are left", ge=0.0, le=10.0
    )
    prepaid: float = quantity(meaning="multiplier of base for prepaid customers", ge=0.0, le=100.0)
    term_end: float = fraction(meaning="the month the term ends", unit="per month")
    term_near: float = fraction(meaning="each of the two months before", unit="per month")
    failure_silent: float = fraction(meaning="large failure suffered in silence", unit="per month")
    failure_unresolved: float = fraction(meaning="large failure, complaint unresolved", unit="per month")
    failure_resolved: float = fraction(meaning="large failure, resolved", unit="per month")
    failure_fast: float = fraction(meaning="large failure, resolved fast", unit="per month")
    failure_small: float = quantity(meaning="multiplier for small failures", ge=0.0, le=10.0)
    bill_shock: float = fraction(meaning="bill above bill_shock_ratio times the reference", unit="per month")
    bill_shock_ratio: float = quantity(meaning="bill over reference that shocks", ge=1.0, le=100.0)
    move: float = fraction(meaning="in a month of moving house", unit="per move")
    friend_left: float = fraction(
        meaning="each tie who chose to leave the operator last month", unit="per tie and month"
    )
    campaign: float = fraction(meaning="reached by a rival's local campaign", unit="per month")
    promotion_end: float = fraction(meaning="the month after a newcomer's promotion has ended", unit="per month")
    win_back: float = fraction(meaning="called by a former operator", unit="per contact")
    contact: float = fraction(
        meaning="woken by the operator's own contact", unit="per contact", source="Ascarza, Iyengar & Schleicher 2016"
    )
    dissatisfaction: float = quantity(
        meaning="hazard per unit of satisfaction below the level", unit="per month", ge=0.0, le=1.0
    )
    dissatisfaction_level: float = fraction(meaning="satisfaction below which dissatisfaction wakes")


class Experience(Block):
    """What a month with the operator is like."""

    network_sd: float = quantity(meaning="monthly noise of network experience", ge=0.0, le=1.0)
    home_sd: float = quantity(meaning="lasting difference of coverage by home and operator", ge=0.0, le=1.0)
    usage_sd: float = quantity(meaning="monthly noise of usage, relative", ge=0.0, le=1.0)
    fairness: float = fraction(meaning="perceived fairness of a bill at the reference price")
    fairness_slope: float = quantity(meaning="loss of fairness per relative excess of the bill", ge=0.0, le=10.0)
    reference_adaptation: float = fraction(meaning="adaptation of the reference price", unit="per month")
    newcomer_slope: float = quantity(
        meaning="loss of fairness per relative excess of the bill over a newcomer's",
        ge=0.0,
        le=10.0,
        source="Feinberg, Krishna & Zhang 2002",
    )


class Delight(Block):
    """Attractive quality: rewards lift when they come unexpected, are not missed, and fade into expectation (Kano et
    al. 1984).
    """

    weight: float = quantity(meaning="lift of performance by a full delight", ge=0.0, le=1.0)
    scale: float = quantity(
        meaning="worth of rewards in a month that delights fully", unit="currency", ge=0.001, le=MOST_MONEY
    )
    fade: float = fraction(meaning="how fast rewards come to be expected", unit="per month")


class Satisfaction(Block):
    """Expectation-disconfirmation with loss aversion (Oliver 1980; Mittal, Ross & Baldasare 1998; Bolton 1998)."""

    disconfirmation: float = quantity(meaning="weight of the felt gap beside the level of performance", ge=0.0, le=10.0)
    loss_aversion: float = quantity(
        meaning="weight of a loss over a gain", ge=1.0, le=10.0, source="Mittal, Ross & Baldasare 1998"
    )
    weight_new: float = fraction(meaning="weight of this month for a new customer", source="Bolton 1998")
    weight_min: float = fraction(meaning="floor of that weight")
    anchoring: float = quantity(meaning="how fast the weight falls with tenure", unit="per month", ge=0.0, le=10.0)
    expectation_adaptation: float = fraction(meaning="expectation moves towards performance", unit="per month")
    expectation_advertised: float = fraction(meaning="expectation moves towards what is advertised", unit="per month")
    expectation_social: float = fraction(meaning="expectation moves towards what ties experience", unit="per month")
    expectation_start: float = fraction(
        meaning="weight of what is advertised against reputation in what a newcomer expects",
        source="Boulding et al. 1993",
    )
    answer_sd: float = quantity(meaning="noise of an answer to the operator's survey", ge=0.0, le=1.0)


class Trust(Block):
    """Trust that promises are kept: grows slowly, breaks on a betrayal (Morgan & Hunt 1994)."""

    weight: float = quantity(
        meaning="utility of full trust (own) or of its customers' trust (rivals)", unit="utils", ge=0.0, le=100.0
    )
    growth: float = fraction(meaning="adaptation to kept promises", unit="per month")
    slope: float = quantity(meaning="trust lost per unit of performance below the promise", ge=0.0, le=20.0)
    loss: float = fraction(meaning="trust broken by a complaint left unresolved or a wrong bill")
    start: float = fraction(meaning="trust at the opening of the market: its stationary value")


class LoyaltyPhases(Block):
    """Phases of loyalty differ in what shakes them (Oliver 1999)."""

    vulnerability: float = quantity(
        meaning="how much stronger an occasion works in the phase that is open to it", ge=0.0, le=10.0
    )
    content: float = fraction(meaning="satisfaction from which loyalty is cognitive")
    liking: float = fraction(meaning="satisfaction from which it is affective")
    committed: float = fraction(meaning="commitment from which it is conative")
    settled: float = fraction(meaning="habit from which conative loyalty is action")


class Bonds(Block):
    """Affective commitment and habit."""

    commitment_growth: float = fraction(meaning="adaptation of commitment to satisfaction", unit="per month")
    commitment_loss: float = fraction(meaning="commitment lost on a failure")
    commitment_start: float = fraction(meaning="commitment of a newcomer: its stationary value")
    commitment_neutral: float = fraction(meaning="satisfaction at which commitment starts to grow")
    commitment_slope: float = quantity(meaning="commitment per unit of satisfaction above neutral", ge=0.0, le=10.0)
    habit_growth: float = fraction(meaning="habit grows towards one", unit="per month stayed")
    habit_break: float = fraction(meaning="part of habit lost by contact, move or bill shock")
    reactance: float = fraction(
        meaning="commitment lost in a month in which a scheme forces behaviour", source="Wendlandt & Schrader 2007"
    )


class Failure(Block):
    """Service failures and what comes of them (Hirschman 1970; TARP; Knox & van Oest 2014)."""

    rate: float = fraction(meaning="failures", unit="per customer and month")
    region_outage: float = fraction(meaning="region and operator in outage", unit="per month")
    region_factor: float = quantity(meaning="multiplier of the rate in an outage", ge=0.0, le=1000.0)
    local_outage: float = fraction(meaning="community and operator with a local fault", unit="per quarter")
    local_factor: float = quantity(meaning="multiplier of the rate at a local fault", ge=0.0, le=1000.0)
    large: float = fraction(meaning="failures that are large")
    damage_large: float = fraction(meaning="performance lost by a large failure")
    damage_small: float = fraction(meaning="performance lost by a small failure")
    repeat: float = quantity(
        meaning="multiplier of damage for a second failure while the first is recent", ge=0.0, le=10.0
    )
    factor_unresolved: float = quantity(
        meaning="part of the damage left after an unresolved complaint", ge=-1.0, le=1.0
    )
    factor_resolved: float = quantity(meaning="part left after a resolved complaint", ge=-1.0, le=1.0)
    factor_fast: float = quantity(meaning="part left after a fast resolution", ge=-1.0, le=1.0)
    factor_compensated: float = quantity(meaning="part left after a resolution with compensation", ge=-1.0, le=1.0)
    recovery: float = fraction(
        1.0, meaning="how much of this recovery there is: 0 leaves the whole damage whatever care does"
    )
    voice: float = quantity(
        1.0, meaning="multiplier of all complaint probabilities: 0 silences everybody", ge=0.0, le=10.0
    )
    voice_large: float = fraction(meaning="complaints per large failure before commitment", source="TARP")
    voice_small: float = fraction(meaning="complaints per small failure before commitment", source="TARP")
    voice_commitment: float = quantity(meaning="added by full commitment", ge=0.0, le=1.0)
    voice_success: float = quantity(
        meaning="added where all complaints are resolved", ge=0.0, le=1.0, source="Hirschman 1970"
    )
    billing: float = fraction(meaning="wrong bills", unit="per customer and month")
    billing_damage: float = fraction(meaning="performance lost by a wrong bill")
    billing_voice: float = fraction(meaning="complaints per wrong bill before commitment")


class Congestion(Block):
    """A network loaded beyond its capacity fails more often and slows down."""

    slope: float = quantity(
        meaning="multiplier of the failure rate added per unit of load beyond the knee", ge=0.0, le=1000.0
    )
    knee: float = quantity(meaning="traffic over capacity at which congestion starts", ge=0.0, le=2.0)
    slowdown: float = quantity(
        meaning="network experience lost per doubling of the failure rate by congestion", ge=0.0, le=10.0
    )


class Turnover(Block):
    """How people come and go for reasons outside the market."""

    default: float = fraction(meaning="unpaid bill, line closed", unit="per month")
    arrears: float = quantity(
        meaning="multiplier of the default hazard added per relative excess of the bill over the usual one",
        ge=0.0,
        le=100.0,
    )
    exit: float = fraction(meaning="death or leaving the country; replaced by newcomers", unit="per month")
    prepaid_lapse: float = fraction(meaning="prepaid line falls silent", unit="per month")
    silent_months: int = quantity(
        meaning="months without use after which a silent prepaid line is closed; 0 closes it at once",
        unit="months",
        ge=0,
        le=24,
    )
    prepaid_return: float = fraction(meaning="silent line used again", unit="per month")
    move: float = fraction(meaning="moves house", unit="per month")


class UsageChange(Block):
    """Usage that falls for reasons of the customer's own, and businesses that grow."""

    fall: float = fraction(meaning="usage falls", unit="per month")
    fall_to: float = fraction(meaning="part of usage left by a fall")
    growth: float = fraction(meaning="a company account grows", unit="per account and month")
    growth_factor: float = quantity(meaning="usage after a growth over before", ge=1.0, le=10.0)
    largest: float = quantity(meaning="most that a company account grows to, times its first usage", ge=1.0, le=1000.0)


class Accounts(Block):
    """Company accounts decide together: members follow the head office, or the majority of members."""

    together: bool = choice(meaning="whether members of an account move together; each alone where false")
    by_head: bool = choice(meaning="the first member decides for all; otherwise the majority of members' last votes")


class SecondSim(Block):
    """A second SIM for coverage here or price there; usage is split by what each line is worth."""

    hazard: float = fraction(meaning="someone thinks of a second SIM", unit="per month")
    drop: float = fraction(meaning="second SIM put away, for no special reason", unit="per month")
    effort: float = quantity(
        meaning="what two lines are a bother, in money", unit="currency/month", ge=0.0, le=MOST_MONEY
    )
    coverage: float = quantity(meaning="utility of full coverage for a call", unit="utils", ge=0.0, le=100.0)
    by_satisfaction: float = quantity(
        meaning="utility for use of satisfaction with the first line over the second operator's reputation",
        unit="utils",
        ge=0.0,
        le=100.0,
    )
    drift: float = fraction(meaning="share of wallet moves towards what both lines are worth", unit="per month")
    start: float = fraction(meaning="how far it moves there at once when the second line is new")


class WordOfMouth(Block):
    """What ties report of their operators; bad news travels farther (TARP; Anderson 1998)."""

    weight: float = quantity(
        meaning="weight of one tie's report against the reputation, in what is believed of an operator not used",
        ge=0.0,
        le=10.0,
    )
    neutral: float = fraction(meaning="satisfaction below which a report is bad news")
    bad: float = quantity(meaning="reach of bad news over good", ge=1.0, le=10.0, source="TARP: about 2")
    referral: float = fraction(
        meaning="a content tie brings someone who looks around to consider its operator", unit="per tie"
    )
    by_reward: float = quantity(
        meaning="added to it per currency unit of referral reward", unit="1/currency", ge=0.0, le=1.0
    )
    recommended: float = quantity(
        meaning="utility of an operator that a tie has recommended", unit="utils", ge=0.0, le=100.0
    )


class Dealers(Block):
    """Dealers sell what they are paid to sell."""

    influence: float = quantity(
        meaning=(
            "utility of a plan per currency unit of commission above the usual one, for those who buy at a dealer's"
        ),
        unit="utils/currency",
        ge=0.0,
        le=10.0,
    )
    share: float = fraction(meaning="people who buy at a dealer's")


class Deals(Block):
    """Customers are trained by discounts (Mela, Gupta & Lehmann 1997)."""

    learning: float = fraction(
        meaning="growth of deal proneness by a deal got, or by all ties getting one", unit="per deal"
    )
    fade: float = fraction(meaning="return of deal proneness to the person's own", unit="per month")
    weight: float = quantity(meaning="how far rivals' campaigns wake the deal-prone more than others", ge=0.0, le=10.0)
    threat: float = fraction(
        meaning="a fully deal-prone customer calls the save desk without meaning to leave", unit="per month"
    )


class Variety(Block):
    """Some want a change for its own sake (McAlister & Pessemier 1982)."""

    weight: float = quantity(
        meaning="utility lost by having had the same operator for long, for a person of variety seeking 1",
        unit="utils",
        ge=0.0,
        le=100.0,
    )
    rate: float = quantity(meaning="how fast satiation sets in", unit="per month", ge=0.0, le=10.0)


class Device(Block):
    """An ageing device brings an old relation up for review."""

    hazard: float = quantity(
        meaning="hazard of looking around per month of age beyond the onset", unit="per month", ge=0.0, le=1.0
    )
    onset: int = quantity(meaning="age from which a device counts as old", unit="months", ge=0, le=240)
    most: float = fraction(meaning="largest such hazard", unit="per month")
    replaced: float = fraction(meaning="device replaced in the open market", unit="per month")


class Campaigns(Block):
    """Rivals' local campaigns: a community is courted by an operator for a quarter."""

    rate: float = fraction(meaning="communities courted", unit="per operator and quarter")
    bonus: float = quantity(meaning="bonus for joining", unit="currency", ge=0.0, le=MOST_MONEY)


class Ties(Block):
    """Who talks to whom: a small world inside communities (Watts & Strogatz 1998)."""

    enabled: bool = choice(True, meaning="whether people have ties")
    inside: int = quantity(meaning="ties inside the community", ge=0, le=20)
    outside: int = quantity(meaning="ties beyond it", ge=0, le=20)
    community: int = quantity(meaning="people in a community", unit="people", ge=2, le=10_000)
    rewire: float = fraction(meaning="inside ties that are random")
    region_homophily: float = fraction(meaning="outside ties within the same region type")
    household: float = quantity(meaning="mean size of a household", unit="people", ge=1.0, le=6.0)


class Enrolment(Block):
    """Joining a voluntary loyalty programme: the satisfied, the big spenders and the deal-prone enrol first (Leenheer
    et al. 2007).
    """

    hazard: float = fraction(meaning="enrolment of an average committed customer", unit="per month")
    bill_reference: float = quantity(
        meaning="bill at which the hazard is as stated", unit="currency/month", ge=0.001, le=MOST_MONEY
    )
    bill_most: float = quantity(meaning="largest multiplier by the bill, over that one", ge=0.0, le=100.0)
    commitment: float = quantity(meaning="multiplier at full commitment, from 0 at none", ge=0.0, le=100.0)
    indifferent: float = quantity(
        meaning="multiplier for who is not deal-prone at all; 1 more for who is fully", ge=0.0, le=100.0
    )


class Opening(Block):
    """The state a market opens in, drawn so that nothing echoes: tenure, months left, habit."""

    tenure_postpaid: float = quantity(meaning="mean tenure (exponential)", unit="months", ge=0.0, le=600.0)
    tenure_prepaid: float = quantity(meaning="mean tenure (exponential)", unit="months", ge=0.0, le=600.0)
    in_term: float = fraction(meaning="customers of term plans whose term still runs")
    habit: float = fraction(meaning="part of undisturbed habit that the breaks of a usual life leave")
    reputation: float = fraction(meaning="satisfaction that is known of every operator before anybody is its customer")
    balance_gap: float = quantity(
        meaning="months over which inverted appeals close a gap between stock and opening share",
        unit="months",
        ge=1.0,
        le=600.0,
    )
    balance_least: float = fraction(meaning="part of its losses that a plan must win at least, however large its stock")
    balance_step: float = fraction(meaning="part of the log of wanted over expected inflow by which an appeal moves")
    balance_fade: float = quantity(
        meaning="how fast that part falls with every turn, so that noise averages out", unit="per turn", ge=0.0, le=10.0
    )


class Recent(Block):
    """How long what happened counts as recent."""

    failure: int = quantity(meaning="another failure is a second one", unit="months", ge=0, le=99)
    complaint: int = quantity(meaning="a complaint shows in the operator's records", unit="months", ge=0, le=99)
    contact: int = quantity(meaning="a call shows in the operator's records", unit="months", ge=0, le=99)
    credit: int = quantity(meaning="a credit that was offered speaks for staying", unit="months", ge=0, le=99)


class Lifecycle(Block):
    """Where one stage of a relation ends and the next begins (Dwyer, Schurr & Oh 1987). It names what is there, and
    changes nothing.
    """

    exploration: int = quantity(meaning="tenure up to which everybody explores", unit="months", ge=0, le=600)
    exploration_longest: int = quantity(
        meaning="tenure up to which who is not content explores", unit="months", ge=0, le=600
    )
    content: float = fraction(meaning="satisfaction from which she is content")
    formation: int = quantity(meaning="tenure up to which a relation forms", unit="months", ge=0, le=600)
    committed: float = fraction(meaning="commitment from which it is stable before that")
    decline: float = fraction(meaning="share of wallet at which, or below, it declines")
    won_back: int = quantity(
        meaning="tenure up to which who has returned counts as won back", unit="months", ge=0, le=600
    )
    long: int = quantity(meaning="tenure from which a relation that ends was long", unit="months", ge=0, le=600)


class Adoption(Block):
    """Bass diffusion from outside: entry with probability 1 - exp(-(p + q F)) (Bass 1969)."""

    innovation: float = quantity(meaning="p", unit="per month", ge=0.0, le=10.0)
    imitation: float = quantity(meaning="q", unit="per month", ge=0.0, le=10.0)


class Behaviour(Block):
    """How customers behave. A mechanism is off where its leading number is 0."""

    horizon: float = quantity(meaning="months over which one-off sums are spread", unit="months", ge=0.1, le=240.0)
    choice: Choice
    switching_cost: SwitchingCost
    binding: Binding
    attention: Attention
    experience: Experience
    delight: Delight
    satisfaction: Satisfaction
    bonds: Bonds
    trust: Trust
    loyalty_phases: LoyaltyPhases
    failure: Failure
    congestion: Congestion
    turnover: Turnover
    usage_change: UsageChange
    accounts: Accounts
    second_sim: SecondSim
    campaigns: Campaigns
    ties: Ties
    word_of_mouth: WordOfMouth
    dealers: Dealers
    deals: Deals
    variety: Variety
    device: Device
    bundle_hassle: float = quantity(
        meaning="effort of taking a bundle apart, on leaving", unit="currency", ge=0.0, le=MOST_MONEY
    )
    enrolment: Enrolment
    recent: Recent
    lifecycle: Lifecycle
    opening: Opening
    churn_hazard: Hazard | None = Field(
        None, description="own hazard of leaving for good, drawn before choice", json_schema_extra={"unit": "per month"}
    )
    adoption: Adoption | None = Field(None, description="diffusion from outside instead of looking for an operator")

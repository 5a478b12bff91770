"""How one customer lives a month: experience, satisfaction, bonds, attention, choice.

Every behavioural equation of the model stands here, once. Each is a short function of one customer: plain numbers in, a
plain number out. Units: money in currency per month, usage in GB per month; satisfaction, expectation, commitment,
habit, performance in 0 to 1; utility in utils. The loop in sim/month.py calls the rules in the order of the month.
"""

import math

from agents.rule import rule

# --- usage and bill --------------------------------------------------------------------------------------------------


@rule
def clip(x: float, low: float, high: float) -> float:
    """Keep x within low and high."""
    return low if x < low else (high if x > high else x)


@rule
def bill(fee: float, allowance: float, overage: float, usage: float, discount: float) -> float:
    """Monthly bill: fee and traffic beyond the allowance, less a discount (share), currency."""
    beyond = usage - allowance
    return (fee + (overage * beyond if beyond > 0.0 else 0.0)) * (1.0 - discount)


@rule
def tenure_discount(tenure: int, per_year: float, cap: float) -> float:
    """Discount for full years of tenure (months), share of the bill."""
    granted = per_year * float(tenure // 12)
    return granted if granted < cap else cap


@rule
def update_reference_price(reference: float, paid: float, adaptation: float) -> float:
    """Let the reference price follow the bill (adaptation-level theory, Helson 1964; Kalyanaram & Winer 1995), currency."""
    return reference + adaptation * (paid - reference)


# --- experience, expectation, satisfaction ---------------------------------------------------------------------------


@rule
def fairness(paid: float, reference: float, level: float, slope: float) -> float:
    """Perceived fairness of a bill against the reference price, 0 to 1 (Bolton, Warlop & Alba 2003)."""
    if reference <= 0.0:
        return level
    return clip(level - slope * (paid / reference - 1.0), 0.0, 1.0)


@rule
def damage_left(is_large: bool, is_repeated: bool, voice: int, large: float, small: float, repeat: float, unresolved: float, resolved: float, fast: float) -> float:
    """Performance lost by a failure after what care made of it.

    voice: 0 silent, 1 unresolved, 2 resolved, 3 resolved fast. A second failure soon after is worse than twice; a fast
    recovery may lift above the level before (Maxham & Netemeyer 2002; de Matos et al. 2007).
    """
    damage = large if is_large else small
    if is_repeated:
        damage *= repeat
    if voice == 1:
        return damage * unresolved
    if voice == 2:
        return damage * resolved
    if voice == 3:
        return damage * fast
    return damage


@rule
def complains(is_large: bool, commitment: float, voice_large: float, voice_small: float, voice_commitment: float) -> float:
    """Probability that a failure is voiced: severity and commitment (Hirschman 1970)."""
    return clip((voice_large if is_large else voice_small) + voice_commitment * commitment, 0.0, 1.0)


@rule
def performance(network: float, care: float, fair: float, care_weight: float, price_weight: float, damage: float) -> float:
    """What the month was like: network, care and price, less the damage of a failure, 0 to 1."""
    return clip((1.0 - care_weight - price_weight) * network + care_weight * care + price_weight * fair - damage, 0.0, 1.0)


@rule
def experience_weight(tenure: int, weight_new: float, weight_min: float, anchoring: float) -> float:
    """Weight of this month's experience: falls with tenure (months) to a floor (Bolton 1998)."""
    return weight_min + (weight_new - weight_min) / (1.0 + anchoring * float(tenure))


@rule
def update_satisfaction(satisfaction: float, performed: float, expectation: float, weight: float, disconfirmation: float, loss_aversion: float) -> float:
    """Move satisfaction towards performance and its felt gap to expectation, 0 to 1.

    A' = A + w (P + kappa felt - A); losses weigh `loss_aversion` times as much as gains (Oliver 1980; Mittal, Ross &
    Baldasare 1998). The level P keeps lasting differences of service from being forgotten.
    """
    gap = performed - expectation
    felt = gap if gap >= 0.0 else loss_aversion * gap
    return clip(satisfaction + weight * (performed + disconfirmation * felt - satisfaction), 0.0, 1.0)


@rule
def update_expectation(expectation: float, performed: float, advertised: float, heard: float, to_performance: float, to_advertised: float, to_heard: float) -> float:
    """Move expectation towards performance, the promise and what ties report, 0 to 1 (Boulding et al. 1993).

    heard: mean satisfaction of the ties on the same operator, negative where there are none.
    """
    moved = expectation + to_performance * (performed - expectation) + to_advertised * (advertised - expectation)
    if heard >= 0.0:
        moved += to_heard * (heard - expectation)
    return clip(moved, 0.0, 1.0)


# --- bonds -----------------------------------------------------------------------------------------------------------


@rule
def update_commitment(commitment: float, satisfaction: float, has_failed: bool, growth: float, loss: float, neutral: float, slope: float) -> float:
    """Affective commitment grows slowly from satisfaction and shrinks on failures, 0 to 1 (Garbarino & Johnson 1999)."""
    kept = commitment * (1.0 - loss) if has_failed else commitment
    return kept + growth * (clip(slope * (satisfaction - neutral), 0.0, 1.0) - commitment)


@rule
def update_habit(habit: float, growth: float, is_broken: bool, broken: float) -> float:
    """Habit grows with every month stayed and is broken by contact, a move or a bill shock, 0 to 1 (Wood & Neal 2009)."""
    grown = habit + growth * (1.0 - habit)
    return grown * (1.0 - broken) if is_broken else grown


@rule
def switching_cost(hassle: float, portability: float, is_prepaid: bool, prepaid: float, etf: float, months_left: int, points_value: float) -> float:
    """Money and effort of leaving, currency, once (Burnham, Frels & Mahajan 2003; Klemperer 1995). No feelings in it.

    hassle: search, paperwork and number loss, of which portability takes a share; termination fee by month left; points
    given up.
    """
    return hassle_left(hassle, portability, is_prepaid, prepaid) + etf * float(months_left) + points_value


@rule
def hassle_left(hassle: float, portability: float, is_prepaid: bool, prepaid: float) -> float:
    """Part of the switching cost that is effort, currency."""
    return hassle * (1.0 - portability) * (prepaid if is_prepaid else 1.0)


# --- attention -------------------------------------------------------------------------------------------------------


@rule
def curiosity_hazard(base: float, own: float, is_prepaid: bool, prepaid: float, months_left: int, in_term: float) -> float:
    """Hazard of looking around for no special reason, per month; damped inside a term (Hortacsu, Madanizadeh & Puller 2017)."""
    hazard = base * own * (prepaid if is_prepaid else 1.0)
    if months_left > 2:
        hazard *= in_term
    return clip(hazard, 0.0, 1.0)


@rule
def term_hazard(months_left: int, has_term: bool, at_end: float, near: float) -> float:
    """Hazard raised by a term that ends this month (one month left) or in the next two, per month."""
    if not has_term or months_left <= 0 or months_left > 3:
        return 0.0
    return at_end if months_left == 1 else near


@rule
def failure_hazard(is_large: bool, voice: int, silent: float, unresolved: float, resolved: float, fast: float, small: float) -> float:
    """Hazard raised by this month's failure, by what care made of it, per month (order: TARP)."""
    hazard = silent
    if voice == 1:
        hazard = unresolved
    elif voice == 2:
        hazard = resolved
    elif voice == 3:
        hazard = fast
    return hazard if is_large else hazard * small


@rule
def dissatisfaction_hazard(satisfaction: float, slope: float, level: float, months_left: int, in_term: float) -> float:
    """Hazard per month of looking around because satisfaction lies below a level."""
    if satisfaction >= level:
        return 0.0
    return slope * (level - satisfaction) * (in_term if months_left > 2 else 1.0)


# --- choice ----------------------------------------------------------------------------------------------------------


@rule
def plan_utility(appeal: float, price_sensitivity: float, monthly: float, once: float, horizon: float, prepaid_taste: float) -> float:
    """Systematic utility of holding a plan, utils: appeal - a bill + a (one-off gains) / H + taste for prepaid."""
    return appeal - price_sensitivity * (monthly - once / horizon) + prepaid_taste


@rule
def inclusive_value(top: float, total: float, nest: float) -> float:
    """Log-sum of a nest: tau ln sum exp(v / tau), from the largest v and the sum of exp((v - top) / tau) (McFadden 1978)."""
    return top + nest * math.log(total)


@rule
def bond_utility(satisfaction: float, commitment: float, habit: float, by_satisfaction: float, by_commitment: float, by_habit: float) -> float:
    """What feelings add to staying, utils. Feelings act here and nowhere else."""
    return by_satisfaction * satisfaction + by_commitment * commitment + by_habit * habit


@rule
def operator_taste(own: float, community: float, sd: float, shared: float) -> float:
    """Lasting taste for an operator, utils: partly the community's (variance share rho^2)."""
    return sd * (shared * community + math.sqrt(1.0 - shared * shared) * own)


@rule
def social_utility(ties_there: float, ties: int, weight: float) -> float:
    """Pull of the ties who are with an operator, utils (Birke & Swann 2006)."""
    return weight * ties_there / float(ties) if ties > 0 else 0.0


@rule
def one_off(price_sensitivity: float, amount: float, horizon: float) -> float:
    """Utility of a sum paid or received once, spread over the horizon (months), utils."""
    return price_sensitivity * amount / horizon


@rule
def adoption_probability(adopters: float, innovation: float, imitation: float) -> float:
    """Bass hazard of entering, from the share of adopters so far, per month (Bass 1969)."""
    return 1.0 - math.exp(-(innovation + imitation * adopters))


@rule
def enrolment_hazard(hazard: float, commitment: float, paid: float, reference: float, deal_proneness: float) -> float:
    """Hazard of joining a voluntary programme, per month: self-selection of the loyal, the big and the deal-prone (Leenheer et al. 2007)."""
    size = paid / reference
    return clip(hazard * 2.0 * commitment * (size if size < 3.0 else 3.0) * (0.3 + deal_proneness), 0.0, 1.0)


@rule
def feature(number: int, tenure: int, months_left: int, is_prepaid: bool, paid: float, has_complained: bool, was_contacted: bool) -> float:
    """One column of the operator's own record of a customer, in the order of strategies.contract.FEATURES."""
    if number == 0:
        return 1.0
    if number == 1:
        return min(float(tenure), 120.0) / 12.0
    if number == 2:
        return 1.0 if tenure < 12 else 0.0
    if number == 3:
        return 1.0 if months_left > 2 else 0.0
    if number == 4:
        return float(months_left) / 12.0
    if number == 5:
        return 1.0 if is_prepaid else 0.0
    if number == 6:
        return paid / 30.0
    if number == 7:
        return 1.0 if has_complained else 0.0
    return 1.0 if was_contacted else 0.0

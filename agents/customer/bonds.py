"""What binds a customer: commitment, trust and habit, which are feelings; and switching costs, which are money and
effort.
"""

import math

from agents.customer.numbers import clip
from agents.rule import rule

# --- feelings --------------------------------------------------------------------------------------------------------


@rule
def update_commitment(
    commitment: float,
    satisfaction: float,
    has_failed: bool,
    is_coerced: bool,
    growth: float,
    loss: float,
    neutral: float,
    slope: float,
    reactance: float,
) -> float:
    """Affective commitment grows slowly from satisfaction and shrinks on failures, 0 to 1 (Garbarino & Johnson 1999).

    A scheme that forces her behaviour costs the part `reactance` of it (Brehm 1966; Wendlandt & Schrader 2007).
    """
    kept = commitment * (1.0 - loss) if has_failed else commitment
    if is_coerced:
        kept *= 1.0 - reactance
    return max(kept + growth * (clip(slope * (satisfaction - neutral), 0.0, 1.0) - commitment), 0.0)


@rule
def update_trust(
    trust: float, performed: float, promised: float, is_betrayed: bool, growth: float, slope: float, loss: float
) -> float:
    """Trust follows how well promises are kept and breaks on a betrayal, 0 to 1 (Morgan & Hunt 1994; Sirdeshmukh, Singh
    & Sabol 2002).
    """
    kept = clip(1.0 - slope * (promised - performed), 0.0, 1.0)
    moved = trust + growth * (kept - trust)
    return moved * (1.0 - loss) if is_betrayed else moved


@rule
def update_habit(habit: float, growth: float, wallet: float, is_broken: bool, broken: float) -> float:
    """Habit grows with every month of use (wallet: share of it on this operator) and is broken by contact, a move or a
    bill shock, 0 to 1 (Wood & Neal 2009).
    """
    grown = habit + growth * (wallet - habit)
    return grown * (1.0 - broken) if is_broken else grown


@rule
def habit_growth(growth: float, is_welcomed: bool, welcome: float) -> float:
    """Growth of habit in a month, faster by the factor `welcome` while a newcomer is looked after, at most 1."""
    return min(growth * (welcome if is_welcomed else 1.0), 1.0)


@rule
def habit_after(tenure: int, growth: float, kept: float) -> float:
    """Habit of a customer first met after so many months, 0 to 1: what has grown, as far as the breaks of a usual life
    have left it.
    """
    return kept * (1.0 - (1.0 - growth) ** tenure)


@rule
def bond_utility(
    satisfaction: float,
    commitment: float,
    trust: float,
    habit: float,
    by_satisfaction: float,
    by_commitment: float,
    by_trust: float,
    by_habit: float,
) -> float:
    """What feelings add to staying, utils. Feelings act here and nowhere else."""
    return by_satisfaction * satisfaction + by_commitment * commitment + by_trust * trust + by_habit * habit


@rule
def satiation(tenure: int, variety: float, weight: float, rate: float) -> float:
    """Disutility of having had the same for long, by the person's variety seeking, utils
    (McAlister & Pessemier 1982).
    """
    return weight * variety * (1.0 - 1.0 / (1.0 + rate * float(tenure)))


@rule
def operator_taste(own: float, community: float, sd: float, shared: float) -> float:
    """Lasting taste for an operator, utils: partly the community's (variance share rho^2)."""
    return sd * (shared * community + math.sqrt(1.0 - shared * shared) * own)


@rule
def social_utility(ties_there: float, degree: int, weight: float, own: float) -> float:
    """Pull of the ties who are with an operator, utils (Birke & Swann 2006); own: the person's multiplier."""
    return weight * own * ties_there / float(degree) if degree > 0 else 0.0


# --- switching costs -------------------------------------------------------------------------------------------------


@rule
def switching_cost(
    hassle: float, etf: float, months_left: int, debt: float, points_value: float, bundle: float
) -> float:
    """Money and effort of leaving, currency, once (Burnham, Frels & Mahajan 2003; Klemperer 1995). No feelings in it.

    hassle: what `hassle_left` says; termination fee by month left; what is owed on the device; points given up; effort
    of taking a bundle apart.
    """
    return hassle + etf * float(months_left) + debt + points_value + bundle


@rule
def hassle_left(hassle: float, portability: float, is_prepaid: bool, prepaid: float, wallet: float) -> float:
    """Part of the switching cost that is effort, currency: search, paperwork and number loss, less what portability
    takes away.

    wallet: share of her usage on this line; a line hardly used is easily given up.
    """
    return hassle * (1.0 - portability) * (prepaid if is_prepaid else 1.0) * wallet


@rule
def effective_portability(portability: float, days: float, patience: float) -> float:
    """What portability is worth when porting takes some days: it halves with every `patience` days (Lyons 2006: it
    works within about five), 0 to 1.
    """
    return portability * math.exp(-math.log(2.0) * days / patience)


# --- before anything is signed ---------------------------------------------------------------------------------------


@rule
def own_dislike(dislike: float, sd: float, draw: float) -> float:
    """Her own dislike of being bound, share of a month's fee for each month: lognormal with mean `dislike` (draw:
    standard normal).
    """
    return dislike * math.exp(sd * draw - 0.5 * sd * sd)


@rule
def own_doubt(doubt: float, attention: float) -> float:
    """Hazard with which she expects to want to leave, per month: who often looks around (attention: multiplier) knows
    it.
    """
    return clip(doubt * attention, 0.0, 0.99)


@rule
def reckoned_fee(etf: float, months: int, doubt: float) -> float:
    """Leaving fee that she reckons with before she signs for so many months, currency: what is due by month left, times
    the months that are left when she comes to want to leave, which she expects with the hazard `doubt` per month.
    """
    if doubt <= 0.0 or etf <= 0.0 or months <= 0:
        return 0.0
    never = math.exp(float(months) * math.log(1.0 - doubt)) if doubt < 1.0 else 0.0
    stayed = (1.0 - never) / doubt
    return etf * (float(months) - stayed)


@rule
def binding_cost(months: int, fee: float, dislike: float, reckoned: float) -> float:
    """What signing for so many months costs her before she has it, currency, once: not being free, in shares of the
    monthly fee, and the leaving fee that she reckons with (Confraria, Ribeiro & Vasconcelos 2017).
    """
    return dislike * fee * float(months) + reckoned


# --- deals and programmes --------------------------------------------------------------------------------------------


@rule
def update_deal_proneness(
    proneness: float, own: float, got: float, heard: float, learning: float, fade: float
) -> float:
    """Deal proneness grows with deals got or heard of, and fades back to the person's own, 0 to 1 (Mela, Gupta &
    Lehmann 1997).

    got: 1 where she got a deal this month; heard: share of her ties who did, or who changed operator for one.
    """
    moved = proneness + learning * (got + heard) * (1.0 - proneness)
    return clip(moved + fade * (own - moved), 0.0, 1.0)


@rule
def threat_hazard(proneness: float, threat: float) -> float:
    """Hazard of calling the save desk without meaning to leave, per month: only those who have learned that it pays."""
    return clip(threat * proneness * proneness, 0.0, 1.0)


@rule
def enrolment_hazard(
    hazard: float,
    commitment: float,
    by_commitment: float,
    paid: float,
    reference: float,
    most: float,
    deal_proneness: float,
    indifferent: float,
) -> float:
    """Hazard of joining a voluntary programme, per month: self-selection of the loyal, the big and the deal-prone
    (Leenheer et al. 2007). The bill counts up to `most` times that at which the hazard is as stated.
    """
    size = paid / reference
    return clip(
        hazard * by_commitment * commitment * (size if size < most else most) * (indifferent + deal_proneness), 0.0, 1.0
    )


@rule
def points_earned(spent: float, earn: float) -> float:
    """Points earned on what is spent in a month."""
    return spent * earn


@rule
def points_expired(stock: float, expiry: float) -> float:
    """Points of the stock that expire in a month."""
    return stock * expiry


@rule
def tops_up(shortfall: float, stake: float) -> bool:
    """Whether she spends the rest of a programme's minimum: when what she would lose exceeds what is missing (both in
    currency).
    """
    return 0.0 < shortfall <= stake

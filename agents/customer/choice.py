"""What an alternative is worth to a customer, utils; and how she splits her usage over two lines."""

import math

from agents.rule import rule


@rule
def effective_sensitivity(price_sensitivity: float, sensitivity: float) -> float:
    """Price sensitivity in this month's economy, utils per currency unit; nowhere else are the two multiplied."""
    return price_sensitivity * sensitivity


@rule
def plan_utility(
    appeal: float, price_sensitivity: float, monthly: float, once: float, horizon: float, prepaid_taste: float
) -> float:
    """Systematic utility of holding a plan, utils: appeal - a bill + a (one-off gains) / H + taste for prepaid."""
    return appeal - price_sensitivity * (monthly - once / horizon) + prepaid_taste


@rule
def inclusive_value(top: float, total: float, nest: float) -> float:
    """Log-sum of a nest: tau ln sum exp(v / tau), from the largest v and the sum of exp((v - top) / tau) (McFadden
    1978).
    """
    return top + nest * math.log(total)


@rule
def one_off(price_sensitivity: float, amount: float, horizon: float) -> float:
    """Utility of a sum paid or received once, spread over the horizon (months), utils."""
    return price_sensitivity * amount / horizon


@rule
def worth_once(utils: float, price_sensitivity: float, horizon: float) -> float:
    """Sum paid or received once that is worth so many utils, currency: `one_off` the other way round."""
    return utils * horizon / price_sensitivity


@rule
def less_effort(gain: float, is_other_brand: bool, plan_change: float, brand_change: float) -> float:
    """One-off gain of taking another plan of the same operator, less the effort of it, currency."""
    left = gain - plan_change
    return left - brand_change if is_other_brand else left


@rule
def nest_weight(value: float, top: float, nest: float) -> float:
    """Weight of an alternative within its nest, against the value `top` (utils)."""
    return math.exp((value - top) / nest)


@rule
def with_plan_shock(value: float, shock: float, nest: float) -> float:
    """Utility of a plan with a fresh Gumbel shock, utils, on the scale of its nest."""
    return value + nest * shock


@rule
def recommendation_utility(recommended: float, price_sensitivity: float, reward: float, horizon: float) -> float:
    """What an operator gains by a tie's recommendation, utils: of the advice, and of the reward for who is brought."""
    return recommended + one_off(price_sensitivity, reward, horizon)


@rule
def dealer_push(commission: float, usual: float, influence: float) -> float:
    """Pull of a dealer's advice, utils: he sells what he is paid to sell, against the usual commission (currency)."""
    return influence * (commission - usual)


@rule
def is_recommended(ties_content: int, rate: float, reward: float, by_reward: float) -> float:
    """Probability that at least one content tie brings her to look at their operator, in a month (Schmitt, Skiera & van
    den Bulte 2011).
    """
    return 1.0 - (1.0 - min(rate + by_reward * reward, 1.0)) ** ties_content


@rule
def bundle_chance(uptake: float, price_sensitivity: float, usual: float, fee: float, saving: float) -> float:
    """Probability of taking a second service in a month: `uptake` where it costs what is usual elsewhere, up to twice
    that the cheaper it is (currency per month).
    """
    return min(1.0, uptake * 2.0 / (1.0 + math.exp(-price_sensitivity * (usual - fee + saving))))


# --- two lines -------------------------------------------------------------------------------------------------------


@rule
def share_of_wallet(value_here: float, value_there: float) -> float:
    """Share of usage on the first of two lines, 0 to 1: logit of what each is worth for a call (utils)."""
    return 1.0 / (1.0 + math.exp(value_there - value_here))


@rule
def first_wallet(share: float, start: float) -> float:
    """Share of usage on the first line when a second one is new, 0 to 1: by the part `start` on the way to what both
    are worth.
    """
    return (1.0 - start) + start * share


@rule
def update_wallet(wallet: float, share: float, drift: float) -> float:
    """Move the share of usage on the first line towards what both are worth, 0 to 1."""
    return wallet + drift * (share - wallet)


@rule
def line_value(
    coverage: float,
    extra: float,
    satisfaction: float,
    by_coverage: float,
    price_sensitivity: float,
    by_satisfaction: float,
) -> float:
    """What a line is worth for use, utils: coverage here, price there (extra: what all her usage would cost on it, less
    a fee that is paid anyway), and how satisfied its customers are.
    """
    return by_coverage * coverage - price_sensitivity * extra + by_satisfaction * satisfaction


@rule
def second_sim_gain(value_here: float, value_there: float, price_sensitivity: float, effort: float) -> float:
    """Gain from using the better of two lines over the first alone, less what two lines cost beside use (fee: currency
    per month), utils: a log-sum.
    """
    return math.log(1.0 + math.exp(value_there - value_here)) - price_sensitivity * effort

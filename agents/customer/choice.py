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
def first_wallet(share: float) -> float:
    """Share of usage on the first line when a second one is new, 0 to 1: half-way to what both are worth."""
    return 0.5 + 0.5 * share


@rule
def update_wallet(wallet: float, share: float, drift: float) -> float:
    """Move the share of usage on the first line towards what both are worth, 0 to 1."""
    return wallet + drift * (share - wallet)


@rule
def line_value(coverage: float, extra: float, price_sensitivity: float, by_coverage: float) -> float:
    """What a line is worth for use, utils: coverage here, price there (extra: what all her usage would cost on it, less
    a fee that is paid anyway).
    """
    return by_coverage * coverage - price_sensitivity * extra


@rule
def second_sim_gain(value_here: float, value_there: float, price_sensitivity: float, effort: float) -> float:
    """Gain from using the better of two lines over the first alone, less what two lines cost beside use (fee: currency
    per month), utils: a log-sum.
    """
    return math.log(1.0 + math.exp(value_there - value_here)) - price_sensitivity * effort

"""What the operator's own database holds of a customer, field by field."""

from agents.rule import rule


@rule
def feature(
    number: int, tenure: int, months_left: int, is_prepaid: bool, paid: float, has_complained: bool, was_contacted: bool
) -> float:
    """One column of the operator's own record of a customer, in the order of strategies.contract.FEATURES."""
    if number == 0:
        return 1.0
    if number == 1:
        return min(float(tenure), 120.0) / 12.0
    if number == 2:
        return 1.0 if tenure < 12 else 0.0
    if number == 3:
        return 1.0 if months_left > 3 else 0.0
    if number == 4:
        return 1.0 if 0 < months_left <= 3 else 0.0
    if number == 5:
        return float(months_left) / 12.0
    if number == 6:
        return 1.0 if is_prepaid else 0.0
    if number == 7:
        return paid / 30.0
    if number == 8:
        return 1.0 if has_complained else 0.0
    return 1.0 if was_contacted else 0.0

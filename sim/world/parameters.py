"""What the compiled loop knows of a scenario's `behaviour`: each number under its own name, `params.failure.repeat`."""

from typing import cast

from agents.tables import record_of
from sim.config import Behaviour
from sim.config.behaviour import Adoption

NO_HAZARD, BY_PERSON, BY_TENURE = range(3)  # kinds of a churn hazard of one's own


class Parameters(Behaviour):
    """All numbers of `behaviour` as machine code reads them; what may be left out in YAML is there, beside a switch."""

    adoption: Adoption = Adoption(innovation=0.0, imitation=0.0)
    has_ties: bool
    has_outside: bool
    has_adoption: bool
    hazard_kind: int


def parameters_of(behaviour: Behaviour, has_outside: bool) -> Parameters:
    """Return the numbers of a validated behaviour as one row."""
    given = {name: getattr(behaviour, name) for name in Behaviour.model_fields}
    hazard, ties, adoption = behaviour.churn_hazard, behaviour.ties, given.pop("adoption")
    numbers = Parameters.model_construct(
        **given,
        **({} if adoption is None else {"adoption": adoption}),
        has_ties=ties.enabled and ties.inside + ties.outside > 0,
        has_outside=has_outside,
        has_adoption=adoption is not None,
        hazard_kind=NO_HAZARD if hazard is None else BY_TENURE if hazard.distribution == "by_tenure" else BY_PERSON,
    )
    return cast(Parameters, record_of(numbers))

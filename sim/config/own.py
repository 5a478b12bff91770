"""How a scenario takes classes of the user's own where it takes the shipped kinds: strategies and shocks."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationInfo, WrapValidator

OWN = "own"  # of pydantic's context: the user's classes


def kind_of(cls: type[BaseModel]) -> str:
    """Return the name by which files mean a class."""
    return str(cls.model_fields["kind"].default)


def shipped_or_own(role: type[BaseModel], default: str | None = None) -> WrapValidator:
    """Accept a shipped kind, or one of the user's own of this role; `default` is meant where no kind is said."""

    def validate(value: Any, handler: Any, info: ValidationInfo) -> Any:
        if isinstance(value, role):
            return value
        if isinstance(value, Mapping):
            value = value if default is None else {"kind": default, **value}
            for cls in (info.context or {}).get(OWN, ()):
                if issubclass(cls, role) and value.get("kind") == kind_of(cls):
                    return cls.model_validate(value)
        return handler(value)

    return WrapValidator(validate)

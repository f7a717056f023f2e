"""Refusals in the words that all areas use."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from stackyard_kit.problems import ProblemError

MOST = Decimal(10) ** 10
"""Euros that no document comes to."""


def violates(failure: IntegrityError, constraint: str) -> bool:
    """Whether it was this constraint that refused."""
    return constraint in str(failure.orig)


def refused(pointer: str, detail: str, *, kind: str = "validation") -> ProblemError:
    """A value of the request that cannot be used, 422."""
    return ProblemError(422, detail, kind=kind, errors=[{"pointer": pointer, "detail": detail}])


def check_amount(amount: Decimal, pointer: str) -> None:
    """Raises ProblemError 422 for more money than a document or the books can hold."""
    if abs(amount) >= MOST:
        raise refused(pointer, f"This comes to {MOST:,.0f} euros or more, which is more than the books hold.")


def missing(noun: str) -> ProblemError:
    """There is no such thing, 404."""
    return ProblemError(404, f"There is no such {noun}.", kind=f"no-such-{noun.replace(' ', '-')}")


def changes_of(change: BaseModel) -> dict[str, object]:
    """What a PATCH names, without what it leaves out or gives as null. Raises ProblemError 422 when that is nothing."""
    values = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    if not values:
        raise ProblemError(422, "Nothing to change was named.", kind="validation")
    return values

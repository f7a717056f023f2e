"""Money: exact, rounded to the cent in one way everywhere, halves away from zero as PostgreSQL does."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FINE = Decimal("0.0001")


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def fine(amount: Decimal) -> Decimal:
    """The amount with the four decimals of a unit's cost."""
    return amount.quantize(FINE, ROUND_HALF_UP)


def without_tax(gross: Decimal, rate: Decimal) -> Decimal:
    """What is left of `gross` when the tax in it is taken out; the tax is the rest, so that nothing gets lost."""
    return cents(gross / (1 + rate))

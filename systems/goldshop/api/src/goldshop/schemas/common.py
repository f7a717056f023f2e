"""Values that all areas share."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

CURRENCY = "EUR"

_NO_NUL = r"^[^\x00]*$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_NO_NUL)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=_NO_NUL)]
Sku = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9-]{3,40}$")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]{1,200}$")]


def plain(value: Decimal) -> str:
    """The number as people write it: 2, 0.25; no trailing zeros and no exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Money = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str)]
"""Euros with two decimals, as a string."""

UnitCost = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.4f}", return_type=str)]
"""Euros for one unit with four decimals, as a string."""

Quantity = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
"""Of a unit, as a string without trailing zeros."""

Rate = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
"""A part of one: 0.21 is 21 %."""

PriceIn = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
CostIn = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]
QuantityIn = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=3)]
SignedQuantityIn = Annotated[Decimal, Field(max_digits=10, decimal_places=3)]
LevelIn = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=3)]
RateIn = Annotated[Decimal, Field(ge=0, lt=1, max_digits=5, decimal_places=4)]


def _moment(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


Since = Annotated[AwareDatetime, Field(ge=_moment("1900-01-01"), le=_moment("9000-01-01"))]


class Heard(BaseModel):
    """A request body: a key that is not known is an error, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Said(BaseModel):
    """An answer, also made from a row."""

    model_config = ConfigDict(from_attributes=True)

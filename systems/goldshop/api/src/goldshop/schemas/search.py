"""Search over everything, and labels to print."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field

from goldshop.schemas.common import Heard, Said

FoundKind = Literal["item", "partner", "purchase", "sale", "invoice"]
MatchedBy = Literal["words", "similar", "number"]


class Found(Said):
    """One hit: `title` and `subtitle` as a list shows them."""

    kind: FoundKind
    id: uuid.UUID
    title: str
    subtitle: str
    thumbnail: str | None = None
    matched_by: MatchedBy


class SearchOut(Said):
    query: str
    items: list[Found]


class LabelIn(Heard):
    variant_id: uuid.UUID
    copies: Annotated[int, Field(ge=1, le=100)] = 1


class LabelsIn(Heard):
    variants: Annotated[list[LabelIn], Field(min_length=1, max_length=200)]
    layout: Literal["roll-58x40", "a4-3x8"] = "a4-3x8"

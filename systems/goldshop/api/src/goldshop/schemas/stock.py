"""Warehouses and movements."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints, field_validator, model_validator

from goldshop.schemas.common import (
    CostIn,
    Heard,
    LongText,
    Quantity,
    QuantityIn,
    Said,
    SignedQuantityIn,
    Text,
    UnitCost,
)

Reason = Literal["received", "sold", "returned", "adjusted", "transferred", "opening"]
DocumentKind = Literal["purchase", "sale", "transaction", "transfer"]

WarehouseCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9-]{1,16}$")]


class WarehouseOut(Said):
    id: uuid.UUID
    code: str
    name: str
    active: bool


class WarehouseList(Said):
    items: list[WarehouseOut]


class WarehouseIn(Heard):
    code: WarehouseCode
    name: Text


class WarehouseChange(Heard):
    code: WarehouseCode | None = None
    name: Text | None = None
    active: bool | None = None


class MovementIn(Heard):
    """What was counted: the difference to what was thought to be there. `opening` may say what one unit cost."""

    variant_id: uuid.UUID
    warehouse_id: uuid.UUID
    quantity: SignedQuantityIn
    reason: Literal["adjusted", "opening"] = "adjusted"
    unit_cost: CostIn | None = None
    note: LongText | None = None

    @field_validator("quantity")
    @classmethod
    def _moves(cls, value: SignedQuantityIn) -> SignedQuantityIn:
        if value == 0:
            raise ValueError("a movement moves something")
        return value

    @model_validator(mode="after")
    def _opens(self) -> MovementIn:
        if self.reason == "opening" and self.quantity < 0:
            raise ValueError("an opening puts something in")
        if self.reason == "adjusted" and self.unit_cost is not None:
            raise ValueError("an adjustment is worth what the variant costs on average")
        return self


class TransferIn(Heard):
    variant_id: uuid.UUID
    from_warehouse_id: uuid.UUID
    to_warehouse_id: uuid.UUID
    quantity: QuantityIn
    note: LongText | None = None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> TransferIn:
        if self.from_warehouse_id == self.to_warehouse_id:
            raise ValueError("a transfer goes from one warehouse to another")
        return self


class MovementOut(Said):
    id: uuid.UUID
    at: datetime
    variant_id: uuid.UUID
    sku: str
    item_id: uuid.UUID
    name: str
    warehouse_id: uuid.UUID
    warehouse: str
    quantity: Quantity
    unit: str
    unit_cost: UnitCost
    reason: Reason
    document_kind: DocumentKind | None
    document_id: uuid.UUID | None
    note: str | None
    created_by: str


class MovementPage(Said):
    items: list[MovementOut]
    next_cursor: str | None


class LevelOut(Said):
    """How much is there now."""

    variant_id: uuid.UUID
    warehouse_id: uuid.UUID
    quantity: Quantity


class MovementMade(Said):
    movements: list[MovementOut]
    levels: list[LevelOut]

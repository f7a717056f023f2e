"""What all tables share, and the types of their columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Numeric, Text, func
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import UserDefinedType

Money = Numeric(14, 2)
"""Euros and cents."""

UnitCost = Numeric(14, 4)
"""Euros for one unit, finer than a cent: a gram is bought in hundreds."""

Quantity = Numeric(14, 3)
"""Of the item's unit."""

TaxRate = Numeric(5, 4)

Moment = DateTime(timezone=True)


class Table(DeclarativeBase):
    """What all tables share."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text(), datetime: Moment}


class Ltree(UserDefinedType[str]):
    """A place in a tree, such as `rings.wedding`: labels of letters, digits and underscores."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        """How CREATE TABLE names it."""
        del options
        return "LTREE"

    # The driver does not know the type of the extension: it passes the border as text.
    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        """A parameter on its way in."""
        return func.text2ltree(bindvalue, type_=self)

    def column_expression(self, colexpr: ColumnElement[str]) -> ColumnElement[str]:
        """A column on its way out."""
        return func.ltree2text(colexpr, type_=Text())

    @property
    def python_type(self) -> type[str]:
        """What the program sees."""
        return str

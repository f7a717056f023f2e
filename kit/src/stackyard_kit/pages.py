"""Pages of a list: each begins after the last row of the one before, so that new rows shift nothing.

    BY_NAME = Keyset(Part(Product.name), Part(Product.id))

    page = await BY_NAME.page(session, select(Product), cursor, limit)
    page.items, page.next_cursor

A cursor is opaque, not secret: it holds the values by which the last row was sorted. It is checked before it is used,
its values reach the database as parameters, and all it can say is where to go on in a list that the caller may read.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Query
from sqlalchemy import BigInteger, Integer, Select, SmallInteger, and_, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql.elements import ColumnElement

from stackyard_kit.problems import ProblemError

LARGEST_PAGE = 200
LONGEST_CURSOR = 2000

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="rows of a page")]
"""The parameter of a route that says how large a page may be; give it a default such as 50."""

Cursor = Annotated[str, Query(max_length=LONGEST_CURSOR, description="where the page before ended: its next_cursor")]
"""The parameter of a route that says where a page begins; its default is ""."""

Item = TypeVar("Item")

Value = str | int | bool | date | datetime | uuid.UUID | Decimal

_WRITERS: dict[type, Callable[[Any], object]] = {
    str: str,
    int: int,
    bool: bool,
    date: date.isoformat,
    datetime: datetime.isoformat,
    uuid.UUID: str,
    Decimal: str,
}

_READERS: dict[type, tuple[type, Callable[[Any], Value]]] = {
    str: (str, str),
    int: (int, int),
    bool: (bool, bool),
    date: (str, date.fromisoformat),
    datetime: (str, datetime.fromisoformat),
    uuid.UUID: (str, uuid.UUID),
    Decimal: (str, Decimal),
}

_BITS: tuple[tuple[type, int], ...] = ((BigInteger, 63), (SmallInteger, 15), (Integer, 31))


@dataclass(frozen=True)
class Part:
    """One column of an order. It holds no NULL."""

    column: ColumnElement[Any] | QueryableAttribute[Any]
    descending: bool = False

    @property
    def kind(self) -> type:
        """The Python type of its values."""
        found: type = self.column.type.python_type
        return found

    @property
    def sorting(self) -> Any:
        """The term of ORDER BY."""
        return self.column.desc() if self.descending else self.column.asc()

    def after(self, value: Value) -> ColumnElement[bool]:
        """What comes after `value` in this column."""
        return self.column < value if self.descending else self.column > value


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page; `next_cursor` is None when it is the last."""

    items: list[Item]
    next_cursor: str | None


class Keyset:
    """An order in which no two rows are equal: its last column has to be unique, or all of them together."""

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    async def page(self, session: AsyncSession, query: Select[Item], cursor: str, limit: int) -> Page[Item]:
        """The page of entities of `query` that begins at `cursor` ("" for the first). Raises ProblemError 422."""
        found = (await session.scalars(self.narrow(query, cursor, limit))).all()
        return self.cut(found, limit, lambda row: [getattr(row, _name(part)) for part in self.parts])

    def narrow(self, query: Select[Item], cursor: str, limit: int) -> Select[Item]:
        """`query` in this order from `cursor` on, with one row more than `limit`: it tells whether more follow."""
        ordered = query.order_by(*(part.sorting for part in self.parts)).limit(limit + 1)
        return ordered.where(self._after(cursor)) if cursor else ordered

    def cut(self, found: Sequence[Item], limit: int, position: Callable[[Item], Sequence[Value]]) -> Page[Item]:
        """The page in the rows that a narrowed query found; `position` gives the values of the order's columns."""
        items = list(found[:limit])
        return Page(items, cursor_after(*position(items[-1])) if len(found) > limit else None)

    def _after(self, cursor: str) -> ColumnElement[bool]:
        parts = self.parts
        values = position_of(cursor, *(part.kind for part in parts))
        if not all(_fits(value, part.column.type) for value, part in zip(values, parts, strict=True)):
            raise _refusal()
        if len({part.descending for part in parts}) == 1:
            # One comparison of rows, which an index answers by going straight to the place.
            row, place = tuple_(*(part.column for part in parts)), tuple_(*values)
            return row < place if parts[0].descending else row > place
        return or_(
            *(
                and_(*(parts[before].column == values[before] for before in range(index)), part.after(values[index]))
                for index, part in enumerate(parts)
            )
        )


def cursor_after(*position: Value) -> str:
    """The cursor that continues after `position`."""
    written = json.dumps([_write(value) for value in position], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def position_of(cursor: str, *shape: type) -> list[Any]:
    """The position in `cursor`, whose values are of the types `shape`. Raises ProblemError 422 for anything else."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("longer than any cursor of ours")
        written = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(written, list):
            raise TypeError("not a list")
        return [_read(value, kind) for value, kind in zip(written, shape, strict=True)]
    except (ValueError, TypeError, InvalidOperation, RecursionError):
        raise _refusal() from None


def next_link(url: str, next_cursor: str | None) -> dict[str, str]:
    """The header Link of RFC 8288 for the page after this one of `url`, for those who want it; {} on the last page."""
    if next_cursor is None:
        return {}
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "cursor"]
    query = urlencode([*kept, ("cursor", next_cursor)])
    return {"Link": f'<{parts._replace(query=query, fragment="").geturl()}>; rel="next"'}


def _write(value: Value) -> object:
    # A driver may have a UUID of its own.
    kind = next(kind for kind in type(value).__mro__ if kind in _WRITERS)
    return _WRITERS[kind](value)


def _read(value: object, kind: type) -> Value:
    form, read = _READERS[kind]
    if type(value) is not form:
        raise TypeError(f"not a {form.__name__}")
    got: Value = read(value)
    # What PostgreSQL cannot hold would come back as an error of the server.
    if isinstance(got, str) and b"\0" in got.encode():
        raise ValueError("a NUL")
    if isinstance(got, Decimal) and not got.is_finite():
        raise ValueError("not a number")
    if isinstance(got, datetime) and got.tzinfo is None:
        raise ValueError("no time zone")
    return got


def _fits(value: Value, kind: object) -> bool:
    bits = next((bits for one, bits in _BITS if isinstance(kind, one)), None)
    return bits is None or not isinstance(value, int) or -(2**bits) <= value < 2**bits


def _refusal() -> ProblemError:
    errors = [{"pointer": "/query/cursor", "detail": "not a cursor of this list"}]
    return ProblemError(422, "Some values cannot be used.", kind="validation", errors=errors)


def _name(part: Part) -> str:
    return str(part.column.key)

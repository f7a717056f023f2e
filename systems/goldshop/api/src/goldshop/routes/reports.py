"""Reports: the dashboard, sales over time, best sellers, and what the stock is worth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import announce, best_sellers, reports
from goldshop.clock import now
from goldshop.parts import CLERK, Parts, PartsDep
from goldshop.refusals import refused
from goldshop.schemas.reports import About, Dashboard, SalesReport, StockValue, TopReport

router = APIRouter(prefix="/api/reports", tags=["reports"])

LONGEST_DAYS = 3700
"""Days of a report, ten years."""

First = Annotated[date | None, Query(alias="from", description="first day; 29 days before the last when not named")]
Last = Annotated[date | None, Query(alias="to", description="last day, which is included; today when not named")]


@router.get("/dashboard", response_model=Dashboard, dependencies=[CLERK])
async def read_dashboard(parts: PartsDep) -> Response:
    """Today and the last 7 and 30 days beside those before, what runs low, what is owed, and the latest sales."""
    moment = now()
    return await _cached(parts, f"dashboard {moment.date()}", lambda session: reports.dashboard(session, moment))


@router.get("/sales", response_model=SalesReport, dependencies=[CLERK])
async def read_sales(
    parts: PartsDep, first: First = None, last: Last = None, by: Literal["day", "week", "month"] = "day"
) -> Response:
    """What was sold by day, week or month, less what came back."""
    begin, end = _period(first, last)
    return await _cached(parts, f"sales {by} {begin} {end}", lambda session: reports.sales(session, begin, end, by))


@router.get("/top", response_model=TopReport, dependencies=[CLERK])
async def read_top(
    parts: PartsDep,
    first: First = None,
    last: Last = None,
    by: Literal["item", "category"] = "item",
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """What sold best."""
    begin, end = _period(first, last)
    key = f"top {by} {limit} {begin} {end}"
    return await _cached(parts, key, lambda session: best_sellers.top(session, begin, end, by, limit))


@router.get("/stock-value", response_model=StockValue, dependencies=[CLERK])
async def read_stock_value(parts: PartsDep) -> Response:
    """What is in stock at its average cost, and what the books say of it."""
    return await _cached(parts, "stock value", reports.stock_values)


@router.get("/about", dependencies=[CLERK])
async def read_about(parts: PartsDep) -> About:
    """What this shop is, and how it keeps its movements."""
    async with parts.database.transaction() as session:
        return await reports.about(session)


async def _cached(parts: Parts, key: str, report: Callable[[AsyncSession], Awaitable[BaseModel]]) -> Response:
    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await report(session)).model_dump_json(by_alias=True).encode()

    return Response(await parts.cache.get(announce.REPORTS, key, compute), media_type="application/json")


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    end = last or now().date()
    begin = first or max(end, date.min + timedelta(days=29)) - timedelta(days=29)
    if begin > end:
        raise refused("/query/from", "It begins after its end.")
    if (end - begin).days >= LONGEST_DAYS:
        raise refused("/query/from", f"A report covers at most {LONGEST_DAYS} days.")
    return begin, end

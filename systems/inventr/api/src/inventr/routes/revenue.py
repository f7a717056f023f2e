"""Revenue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from inventr import revenue
from inventr.clock import now
from inventr.parts import CLERK, PartsDep
from inventr.schemas import RevenueOut

router = APIRouter(prefix="/api", tags=["revenue"])


@router.get("/revenue", response_model=RevenueOut, dependencies=[CLERK])
async def read_revenue(parts: PartsDep, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
    """What was sold in the last `days` days, day by day."""

    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await revenue.report(session, days)).model_dump_json().encode()

    body = await parts.cache.get("orders", f"revenue {days} {now().date()}", compute)
    return Response(body, media_type="application/json")

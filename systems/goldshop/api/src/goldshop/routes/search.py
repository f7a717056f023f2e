"""Search over everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from goldshop import announce, search
from goldshop.parts import CLERK, PartsDep
from goldshop.schemas.search import SearchOut

router = APIRouter(prefix="/api", tags=["search"])


@router.get("/search", response_model=SearchOut, dependencies=[CLERK])
async def read_search(
    parts: PartsDep,
    q: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$")],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """Items, partners, purchases, sales and invoices; names may be misspelt."""
    wanted = " ".join(q.split())

    async def compute() -> bytes:
        async with parts.database.transaction() as session:
            return (await search.search(session, wanted, limit)).model_dump_json().encode()

    body = await parts.cache.get(announce.ITEMS, f"search {limit} {wanted}", compute)
    return Response(body, media_type="application/json")

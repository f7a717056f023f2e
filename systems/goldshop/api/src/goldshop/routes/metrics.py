"""Figures for Prometheus. The edge does not pass this path on."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from goldshop.parts import PartsDep
from stackyard_kit.access import public
from stackyard_kit.database import DatabaseAwayError
from stackyard_kit.metrics import MEDIA_TYPE

router = APIRouter(include_in_schema=False, dependencies=[public("The edge does not pass it on.")])


@router.get("/metrics")
async def read_metrics(parts: PartsDep) -> Response:
    """All figures; those of the shop as last known while the database is away."""
    if not parts.business.are_fresh:
        try:
            async with parts.database.transaction() as session:
                await parts.business.read(session)
        except (DatabaseAwayError, SQLAlchemyError):
            pass
    return Response(parts.metrics.text(), media_type=MEDIA_TYPE)

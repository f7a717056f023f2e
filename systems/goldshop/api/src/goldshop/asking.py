"""What every route that changes something does: act as the caller, once for each Idempotency-Key, and answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.parts import Parts
from goldshop.shared import ONCE
from stackyard_kit.idempotency import Answer, Keyed, answered, fingerprint
from stackyard_kit.tokens import Caller

Work = Callable[[AsyncSession], Awaitable[BaseModel]]


@dataclass(frozen=True)
class Asked:
    """A request for something that is to be done once."""

    route: str
    caller: Caller
    key: str | None
    body: BaseModel


def asked(request: Request, caller: Caller, key: str | None, body: BaseModel) -> Asked:
    """What is asked by `request`."""
    return Asked(f"{request.method} {request.url.path}", caller, key, body)


async def answer_once(parts: Parts, what: Asked, work: Work) -> Response:
    """Do `work` in a transaction and answer 201 with what it gives; a key that was used gets the same answer again.

    Raises ProblemError 409 and 422 as `Once.run` does, and whatever `work` raises.
    """
    keyed = Keyed(what.key, what.caller.id, fingerprint(what.route, what.body.model_dump_json()))
    async with parts.acting(what.caller) as session:

        async def run() -> Answer:
            return Answer(201, (await work(session)).model_dump_json().encode())

        answer = await ONCE.run(session, keyed, run)
    return answered(answer)

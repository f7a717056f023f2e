"""Requests that are sent twice and carried out once, by the header Idempotency-Key (an IETF draft of that name).

    @router.post("/orders", status_code=201)
    async def place(wanted: OrderIn, key: IdempotencyKey, response: Response, ...) -> Response:
        request = Keyed(key, scope=caller.id, fingerprint=fingerprint("POST /orders", wanted.model_dump_json()))
        async with database.transaction(...) as session:
            answer = await once.run(session, request, lambda: place_order(session, wanted))
        return answered(answer)

The answer is kept in the transaction of the work: after a crash both are there or neither. What fails and is rolled
back leaves its key free. The table is emptied of what has run out by `sweep`, to be called now and then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import Response
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.problems import ProblemError

LIFETIME = timedelta(hours=24)
"""How long an answer is kept for who asks again."""

LONGEST_KEY = 128

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        pattern=r"^[\x21-\x7e]+$",
        description="A new random value for each thing wanted, the same when asking again",
    ),
]
"""The parameter of a route that takes the header."""

_TRY_LOCK = text("select pg_try_advisory_xact_lock(:number)")


@dataclass(frozen=True)
class Keyed:
    """A request with its key, or None for one without. `scope` is who asks, so that nobody gets another's answer."""

    key: str | None
    scope: str
    fingerprint: bytes


@dataclass(frozen=True)
class Answer:
    """What is told. `replayed` says that it was told before."""

    status: int
    body: bytes
    media_type: str = "application/json"
    replayed: bool = False


def idempotency_table(metadata: MetaData, *, schema: str | None = None) -> Table:
    """The table of answers by scope and key."""
    return Table(
        "idempotency_keys",
        metadata,
        Column("scope", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
        schema=schema,
    )


def fingerprint(*parts: str | bytes) -> bytes:
    """What tells one request from another: of its route and its body, as it was sent or as it was understood."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8) + content)
    return whole.digest()


class Once:
    """Runs what is asked with a key once, and tells its answer again."""

    def __init__(self, table: Table, *, lifetime: timedelta = LIFETIME) -> None:
        self._table = table
        self._lifetime = lifetime

    async def run(self, session: AsyncSession, request: Keyed, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `work`, kept; or the one that was kept when the same was asked before.

        Raises ProblemError 409 while the same key is being worked on elsewhere, 422 when it stood before another
        request, and whatever `work` raises, after which nothing is kept.
        """
        if request.key is None:
            return await work()
        kept = await self._claim(session, request, request.key)
        if kept is not None:
            return kept
        answer = await work()
        await self._keep(session, request, answer)
        return answer

    async def sweep(self, session: AsyncSession, limit: int = 10_000) -> int:
        """Remove at most `limit` answers that have run out; how many it were."""
        table = self._table
        chosen = select(table.c.scope, table.c.key).where(table.c.expires_at <= func.now()).limit(limit)
        gone = delete(table).where(tuple_(table.c.scope, table.c.key).in_(chosen)).returning(table.c.key)
        return len((await session.execute(gone)).all())

    async def _claim(self, session: AsyncSession, request: Keyed, key: str) -> Answer | None:
        # The lock is gone with the transaction, however that ends: a key cannot stay claimed by a process that died.
        digest = fingerprint(self._table.fullname, request.scope, key)
        if not await session.scalar(_TRY_LOCK, {"number": int.from_bytes(digest[:8], signed=True)}):
            detail = "The same request is being worked on. Please ask again in a moment."
            raise ProblemError(409, detail, kind="idempotency-key-in-use", headers={"Retry-After": "1"})
        row = await self._found(session, request)
        if row is None:
            return None
        if row.fingerprint != request.fingerprint:
            detail = "This Idempotency-Key was used for another request."
            raise ProblemError(422, detail, kind="idempotency-key-reused")
        return Answer(row.status, row.body, row.media_type, replayed=True)

    async def _found(self, session: AsyncSession, request: Keyed) -> Any:
        table = self._table
        query = select(table.c.fingerprint, table.c.status, table.c.body, table.c.media_type).where(
            table.c.scope == request.scope, table.c.key == request.key, table.c.expires_at > func.now()
        )
        return (await session.execute(query)).one_or_none()

    async def _keep(self, session: AsyncSession, request: Keyed, answer: Answer) -> None:
        values = {
            "fingerprint": request.fingerprint,
            "status": answer.status,
            "media_type": answer.media_type,
            "body": answer.body,
            "expires_at": func.now() + self._lifetime,
        }
        statement = insert(self._table).values(scope=request.scope, key=request.key, **values)
        # There is a row only when it has run out, for nobody else can have come between.
        await session.execute(statement.on_conflict_do_update(index_elements=["scope", "key"], set_=values))


def required(key: str | None) -> str:
    """The key, for a route that cannot do without. Raises ProblemError 400."""
    if key is None:
        raise ProblemError(400, "This request needs an Idempotency-Key.", kind="idempotency-key-missing")
    return key


def answered(answer: Answer) -> Response:
    """The answer over HTTP; a repeated one says so."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, answer.status, headers, answer.media_type)

"""The books: writing transactions, reversing them, reading them. That they balance is up to the database."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from goldshop.clock import now
from goldshop.refusals import check_amount, missing, refused
from goldshop.rows import insert_together
from goldshop.schemas.ledger import PostingOut, SourceKind, TransactionIn, TransactionOut, TransactionPage
from goldshop.sums import Columns
from goldshop.tables import Account, Posting, Transaction, User
from stackyard_kit.pages import Keyset, Part
from stackyard_kit.problems import ProblemError

CASH, CARD, BANK, RECEIVABLES = "1000", "1010", "1020", "1100"
INVENTORY, INPUT_VAT, PAYABLES, OUTPUT_VAT = "1200", "1400", "2000", "2100"
EQUITY, SALES, COST_OF_GOODS, SHRINKAGE = "3000", "4000", "5000", "5100"

_NEWEST = Keyset(Part(Transaction.at, descending=True), Part(Transaction.number, descending=True))

_REVERSAL = aliased(Transaction)
_HEADS: Columns = (
    select(
        *(Transaction.id, Transaction.number, Transaction.at, Transaction.description, Transaction.source_kind),
        *(Transaction.source_id, Transaction.created_at, Transaction.reverses),
        *(User.name.label("created_by"), _REVERSAL.id.label("reversed_by")),
    )
    .outerjoin(Transaction.author)
    .outerjoin(_REVERSAL, _REVERSAL.reverses == Transaction.id)
)
_POSTINGS: Columns = (
    select(Posting.transaction_id, Posting.position, Posting.account_code, Account.name, Posting.amount)
    .join(Posting.account)
    .order_by(Posting.transaction_id, Posting.position)
)


@dataclass(frozen=True)
class Entry:
    """One line: a debit is more than zero, a credit less."""

    account: str
    amount: Decimal


@dataclass(frozen=True)
class Header:
    """What a transaction is about. `id` is given where its document names it before it is written."""

    at: date
    description: str
    source_kind: SourceKind
    by: uuid.UUID
    source_id: uuid.UUID | None = None
    reverses: uuid.UUID | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Wanted:
    """Which transactions a list is to hold."""

    account: str = ""
    first: date | None = None
    last: date | None = None
    cursor: str = ""
    limit: int = 50


def debit(account: str, amount: Decimal) -> Entry:
    """A line on the left."""
    return Entry(account, amount)


def credit(account: str, amount: Decimal) -> Entry:
    """A line on the right."""
    return Entry(account, -amount)


async def open_transaction(session: AsyncSession, header: Header, entries: Iterable[Entry]) -> uuid.UUID | None:
    """Write the head of a transaction whose lines are `entries`; None, and nothing, when no money moves.

    The lines follow with `post`, as the last thing before the commit: the sums that they change are wanted by many.
    """
    if not any(entry.amount for entry in entries):
        return None
    identifier = header.id or uuid.uuid4()
    values = {
        "id": identifier,
        "at": header.at,
        "description": header.description,
        "source_kind": header.source_kind,
        "source_id": header.source_id,
        "created_by": header.by,
        "reverses": header.reverses,
    }
    await session.execute(insert(Transaction).values(values))
    return identifier


async def post(session: AsyncSession, transaction: uuid.UUID | None, entries: Iterable[Entry]) -> None:
    """Write the lines of an open transaction; those without an amount are left out."""
    if transaction is None:
        return
    rows = [
        {"transaction_id": transaction, "position": position, "account_code": entry.account, "amount": entry.amount}
        for position, entry in enumerate((one for one in entries if one.amount), start=1)
    ]
    await insert_together(session, Posting, rows)


async def write(session: AsyncSession, header: Header, entries: Sequence[Entry]) -> uuid.UUID | None:
    """A transaction with its lines, at once."""
    identifier = await open_transaction(session, header, entries)
    await post(session, identifier, entries)
    return identifier


async def write_by_hand(session: AsyncSession, wanted: TransactionIn, *, by: uuid.UUID) -> TransactionOut:
    """An entry by hand. Raises ProblemError 422 when it does not balance or names unknown accounts."""
    off = sum((posting.amount for posting in wanted.postings), Decimal(0))
    if off:
        raise refused("/postings", f"Debits and credits differ by {abs(off):.2f}.", kind="unbalanced")
    check_amount(sum((abs(posting.amount) for posting in wanted.postings), Decimal(0)), "/postings")
    known = set(await session.scalars(select(Account.code)))
    for index, posting in enumerate(wanted.postings):
        if posting.account_code not in known:
            raise refused(f"/postings/{index}/account_code", "There is no such account.")
    header = Header(wanted.at, wanted.description, "manual", by)
    written = await write(session, header, [Entry(one.account_code, one.amount) for one in wanted.postings])
    assert written is not None, "a posting has an amount"
    return await get(session, written)


async def reverse(session: AsyncSession, identifier: uuid.UUID, *, by: uuid.UUID) -> TransactionOut:
    """Take an entry by hand back with one that mirrors it. Raises ProblemError 404 or 409."""
    found = await get(session, identifier)
    if found.source_kind != "manual":
        detail = "This belongs to a document: take the document back instead."
        raise ProblemError(409, detail, kind="belongs-to-document")
    header = Header(now().date(), f"Reversal: {found.description}", "reversal", by, found.source_id, found.id)
    mirrored = [Entry(posting.account_code, -posting.amount) for posting in found.postings]
    try:
        written = await write(session, header, mirrored)
    except IntegrityError:
        raise ProblemError(409, "This has been reversed already.", kind="already-reversed") from None
    assert written is not None, "what was written moves money"
    return await get(session, written)


async def entries_of(session: AsyncSession, identifier: uuid.UUID) -> list[Entry]:
    """The lines of a transaction."""
    query = select(Posting).where(Posting.transaction_id == identifier).order_by(Posting.position)
    return [Entry(posting.account_code, posting.amount) for posting in await session.scalars(query)]


async def get(session: AsyncSession, identifier: uuid.UUID) -> TransactionOut:
    """The transaction with its lines. Raises ProblemError 404."""
    heads = (await session.execute(_HEADS.where(Transaction.id == identifier))).all()
    if not heads:
        raise missing("transaction")
    return (await _whole(session, heads))[0]


async def page(session: AsyncSession, wanted: Wanted) -> TransactionPage:
    """One page of the transactions wanted, the newest first."""
    query = _HEADS
    if wanted.account:
        touching = select(Posting).where(
            Posting.transaction_id == Transaction.id, Posting.account_code == wanted.account
        )
        query = query.where(touching.exists())
    if wanted.first is not None:
        query = query.where(Transaction.at >= wanted.first)
    if wanted.last is not None:
        query = query.where(Transaction.at <= wanted.last)
    rows = (await session.execute(_NEWEST.narrow(query, wanted.cursor, wanted.limit))).all()
    found = _NEWEST.cut(rows, wanted.limit, lambda row: (row.at, row.number))
    return TransactionPage(items=await _whole(session, found.items), next_cursor=found.next_cursor)


async def imbalance(session: AsyncSession) -> Decimal:
    """Debits less credits of everything, which is zero."""
    return Decimal(await session.scalar(select(func.coalesce(func.sum(Posting.amount), 0))) or 0)


async def _whole(session: AsyncSession, heads: Sequence[Any]) -> list[TransactionOut]:
    postings: defaultdict[uuid.UUID, list[PostingOut]] = defaultdict(list)
    for row in await session.execute(_POSTINGS.where(Posting.transaction_id.in_([head.id for head in heads]))):
        line = PostingOut(position=row.position, account_code=row.account_code, account=row.name, amount=row.amount)
        postings[row.transaction_id].append(line)
    return [
        TransactionOut(
            id=head.id,
            number=f"T-{head.number}",
            at=head.at,
            description=head.description,
            source_kind=head.source_kind,
            source_id=head.source_id,
            created_at=head.created_at,
            created_by=head.created_by,
            reverses=head.reverses,
            reversed_by=head.reversed_by,
            postings=postings[head.id],
        )
        for head in heads
    ]

"""The books."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import announce, ledger, statements
from goldshop.asking import answer_once, asked
from goldshop.clock import now
from goldshop.ledger import Wanted
from goldshop.parts import MANAGER, ManagerDep, PartsDep, user_id
from goldshop.refusals import refused
from goldshop.schemas.ledger import (
    AccountCode,
    AccountList,
    BalanceSheet,
    ProfitAndLoss,
    TransactionIn,
    TransactionOut,
    TransactionPage,
    TrialBalance,
)
from stackyard_kit.idempotency import IdempotencyKey
from stackyard_kit.pages import Cursor, Limit

router = APIRouter(prefix="/api/ledger", tags=["ledger"])

At = Annotated[date | None, Query(description="the end of this day; today when it is left out")]
First = Annotated[date | None, Query(alias="from")]
Last = Annotated[date | None, Query(alias="to", description="this day included")]


@router.get("/accounts", dependencies=[MANAGER])
async def list_accounts(parts: PartsDep) -> AccountList:
    """All accounts with what they hold."""
    async with parts.database.transaction() as session:
        return await statements.accounts(session)


@router.get("/transactions", dependencies=[MANAGER])
async def list_transactions(
    parts: PartsDep,
    account: AccountCode | None = None,
    first: First = None,
    last: Last = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> TransactionPage:
    """Transactions, the newest first."""
    async with parts.database.transaction() as session:
        return await ledger.page(session, Wanted(account or "", first, last, cursor, limit))


@router.get("/transactions/{transaction_id}", dependencies=[MANAGER])
async def read_transaction(transaction_id: uuid.UUID, parts: PartsDep) -> TransactionOut:
    """One transaction."""
    async with parts.database.transaction() as session:
        return await ledger.get(session, transaction_id)


@router.post("/transactions", status_code=201, response_model=TransactionOut)
async def write_transaction(
    wanted: TransactionIn, request: Request, caller: ManagerDep, parts: PartsDep, key: IdempotencyKey = None
) -> Response:
    """An entry by hand: rent, wages, a payment to a supplier."""

    async def work(session: AsyncSession) -> TransactionOut:
        return await ledger.write_by_hand(session, wanted, by=user_id(caller))

    answer = await answer_once(parts, asked(request, caller, key, wanted), work)
    await announce.changed(parts)
    return answer


@router.post("/transactions/{transaction_id}/reverse", status_code=201)
async def reverse(transaction_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> TransactionOut:
    """Take an entry by hand back with one that mirrors it, for nothing in the books is ever changed."""
    async with parts.acting(caller) as session:
        made = await ledger.reverse(session, transaction_id, by=user_id(caller))
    await announce.changed(parts)
    return made


@router.get("/trial-balance", dependencies=[MANAGER])
async def read_trial_balance(parts: PartsDep, at: At = None) -> TrialBalance:
    """Debits and credits of every account."""
    async with parts.database.transaction() as session:
        return await statements.trial_balance(session, at or now().date())


@router.get("/profit-and-loss", dependencies=[MANAGER])
async def read_profit_and_loss(parts: PartsDep, first: First = None, last: Last = None) -> ProfitAndLoss:
    """Income and expenses; of this year so far when no days are named."""
    end = last or now().date()
    begin = first or end.replace(month=1, day=1)
    if begin > end:
        raise refused("/query/from", "It begins after its end.")
    async with parts.database.transaction() as session:
        return await statements.profit_and_loss(session, begin, end)


@router.get("/balance-sheet", dependencies=[MANAGER])
async def read_balance_sheet(parts: PartsDep, at: At = None) -> BalanceSheet:
    """What there is and whose it is."""
    async with parts.database.transaction() as session:
        return await statements.balance_sheet(session, at or now().date())

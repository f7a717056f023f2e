"""What the books say: balances, profit and loss, balance sheet. All of it from the sums by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.ledger import COST_OF_GOODS
from goldshop.schemas.ledger import (
    AccountList,
    AccountOut,
    BalanceSheet,
    ProfitAndLoss,
    StatementRow,
    TrialBalance,
    TrialBalanceRow,
)
from goldshop.tables import Account, LedgerDay

_GROWS_BY_DEBIT = ("asset", "expense")


@dataclass(frozen=True)
class _Sum:
    """Debits and credits of an account."""

    code: str
    name: str
    kind: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """What the account holds, in the direction in which it grows."""
        left = self.debit - self.credit
        return left if self.kind in _GROWS_BY_DEBIT else -left

    @property
    def row(self) -> StatementRow:
        """As a line of a statement."""
        return StatementRow(code=self.code, name=self.name, amount=self.balance)


async def accounts(session: AsyncSession) -> AccountList:
    """All accounts with what they hold now."""
    rows = [AccountOut.model_validate(one) for one in await _sums(session)]
    return AccountList(items=rows)


async def trial_balance(session: AsyncSession, at: date) -> TrialBalance:
    """Debits and credits of every account to the end of a day."""
    rows = [TrialBalanceRow.model_validate(one) for one in await _sums(session, last=at)]
    debit, credit = (sum((getattr(row, side) for row in rows), Decimal(0)) for side in ("debit", "credit"))
    return TrialBalance(at=at, rows=rows, debit=debit, credit=credit)


async def profit_and_loss(session: AsyncSession, first: date, last: date) -> ProfitAndLoss:
    """Income and expenses from `first` to `last`, both included."""
    sums = await _sums(session, first=first, last=last)
    income, expenses = _of(sums, "income"), _of(sums, "expense")
    earned, spent = _total(income), _total(expenses)
    goods = _total(row for row in expenses if row.code == COST_OF_GOODS)
    return ProfitAndLoss.model_validate(
        {
            "from": first,
            "to": last,
            "income": income,
            "expenses": expenses,
            "total_income": earned,
            "total_expenses": spent,
            "gross_profit": earned - goods,
            "profit": earned - spent,
        }
    )


async def balance_sheet(session: AsyncSession, at: date) -> BalanceSheet:
    """What there is and whose it is at the end of a day."""
    sums = await _sums(session, last=at)
    assets, liabilities, equity = (_of(sums, kind) for kind in ("asset", "liability", "equity"))
    profit = _total(_of(sums, "income")) - _total(_of(sums, "expense"))
    return BalanceSheet(
        at=at,
        assets=assets,
        liabilities=liabilities,
        equity=equity,
        profit=profit,
        total_assets=_total(assets),
        total_liabilities_and_equity=_total(liabilities) + _total(equity) + profit,
    )


async def _sums(session: AsyncSession, *, first: date | None = None, last: date | None = None) -> list[_Sum]:
    within = [LedgerDay.account_code == Account.code]
    if first is not None:
        within.append(LedgerDay.day >= first)
    if last is not None:
        within.append(LedgerDay.day <= last)
    debit, credit = (func.coalesce(func.sum(side), 0) for side in (LedgerDay.debit, LedgerDay.credit))
    query = (
        select(Account.code, Account.name, Account.kind, debit, credit)
        .outerjoin(LedgerDay, and_(*within))
        .group_by(Account.code)
        .order_by(Account.code)
    )
    return [_Sum(*row) for row in await session.execute(query)]


def _of(sums: Iterable[_Sum], kind: str) -> list[StatementRow]:
    return [one.row for one in sums if one.kind == kind]


def _total(rows: Iterable[StatementRow]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))

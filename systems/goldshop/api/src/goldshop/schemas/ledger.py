"""The books, and the trail of changes."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from goldshop.schemas.common import CURRENCY, Heard, Money, Said, Text

AccountKind = Literal["asset", "liability", "equity", "income", "expense"]
SourceKind = Literal["purchase", "sale", "return", "payment", "adjustment", "opening", "manual", "reversal"]

AccountCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Amount = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]


class AccountOut(Said):
    """`balance` is debits less credits for assets and expenses, credits less debits for the others."""

    code: str
    name: str
    kind: AccountKind
    balance: Money


class AccountList(Said):
    currency: str = CURRENCY
    items: list[AccountOut]


class PostingIn(Heard):
    """A debit is more than zero, a credit less."""

    account_code: AccountCode
    amount: Amount

    @field_validator("amount")
    @classmethod
    def _moves(cls, value: Decimal) -> Decimal:
        if value == 0:
            raise ValueError("a posting moves money")
        return value


class TransactionIn(Heard):
    """An entry by hand. Its postings sum to zero."""

    at: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
    description: Text
    postings: Annotated[list[PostingIn], Field(min_length=2, max_length=100)]


class PostingOut(Said):
    position: int
    account_code: str
    account: str
    amount: Money


class TransactionOut(Said):
    """`reversed_by` is the transaction that took it back."""

    id: uuid.UUID
    number: str
    at: date
    description: str
    source_kind: SourceKind
    source_id: uuid.UUID | None
    created_at: datetime
    created_by: str
    reverses: uuid.UUID | None
    reversed_by: uuid.UUID | None
    postings: list[PostingOut]


class TransactionPage(Said):
    items: list[TransactionOut]
    next_cursor: str | None


class TrialBalanceRow(Said):
    code: str
    name: str
    kind: AccountKind
    debit: Money
    credit: Money
    balance: Money


class TrialBalance(Said):
    """Debits and credits of every account until the end of the day `at`; the totals are equal."""

    at: date
    currency: str = CURRENCY
    rows: list[TrialBalanceRow]
    debit: Money
    credit: Money


class StatementRow(Said):
    code: str
    name: str
    amount: Money


class ProfitAndLoss(Said):
    """Income and expenses of a time; `profit` is what is left."""

    from_: Annotated[date, Field(alias="from", serialization_alias="from")]
    to: date
    currency: str = CURRENCY
    income: list[StatementRow]
    expenses: list[StatementRow]
    total_income: Money
    total_expenses: Money
    gross_profit: Money
    profit: Money


class BalanceSheet(Said):
    """What there is and whose it is; the profit so far belongs to the owner."""

    at: date
    currency: str = CURRENCY
    assets: list[StatementRow]
    liabilities: list[StatementRow]
    equity: list[StatementRow]
    profit: Money
    total_assets: Money
    total_liabilities_and_equity: Money


class ChangeOut(Said):
    """One change of a row: `before` is null for a new one, `after` for one that was removed."""

    id: int
    at: datetime
    action: str
    table: str
    row_key: dict[str, Any] | None
    actor_id: uuid.UUID | None
    actor: str | None
    correlation_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ChangePage(Said):
    items: list[ChangeOut]
    next_cursor: str | None

"""The books: accounts, and transactions with their postings. The database keeps them balanced and unchanged."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Numeric, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from goldshop.tables.common import Money, Table
from goldshop.tables.people import User


class Account(Table):
    """An account of the books: an asset, a liability, equity, income or an expense."""

    __tablename__ = "accounts"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]


class Transaction(Table):
    """What happened on the day `at`. Two postings at least, which sum to zero; a mistake is reversed by another one.

    `created_at` is set by the database.
    """

    __tablename__ = "transactions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    at: Mapped[date]
    description: Mapped[str]
    source_kind: Mapped[str]
    source_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reverses: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("transactions.id"), unique=True)

    postings: Mapped[list[Posting]] = relationship(lazy="raise", order_by="Posting.position")
    author: Mapped[User] = relationship(lazy="raise")

    __table_args__ = (
        Index("transactions_by_date", "at", "number"),
        Index("transactions_of_source", "source_id"),
    )


class Posting(Table):
    """One line of a transaction: a debit is more than zero, a credit less."""

    __tablename__ = "postings"

    transaction_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transactions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account_code: Mapped[str] = mapped_column(ForeignKey("accounts.code"))
    amount: Mapped[Decimal] = mapped_column(Money)

    account: Mapped[Account] = relationship(lazy="raise")

    __table_args__ = (Index("postings_of_account", "account_code", "transaction_id"),)


class LedgerDay(Table):
    """Debits and credits of an account on a day, in several rows (shards) to be added up. Kept by triggers."""

    __tablename__ = "ledger_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    account_code: Mapped[str] = mapped_column(ForeignKey("accounts.code"), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    debit: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    credit: Mapped[Decimal] = mapped_column(Numeric(18, 2))

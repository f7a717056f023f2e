"""Guessing passwords, made slow. What is counted stands in the database: restarts and replicas change nothing.

Three counts for each attempt:
- the account from this address: a few mistakes are free, then each doubles the wait. A stranger elsewhere locks nobody
  out, for his mistakes count for his own address;
- the account from everywhere: a botnet has many addresses, so there is a ceiling (OWASP ASVS 4.0.3, 2.2.1: no more than
  100 failed attempts an hour on one account). Who signed in from the same address lately is not held by it;
- the address for all accounts: one password tried on many names. Who signed in from it lately is not held by it either.

An attempt counts when it begins and is given back when it succeeds, so many at the same moment count as many. Nothing
here knows whether the account exists. Names and addresses are stored as digests: people type passwords where a name
belongs.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, Float, LargeBinary, MetaData, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

FREE_MISTAKES = 4
"""Attempts on one account from one address before the first wait."""

LONGEST_WAIT = timedelta(minutes=15)
"""Where doubling ends."""

MISTAKES_KEPT = timedelta(days=1)
"""How long without an attempt until mistakes are forgotten. NIST SP 800-63B, 5.2.2, asks for less than 100 in a row."""

ACCOUNT_PER_HOUR = 100
"""Failed attempts on one account from all addresses that it does not know (OWASP ASVS 4.0.3, 2.2.1)."""

ADDRESS_PER_HOUR = 300
"""Failed attempts from one address on all accounts: a whole office may be behind it."""

TRUST = timedelta(days=90)
"""How long an address is known to an account after a sign-in."""

_HOUR = timedelta(hours=1)
_CLEARED = 100


class ThrottledError(Exception):
    """Too many attempts; `wait` says when the next one is heard."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait

    @property
    def seconds(self) -> int:
        """What Retry-After says: whole seconds, at least one."""
        return max(1, math.ceil(self.wait.total_seconds()))


@dataclass(frozen=True)
class Attempt:
    """An attempt that was let in: the digests of what it counts for."""

    pair: bytes
    account: bytes
    address: bytes

    def __iter__(self) -> Any:
        return iter(sorted((self.pair, self.account, self.address)))


def throttle_table(metadata: MetaData) -> Table:
    """The table of attempts. `level` is how many count at `counted_at`; rows go at `forget_at`."""
    moment = DateTime(timezone=True)
    return Table(
        "sign_in_attempts",
        metadata,
        Column("digest", LargeBinary, primary_key=True),
        Column("level", Float, nullable=False),
        Column("counted_at", moment, nullable=False),
        Column("trusted_until", moment),
        Column("forget_at", moment, nullable=False, index=True),
    )


class Throttle:
    """Lets attempts in, in the caller's transaction: commit it before the password is looked at."""

    def __init__(
        self,
        table: Table,
        *,
        account_per_hour: int = ACCOUNT_PER_HOUR,
        address_per_hour: int = ADDRESS_PER_HOUR,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = table
        self._account_per_hour = account_per_hour
        self._address_per_hour = address_per_hour
        self._now = now

    async def admit(self, session: AsyncSession, account: str, address: str) -> Attempt:
        """Count an attempt. Raises ThrottledError, which counts nothing: waiting never grows by asking."""
        attempt = _attempt(account, address)
        moment = self._now()
        # Looked at first: what is refused anyway is to write nothing, for it may be a flood.
        found = await session.execute(select(self._table).where(self._table.c.digest.in_(tuple(attempt))))
        self._refuse(attempt, {row.digest: row for row in found}, moment)
        rows = await self._locked(session, attempt)
        self._refuse(attempt, rows, moment)
        await self._count(session, attempt, rows, moment)
        return attempt

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """Give the attempt back, forget this address' mistakes on this account, and know the address from now on."""
        await self._locked(session, attempt)
        table, moment = self._table, self._now()
        trusted = {"level": 0.0, "trusted_until": moment + TRUST, "forget_at": moment + TRUST}
        await session.execute(update(table).where(table.c.digest == attempt.pair).values(trusted))
        ceilings = table.c.digest.in_((attempt.account, attempt.address)) & (table.c.level >= 1)
        await session.execute(update(table).where(ceilings).values(level=table.c.level - 1))
        # Others may hold some of these rows in another order: they are left for the next time.
        old = select(table.c.digest).where(table.c.forget_at < moment).limit(_CLEARED).with_for_update(skip_locked=True)
        await session.execute(delete(table).where(table.c.digest.in_(old)))

    def _refuse(self, attempt: Attempt, rows: Mapping[bytes, Any], moment: datetime) -> None:
        pair, account, address = (rows.get(digest) for digest in (attempt.pair, attempt.account, attempt.address))
        waits = [_pair_wait(pair, moment) if pair else timedelta()]
        if not (pair and pair.trusted_until and pair.trusted_until >= moment):
            waits += [_ceiling_wait(account, self._account_per_hour, moment)] if account else []
            waits += [_ceiling_wait(address, self._address_per_hour, moment)] if address else []
        if (wait := max(waits)) > timedelta():
            raise ThrottledError(wait)

    async def _locked(self, session: AsyncSession, attempt: Attempt) -> Mapping[bytes, Any]:
        # Always in the same order, so that two attempts never wait for one another.
        moment = self._now()
        blank = [
            {"digest": digest, "level": 0.0, "counted_at": moment, "forget_at": moment + MISTAKES_KEPT}
            for digest in attempt
        ]
        statement = insert(self._table).values(blank)
        mine = statement.on_conflict_do_update(index_elements=["digest"], set_={"digest": statement.excluded.digest})
        return {row.digest: row for row in await session.execute(mine.returning(self._table))}

    async def _count(
        self, session: AsyncSession, attempt: Attempt, rows: Mapping[bytes, Any], moment: datetime
    ) -> None:
        levels = {
            attempt.pair: _mistakes(rows[attempt.pair], moment),
            attempt.account: _drained(rows[attempt.account], self._account_per_hour, moment),
            attempt.address: _drained(rows[attempt.address], self._address_per_hour, moment),
        }
        for digest, level in levels.items():
            trusted_until = rows[digest].trusted_until or moment
            values = {
                "level": level + 1,
                "counted_at": moment,
                "forget_at": max(moment + MISTAKES_KEPT, trusted_until),
            }
            await session.execute(update(self._table).where(self._table.c.digest == digest).values(values))


def _attempt(account: str, address: str) -> Attempt:
    who, where = account.strip().casefold(), network_of(address)
    return Attempt(_digest("pair", who, where), _digest("account", who), _digest("address", where))


def network_of(address: str) -> str:
    """What counts as one address: for IPv6 the /64, for whoever has one of its addresses has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).digest()


def _mistakes(row: Any, moment: datetime) -> float:
    level: float = row.level
    return 0.0 if moment - row.counted_at > MISTAKES_KEPT else level


def _pair_wait(row: Any, moment: datetime) -> timedelta:
    over = int(_mistakes(row, moment)) - FREE_MISTAKES
    if over < 0:
        return timedelta()
    # 2 ** 20 seconds is beyond any longest wait.
    wait: timedelta = row.counted_at + min(timedelta(seconds=2 ** min(over, 20)), LONGEST_WAIT) - moment
    return wait


def _drained(row: Any, per_hour: int, moment: datetime) -> float:
    level: float = row.level - per_hour * ((moment - row.counted_at) / _HOUR)
    return max(0.0, level)


def _ceiling_wait(row: Any, per_hour: int, moment: datetime) -> timedelta:
    over = _drained(row, per_hour, moment) + 1 - per_hour
    return _HOUR * (over / per_hour) if over > 1e-9 else timedelta()

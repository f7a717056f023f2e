"""Signing keys in the service's database: made, published, changed for the next and dropped, by whoever comes first.

The database, and not a secret, because a key there survives restarts, is the same for every replica, and changes on a
schedule without anybody deploying anything. Private keys are encrypted with a key derived from a secret of the service
(HKDF-SHA256, AES-256-GCM), so that a dump of the database signs nothing. Whoever can write to this table could as well
write another password into the table of users; who can only read learns what is published anyway.

A new secret needs no ceremony: keys that it cannot open still verify what they signed, and a key of its own is made.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Row, String, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stackyard_kit.database import Database
from stackyard_kit.freshness import Freshness
from stackyard_kit.keys import Jwks, KeySet, SigningKey, new_key, thumbprint
from stackyard_kit.settings import Secret
from stackyard_kit.tokens import ACCESS_LIFETIME, LEEWAY

log = logging.getLogger(__name__)

SIGNS_FOR = timedelta(days=30)
"""How long a key signs. NIST SP 800-57 part 1, 5.3.6, allows one to three years."""

PUBLISHED_AHEAD = timedelta(days=1)
"""How long a key is published before it signs: longer than anybody keeps the document in a cache."""

FRESH_SECONDS = 10.0
"""How long a process trusts what it knows of the keys; a key that is withdrawn is worth nothing after this."""

UNKNOWN_SECONDS = 1.0
"""How often tokens with unknown keys can make a process look for new ones."""

_LOCK = 7_215_002
_PURPOSE = b"stackyard-kit: signing keys, version 1"


def signing_key_table(metadata: MetaData) -> Table:
    """The table of signing keys."""
    moment = DateTime(timezone=True)
    return Table(
        "signing_keys",
        metadata,
        Column("kid", String, primary_key=True),
        Column("public", LargeBinary, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
        Column("signs_from", moment, nullable=False),
        Column("signs_until", moment, nullable=False),
        Column("good_until", moment, nullable=False),
    )


class SigningKeys:
    """The keys that all processes of a service share. It answers as a KeySet does, from what it read last."""

    def __init__(
        self,
        database: Database,
        table: Table,
        secret: Secret,
        *,
        lifetime: timedelta = ACCESS_LIFETIME,
        signs_for: timedelta = SIGNS_FOR,
        ahead: timedelta = PUBLISHED_AHEAD,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`lifetime` is that of the tokens; a key signs `signs_for` long and is published `ahead` of that."""
        self._database = database
        self._table = table
        self._box = AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret.reveal().encode()))
        self._verifies_after = lifetime + 2 * LEEWAY
        self._signs_for = signs_for
        self._ahead = ahead
        self._now = now
        self._known = KeySet(())
        self._freshness = Freshness("signing keys", self._load, seconds=FRESH_SECONDS)

    def signer(self, moment: datetime) -> SigningKey:
        """The key that signs. Raises NoSigningKeyError; not after `ensure`."""
        return self._known.signer(moment)

    def verifier(self, kid: str, moment: datetime) -> Ed25519PublicKey | None:
        """The key that verifies what `kid` signed, or None."""
        return self._known.verifier(kid, moment)

    def jwks(self, moment: datetime) -> Jwks:
        """The document that publishes the keys."""
        return self._known.jwks(moment)

    async def ensure(self) -> None:
        """Know the keys, and make one where one is due. Raises what the database raises when none was ever known."""
        await self._freshness.ensure()

    async def look_again(self) -> None:
        """Look for a key that another process has just made, at most every UNKNOWN_SECONDS."""
        await self._freshness.again(at_most_every=UNKNOWN_SECONDS)

    async def rotate(self, session: AsyncSession) -> str:
        """Change the key now, in the caller's transaction: the new one, whose kid is returned, signs as soon as every
        process knows it. What the old one signed stays good.
        """
        await self._lock(session)
        table, now = self._table, self._now()
        key = self._made(now + timedelta(seconds=3 * FRESH_SECONDS))
        await session.execute(delete(table).where(table.c.signs_from > now))
        ends = {"signs_until": key.signs_from, "good_until": key.signs_from + self._verifies_after}
        await session.execute(update(table).where(table.c.signs_until > key.signs_from).values(ends))
        await self._add(session, key)
        return key.kid

    async def withdraw(self, session: AsyncSession, kid: str) -> None:
        """Forget a key that somebody else may have, in the caller's transaction: all it signed is refused.

        Within FRESH_SECONDS on every process. Where it was the key that signs, the next reading makes another.
        """
        await session.execute(delete(self._table).where(self._table.c.kid == kid))

    async def close(self) -> None:
        """End a reading that is under way."""
        await self._freshness.close()

    async def _load(self) -> None:
        async with self._database.transaction() as session:
            known = await self._read(session)
            if self._is_due(known):
                await self._lock(session)
                known = await self._read(session)
                if self._is_due(known):
                    await self._make_next(session, known)
                    known = await self._read(session)
        self._known = known

    async def _read(self, session: AsyncSession) -> KeySet:
        known = {key.kid: key for key in self._known.keys}
        rows = (await session.execute(select(self._table).order_by(self._table.c.signs_from))).all()
        return KeySet([key for row in rows if (key := self._opened(row, known.get(row.kid))) is not None])

    def _opened(self, row: Row[tuple[object, ...]], known: SigningKey | None) -> SigningKey | None:
        if known is not None:
            # The same objects again: what was remembered with them stays good.
            public, private = known.public, known.private
        else:
            public = Ed25519PublicKey.from_public_bytes(row.public)
            private = self._unsealed(row.kid, row.sealed)
        if row.kid != thumbprint(public) or (private is not None and private.public_key() != public):
            log.error("a signing key is not what it says", extra={"fields": {"kid": row.kid}})
            return None
        return SigningKey(row.kid, public, private, row.signs_from, row.signs_until, row.good_until)

    def _is_due(self, known: KeySet) -> bool:
        ends = _last_end(known.keys)
        return ends is None or ends - self._now() <= self._ahead

    async def _make_next(self, session: AsyncSession, known: KeySet) -> None:
        now, ends = self._now(), _last_end(known.keys)
        # A moment back: a colleague whose clock is behind has to be able to sign at once, too.
        begins = ends if ends is not None and ends > now else now - LEEWAY
        key = self._made(begins)
        await session.execute(delete(self._table).where(self._table.c.good_until < now))
        await self._add(session, key)
        log.info("a signing key was made", extra={"fields": {"kid": key.kid, "signs_from": begins.isoformat()}})

    def _made(self, signs_from: datetime) -> SigningKey:
        return new_key(signs_from, signs_for=self._signs_for, verifies_after=self._verifies_after)

    async def _add(self, session: AsyncSession, key: SigningKey) -> None:
        assert key.private is not None, "a new key can sign"
        nonce = secrets.token_bytes(12)
        values = {
            "kid": key.kid,
            "public": key.public.public_bytes_raw(),
            "sealed": nonce + self._box.encrypt(nonce, key.private.private_bytes_raw(), key.kid.encode()),
            "signs_from": key.signs_from,
            "signs_until": key.signs_until,
            "good_until": key.good_until,
        }
        await session.execute(insert(self._table).values(values))

    def _unsealed(self, kid: str, sealed: bytes) -> Ed25519PrivateKey | None:
        try:
            return Ed25519PrivateKey.from_private_bytes(self._box.decrypt(sealed[:12], sealed[12:], kid.encode()))
        except (InvalidTag, ValueError):
            # Sealed with another secret: it verifies, and signs nothing here.
            return None

    async def _lock(self, session: AsyncSession) -> None:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _last_end(keys: Sequence[SigningKey]) -> datetime | None:
    return max((key.signs_until for key in keys if key.private is not None), default=None)

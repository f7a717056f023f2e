"""Fields that the database keeps and cannot read: AES-256-GCM by field, with key versions.

    keys = KeyRing.of(Secret("2:<base64 of 32 bytes>,1:<base64 of 32 bytes>"))     # the first one encrypts, all decrypt
    IBAN = Field("customers", "iban")

    class Customer(Table):
        id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
        iban: Mapped[Sealed] = mapped_column(SealedText)
        iban_index: Mapped[bytes | None] = mapped_column(index=True)

    Customer(id=new, iban=keys.seal(IBAN, new, "DE89..."), iban_index=keys.index(IBAN, "DE89..."))
    keys.open(IBAN, customer.id, customer.iban)
    select(Customer).where(Customer.iban_index.in_(keys.indexes(IBAN, "DE89...")))

A sealed value belongs to its table, column and row: copied elsewhere it does not open. The blind index finds equal
values. It shows who reads the table which rows are equal, so it is nothing for a column of few different values.

To change keys: add the new one at the end everywhere, then put it first everywhere, run `rekey.rekey`, and take the old
one out when nothing is left.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import uuid
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from stackyard_kit.settings import Secret

KEY_BYTES = 32

# One byte of format, two of the key's number, twelve of nonce; what follows is the ciphertext with its tag.
_FORMAT = b"\x01"
_HEAD, _NONCE, _TAG = 3, 12, 16
_LARGEST_NUMBER = 2**16 - 1
_ENTRY = re.compile(r"(\d{1,5}):([A-Za-z0-9+/_-]+=*)")

RowKey = str | int | uuid.UUID


class KeysError(Exception):
    """The keys are not written as they should be; the message holds nothing of them."""


class SealError(Exception):
    """A value does not open: it was altered, belongs elsewhere, or its key is not in the ring."""


@dataclass(frozen=True)
class Field:
    """A column whose values are sealed. Its names are part of what is sealed: renaming it takes a re-key."""

    table: str
    column: str


@dataclass(frozen=True, repr=False)
class Sealed:
    """A sealed value as the database holds it."""

    content: bytes

    @property
    def key(self) -> int:
        """The number of the key that opens it."""
        return int.from_bytes(self.content[1:_HEAD])

    def __repr__(self) -> str:
        return f"Sealed(key {self.key})"


class SealedText(TypeDecorator[Sealed]):
    """The type of a sealed column. It takes nothing but Sealed, so that no plain text gets there by mistake."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """The bytes to store. Raises TypeError for anything else than Sealed."""
        del dialect
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"a sealed column takes Sealed, not {type(value).__name__}")
        return None if value is None else value.content

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        """What was stored."""
        del dialect
        return None if value is None else Sealed(bytes(value))


@dataclass(frozen=True)
class _Key:
    number: int
    cipher: AESGCM
    index: bytes


class KeyRing:
    """The keys of a service, kept apart from its data. The first one seals, all of them open."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self._keys = {number: _derived(number, master) for number, master in keys.items()}
        self.current = next(iter(keys))

    @classmethod
    def of(cls, secret: Secret) -> Self:
        """The keys of "NUMBER:BASE64,NUMBER:BASE64", each 32 random bytes, the one in use first. Raises KeysError."""
        keys: dict[int, bytes] = {}
        for place, entry in enumerate(secret.reveal().split(","), 1):
            match = _ENTRY.fullmatch(entry.strip())
            if match is None:
                raise KeysError(f"encryption key {place} is not like NUMBER:BASE64")
            number, master = int(match[1]), _decoded(match[2])
            if len(master) != KEY_BYTES or len(set(master)) < KEY_BYTES // 4:
                raise KeysError(f"encryption key {place} is not {KEY_BYTES} random bytes")
            if number > _LARGEST_NUMBER or number in keys:
                raise KeysError(f"encryption key {place} has a number that is too large or comes twice")
            keys[number] = master
        return cls(keys)

    @staticmethod
    def new_key(number: int) -> Secret:
        """A new entry of a key ring."""
        return Secret(f"{number}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}")

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(map(str, self._keys))})"

    def seal(self, field: Field, row: RowKey, value: str) -> Sealed:
        """`value` for this column of the row whose key is `row`; twice the same value is never the same sealed."""
        head = _FORMAT + self.current.to_bytes(_HEAD - 1)
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self.current].cipher.encrypt(nonce, value.encode(), _belonging(head, field, row))
        return Sealed(head + nonce + sealed)

    def open(self, field: Field, row: RowKey, sealed: Sealed) -> str:
        """The value that was sealed for this column of this row. Raises SealError."""
        content = sealed.content
        if len(content) < _HEAD + _NONCE + _TAG or content[:1] != _FORMAT:
            raise SealError(f"what {field.table}.{field.column} holds was not sealed here")
        key = self._keys.get(sealed.key)
        if key is None:
            raise SealError(f"the key {sealed.key} of {field.table}.{field.column} is not in the ring")
        nonce, rest = content[_HEAD : _HEAD + _NONCE], content[_HEAD + _NONCE :]
        try:
            return key.cipher.decrypt(nonce, rest, _belonging(content[:_HEAD], field, row)).decode()
        except InvalidTag:
            raise SealError(f"a value of {field.table}.{field.column} was altered or belongs to another row") from None

    def index(self, field: Field, value: str) -> bytes:
        """The blind index to store beside a value: equal for equal values of this column."""
        return _index(self._keys[self.current], field, value)

    def indexes(self, field: Field, value: str) -> list[bytes]:
        """The blind indexes to search for, one for each key, since some rows may not have been re-keyed yet."""
        return [_index(key, field, value) for key in self._keys.values()]

    def is_current(self, sealed: Sealed) -> bool:
        """Whether the key in use has sealed it."""
        return sealed.key == self.current


def _derived(number: int, master: bytes) -> _Key:
    def derive(purpose: bytes) -> bytes:
        return HKDF(hashes.SHA256(), KEY_BYTES, None, b"stackyard-kit " + purpose).derive(master)

    return _Key(number, AESGCM(derive(b"field")), derive(b"blind index"))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _belonging(head: bytes, field: Field, row: RowKey) -> bytes:
    # Each part with its length before it, so that no two places give the same bytes.
    parts = (field.table.encode(), field.column.encode(), str(row).encode())
    return head + b"".join(len(part).to_bytes(4) + part for part in parts)


def _index(key: _Key, field: Field, value: str) -> bytes:
    return hmac.digest(key.index, _belonging(b"", field, value), "sha256")

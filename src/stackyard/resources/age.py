"""Pairs of keys for age: an identity, which opens what was encrypted to its recipient. As its specification has them.

An identity is an X25519 key, written as Bech32 (a text with a checksum, made for being copied by people).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECK = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_IDENTITY = "age-secret-key-"
_RECIPIENT = "age"
_COMMENT = "# public key: "


def new_identity() -> str:
    """A new identity as `age-keygen` writes it: with its recipient in a comment."""
    import secrets

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    content = secrets.token_bytes(32)
    public = X25519PrivateKey.from_private_bytes(content).public_key().public_bytes_raw()
    return f"{_COMMENT}{bech32(_RECIPIENT, public)}\n{bech32(_IDENTITY, content).upper()}"


def recipient_of(identity: str) -> str:
    """The recipient in the comment of an identity, "" where there is none."""
    lines = (line.removeprefix(_COMMENT) for line in identity.splitlines() if line.startswith(_COMMENT))
    return next(lines, "").strip()


def bech32(kind: str, content: bytes) -> str:
    """The content as Bech32, in small letters; `kind` begins the text."""
    words = list(_fives(content))
    total = _checksum((*_expanded(kind), *words, 0, 0, 0, 0, 0, 0)) ^ 1
    words += [total >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{kind}1{''.join(_LETTERS[word] for word in words)}"


def _expanded(kind: str) -> tuple[int, ...]:
    return (*(ord(letter) >> 5 for letter in kind), 0, *(ord(letter) & 31 for letter in kind))


def _checksum(words: Iterable[int]) -> int:
    total = 1
    for word in words:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ word
        for bit, mask in enumerate(_CHECK):
            total ^= mask if top >> bit & 1 else 0
    return total


def _fives(content: bytes) -> Iterator[int]:
    """The same bits in groups of five; the last one is filled with zeros."""
    held = count = 0
    for number in content:
        held, count = held << 8 | number, count + 8
        while count >= 5:
            count -= 5
            yield held >> count & 31
    if count:
        yield held << 5 - count & 31

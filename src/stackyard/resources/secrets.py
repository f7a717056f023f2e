"""Which secrets a system needs, how they are made, and what makes one weak. Pure but for the generator."""

from __future__ import annotations

import math
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from stackyard.model.system import Objects, Postgres, Redis, System
from stackyard.model.values import Position
from stackyard.resources import age
from stackyard.resources.postgres.catalog import BACKUP_ROLE, catalog

SHORTEST = 16
"""Characters below which a secret is weak."""

_LEAST_BITS = 48
"""Shannon's measure over the characters of a secret; 16 random hexadecimal digits reach about 56."""

_WORDS = """
    a abc access account admin administrator an and api app apple auth change changed changeit changeme changethis
    company data database db default demo dev development dog dragon dummy env example fixme foo bar baz football for
    generate guest hello here hunter in insecure iloveyou insert is jwt key keyboard letmein local localhost login
    master me monkey my mysql mysecret new nopass not of one or our pass passphrase passw password passwd pg
    placeholder please postgres postgresql prod production pw pwd qwerty qwertyuiop random redis replace root sa
    sample secret secrets
    secure server session shadow signing sunshine super superman supersecret system temp temporary test testing the this
    to todo token trustno user username value welcome with word world your
"""
_COMMON = frozenset(_WORDS.split())
_LEET = str.maketrans("013457@$!", "oieastasi")
_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiopasdfghjklzxcvbnm")


@dataclass(frozen=True)
class SecretSpec:
    """A secret that a system needs. `purpose` says what for; `length` in characters; `position` where it comes from."""

    name: str
    purpose: str
    position: Position
    provided: bool = False
    length: int = 43
    make: Callable[[], str] | None = None
    """Makes one that is no mere random text."""


REPOSITORY = "backups.repository"
"""The secret that the repository of backups is encrypted with."""

IDENTITY = "backups.identity"
"""The secret that opens the secrets in backups, where no recipient was given: never in production."""


def password_secret(resource: Postgres | Redis, role: str = "default") -> str:
    """The name of the secret that holds a role's password: `db.inventr_api`, `cache.default`."""
    return f"{resource.name}.{role}"


def objects_access_key(resource: Objects) -> str:
    """The name of the secret that holds the access key of a store."""
    return f"{resource.name}.access-key"


def objects_secret_key(resource: Objects) -> str:
    """The name of the secret that holds the secret key of a store."""
    return f"{resource.name}.secret-key"


def needed(system: System) -> tuple[SecretSpec, ...]:
    """Every secret of a system: those of its resources, role by role, then those that the stack file declares."""
    specs: list[SecretSpec] = []
    for resource in system.resources:
        if isinstance(resource, Postgres):
            for role in catalog(system, resource).logins:
                name = password_secret(resource, role)
                specs.append(SecretSpec(name, f"password of {role} in {resource.name}", resource.position))
        elif isinstance(resource, Redis):
            for user in ("default", "admin"):
                name = password_secret(resource, user)
                specs.append(SecretSpec(name, f"password of {user} in {resource.name}", resource.position))
        elif isinstance(resource, Objects):
            access, secret = objects_access_key(resource), objects_secret_key(resource)
            specs.append(SecretSpec(access, f"access key of {resource.name}", resource.position, length=20))
            specs.append(SecretSpec(secret, f"secret key of {resource.name}", resource.position))
    specs += _of_backups(system)
    declared = [SecretSpec(s.name, "declared", s.position, s.provided, s.length) for s in system.secrets]
    return (*specs, *declared)


def store_keys(place: str, url: str) -> tuple[str, str] | None:
    """The names of the secrets with the two keys of the S3 store where backups go, or None when they go elsewhere.

    `place` is "" for the repository itself, "offsite-" for the copy.
    """
    return (f"backups.{place}access-key", f"backups.{place}secret-key") if url.startswith("s3:") else None


def of_backups(system: System) -> tuple[str, ...]:
    """The names of the secrets that backups are made with."""
    roles = {Postgres: BACKUP_ROLE, Redis: "admin"}
    parts = [part for part in system.resources if isinstance(part, Postgres | Redis)]
    own = [spec.name for spec in _of_backups(system)]
    return (*own, *(password_secret(part, roles[type(part)]) for part in parts))


def _of_backups(system: System) -> list[SecretSpec]:
    wanted = system.backups
    if wanted is None:
        return []
    specs = [SecretSpec(REPOSITORY, "what the repository of backups is encrypted with", wanted.position)]
    for place, url in (("", wanted.to), ("offsite-", wanted.offsite)):
        for name in store_keys(place, url) or ():
            specs.append(SecretSpec(name, f"a key of the store {url}", wanted.position, provided=True, length=40))
    if needs_identity(system):
        purpose = "opens the secrets in backups"
        specs.append(SecretSpec(IDENTITY, purpose, wanted.position, length=0, make=age.new_identity))
    return specs


def needs_identity(system: System) -> bool:
    """True when an identity of our own opens backups: nobody was named who does, and this is not production."""
    wanted = system.backups
    return wanted is not None and wanted.encrypt and not wanted.recipients and not system.is_production


def generate(length: int = 43) -> str:
    """A random secret of that many characters (six bits each) that may stand in a URL. Raises ValueError below 16."""
    if length < SHORTEST:
        raise ValueError(f"a secret of {length} characters is too short")
    return secrets.token_urlsafe(length)[:length]


def weakness(value: str, samples: Collection[str] = ()) -> str:
    """Why the secret is weak, as the end of a sentence that begins with its name, or "". It never quotes the value.

    `samples` are values that documents and examples show.
    """
    if not value.strip():
        return "is empty"
    if value in samples:
        return "is a sample that the documents show"
    if _is_words(value):
        return "is made of words that everybody tries first"
    if len(value) < SHORTEST:
        return f"has {len(value)} characters, fewer than {SHORTEST}"
    if _is_repeated(value):
        return "repeats the same few characters"
    if _is_sequence(value):
        return "is a row of neighbouring characters"
    if _bits(value) < _LEAST_BITS:
        return "has too little variety"
    return ""


def _is_words(value: str) -> bool:
    """True when nothing but common words and digits is in it, however they are spelled: `P@ssw0rd-2024!`."""
    plain = value.lower()
    for text in (plain, plain.translate(_LEET), re.sub(r"[\d\W_]+$", "", plain).translate(_LEET)):
        words = re.findall(r"[a-z]+", text)
        if words and all(_is_common(word) for word in words):
            return True
    return False


def _is_common(word: str) -> bool:
    """True for a common word, or several written as one: `supersecretpassword`."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(start in reached and word[start:end] in _COMMON for start in range(max(0, end - 14), end)):
            reached.add(end)
    return len(word) in reached


def _is_repeated(value: str) -> bool:
    """True when the value is one part of at most half its length, over and over: it lies within itself doubled."""
    return (value + value).find(value, 1) < len(value)


def _is_sequence(value: str) -> bool:
    """True when most of its steps are to the next character of an alphabet or a keyboard, or back."""
    plain = value.lower()
    steps = [plain[i : i + 2] for i in range(len(plain) - 1)]
    known = sum(any(step in row or step in row[::-1] for row in _SEQUENCES) for step in steps)
    return known * 10 > len(steps) * 7


def _bits(value: str) -> float:
    counts = Counter(value)
    return -sum(count * math.log2(count / len(value)) for count in counts.values())

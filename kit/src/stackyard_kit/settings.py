"""Settings of a service, read from the environment once, checked whole, and passed on by hand.

Standard library only: a process reads them before anything else, and a validation framework would take longer to
import than everything else that the first answer needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Literal, Self, get_args
from urllib.parse import unquote, urlsplit

SHORTEST_SECRET = 32
"""Fewest characters of a secret that signs tokens."""

SHORTEST_PASSWORD = 12
"""Fewest characters of a password in production."""

Environment = Literal["development", "testing", "production"]
LogLevel = Literal["debug", "info", "warning", "error", "critical"]

# Long enough words that a generated secret does not hold one by chance.
_SAMPLES = ("changeme", "change-me", "change_me", "secret", "example", "sample", "default", "password", "your-")


class SettingsError(Exception):
    """The environment does not hold what is needed; the message names every finding, never a value."""


class Secret:
    """A text that does not show itself; `reveal` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: for the call that needs it, and for nothing that is printed or kept."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


@dataclass(frozen=True, kw_only=True)
class CommandSettings:
    """What a command that works on the database is given, such as a migration.

    A field is the environment variable of the same name in upper case; an empty variable counts as absent.
    """

    database_url: Secret
    environment: Environment = "development"
    log_level: LogLevel = "info"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the fields from `environment`. Raises SettingsError with all findings."""
        findings: list[str] = []
        values: dict[str, object] = {}
        for one in fields(cls):
            text = environment.get(one.name.upper(), "")
            try:
                if text:
                    values[one.name] = _read(_kind(one.type), text)
                elif one.default is MISSING:
                    raise ValueError("is not set")
            except ValueError as error:
                findings.append(f"{one.name.upper()} {error}")
        if not findings:
            settings = cls(**values)  # type: ignore[arg-type]
            findings = settings.findings()
            if not findings:
                return settings
        raise SettingsError("The environment is not complete: " + "; ".join(findings) + ".")

    def findings(self) -> list[str]:
        """What is wrong with these values, one clause each; nothing of a secret is in them."""
        return _url_findings("DATABASE_URL", self.database_url, ("postgresql", "postgres"))


@dataclass(frozen=True, kw_only=True)
class Settings(CommandSettings):
    """What a service is given. Production refuses secrets that are short or look like a sample."""

    redis_url: Secret
    jwt_secret: Secret
    service: str = "service"
    public_url: str = ""
    database_pool: int = 10

    def findings(self) -> list[str]:
        """What is wrong with these values, one clause each; nothing of a secret is in them."""
        found = super().findings() + _url_findings("REDIS_URL", self.redis_url, ("redis", "rediss"))
        if len(self.jwt_secret.reveal()) < SHORTEST_SECRET:
            found.append(f"JWT_SECRET has fewer than {SHORTEST_SECRET} characters")
        if not 1 <= self.database_pool <= 200:
            found.append("DATABASE_POOL is not from 1 to 200")
        if self.environment == "production":
            found += self._weak()
        return found

    def _weak(self) -> list[str]:
        # Every secret, also those that a service adds: of an address it is the password that has to be strong.
        given = {one.name.upper(): getattr(self, one.name) for one in fields(self)}
        secrets = {name: value.reveal() for name, value in given.items() if isinstance(value, Secret)}
        parts = {name: _password(text) if "://" in text else text for name, text in secrets.items() if text}
        return [f"{name} holds a weak or sample secret" for name, text in parts.items() if _is_weak(text)]


def settings_or_exit(service: str, environment: Mapping[str, str]) -> Settings:
    """The settings of a process of `service`, unless the environment gives it another name; one clear line and exit
    code 2 when it does not hold them.
    """
    try:
        return Settings.from_environment({"SERVICE": service, **environment})
    except SettingsError as error:
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(2) from None


def _kind(declared: object) -> str:
    # A text where the module defers its annotations, else the type itself: a secret has to be one in both.
    return declared if isinstance(declared, str) else getattr(declared, "__name__", "")


def _read(kind: str, text: str) -> object:
    if kind == "Secret":
        return Secret(text)
    if kind == "int":
        if not text.isascii() or not text.isdigit():
            raise ValueError("is not a whole number")
        return int(text)
    if kind in _CHOICES:
        if text.lower() not in _CHOICES[kind]:
            raise ValueError(f"is none of {', '.join(_CHOICES[kind])}")
        return text.lower()
    return text


_CHOICES = {"Environment": get_args(Environment), "LogLevel": get_args(LogLevel)}


def _url_findings(name: str, url: Secret, schemes: tuple[str, ...]) -> list[str]:
    try:
        parts = urlsplit(url.reveal())
        well_formed = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well_formed = False
    return [] if well_formed else [f"{name} is not like {schemes[0]}://user:password@host:port/name"]


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _is_weak(value: str) -> bool:
    repeats = len(set(value)) < 6
    return len(value) < SHORTEST_PASSWORD or repeats or any(word in value.lower() for word in _SAMPLES)

"""The stack file that is being made, as plain values in the order in which they will be written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_SECRET = re.compile(
    r"PASSW(OR)?D|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY(_BASE)?$|^KEY$|SALT|CREDENTIAL|_PASS$"
    r"|_PWD$|OTP|_DSN$|_AUTH$",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"_FILE$|_PATH$|_URL$|_ID$|EXPIR|_TTL|LIFETIME|_LENGTH|_HEADER|_ENABLED?$|_ALGORITHM|PUBLIC|_MINUTES$|_HOURS$|_DAYS$"
    r"|_NAME$|_FROM$|_PREFIX$|ALLOW_EMPTY|RANDOM_|_HOST$|_PORT$|_USER$|VALIDAT|_METHOD$|_TYPE$",
    re.IGNORECASE,
)
_MADE_HERE = re.compile(r"SECRET|SALT|JWT|SIGN|ENCRYPT|COOKIE|SESSION", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"|change[-_ ]?(me|this|it)!?.*|!change.*|replace.*|your[-_ ].*|secret|password|example|xxx+|<.*>|todo|insecure.*"
    r"|django-insecure.*|supersecret.*|dev(elopment)?|test|please.*|generate.*|put[-_ ].*|admin|default|key",
    re.IGNORECASE,
)
_FLAG = re.compile(r"(true|false|yes|no|on|off|[0-9]{1,5}|none|null)", re.IGNORECASE)


def is_secret(name: str, value: str) -> bool:
    """True when a variable of that name holds something that nobody should read."""
    return bool(_SECRET.search(name)) and not _PLAIN.search(name) and not _FLAG.fullmatch(value)


def is_placeholder(value: str) -> bool:
    """True for what documents write where a secret belongs."""
    return bool(_PLACEHOLDER.fullmatch(value))


@dataclass
class Draft:
    """The parts of the stack file so far, and the secrets by the value that they had: the same value is one secret.

    `comments` stand above the part of that dotted key.
    """

    system: str
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    edge: dict[str, Any] | None = None
    monitoring: dict[str, Any] | None = None
    network: str = ""
    production: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()
    comments: dict[str, list[str]] = field(default_factory=dict)
    _by_value: dict[str, str] = field(default_factory=dict)

    def remark(self, key: str, text: str) -> None:
        """Put a comment above a part; the same one once."""
        lines = self.comments.setdefault(key, [])
        if text not in lines:
            lines.append(text)

    def secret(self, name: str, value: str, owner: str) -> str:
        """The name of the secret for a variable with this value; declared when it is new.

        One that only this system needs is generated, unless it had a real value: data may have been made with it.
        """
        if value and value in self._by_value and not _PLACEHOLDER.fullmatch(value):
            return self._by_value[value]
        name = re.sub(r"[^A-Za-z0-9_]", "_", name).strip("_").upper()[:64] or "SECRET"
        name = name if name[0].isalpha() else f"S_{name}"[:64]
        is_open = bool(_PLACEHOLDER.fullmatch(value))
        if name in self.secrets and value and not is_open and self._by_value.get(value) != name:
            name = f"{owner.upper().replace('-', '_')}_{name}"[:64]
        self.secrets.setdefault(name, {} if is_open and _MADE_HERE.search(name) else {"provided": True})
        if value and not is_open:
            self._by_value[value] = name
        return name

    def holds_secret(self, text: str) -> bool:
        """True when a value that nobody should read stands in `text`."""
        return any(value in text for value in self.sensitive)

    def to_set(self) -> tuple[str, ...]:
        """The secrets that somebody has to provide."""
        return tuple(sorted(name for name, words in self.secrets.items() if words.get("provided")))

    def document(self) -> dict[str, Any]:
        """The whole file; sections that say nothing are left out."""
        sections = {
            "services": self.services,
            "resources": self.resources,
            "edge": self.edge,
            "secrets": dict(sorted(self.secrets.items())),
            "monitoring": self.monitoring,
            "network": self.network,
            "environments": {"production": self.production} if self.production else {},
        }
        kept = {name: value for name, value in sections.items() if value or (name == "edge" and value is not None)}
        return {"system": self.system, **kept}

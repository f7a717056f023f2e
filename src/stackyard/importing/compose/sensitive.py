"""The values in a Compose file that nobody should read, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stackyard.importing.compose.draft import is_placeholder, is_secret
from stackyard.importing.compose.parts import Part

_SHORTEST = 6
_IN_OPTION = re.compile(r"--?[a-z-]*(?:password|passwd|token|secret|api-?key)[= ]([^\s$/\"'-]\S{5,})", re.IGNORECASE)
_IN_URL = re.compile(r"://[^:@/\s]*:([^@/\s]+)@")


def sensitive_values(parts: Iterable[Part], values: Mapping[str, str]) -> dict[str, str]:
    """Every value that nobody should read, with the name of the variable that has it.

    Short ones and placeholders are words like others, and hide nothing.
    """
    found: dict[str, str] = {}
    pairs = [(pair.name, pair.value or "") for part in parts for pair in part.environment]
    for name, value in [*values.items(), *pairs]:
        held = [value] if is_secret(name, value) else _IN_URL.findall(value)
        for one in held:
            if len(one) >= _SHORTEST and not is_placeholder(one):
                found.setdefault(one, name)
    return found


def secrets_in(text: str, sensitive: Mapping[str, str]) -> list[str]:
    """The sensitive values that stand in `text`, the longest first; so do passwords in URLs and options."""
    shown = [*_IN_URL.findall(text), *_IN_OPTION.findall(text)]
    in_words = {value for value in shown if not value.startswith("$") and not is_placeholder(value)}
    found = {value for value in sensitive if value in text} | in_words
    return sorted(found, key=lambda value: (-len(value), value))

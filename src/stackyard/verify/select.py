"""Which checks a person asks for: by area, by promise, by the id of a check or its beginning."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.errors import UsageError
from stackyard.verify.areas import AREAS
from stackyard.verify.check import Check


def select(checks: Sequence[Check], words: Sequence[str]) -> tuple[Check, ...]:
    """The checks that any of the words names, all without a word. Raises UsageError for a word that names none."""
    if not words:
        return tuple(checks)
    for word in words:
        if not any(_is_meant(check, word) for check in checks):
            from difflib import get_close_matches

            names = [*AREAS, *(check.id for check in checks), *{id for check in checks for id in check.promises}]
            near = get_close_matches(word, names, 1)
            raise UsageError(
                f"no check is called {word}",
                hint=f"Did you mean {near[0]}?" if near else f"The areas are {', '.join(AREAS)}; `--list` shows all.",
            )
    return tuple(check for check in checks if any(_is_meant(check, word) for word in words))


def _is_meant(check: Check, word: str) -> bool:
    return word in (check.area, check.id) or word.upper() in check.promises or check.id.startswith(f"{word}.")

"""The one question before what is not taken back lightly."""

from __future__ import annotations

import sys

from stackyard.errors import UsageError


def confirm(name: str, question: str, *, unasked: str, refused: str = "nothing was changed") -> None:
    """Go on only when a person types the name. `unasked` says why that cannot be, where there is no terminal.

    Raises UsageError for any other answer, and where nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise UsageError(unasked, hint="Or say --yes.")
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip() != name:
        raise UsageError(refused, hint=f"Only {name} would have been a yes.")


def confirm_replacing(name: str, what: str) -> None:
    """The question before data changes places: "Type shop to go back". Raises UsageError as `confirm`."""
    unasked = "this is done only after a question, and there is nobody to ask"
    confirm(name, f"Type {name} to {what}: ", unasked=unasked)

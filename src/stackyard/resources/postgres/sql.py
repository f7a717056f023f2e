"""Quoting for SQL that is put together as text."""

from __future__ import annotations

from collections.abc import Iterable


def identifier(name: str) -> str:
    """The name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str]) -> str:
    """The names as quoted identifiers, separated by commas."""
    return ", ".join(identifier(name) for name in names)


def literal(text: str) -> str:
    """The text as a string constant, right whatever standard_conforming_strings says. Raises ValueError for a NUL."""
    if "\0" in text:
        raise ValueError("a NUL cannot stand in SQL")
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return " E'" + quoted.replace("\\", "\\\\") + "'"
    return "'" + quoted + "'"

"""Names and texts in SQL that has no parameters: what creates tables, policies and triggers."""

from __future__ import annotations


def identifier(name: str) -> str:
    """`name` quoted as one identifier."""
    return '"' + name.replace('"', '""') + '"'


def table(name: str) -> str:
    """The table `name` quoted, with its schema when it is written `schema.table`."""
    return ".".join(identifier(part) for part in name.split("."))


def literal(text: str) -> str:
    """`text` quoted as a string."""
    return "'" + text.replace("'", "''") + "'"

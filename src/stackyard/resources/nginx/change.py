"""What of its configuration a running nginx cannot take in by a reload."""

from __future__ import annotations

from collections.abc import Iterable

from stackyard.model.files import File

_START = ("listen ", "pid ", "daemon ", "user ")
"""Directives that a reload cannot be trusted with: a new listener may need a capability that the process lacks, and
the pid file is where the next signal would look. A reload that fails leaves the old configuration without a word."""


def start_lines(rendered: Iterable[File]) -> tuple[str, ...]:
    """The lines that only a restart takes in: where they differ, a reload is not enough."""
    lines = (line.strip() for file in rendered for line in file.content.splitlines())
    return tuple(line for line in lines if line.startswith(_START))

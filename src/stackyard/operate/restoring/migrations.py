"""Which migrations the code of a service knows, read off its files: Alembic's revisions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stackyard.model.system import PythonSource, System
from stackyard.operate.restoring.plan import Code

_OWN = re.compile(r"^revision(?:\s*:[^=]+)?\s*=\s*[\"']([^\"']+)[\"']", re.M)
_BEFORE = re.compile(r"^down_revision(?:\s*:[^=]+)?\s*=\s*(.+)$", re.M)
_NAME = re.compile(r"[\"']([^\"']+)[\"']")
_PASSED_OVER = frozenset({"node_modules", "__pycache__", ".git", ".venv", ".stackyard"})


def code_of(system: System, part: str) -> Code:
    """The migrations of every service that migrates the database `part`; empty where none of them uses Alembic."""
    folders = {
        service.source.path
        for service in system.services
        if service.migrate
        and isinstance(service.source, PythonSource)
        and part in {need.name for need in service.needs}
    }
    return read(text for folder in sorted(folders) for text in _revisions(folder))


def read(revisions: Iterable[str]) -> Code:
    """The head of these revisions, given by their texts, and all that there are. Several heads stand in one text."""
    known: set[str] = set()
    followed: set[str] = set()
    for text in revisions:
        if own := _OWN.search(text):
            known.add(own[1])
            before = _BEFORE.search(text)
            followed |= set(_NAME.findall(before[1])) if before else set()
    return Code(",".join(sorted(known - followed)), frozenset(known))


def _revisions(folder: Path) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _PASSED_OVER)
        if Path(here).name == "versions":
            for name in sorted(names):
                if name.endswith(".py"):
                    yield (Path(here) / name).read_text(errors="replace")

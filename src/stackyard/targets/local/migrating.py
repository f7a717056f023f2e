"""What is said of a migration, whatever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackyard.errors import PartError
from stackyard.model.system import Service


def failure(service: Service, code: int, log: Path, said: Sequence[str]) -> PartError:
    """The error for a migration that ended with `code`; `said` are the last lines of its `log`."""
    return PartError(
        service.name,
        f"the migration of {service.name} failed with code {code}: `{' '.join(service.migrate)}`",
        hint=f"New code takes no traffic before it is through. The whole output is in {log}.",
        details=said,
    )

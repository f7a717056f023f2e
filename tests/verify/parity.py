"""The page that lays the targets side by side, held against what `stackyard verify` has just said."""

from __future__ import annotations

from typing import Any

from stackyard.verify.parity import read, side
from tests.e2e.conftest import REPOSITORY

PAGE = REPOSITORY / "docs/reference/parity.md"
SYSTEMS = sorted(path.parent.name for path in REPOSITORY.glob("systems/*/stackyard.yaml"))


def is_on_the_page(system: str, report: dict[str, Any]) -> None:
    """The page says of a system what this report says."""
    found = side(report)
    (told,) = (one for one in read(PAGE.read_text())[system] if one.target == found.target)
    assert told.verdicts == found.verdicts, "`scripts/parity` writes docs/reference/parity.md anew"

"""Compose files with what stands beside them, and what an import makes of them, as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stackyard.cli.import_ import report
from stackyard.importing.result import Imported
from stackyard.operate.importing import check_stack, read_compose_file

CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Outcome:
    """What an import made: the stack file, and the report with what `stackyard check` says."""

    imported: Imported
    stack: str
    report: str


def outcome(folder: Path) -> Outcome:
    """Import the Compose file of a case, whose paths are shown from its folder."""
    imported = read_compose_file(folder / "compose.yaml")
    findings = check_stack(imported.stack, folder / "stackyard.yaml")
    lines = report(imported, findings, "stackyard.yaml", everything=True)
    return Outcome(imported, imported.stack, "\n".join(lines).replace(f"{folder}/", "") + "\n")

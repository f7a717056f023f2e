"""The last report of each database: a JSON file that is replaced whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stackyard.backup.upkeep.report import Report, from_json, to_json

FILE = "upkeep.json"
"""Its name, in the folder of the backups."""


def recorded(file: Path) -> Mapping[str, Report]:
    """The last report of each database by the name of its part; a file that is missing or damaged holds none.

    It only saves work: what was lost is found again by the next run.
    """
    try:
        return from_text(file.read_text())
    except OSError:
        return {}


def from_text(text: str) -> Mapping[str, Report]:
    """The reports in the text of such a file; none in any other."""
    try:
        return {name: from_json(one) for name, one in json.loads(text).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def last(file: Path, part: str) -> Report | None:
    """The last report of that database, None when there is none."""
    return recorded(file).get(part)


def note(file: Path, report: Report) -> None:
    """Keep the report in the place of the one before."""
    whole = {name: to_json(one) for name, one in {**recorded(file), report.part: report}.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w") as out:
            os.fchmod(descriptor, 0o644)
            out.write(json.dumps(whole, indent=1, sort_keys=True) + "\n")
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise

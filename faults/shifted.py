"""`python -m faults.shifted SECONDS JOB COMMAND`: the engine of backups with a clock of its own that is wrong.

Only Stackyard's own clock is moved. That of PostgreSQL, of restic and of files is the machine's, which no test may set.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from datetime import datetime, timedelta, tzinfo
from typing import Self

import stackyard.backup


def main() -> int:
    """Move the clock of every module that has one, and do what `python -m stackyard.backup` does."""
    shift = timedelta(seconds=float(sys.argv[1]))

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = datetime.now(tz) + shift
            return cls.combine(moment.date(), moment.timetz())

    for found in pkgutil.iter_modules(stackyard.backup.__path__, "stackyard.backup."):
        module = importlib.import_module(found.name)
        if getattr(module, "datetime", None) is datetime:
            module.datetime = Shifted  # type: ignore[attr-defined]
    engine = importlib.import_module("stackyard.backup.__main__")
    return int(engine.main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())

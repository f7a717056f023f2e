"""Bring inventr up on every target, verify it there, and write the page that compares what came of it.

Copies of it, so that nothing of yours is touched. Names of files with reports of `verify --json` may be given instead.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from stackyard.verify.areas import checks
from stackyard.verify.parity import page, side

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.e2e.conftest import copy_system  # noqa: E402 - the tests know how to copy a system

SYSTEM = "inventr"
TARGETS = ("native", "compose")


def main(files: list[str]) -> None:
    """Write the page."""
    reports = [json.loads(Path(name).read_text()) for name in files] or list(_reports())
    text = page({SYSTEM: [side(report) for report in reports]}, checks())
    (REPOSITORY / "docs/reference/parity.md").write_text(text)


def _reports() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="stackyard-parity-", dir="/var/tmp") as place:
        Path(place).chmod(0o755)
        checkout = copy_system(SYSTEM, Path(place, SYSTEM))
        for target in TARGETS:
            try:
                checkout.up("--target", target)
                yield json.loads(checkout.stackyard("verify", "--target", target, "--json").out)
            finally:
                checkout.stackyard("down", "--target", target)
                checkout.stackyard("clean", "--data", "--yes", "--target", target)


if __name__ == "__main__":
    main(sys.argv[1:])

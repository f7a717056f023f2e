"""Bring every system up on every target, verify it there, and write the page that compares what came of it.

Copies of them, so that nothing of yours is touched. Nothing is written unless every promise was seen to be kept.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.verify.areas import checks
from stackyard.verify.parity import Side, page, side

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.engine import ground as engine  # noqa: E402 - the tests know how to copy a system and to look at it
from tests.verify import ground as machine  # noqa: E402
from tests.verify.parity import PAGE, SYSTEMS  # noqa: E402
from tests.verify.sabotage import Ground, is_kept, look  # noqa: E402

MAKERS: Mapping[str, Callable[[str, Path], Ground]] = {NATIVE: machine.make, COMPOSE: engine.make}


def main() -> None:
    """Write the page."""
    systems = {name: [_side(name, target) for target in MAKERS] for name in SYSTEMS}
    PAGE.write_text(page(systems, checks()))


def _side(name: str, target: str) -> Side:
    with tempfile.TemporaryDirectory(prefix="stackyard-parity-", dir="/var/tmp") as place:
        Path(place).chmod(0o755)
        ground = MAKERS[target](name, Path(place, name))
        try:
            ground.bring_up()
            report = look(ground)
            is_kept(report)
            return side(report)
        finally:
            ground.take_down()


if __name__ == "__main__":
    main()

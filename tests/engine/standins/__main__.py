"""`python -m tests.engine.standins [NAME ...]`: make the stand-in images that are missing."""

from __future__ import annotations

import sys
import time

from tests.engine.standins import STANDINS, USUAL, StandInError, build, is_there


def main() -> int:
    """Build them one by one and say what was done."""
    wanted = sys.argv[1:] or USUAL
    unknown = [name for name in wanted if name not in STANDINS]
    if unknown:
        sys.stderr.write(f"stand-ins: no recipe for {', '.join(unknown)}; there is {', '.join(STANDINS)}\n")
        return 2
    for name in wanted:
        begun = time.monotonic()
        try:
            made = build([name])
        except StandInError as error:
            sys.stderr.write(f"stand-ins: {name} could not be made. {error}\n")
            return 1
        if made:
            sys.stdout.write(f"stand-ins: {', '.join(made)} made in {time.monotonic() - begun:.0f} s\n")
            sys.stdout.flush()
    there = sum(is_there(name) for name in wanted)
    sys.stdout.write(f"stand-ins: {there} of {len(wanted)} are there\n")
    return 0 if there == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())

"""`make faults`: break things, count what held, write faults/results.json and the table in docs/faults.md.

The exit code is 1 when anything that must hold did not.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.report import load, machine

from faults import report
from faults.groups import GROUPS
from faults.result import Result, SkippedError


def main() -> int:
    """Run every group, or those that were named; one that cannot be run here is skipped, and its last table stays."""
    args = _arguments()
    # Behind a shell's & it is ignored, and would be by everything that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runs: dict[str, report.Run] = {}
    skipped = []
    with ground() as place:
        for name in args.only or GROUPS:
            facts = machine()
            try:
                results = tuple(_run(name, place, quick=args.quick))
            except SkippedError as error:
                print(f"skip {name}: {error}", flush=True)
                skipped.append(name)
                continue
            runs[name] = report.Run({**facts, "load_at_end": load()}, results)
            if not args.quick:
                # After each group: what takes long must not be lost with what comes after it.
                report.write(runs, tuple(GROUPS))
                print(f"written: {name} into faults/results.json and docs/faults.md", file=sys.stderr)
    if skipped:
        print(f"skipped: {len(skipped)} of {len(args.only or GROUPS)} groups ({', '.join(skipped)})")
    is_kept = all(result.is_kept for run in runs.values() for result in run.results)
    return 0 if is_kept else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, nothing written")
    parser.add_argument("--only", metavar="GROUP", action="append", choices=GROUPS, help=f"of: {', '.join(GROUPS)}")
    return parser.parse_args()


def _run(name: str, place: Path, *, quick: bool) -> Iterator[Result]:
    """The results of one group, each shown as soon as it is known."""
    folder = place / name
    folder.mkdir()
    for result in GROUPS[name](folder, quick):
        print(report.line(result), flush=True)
        yield result


@contextlib.contextmanager
def ground() -> Iterator[Path]:
    """A folder that any user may enter, for what the groups write; it goes away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="stackyard-faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

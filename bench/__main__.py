"""`make bench`: measure, show, write results.json and RESULTS.md. The exit code says only whether it could measure."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import backups, compose, edge, engine, generated, goldshop, kit, report, startup, supervisor, upping
from bench.checkout import Checkout, ground, inventr
from bench.measure import Measurement
from bench.peer import programs

GROUPS = ("inventr", "compose", "generated", "edge", "kit", "goldshop", "backups")
_SIZES = (1_000_000_000, 5_000_000_000)
"""Bytes in the databases that are backed up."""
_ON_INVENTR = ("inventr", "compose", "edge")


def main() -> int:
    """Measure everything, or the groups that were named."""
    args = _arguments()
    facts = report.machine()
    measured: list[Measurement] = []
    with ground() as place:
        for some in _measure(args, place):
            measured += some
            if some:
                # At once: a run that is broken off has not been for nothing.
                print(f"\n{report.table(some)}\n", flush=True)
    facts["load_at_end"] = report.load()
    print(report.sentence(facts))
    if not args.only or args.write:
        put = report.replace if args.only else report.write
        put(Path(__file__).parent, facts, measured)
        print("\nwritten: bench/results.json, bench/RESULTS.md")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and 10 idle seconds instead of 60")
    parser.add_argument("--only", choices=GROUPS, help="one group, without writing the results")
    parser.add_argument("--write", action="store_true", help="with --only: replace the group's lines in the results")
    return parser.parse_args()


def _measure(args: argparse.Namespace, place: Path) -> Iterator[list[Measurement]]:
    rounds = 3 if args.quick else 7
    wanted = (args.only,) if args.only else GROUPS
    nginx = None
    if set(wanted) & set(_ON_INVENTR):
        _say("bringing a copy of inventr up for the first time: packages and front end")
        with inventr(place / "inventr") as checkout:
            nginx = Path(next(one for one in programs(checkout) if one.id == "edge").argv[0])
            if "inventr" in wanted:
                _say("the command line")
                yield startup.measure(checkout, 3 * rounds)
                _say("up and down, warm, cold, and bare")
                yield upping.measure(checkout, rounds)
                idle = 10.0 if args.quick else 60.0
                _say(f"the supervisor, {idle:.0f} s of it idle")
                yield supervisor.measure(checkout, 2 * rounds, idle)
            if "compose" in wanted:
                yield _compose(checkout, place / "compose", max(3, rounds - 2))
    if "generated" in wanted:
        _say(f"check and plan of {', '.join(f'{size:,}' for size in generated.SIZES)} services")
        yield generated.measure(place / "generated", 3 if args.quick else 5)
    if "edge" in wanted and nginx is not None:
        _say("the edge under load")
        yield edge.measure(place / "edge", nginx, 8 if args.quick else 20, 1.0)
    if "kit" in wanted:
        _say("the kit's layers under load")
        yield kit.measure(place / "kit", 8 if args.quick else 20, 1.0)
    if "goldshop" in wanted:
        _say("a hundred people in goldshop, and its pages at a million movements")
        yield goldshop.measure(place / "goldshop", 3 if args.quick else 5, 20.0)
    if "backups" in wanted:
        sizes = _SIZES[:1] if args.quick else _SIZES
        _say(f"backups of {' and '.join(f'{size / 1e9:.0f}' for size in sizes)} GB, and what they cost a shop")
        yield from backups.measure(place / "backups", 2 if args.quick else 3, sizes)


def _compose(checkout: Checkout, place: Path, rounds: int) -> list[Measurement]:
    missing = engine.why_none()
    if missing:
        _say(f"nothing about Compose is measured: {missing}")
        return []
    _say("Compose: images, starts, a large file")
    begun = time.monotonic()
    measured = compose.measure(checkout, place, rounds)
    _say(f"Compose took {time.monotonic() - begun:.0f} s")
    return measured


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

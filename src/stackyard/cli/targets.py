"""`stackyard targets`: what each target keeps of a stack file, side by side."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stackyard.cli.output import json_argument, paint, say, say_json, table
from stackyard.errors import EXIT_DONE

if TYPE_CHECKING:
    from stackyard.operate.targets import Line

_COLOURS = {"kept": "green", "approximated": "yellow", "not kept": "red", "refused": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    json_argument(parser)
    parser.add_argument("--all", action="store_true", help="how each field is kept, too, not only what is not")


def run(args: argparse.Namespace) -> int:
    """Print the tables of all targets, a line a field, and below it what a person should know."""
    from stackyard.operate.targets import side_by_side

    lines = side_by_side()
    if args.json:
        say_json([_as_data(line) for line in lines])
        return EXIT_DONE
    names = list(dict.fromkeys(name for line in lines for name in line.targets))
    head, *rows = table([("FIELD", *names, "PROMISES"), *(_row(line, names) for line in lines)])
    say(paint(head, "dim"))
    for line, row in zip(lines, rows, strict=True):
        say(row)
        for name, found in line.targets.items():
            if args.all or found.verdict != "kept":
                say(f"    {name} {paint(found.verdict, _COLOURS[found.verdict])}: {found.how}")
    return EXIT_DONE


def _row(line: Line, names: list[str]) -> tuple[str, ...]:
    verdicts = (line.targets[name].verdict.value if name in line.targets else "-" for name in names)
    return (line.field, *verdicts, " ".join(line.promises))


def _as_data(line: Line) -> dict[str, object]:
    found = {name: {"verdict": row.verdict.value, "how": row.how} for name, row in line.targets.items()}
    return {"field": line.field, "promises": list(line.promises), "targets": found}

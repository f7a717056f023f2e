"""How things look on a terminal: colour only where there is one, the same words everywhere."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from stackyard.errors import StackyardError

# As `typing` has it, whose import is a part of every start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


def has_colour(stream: TextIO | None) -> bool:
    """True on a terminal, unless NO_COLOR says otherwise. A closed stream is None."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return stream is not None and stream.isatty() and is_wanted


def paint(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """The text in the given styles, where the stream shows them."""
    if not styles or not has_colour(stream or sys.stdout):
        return text
    return f"\033[{';'.join(_CODES[style] for style in styles)}m{text}\033[0m"


def say(text: str = "") -> None:
    """One line to standard output, at once."""
    print(text, flush=True)


def warn(text: str) -> None:
    """One line to standard error."""
    print(paint(text, "yellow", stream=sys.stderr), file=sys.stderr, flush=True)


def complain(error: StackyardError) -> None:
    """An error for a person: what is wrong, the evidence, the next step."""
    print(f"{paint('error:', 'red', 'bold', stream=sys.stderr)} {error.what}", file=sys.stderr)
    for line in error.details:
        print(f"  {paint('|', 'dim', stream=sys.stderr)} {line}", file=sys.stderr)
    if error.hint:
        print(f"{paint('next:', 'cyan', 'bold', stream=sys.stderr)} {error.hint}", file=sys.stderr, flush=True)


def say_json(data: Any) -> None:
    """Machine-readable output: one JSON document."""
    import json

    say(json.dumps(data, indent=2, ensure_ascii=False))


def table(rows: Sequence[Sequence[str]], *, indent: str = "") -> list[str]:
    """Rows as lines in columns; the last column is never padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def system_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that concerns one system."""
    parser.add_argument(
        "--file",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="the stack file or its folder (default: this folder)",
    )
    parser.add_argument(
        "-e",
        "--env",
        default=os.environ.get("STACKYARD_ENV", "development"),
        metavar="NAME",
        help="the environment (default: development, or STACKYARD_ENV)",
    )


def target_argument(parser: argparse.ArgumentParser) -> None:
    """`--target`, for every command that concerns what runs or should run."""
    parser.add_argument(
        "--target",
        choices=("native", "compose"),
        help="where it runs (default: the target that runs or last ran here, else native)",
    )


def profile_argument(parser: argparse.ArgumentParser) -> None:
    """`--profile`, for the commands that look at a part of a system."""
    parser.add_argument("--profile", action="append", default=[], metavar="NAME", help="with the parts of this profile")


def json_argument(parser: argparse.ArgumentParser) -> None:
    """`--json`, which every reading command has."""
    parser.add_argument("--json", action="store_true", help="print JSON")

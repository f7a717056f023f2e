"""`stackyard logs [PART…]`: read or follow the logs."""

from __future__ import annotations

import argparse
import re
import zlib
from datetime import UTC, datetime, timedelta

from stackyard.cli.output import json_argument, paint, say, system_arguments, target_argument
from stackyard.errors import EXIT_DONE, UsageError

# As `typing` has it; who reads differs from target to target.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.observe.logs import LogLine

_COLOURS = ("cyan", "magenta", "blue", "green", "yellow")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)
    parser.add_argument("parts", nargs="*", metavar="PART", help="parts of the stack file, `edge`, or `supervisor`")
    parser.add_argument("-f", "--follow", action="store_true", help="stay and show new lines (Ctrl-C ends it)")
    parser.add_argument("-n", "--lines", type=_count, default=100, metavar="N", help="the last N lines (default 100)")
    parser.add_argument("--grep", type=_pattern, metavar="REGEX", help="only lines that match")
    parser.add_argument("--since", type=_moment, metavar="TIME", help="a time (2026-11-21T14:00) or an age (10min, 2h)")


def run(args: argparse.Namespace) -> int:
    """Print the lines, oldest first."""
    from stackyard.operate.system import verbs_for

    logs = verbs_for(args.file, args.env, args.target).logs()
    known = logs.parts()
    unknown = [part for part in args.parts if part not in known]
    if unknown:
        raise UsageError(
            f"there is no log of {unknown[0]}",
            hint=f"There are logs of: {', '.join(sorted(known))}." if known else "`stackyard up` starts the system.",
        )
    draw = _show_json if args.json else show
    for line in logs.read(args.parts, n=args.lines, since=args.since, grep=args.grep):
        draw(line)
    if args.follow:
        for line in logs.follow(args.parts, grep=args.grep):
            draw(line)
    return EXIT_DONE


def show(line: LogLine) -> None:
    """One line of a log for a person: when, who, what."""
    colour = _COLOURS[zlib.crc32(line.id.encode()) % len(_COLOURS)]
    time = paint(line.ts.astimezone().strftime("%H:%M:%S"), "dim")
    text = paint(line.line, "dim") if line.stream == "supervisor" else line.line
    say(f"{time} {paint(line.id.ljust(8), colour)} {text}")


def _show_json(line: LogLine) -> None:
    import json

    data = {"ts": line.ts.isoformat(), "part": line.part, "id": line.id, "stream": line.stream, "line": line.line}
    say(json.dumps(data, ensure_ascii=False))


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines")
    return int(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None


def _moment(text: str) -> datetime:
    age = re.fullmatch(r"(\d+)(s|m|min|h|d)", text)
    try:
        if age:
            return datetime.now(UTC) - timedelta(seconds=int(age[1]) * _UNITS[age[2]])
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time (2026-11-21T14:00) and no age (10min, 2h)") from None

"""`stackyard clean`: remove what can be made again; data only on request."""

from __future__ import annotations

import argparse
import sys

from stackyard.cli.output import paint, say, system_arguments, target_argument
from stackyard.errors import EXIT_DONE, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument(
        "--data", action="store_true", help="remove the data, the secrets and the logs, too; asks first"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Name what goes and how much space it frees; ask before anything that cannot be made again."""
    from stackyard.operate.system import layout_of, verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    wanted = verbs.removals(data=args.data)
    if not wanted:
        say(f"there is nothing to remove ({args.env})")
        return EXIT_DONE
    for removal in wanted:
        note = paint("  cannot be made again", "red") if removal.is_lasting else ""
        say(f"  {'' if removal.size is None else _human(removal.size):>9}  {removal.name}{note}")
    if any(removal.is_lasting for removal in wanted) and not args.yes:
        root = layout_of(args.file, args.env).root
        _ask(root.name or str(root))
    say(f"removed; {_human(verbs.clean(wanted))} are free again")
    return EXIT_DONE


def _ask(name: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("data is removed only after a question, and there is nobody to ask", hint="Or say --yes.")
    try:
        answer = input(f"Type {name} to remove it all: ")
    except EOFError:
        answer = ""
    if answer.strip() != name:
        raise UsageError("nothing was removed", hint=f"Only {name} would have been a yes.")


def _human(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"

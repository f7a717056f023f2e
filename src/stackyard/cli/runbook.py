"""`stackyard runbook`: the page that one opens when something is broken, for this very system."""

from __future__ import annotations

import argparse
from pathlib import Path

from stackyard.cli.output import say, system_arguments, target_argument
from stackyard.errors import EXIT_DONE, StateError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there, not to the terminal")


def run(args: argparse.Namespace) -> int:
    """Look at the backups and at what runs, and write the page."""
    from datetime import datetime

    from stackyard.operate.restoring.gather import gather
    from stackyard.operate.restoring.runbook import Place, render
    from stackyard.operate.scale import load
    from stackyard.operate.system import verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    system = load(args.file, args.env)
    if system.backups is None:
        raise StateError(
            f"{system.name} has no backups: there is nothing to go back to", hint="`backups: {}` begins them."
        )
    with verbs.restoring(system, locked=False) as effects:
        facts = gather(effects)
    folder = system.root / ".stackyard" / system.environment
    place = Place(system.backups.to or str(folder / "backups" / "repository"), str(folder / "secrets"), verbs.name)
    text = render(system, system.backups, facts, place, datetime.now().astimezone().strftime("%d %B %Y at %H:%M"))
    if args.output is None:
        say(text.rstrip())
    else:
        args.output.write_text(text)
        say(f"written to {args.output}")
    return EXIT_DONE

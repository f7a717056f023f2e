"""`stackyard drill`: restore a backup on trial, compare, and measure."""

from __future__ import annotations

import argparse
import json

from stackyard.cli.output import json_argument, say, say_json, system_arguments, target_argument
from stackyard.errors import EXIT_BROKEN, EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", nargs="?", default="latest", metavar="SET", help="its id (default: the newest good)")
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Drill; exit code 4 when what is promised was not kept."""
    from stackyard.backup import drill_report
    from stackyard.cli.working import shown
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    backups = verbs_for(args.file, args.env, args.target).backups(load(args.file, args.env))
    with shown(quiet=args.json) as tell:
        report = backups.drill(args.set, tell)
    if args.json:
        say_json(json.loads(drill_report.to_json(report)))
    else:
        say()
        say(drill_report.to_text(report).rstrip())
    return EXIT_DONE if report.kept else EXIT_BROKEN

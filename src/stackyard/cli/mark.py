"""`stackyard mark`: give this moment a name, to come back to."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, target_argument
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="such as before-import")
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Mark the moment in every database whose changes are kept."""
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    made = verbs_for(args.file, args.env, args.target).backups(load(args.file, args.env)).mark(args.name)
    if args.json:
        say_json(asdict(made))
    else:
        say(f"{paint(made.name, 'bold')} is {made.taken}; `stackyard restore --to {made.name}` comes back to it")
    return EXIT_DONE

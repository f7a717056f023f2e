"""`stackyard plan`: what `up` would do, and why. It changes nothing."""

from __future__ import annotations

import argparse

from stackyard.cli.output import json_argument, profile_argument, say, say_json, system_arguments, target_argument, warn
from stackyard.cli.progress import describe
from stackyard.errors import EXIT_DONE, EXIT_PENDING


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)
    profile_argument(parser)
    parser.add_argument("--check", action="store_true", help="exit with 3 when there is something to do")


def run(args: argparse.Namespace) -> int:
    """Print the very object that `up` executes."""
    from stackyard.operate.scale import load
    from stackyard.operate.system import verbs_for

    system = load(args.file, args.env, tuple(args.profile))
    session = verbs_for(args.file, args.env, args.target).begin(system, "plan")
    plan = session.plan()
    if args.json:
        say_json(plan.to_json())
    else:
        for notice in session.notices:
            warn(notice)
        for line in describe(plan):
            say(line)
    return EXIT_PENDING if args.check and not plan.is_empty else EXIT_DONE

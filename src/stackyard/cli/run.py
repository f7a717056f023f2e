"""`stackyard run SERVICE -- COMMAND`: run a command in the environment of a service."""

from __future__ import annotations

import argparse

from stackyard.cli.output import system_arguments, target_argument
from stackyard.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument("--owner", action="store_true", help="reach databases as their owner, as migrations do")
    parser.add_argument("service", metavar="SERVICE")
    parser.usage = "stackyard run [--file PATH] [--env NAME] [--target TARGET] [--owner] SERVICE -- COMMAND [ARG ...]"


def run(args: argparse.Namespace) -> int:
    """Run it, and end with its exit code."""
    from stackyard.operate.scale import load
    from stackyard.operate.system import verbs_for

    if not args.rest:
        raise UsageError("there is no command to run", hint="For example: stackyard run api -- python -m http.server")
    verbs = verbs_for(args.file, args.env, args.target)
    return verbs.run(load(args.file, args.env), args.service, args.rest, owner=args.owner)

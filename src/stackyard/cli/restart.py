"""`stackyard restart [SERVICE…]`: restart services, or all of them."""

from __future__ import annotations

import argparse

from stackyard.cli.output import say, system_arguments, target_argument
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="names of parts, or of replicas such as api-1")


def run(args: argparse.Namespace) -> int:
    """Restart, and return when all of them are ready again."""
    from stackyard.operate.system import verbs_for

    for status in verbs_for(args.file, args.env, args.target).restart(tuple(args.services)):
        say(f"{status.id}: {status.state} (pid {status.pid})")
    return EXIT_DONE

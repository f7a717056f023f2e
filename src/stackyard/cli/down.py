"""`stackyard down`: stop the system; data stays."""

from __future__ import annotations

import argparse

from stackyard.cli.output import say, system_arguments, target_argument, warn
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Stop everything, and say what was stopped."""
    from stackyard.operate.system import verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    if said := verbs.end_interrupted("down"):
        warn(said)
    stopped = verbs.down()
    say(f"stopped: {', '.join(stopped)}; the data is kept" if stopped else f"nothing runs here ({args.env})")
    return EXIT_DONE

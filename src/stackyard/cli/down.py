"""`stackyard down`: stop the system; data stays."""

from __future__ import annotations

import argparse

from stackyard.cli.output import say, system_arguments
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Stop everything, and say what was stopped."""
    from stackyard.operate.down import down
    from stackyard.operate.system import layout_of

    stopped = down(layout_of(args.file, args.env))
    say(f"stopped: {', '.join(stopped)}; the data is kept" if stopped else f"nothing runs here ({args.env})")
    return EXIT_DONE

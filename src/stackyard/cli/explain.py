"""`stackyard explain [KEY]`: the annotated reference, the same text that documents the schema."""

from __future__ import annotations

import argparse

from stackyard.cli.output import say
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", nargs="?", default="", help="a key such as edge.limits; without it, the whole file")


def run(args: argparse.Namespace) -> int:
    """Print what the key means."""
    from stackyard.spec.explain import explain

    say(explain(args.key))
    return EXIT_DONE

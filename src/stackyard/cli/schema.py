"""`stackyard schema`: the JSON Schema of the stack file, which editors use to complete and to check."""

from __future__ import annotations

import argparse

from stackyard.cli.output import say_json
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Editors with a YAML language server read it from a first line like: # yaml-language-server: $schema=…"
    )


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this shape
    """Print the schema."""
    from stackyard.spec.schema import json_schema

    say_json(json_schema())
    return EXIT_DONE

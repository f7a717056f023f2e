"""`stackyard check`: the stack file, read and checked; every finding in one run."""

from __future__ import annotations

import argparse

from stackyard.cli.output import json_argument, profile_argument, say, say_json, system_arguments
from stackyard.errors import EXIT_DONE, SpecError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    json_argument(parser)
    profile_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Say what the file describes, or everything that is wrong with it."""
    from stackyard.spec.load import load

    try:
        system = load(args.file, args.env, tuple(args.profile))
    except SpecError as error:
        if not args.json:
            raise
        findings = [
            {
                "file": one.file,
                "line": one.line,
                "column": one.column,
                "key": one.key,
                "what": one.what,
                "hint": one.hint,
            }
            for one in error.findings
        ]
        say_json({"ok": False, "findings": findings})
        return error.exit_code
    if args.json:
        say_json({"ok": True, "findings": []})
    else:
        parts = [*system.services, *system.resources]
        say(f"{system.file}: {system.name} ({system.environment}) is fine: {', '.join(part.name for part in parts)}")
    return EXIT_DONE

"""`stackyard secrets`: list and set secrets; values are never shown."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from stackyard.cli.output import json_argument, say, say_json, system_arguments, table
from stackyard.errors import EXIT_DONE, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    shown = actions.add_parser("list", help="which secrets there are, what for, and since when")
    setting = actions.add_parser("set", help="set a secret; the value is asked for, or read from standard input")
    for each in (shown, setting):
        system_arguments(each)
    json_argument(shown)
    setting.add_argument("name", metavar="NAME")


def run(args: argparse.Namespace) -> int:
    """List without a value, or take one."""
    from stackyard.resources.secrets import needed
    from stackyard.spec.load import load
    from stackyard.targets.native.layout import Layout

    system = load(args.file, args.env)
    layout = Layout(system.root, system.environment)
    if args.action == "set":
        # The keys of a store for backups come from whoever runs it, though the file lists them nowhere.
        given = (spec.name for spec in needed(system) if spec.provided)
        return _set(args, layout.secrets, list(dict.fromkeys([*(one.name for one in system.secrets), *given])))
    rows = []
    for spec in needed(system):
        path = layout.secrets / spec.name
        since = (
            datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat() if path.exists() else "not made yet"
        )
        rows.append((spec.name, "provided" if spec.provided else "generated", since, spec.purpose))
    if args.json:
        keys = ("name", "source", "since", "purpose")
        say_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        for line in table([("NAME", "SOURCE", "SINCE", "PURPOSE"), *rows]):
            say(line)
    return EXIT_DONE


def _set(args: argparse.Namespace, folder: Path, declared: list[str]) -> int:
    from stackyard.resources.secrets import weakness
    from stackyard.targets.local.secrets import put

    if args.name not in declared:
        raise UsageError(
            f"the stack file declares no secret {args.name}",
            hint=f"It declares: {', '.join(declared) or 'none'}. Those of resources are generated.",
        )
    value = _ask(args.name)
    reason = weakness(value)
    if reason and args.env == "production":
        raise UsageError(
            f"this {args.name} {reason}; production refuses it", hint="`openssl rand -base64 32` makes one."
        )
    put(folder, args.name, value)
    say(f"{args.name} is set; `stackyard up` gives it to who needs it")
    return EXIT_DONE


def _ask(name: str) -> str:
    """The value, typed unseen or from standard input; "" when nobody answers."""
    from getpass import getpass

    if not sys.stdin.isatty():
        try:
            return sys.stdin.buffer.read().decode().rstrip("\n")
        except UnicodeDecodeError:
            raise UsageError(f"the value for the secret `{name}` is not text (UTF-8)") from None
    try:
        return getpass(f"{name}: ")
    except EOFError:
        return ""

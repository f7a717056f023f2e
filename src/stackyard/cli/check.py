"""`stackyard check`: the stack file, read and checked; every finding in one run.

With `--target` also whether that target keeps everything that the file asks for, without a look at any machine.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stackyard.cli.output import json_argument, profile_argument, say, say_json, system_arguments, warn
from stackyard.errors import EXIT_DONE, MachineError, SpecError

if TYPE_CHECKING:
    from stackyard.model.system import System


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    json_argument(parser)
    profile_argument(parser)
    parser.add_argument("--target", choices=("native", "compose"), help="whether this target keeps all of it, too")


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
    return _judge(system, args)


def _judge(system: System, args: argparse.Namespace) -> int:
    notices: tuple[str, ...] = ()
    if args.target:
        from stackyard.operate.targets import accept

        try:
            notices = accept(system, args.target)
        except MachineError as error:
            if not args.json:
                raise
            findings = [_finding(sentence, error.hint) for sentence in (error.what, *error.details)]
            say_json({"ok": False, "findings": findings})
            return error.exit_code
    if args.json:
        say_json({"ok": True, "findings": [], **({"notices": list(notices)} if args.target else {})})
        return EXIT_DONE
    for sentence in notices:
        warn(sentence)
    parts = [*system.services, *system.resources]
    on = f" on {args.target}" if args.target else ""
    say(f"{system.file}: {system.name} ({system.environment}) is fine{on}: {', '.join(part.name for part in parts)}")
    return EXIT_DONE


def _finding(sentence: str, hint: str) -> dict[str, object]:
    """A sentence that begins with its place in the file, as a finding of the file."""
    place, _, what = sentence.partition(": ")
    file, _, line = place.rpartition(":")
    if not line.isdigit():
        return {"file": "", "line": 0, "column": 0, "key": "", "what": sentence, "hint": hint}
    return {"file": file, "line": int(line), "column": 1, "key": "", "what": what, "hint": hint}

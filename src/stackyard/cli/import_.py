"""`stackyard import`: the file of another tool, turned into a stack file and a list of what could not be carried."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from stackyard.cli.output import json_argument, paint, say, say_json
from stackyard.errors import EXIT_DONE, EXIT_FAILED, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.finding import Finding
    from stackyard.importing.result import Imported, Note


def add_arguments(parser: argparse.ArgumentParser) -> None:
    tools = parser.add_subparsers(dest="tool", metavar="TOOL", required=True)
    compose = tools.add_parser("compose", help="a Compose file", description="Turn a Compose file into a stack file.")
    compose.add_argument("source", type=Path, metavar="FILE", help="the Compose file")
    compose.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="where to write the stack file, beside FILE (default: print it)",
    )
    compose.add_argument("--all", action="store_true", help="list what is carried, too")
    json_argument(compose)


def run(args: argparse.Namespace) -> int:
    """Write or print the stack file; the report goes to where the stack file does not."""
    from stackyard.operate.importing import check_stack, read_compose_file, write_stack

    output = _output(args)
    imported = read_compose_file(args.source)
    findings = check_stack(imported.stack, output or args.source.absolute().parent / "stackyard.yaml")
    if output is not None:
        write_stack(imported.stack, output)
    if args.json:
        say_json(_as_data(imported, findings))
    else:
        if output is None:
            say(imported.stack.rstrip("\n"))
        for line in report(imported, findings, str(output or "the stack file"), everything=args.all):
            print(line, file=sys.stdout if output else sys.stderr)
    return EXIT_FAILED if findings else EXIT_DONE


def _output(args: argparse.Namespace) -> Path | None:
    path: Path | None = args.output
    if path is None:
        return None
    if path.is_dir():
        path = path / "stackyard.yaml"
    if path.absolute().parent.resolve() != args.source.absolute().parent.resolve():
        raise UsageError(
            f"{path} lies in another folder than {args.source}",
            hint="Paths in a stack file are relative to it: write it beside the Compose file.",
        )
    return path


def report(imported: Imported, findings: tuple[Finding, ...], name: str, *, everything: bool) -> list[str]:
    """The report as lines: what became of the values, the secrets to set, and what `stackyard check` says.

    Without `everything`, what is carried and needs no look is only counted.
    """
    from stackyard.importing.result import Fate

    titles = {
        Fate.LOST: "Not carried",
        Fate.REPLACED: "Done by Stackyard in its own way",
        Fate.CARRIED: "Carried",
    }
    lines: list[str] = []
    for fate, title in titles.items():
        notes = imported.with_fate(fate)
        shown = [note for note in notes if everything or note.instead or fate is not Fate.CARRIED]
        lines += [paint(f"{title} ({len(notes)})", "bold"), *(line for note in shown for line in _shown(note)), ""]
    if imported.secrets:
        lines += [paint("Secrets to set before the first start", "bold")]
        lines += [*(f"  stackyard secrets set {secret}" for secret in imported.secrets), ""]
    if findings:
        lines += [paint(f"`stackyard check` finds {len(findings)} in {name}", "bold")]
        lines += [f"  line {one.line}: {one.what}" for one in findings]
    else:
        lines += [f"{name} passes `stackyard check`."]
    return lines


def _shown(note: Note) -> list[str]:
    place = f"  {note.file}:{note.line}  {note.key}: {note.what}"
    return [place, *([f"      {paint('next:', 'cyan')} {note.instead}"] if note.instead else [])]


def _as_data(imported: Imported, findings: tuple[Finding, ...]) -> dict[str, Any]:
    keys = ("file", "line", "key", "fate", "what", "instead")
    return {
        "stack": imported.stack,
        "notes": [
            {key: str(v) if key == "fate" else v for key in keys for v in [getattr(note, key)]}
            for note in imported.notes
        ],
        "secrets": list(imported.secrets),
        "findings": [{"line": one.line, "key": one.key, "what": one.what, "hint": one.hint} for one in findings],
    }

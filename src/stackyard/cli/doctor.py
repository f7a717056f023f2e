"""`stackyard doctor`: what this machine lacks, and with --install, put it right."""

from __future__ import annotations

import argparse
from pathlib import Path

from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, target_argument, warn
from stackyard.errors import EXIT_DONE, EXIT_FAILED, StackyardError, UsageError
from stackyard.model.system import System
from stackyard.targets.native.doctor import Check, install, is_well

_MARKS = {"ok": ("✓", "green"), "note": ("·", "cyan"), "missing": ("✗", "red"), "wrong": ("✗", "red")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)
    parser.add_argument("--install", action="store_true", help="put it right through the system's package manager")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what is missing, wrong or being changed")


def run(args: argparse.Namespace) -> int:
    """Look, repair when asked to, and look again: what counts is how the machine is in the end."""
    from stackyard.operate.choice import chosen
    from stackyard.operate.verbs import verbs_of
    from stackyard.targets.local.folders import environment_folder

    system, folder = _system(args)
    verbs = verbs_of(chosen(environment_folder(folder, args.env), args.target), folder, args.env)
    checks = verbs.examine(system)
    if args.install and not is_well(checks):
        outcome = install(checks, _run)
        for line in outcome.done:
            say(f"{paint('✓', 'green')} {line}")
        for line in (*outcome.failed, *outcome.left):
            say(f"{paint('✗', 'red')} {line}")
        checks = verbs.examine(system)
    if args.install and (system is None or system.edge is not None):
        _install_judges()
    if args.json:
        say_json([{"name": one.name, "verdict": one.verdict, "sentence": one.sentence} for one in checks])
    else:
        for check in checks:
            _show(check, quiet=args.quiet)
        if is_well(checks) and not args.quiet:
            say("this machine has everything")
    return EXIT_DONE if is_well(checks) else EXIT_FAILED


def _install_judges() -> None:
    """Bring what `stackyard verify` asks; without it a check is unknown, and everything else works."""
    from stackyard.verify import judges

    for judge in judges.missing([one.check for one in judges.JUDGES.values()]):
        try:
            judges.ensure(judge)
        except StackyardError as error:
            warn(f"{error.what}. {error.hint}")
        else:
            warn(f"installed {judge}, which judges {judge.judges} for `stackyard verify`")


def _system(args: argparse.Namespace) -> tuple[System | None, Path]:
    """The system, when there is a stack file; without one the machine is looked at for any system."""
    from stackyard.operate.scale import load
    from stackyard.operate.system import layout_of

    try:
        folder = layout_of(args.file, args.env).root
    except UsageError:
        return None, args.file.resolve()
    return load(args.file, args.env), folder


def _run(command: tuple[str, ...]) -> int:
    """Run for the person, who sees what is being changed, may type a password for sudo, and reads what went wrong."""
    import shlex
    import subprocess

    is_script = "-c" in command[-2:-1]
    say(paint(f"  $ {'(keeping daemons from starting)' if is_script else shlex.join(command)}", "dim"))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        for line in done.stdout.splitlines()[-10:]:
            say(f"    {line}")
    return done.returncode


def _show(check: Check, *, quiet: bool) -> None:
    if quiet and check.verdict in ("ok", "note"):
        return
    mark, colour = _MARKS[check.verdict]
    say(f"{paint(mark, colour)} {check.name}: {check.sentence}")
    if check.verdict in ("missing", "wrong") and check.fix is not None:
        say(f"  {paint('fix:', 'cyan')} {check.fix.sentence}  (stackyard doctor --install)")

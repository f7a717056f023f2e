"""`stackyard switchover [DB]`: a replica leads in the place of its primary, planned or because that is broken."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stackyard.cli.asking import confirm
from stackyard.cli.output import (
    json_argument,
    paint,
    profile_argument,
    say,
    say_json,
    system_arguments,
    target_argument,
)
from stackyard.errors import EXIT_DONE

if TYPE_CHECKING:
    from stackyard.operate.switching.outcome import Switched


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    profile_argument(parser)
    json_argument(parser)
    parser.add_argument("database", nargs="?", default="", metavar="DB", help="needed only when several have replicas")
    parser.add_argument("--to", default="", metavar="REPLICA", help="which replica (default: the one that lags least)")
    parser.add_argument(
        "--force", action="store_true", help="go without the primary, because its data is broken; may lose writes"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Ask, switch over, and say for how long nothing could be written."""
    from stackyard.operate.switching.outcome import Wanted
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    system = load(args.file, args.env, tuple(args.profile))
    if not args.yes:
        _ask(system.name, forced=args.force)
    wanted = Wanted(args.database, args.to, args.force)
    tell = _quiet if args.json else _tell
    done = verbs_for(args.file, args.env, args.target).switch_over(system, wanted, tell)
    if args.json:
        say_json(done.to_json())
    else:
        _show(done, forced=args.force)
    return EXIT_DONE


def _tell(sentence: str) -> None:
    say(paint(f"  {sentence}", "dim"))


def _quiet(_sentence: str) -> None:
    """Nothing but the result is printed."""


def _show(done: Switched, *, forced: bool) -> None:
    away = "the promotion took" if forced else "nothing could be written for"
    say(f"{done.replica} leads now, as {done.database}; {away} {done.outage:.2f} s")
    say(paint(f"lost: {done.lost}", "red") if done.lost else "no acknowledged write is lost")
    if done.aside:
        say(f"the former data is kept in {done.aside}")
    for note in done.notes:
        say(paint(note, "yellow"))


def _ask(name: str, *, forced: bool) -> None:
    what = "writes that the replica has not received are lost" if forced else "nothing can be written for a moment"
    unasked = f"a switchover asks first, for {what}; there is nobody to ask"
    confirm(name, f"{what.capitalize()}. Type {name} to switch over: ", unasked=unasked)

"""`stackyard restore`: go back to a backup, or to any moment since; beside what runs first, and with a way back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stackyard.cli.asking import confirm_replacing
from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, table, target_argument, warn
from stackyard.cli.working import shown, size, span
from stackyard.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from stackyard.model.system import System
    from stackyard.operate.restoring.effects import Effects
    from stackyard.operate.restoring.plan import Request, RestorePlan
    from stackyard.operate.restoring.restore import Restored
    from stackyard.operate.restoring.side import Copy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)
    parser.add_argument(
        "set", nargs="?", default="latest", metavar="SET", help="a set, to go back to its moment (default: latest)"
    )
    moment = parser.add_argument_group("the moment")
    moment.add_argument("--to", default="", metavar="MOMENT", help="a time, a mark, or lsn:POSITION")
    moment.add_argument("--before-transaction", default="", metavar="XID", help="just before this transaction")
    extent = parser.add_argument_group("how much, and where")
    extent.add_argument("--only", default="", metavar="PART,…", help="db, files, cache, or parts by name")
    extent.add_argument(
        "--into", default="", metavar="DIR|NAME", help="a folder (with a slash), or a database beside the living one"
    )
    extent.add_argument("--yes", action="store_true", help="do not ask")
    extent.add_argument("--yes-newer-schema", action="store_true", help="also a set whose migrations are newer")
    afterwards = parser.add_argument_group("afterwards")
    afterwards.add_argument("--undo", action="store_true", help="go back to what was there before the last restore")
    afterwards.add_argument("--finish", action="store_true", help="remove what restores have kept; no way back then")
    machine = parser.add_argument_group("a new machine")
    machine.add_argument("--from", dest="repository", default="", metavar="REPOSITORY", help="where the backups are")
    machine.add_argument("--key", default="", metavar="FILE", help="the age identity that opens them")


def run(args: argparse.Namespace) -> int:
    """Plan, show, ask, carry out; or one of the other ways."""
    _check(args)
    _end_like_ctrl_c()
    if args.repository:
        from stackyard.cli.restore_machine import on_new_machine

        with on_new_machine(args) as (system, effects):
            return _restore(args, system, effects)
    from stackyard.operate.scale import load
    from stackyard.operate.system import verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    system = load(args.file, args.env)
    with verbs.restoring(system, locked=not args.into) as effects:
        if effects.ended:
            warn(effects.ended)
        if args.undo:
            return _undo(args, system, effects)
        if args.finish:
            return _finish(args, system, effects)
        return _restore(args, system, effects)


def _check(args: argparse.Namespace) -> None:
    chosen = [name for name in ("undo", "finish") if getattr(args, name)]
    others = args.to or args.before_transaction or args.only or args.into or args.set != "latest" or args.repository
    if len(chosen) > 1 or (chosen and others):
        raise UsageError(f"--{chosen[0]} stands alone", hint="It concerns what earlier restores have kept.")
    if bool(args.repository) != bool(args.key):
        raise UsageError("--from and --key belong together", hint="As in --from /mnt/backups --key me.agekey.")


def _end_like_ctrl_c() -> None:
    """A SIGTERM leads back as orderly as Ctrl-C."""
    import signal

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _request(args: argparse.Namespace, effects: Effects) -> Request:
    from datetime import UTC, datetime

    from stackyard.operate.restoring.moment import parse
    from stackyard.operate.restoring.plan import Request

    known = {one.name: one for one in effects.backups.marks()} if args.to else {}
    moment = parse(args.to, args.before_transaction, known, datetime.now(UTC))
    only = tuple(word.strip() for word in args.only.split(",") if word.strip())
    return Request(args.set, moment, only, args.yes_newer_schema, bool(args.into))


def _restore(args: argparse.Namespace, system: System, effects: Effects) -> int:
    from stackyard.operate.restoring import side
    from stackyard.operate.restoring.gather import gather
    from stackyard.operate.restoring.plan import plan
    from stackyard.operate.restoring.restore import restore

    if args.into and not side.is_folder(args.into):
        side.check_name(args.into)
    found = plan(_request(args, effects), gather(effects))
    if not args.json:
        for line in describe(found, args.into):
            say(line)
    if args.into:
        with shown(quiet=args.json) as tell:
            copies = (
                side.into_folder(effects, found, args.into, tell)
                if side.is_folder(args.into)
                else (side.into_database(effects, found, args.into, tell),)
            )
        return _show_copies(args, found, copies)
    if not args.yes:
        confirm_replacing(system.name, "restore it")
    with _saying_which(effects), shown(quiet=args.json) as tell:
        done = restore(effects, found, tell)
    return _show(args, done, found)


def _undo(args: argparse.Namespace, system: System, effects: Effects) -> int:
    from stackyard.operate.restoring.undo import undo, undoable

    last = undoable(effects)
    if not args.json:
        say(f"go back to what was there before the restore {last.id} (to {last.target}): {', '.join(last.parts)}")
        say(paint("what that restore brought, and all work since, is kept until --finish", "dim"))
    if not args.yes:
        confirm_replacing(system.name, "go back")
    with _saying_which(effects), shown(quiet=args.json) as tell:
        done = undo(effects, last, tell)
    return _show(args, done)


def _finish(args: argparse.Namespace, system: System, effects: Effects) -> int:
    from stackyard.operate.restoring.undo import finish, kept

    wanted = kept(effects)
    if not wanted:
        say("restores have kept nothing")
        return EXIT_DONE
    for one in wanted:
        say(f"  {size(one.size):>9}  {one.place}{paint('  cannot be made again', 'red')}")
    if not args.yes:
        confirm_replacing(system.name, "remove it all")
    say(f"removed; {size(finish(effects, wanted))} are free again, and there is no way back any more")
    return EXIT_DONE


@contextmanager
def _saying_which(effects: Effects) -> Iterator[None]:
    """Whoever ends it early is told which data is in use now."""
    before = [one.id for one in effects.journal.kept()]
    try:
        yield
    except KeyboardInterrupt:
        is_done = [one.id for one in effects.journal.kept()] != before
        warn("it had taken place already: the other data is in use" if is_done else "the old data is in use, as before")
        raise


def describe(found: RestorePlan, into: str = "") -> list[str]:
    """The plan as lines for a person."""
    backup = found.backup
    rows = [("from", f"the set {backup.id} of {backup.moment} ({backup.state.value})")]
    rows.append(("to", f"{found.moment.words}{f', {found.time}' if found.time not in found.moment.words else ''}"))
    for part in found.parts:
        if into:
            rows.append((part.name, f"is copied into {into}; what runs is not touched"))
        elif part.name in found.missing:
            rows.append((part.name, "is restored; there is nothing of it now"))
        else:
            kept = "is replaced; what is there now is kept beside it until --finish"
            rows.append((part.name, f"{kept}{_lost(found, part.name)}"))
    took = (
        f"the last drill took {span(found.expected)}" if found.expected else "no drill has measured how long it takes"
    )
    rows.append(("needs", f"{size(found.needed)} of {size(found.free)} that are free; {took}"))
    return [*table(rows, indent="  "), *(paint(f"  {notice}", "yellow") for notice in found.notices)]


def _lost(found: RestorePlan, part: str) -> str:
    lost = found.lost.get(part, 0.0)
    if lost is None:
        return ", nobody can say how much newer work is given up"
    return f", {span(lost)} of newer work are given up" if lost else ""


def _show(args: argparse.Namespace, done: Restored, found: RestorePlan | None = None) -> int:
    if args.json:
        say_json(
            {
                "verb": done.swap.verb,
                "id": done.swap.id,
                "parts": list(done.swap.parts),
                "plan": found.to_json() if found else None,
                "seconds": round(done.seconds, 3),
                "away_seconds": round(done.away, 3),
                "safety_set": done.safety,
                "new_set": done.made,
                "last_commit": done.last,
                "notices": list(done.notices),
            }
        )
        return EXIT_DONE
    for notice in done.notices:
        warn(notice)
    what = "restored" if done.swap.verb == "restore" else "gone back"
    say(f"{paint(what, 'green', 'bold')} to {done.swap.target} after {span(done.seconds)}; away for {span(done.away)}")
    for part, last in done.last.items():
        say(f"  {part}: the last change is of {last or 'before the set'}")
    if done.safety:
        say(f"  the safety set is {done.safety}")
    say(
        paint("  `stackyard restore --undo` goes back, `stackyard restore --finish` removes what was kept", "dim")
        if done.swap.verb == "restore"
        else paint("  `stackyard restore --finish` removes what was kept", "dim")
    )
    return EXIT_DONE


def _show_copies(args: argparse.Namespace, found: RestorePlan, copies: tuple[Copy, ...]) -> int:
    from dataclasses import asdict

    if args.json:
        say_json({"plan": found.to_json(), "copies": [asdict(one) for one in copies]})
        return EXIT_DONE
    for one in copies:
        say(f"{paint(one.part, 'bold')} is in {one.place}{f', with changes up to {one.last}' if one.last else ''}")
        say(f"  {one.look}")
    return EXIT_DONE

"""`stackyard backup`: make sets, look at them, read them back, let old ones go."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, table, target_argument
from stackyard.errors import EXIT_DONE, EXIT_FAILED

if TYPE_CHECKING:
    from stackyard.backup.sets import BackupSet
    from stackyard.operate.verbs import Backups

_COLOURS = {"verified": "green", "drilled": "green", "broken": "red", "made": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a set now, and read it back")
    listing = actions.add_parser("list", help="all sets, newest first")
    show = actions.add_parser("show", help="one set: its pieces, its tables, what is known of it")
    verify = actions.add_parser("verify", help="read a set back from where it is stored")
    prune = actions.add_parser("prune", help="remove the sets that the policy no longer keeps")
    for each in (show, verify):
        each.add_argument("set", nargs="?", default="latest", metavar="SET", help="its id (default: the newest good)")
    verify.add_argument("--deep", action="store_true", help="read all else in the repository, too")
    prune.add_argument("--dry-run", action="store_true", help="only say which")
    for each in (create, listing, show, verify, prune):
        system_arguments(each)
        target_argument(each)
        json_argument(each)


def run(args: argparse.Namespace) -> int:
    """Do the action; exit code 1 when there is no good set in the end."""
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    backups = verbs_for(args.file, args.env, args.target).backups(load(args.file, args.env))
    return {"create": _create, "list": _list, "show": _show, "verify": _verify, "prune": _prune}[args.action](
        backups, args
    )


def _create(backups: Backups, args: argparse.Namespace) -> int:
    from stackyard.cli.working import shown, size, span

    with shown(quiet=args.json) as tell:
        made = backups.create(tell)
    if args.json:
        say_json(_data(made))
    else:
        took = span(_seconds(made))
        say(f"{paint(made.id, 'bold')} is {_state(made)}: {size(made.size)}, {size(made.added)} new, {took}")
    return EXIT_DONE if made.is_good else EXIT_FAILED


def _list(backups: Backups, args: argparse.Namespace) -> int:
    from stackyard.cli.working import size, span

    found = backups.sets()
    if args.json:
        say_json([_data(one) for one in found])
        return EXIT_DONE
    if not found:
        say("there are no backup sets yet; `stackyard backup create` makes one")
        return EXIT_DONE
    head = ("SET", "STATE", "KIND", "SIZE", "NEW", "TOOK", "OFF SITE")
    rows = [
        (
            one.id,
            str(one.state),
            str(one.kind),
            size(one.size),
            size(one.added),
            span(_seconds(one)),
            "yes" if one.offsite else "-",
        )
        for one in found
    ]
    first, *rest = table([head, *rows])
    say(paint(first, "dim"))
    for line, one in zip(rest, found, strict=True):
        say(line.replace(f" {one.state} ", f" {_state(one)} ", 1))
    return EXIT_DONE


def _show(backups: Backups, args: argparse.Namespace) -> int:
    found = backups.find(args.set)
    if args.json:
        say_json(_data(found))
    else:
        _describe(found)
    return EXIT_DONE


def _verify(backups: Backups, args: argparse.Namespace) -> int:
    from stackyard.backup.store import advice
    from stackyard.cli.working import shown

    with shown(quiet=args.json) as tell:
        found = backups.verify(args.set, tell, deep=args.deep)
    if args.json:
        say_json(_data(found))
    else:
        say(f"{paint(found.id, 'bold')} is {_state(found)}")
        for one in found.findings:
            say(f"  {paint('✗', 'red')} {one.piece}: {one.what}")
        if not found.is_good:
            say(advice(backups.sets()))
    return EXIT_DONE if found.is_good else EXIT_FAILED


def _prune(backups: Backups, args: argparse.Namespace) -> int:
    from stackyard.cli.working import shown

    with shown(quiet=args.json) as tell:
        gone = backups.prune(tell, dry=args.dry_run)
    if args.json:
        say_json({"removed": [] if args.dry_run else list(gone), "expired": list(gone)})
    elif gone:
        say(f"{'would remove' if args.dry_run else 'removed'}: {', '.join(gone)}")
    else:
        say("nothing has had its time")
    return EXIT_DONE


def _describe(found: BackupSet) -> None:
    from stackyard.cli.working import size

    say(f"{paint(found.id, 'bold')} is {_state(found)}: {found.kind}, of {found.moment}")
    say(f"  made in {_seconds(found):.1f} s, {size(found.size)}, of which {size(found.added)} were new")
    for name, moment in (("verified", found.verified), ("drilled", found.drilled), ("off site", found.offsite)):
        say(f"  {name} {moment or 'not yet'}")
    _section(
        "pieces",
        ("PART", "KIND", "SIZE", "NEW", "SHA256"),
        [(one.part or "-", one.kind, size(one.size), size(one.added), one.sha256[:16]) for one in found.pieces],
    )
    for one in found.databases:
        exact = "" if one.exact else ", which rows may differ from by a moment"
        point = f"restore point {one.restore_point}" if one.restore_point else "no restore point"
        say(f"\n{paint(one.part, 'bold')}  PostgreSQL {one.version}, {one.lsn}, {point}{exact}")
        rows = [(each.name, str(each.rows), each.content or "not summed") for each in one.tables]
        _section("tables", ("TABLE", "ROWS", "CONTENT"), rows)
    for part, keys in found.keys.items():
        say(f"\n{paint(part, 'bold')}  {keys} keys")
    if found.findings:
        _section("findings", ("PIECE", "WHAT"), [(one.piece, one.what) for one in found.findings])
    if found.healed:
        _section(
            "found once, and healed",
            ("UNTIL", "PIECE", "WHAT"),
            [(one.when, one.piece, one.what) for one in found.healed],
        )


def _section(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    say(f"\n{paint(title, 'bold')}")
    first, *rest = table([head, *rows], indent="  ")
    say(paint(first, "dim"))
    for line in rest:
        say(line)


def _state(found: BackupSet) -> str:
    return paint(str(found.state), _COLOURS[found.state])


def _seconds(found: BackupSet) -> float:
    from stackyard.backup.moments import seconds

    return seconds(found.ended) - seconds(found.begun)


def _data(found: BackupSet) -> object:
    from stackyard.backup.sets import to_text

    return {**json.loads(to_text(found)), "is_good": found.is_good, "size": found.size, "added": found.added}

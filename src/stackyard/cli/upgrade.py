"""`stackyard upgrade`: move a database to another major version of PostgreSQL, with a way back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stackyard.cli.asking import confirm_replacing
from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, table, target_argument, warn
from stackyard.cli.working import shown
from stackyard.errors import EXIT_DONE, EXIT_FAILED

if TYPE_CHECKING:
    from stackyard.operate.upgrading.planning import UpgradePlan
    from stackyard.operate.upgrading.upgrade import Upgraded
    from stackyard.operate.verbs import Upgrade


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)
    parser.add_argument("db", nargs="?", metavar="DB", help="which database, when there are several")
    parser.add_argument("--to", type=int, metavar="VERSION", help="to which version, where the file says `>=`")
    parser.add_argument("--dry-run", action="store_true", help="plan only")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--undo", action="store_true", help="put the data from before the last upgrade in place")
    ways.add_argument("--finish", action="store_true", help="remove the data that upgrades have kept; no way back then")


def run(args: argparse.Namespace) -> int:
    """Plan, show, ask, carry out; or go back, or end the way back."""
    from stackyard.operate.scale import load
    from stackyard.operate.system import verbs_for

    _end_like_ctrl_c()
    system = load(args.file, args.env)
    with verbs_for(args.file, args.env, args.target).upgrading(system, args.db) as upgrade:
        if upgrade.ended:
            warn(upgrade.ended)
        if args.undo:
            return _undo(args, system.name, upgrade)
        if args.finish:
            return _finish(args, system.name, upgrade)
        return _upgrade(args, system.name, upgrade)


def _end_like_ctrl_c() -> None:
    """A SIGTERM leads back as orderly as Ctrl-C."""
    import signal

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _upgrade(args: argparse.Namespace, name: str, upgrade: Upgrade) -> int:
    plan = upgrade.plan(args.to)
    if not args.json:
        for line in describe(plan):
            say(line)
    if args.dry_run or plan.problems:
        if args.json:
            say_json({"plan": plan.to_json()})
        return EXIT_FAILED if plan.problems else EXIT_DONE
    if not args.yes:
        confirm_replacing(name, "upgrade it")
    with shown(quiet=args.json) as tell:
        done = upgrade.carry_out(plan, tell)
    if args.json:
        say_json({"plan": plan.to_json(), **_as_json(done)})
        return EXIT_DONE
    _show(done)
    say(f"  {done.rows} rows were compared with the old data, which is kept")
    say(paint("  `stackyard upgrade --undo` goes back, `stackyard upgrade --finish` removes what was kept", "dim"))
    return EXIT_DONE


def _undo(args: argparse.Namespace, name: str, upgrade: Upgrade) -> int:
    last = upgrade.undoable()
    if not args.json:
        say(f"put the data of PostgreSQL {last.source} in place, from before the upgrade of {last.began}")
        say(paint("what was written since is not in it: it is kept until --finish", "yellow"))
    if not args.yes:
        confirm_replacing(name, "go back")
    with shown(quiet=args.json) as tell:
        done = upgrade.undo(last, tell)
    if args.json:
        say_json(_as_json(done))
        return EXIT_DONE
    _show(done)
    say(f"  write `postgres: {last.source}` in the file again: until then `stackyard up` refuses this data")
    return EXIT_DONE


def _finish(args: argparse.Namespace, name: str, upgrade: Upgrade) -> int:
    wanted = upgrade.kept()
    if not wanted:
        say("upgrades have kept nothing")
        return EXIT_DONE
    for one in wanted:
        say(f"  {one.size / 1e6:>7.1f} MB  {one.place}{paint('  cannot be made again', 'red')}")
    if not args.yes:
        confirm_replacing(name, "remove it all")
    say(f"removed; {upgrade.finish(wanted) / 1e6:.1f} MB are free again, and there is no way back any more")
    return EXIT_DONE


def describe(plan: UpgradePlan) -> list[str]:
    """The plan as lines for a person."""
    rows = [
        (plan.part, f"PostgreSQL {plan.old} to {plan.new}, with {plan.server}"),
        ("how", "everything is copied into a new place and compared; the old data is kept until --finish"),
        ("needs", f"{plan.needed / 1e6:.0f} MB of {plan.free / 1e6:.0f} MB that are free"),
        ("away", f"the system is away for about {plan.expected:.0f} s, for {plan.size / 1e6:.0f} MB"),
    ]
    return [
        *table(rows, indent="  "),
        *(paint(f"  {one}", "yellow") for one in plan.notices),
        *(paint(f"  ✗ {one}", "red") for one in plan.problems),
    ]


def _as_json(done: Upgraded) -> dict[str, object]:
    return {
        "verb": done.swap.verb,
        "id": done.swap.id,
        "database": done.swap.parts[0],
        "seconds": round(done.seconds, 3),
        "away_seconds": round(done.away, 3),
        "rows": done.rows,
        "safety_set": done.safety,
        "new_set": done.made,
        "kept": done.swap.exchanges[0].outgoing,
        "notices": list(done.notices),
    }


def _show(done: Upgraded) -> None:
    for notice in done.notices:
        warn(notice)
    what = "upgraded" if done.swap.verb == "upgrade" else "gone back"
    say(f"{paint(what, 'green', 'bold')} to {done.swap.target} after {done.seconds:.1f} s; away for {done.away:.1f} s")
    if done.safety:
        say(f"  the safety set is {done.safety}{f', the new one {done.made}' if done.made else ''}")

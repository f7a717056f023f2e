"""`stackyard db stats`, `shell` and `upkeep`: look into a database, and keep it up."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, table, target_argument
from stackyard.errors import EXIT_DONE, EXIT_FAILED
from stackyard.observe.database import DatabaseStats, QueryStats

if TYPE_CHECKING:
    from stackyard.backup.upkeep import Action, Report
    from stackyard.operate.verbs import Inside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    stats = actions.add_parser("stats", help="slow and frequent queries, connections, pool use, cache hit rate")
    shell = actions.add_parser("shell", help="psql, read-only unless --write; psql's own arguments after --")
    upkeep = actions.add_parser("upkeep", help="VACUUM, ANALYZE and REINDEX of what needs it")
    for each in (stats, shell, upkeep):
        system_arguments(each)
        target_argument(each)
        each.add_argument("--db", metavar="NAME", help="which database, when there are several")
    json_argument(stats)
    json_argument(upkeep)
    upkeep.add_argument("--dry-run", action="store_true", help="only look")
    shell.add_argument("--write", action="store_true", help="as the owner of the database")


def run(args: argparse.Namespace) -> int:
    """Show the statistics, open the shell, or keep the database up."""
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    database = verbs_for(args.file, args.env, args.target).database(load(args.file, args.env), args.db)
    if args.action == "shell":
        return database.shell(writing=args.write, arguments=args.rest)
    if args.action == "upkeep":
        return _keep_up(args, database)
    found = database.stats()
    if args.json:
        say_json(asdict(found))
    else:
        _show(found)
        last = database.kept_up()
        say(f"\n{paint('upkeep', 'bold')}  {_summary(last) if last else 'none so far; `stackyard db upkeep` does it'}")
    return EXIT_DONE


def _keep_up(args: argparse.Namespace, database: Inside) -> int:
    from stackyard.cli.working import shown

    with shown(quiet=args.json) as tell:
        report = database.keep_up(tell, dry=args.dry_run)
    if args.json:
        say_json(asdict(report))
    else:
        _show_upkeep(report)
    return EXIT_FAILED if report.error or report.failures else EXIT_DONE


def _show_upkeep(report: Report) -> None:
    if report.error:
        say(f"{paint('upkeep', 'bold')}  {_summary(report)}")
        return
    _section("found", ("WHAT", "WHERE", "DETAIL"), [(one.kind.value, one.name, one.what) for one in report.found])
    if report.dry:
        _section("would be done", ("STATEMENT",), [(one.sql,) for one in report.actions])
        return
    _section("done", ("STATEMENT", "TOOK", "FREED", "RESULT"), [_action(one) for one in report.actions])
    for one in report.left:
        say(f"  left: {one}")
    say(f"\n{paint('upkeep', 'bold')}  {_summary(report)}")


def _action(one: Action) -> tuple[str, ...]:
    return (one.sql, f"{one.seconds:.1f} s", f"{one.freed / 1e6:.1f} MB", one.error or "done")


def _summary(report: Report) -> str:
    if report.error:
        return paint(f"{report.begun}: {report.error}", "red")
    freed = sum(one.freed for one in report.actions if not one.error) / 1e6
    failed = f", {len(report.failures)} failed" if report.failures else ""
    waiting = f", {len(report.open)} for a person to put right" if report.open else ""
    done = len(report.actions) - len(report.failures)
    return f"{report.begun}: {done} done{failed} in {report.seconds:.1f} s, {freed:.1f} MB freed{waiting}"


def _show(found: DatabaseStats) -> None:
    hits = "-" if found.cache_hits is None else f"{found.cache_hits:.1%}"
    average = "-" if found.average_ms is None else f"{found.average_ms:.1f} ms"
    server = found.version.split(" on ")[0]
    say(f"{paint(found.database, 'bold')}  {server}, {found.size / 1e6:.1f} MB")
    say(f"  connections {found.connections} of {found.max_connections}   cache hits {hits}   average query {average}")
    say(f"  commits {found.commits}   rollbacks {found.rollbacks}   deadlocks {found.deadlocks}")
    _section("pools", ("ROLE", "USED", "LIMIT"), [(one.role, str(one.used), str(one.limit)) for one in found.pools])
    _section(
        "connections",
        ("ROLE", "STATE", "COUNT", "LONGEST"),
        [(one.role, one.state, str(one.count), f"{one.longest:.1f} s") for one in found.by_state],
    )
    for title, queries in (("slowest queries", found.slowest), ("most frequent queries", found.most_frequent)):
        if queries is None:
            say(f"\n{title}: pg_stat_statements is not on this server")
        else:
            _section(title, ("CALLS", "MEAN", "TOTAL", "QUERY"), [_query(one) for one in queries])


def _section(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    say(f"\n{paint(title, 'bold')}")
    if not rows:
        say("  none")
        return
    first, *rest = table([head, *rows], indent="  ")
    say(paint(first, "dim"))
    for line in rest:
        say(line)


def _query(one: QueryStats) -> tuple[str, ...]:
    text = " ".join(one.text.split())
    short = text if len(text) <= 100 else f"{text[:99]}…"
    return (str(one.calls), f"{one.mean_ms:.2f} ms", f"{one.total_ms:.0f} ms", short)

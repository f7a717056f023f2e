"""`stackyard verify`: does the running system keep its promises? With evidence."""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.cli.output import (
    json_argument,
    paint,
    profile_argument,
    say,
    say_json,
    system_arguments,
    table,
    target_argument,
    warn,
)
from stackyard.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from stackyard.verify.check import Outcome
    from stackyard.verify.history import Past
    from stackyard.verify.report import Report

_MARKS = {
    "kept": ("✓", "green"),
    "broken": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "not applicable": ("-", "dim"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    profile_argument(parser)
    json_argument(parser)
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="WORD",
        help="an area, a promise or a check: edge, DB-02, edge.hsts",
    )
    parser.add_argument("--since", choices=("last",), help="show only what has changed since the last run")
    parser.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=60.0,
        metavar="SECONDS",
        help="look again and again, and show changes",
    )
    parser.add_argument(
        "--evidence", action="store_true", help="show what was sent and what came back, for every check"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as one HTML page")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the report as JUnit XML")
    parser.add_argument("--list", action="store_true", help="list the checks and look at nothing")


def _seconds(text: str) -> float:
    value = float(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least one second")
    return value


def run(args: argparse.Namespace) -> int:
    """Verify once, or for ever; exit code 4 when a promise is broken."""
    if args.list:
        return _list(args)
    if args.watch is not None and (args.json or args.html or args.junit):
        raise UsageError("--watch shows changes on the terminal; it writes no report", hint="Leave one of them out.")
    if args.watch is None:
        return _once(args, is_first=True)
    return _watch(args)


def _watch(args: argparse.Namespace) -> int:
    args_since, code, is_first = args.since, EXIT_DONE, True
    try:
        while True:
            args.since = args_since if is_first else "last"
            code = _once(args, is_first=is_first)
            is_first = False
            time.sleep(args.watch)
    except KeyboardInterrupt:
        return code


def _once(args: argparse.Namespace, *, is_first: bool) -> int:
    from stackyard.operate.scale import load
    from stackyard.operate.system import layout_of, verbs_for
    from stackyard.targets.local.state import write_whole
    from stackyard.verify import history
    from stackyard.verify.verify import verify

    file = layout_of(args.file, args.env).folder / "verify.json"
    past = history.read(file)
    _announce(args.only)
    system = load(args.file, args.env, tuple(args.profile))
    with closing(verbs_for(args.file, args.env, args.target).view(system)) as view:
        report = verify(view, args.only)
    write_whole(file, history.to_text(report, past))
    _write(args, report)
    if args.json:
        say_json(report.to_json())
    elif args.since:
        _show_changes(report, past, is_quiet=not is_first)
    else:
        _show(report, evidence=args.evidence)
    return report.exit_code


def _announce(words: list[str]) -> None:
    """Say what the checks will install before they look: that takes a moment, and it is somebody else's."""
    from stackyard.verify import judges
    from stackyard.verify.areas import checks
    from stackyard.verify.select import select

    for judge in judges.missing([check.id for check in select(checks(), words)]):
        warn(f"installing {judge}, which judges {judge.judges}, into the cache; this is done once")


def _write(args: argparse.Namespace, report: Report) -> None:
    if args.html:
        from stackyard.verify.html import to_html

        args.html.write_text(to_html(report))
    if args.junit:
        from stackyard.verify.junit import to_junit

        args.junit.write_text(to_junit(report))


def _list(args: argparse.Namespace) -> int:
    from stackyard.verify.areas import checks
    from stackyard.verify.select import select

    chosen = select(checks(), args.only)
    if args.json:
        say_json([{"id": c.id, "promises": list(c.promises), "claim": c.claim, "look": c.look.value} for c in chosen])
        return EXIT_DONE
    for line in table([(check.id, " ".join(check.promises), check.claim) for check in chosen]):
        say(line)
    return EXIT_DONE


def _show(report: Report, *, evidence: bool) -> None:
    from stackyard.verify.areas import AREAS
    from stackyard.verify.check import Verdict

    say(f"{paint(report.system, 'bold')} ({report.environment}, {report.target})  {report.address}")
    for area, title in AREAS.items():
        shown = [one for one in report.outcomes if one.check.area == area and one.verdict is not Verdict.NOT_APPLICABLE]
        if not shown:
            continue
        say(f"\n{paint(title, 'bold')}")
        for outcome in shown:
            _show_outcome(outcome, evidence=evidence)
    say()
    _show_counts(report)


def _show_outcome(outcome: Outcome, *, evidence: bool) -> None:
    mark, colour = _MARKS[outcome.verdict.value]
    check = outcome.check
    say(f"  {paint(mark, colour)} {check.claim}  {paint(' '.join(check.promises), 'dim')}")
    if outcome.sentence:
        say(f"      {paint(outcome.sentence, colour)}")
    faulty = [one for one in outcome.evidence if one.fault]
    for one in outcome.evidence if evidence else faulty:
        say(paint(f"      {one.sent}", "dim"))
        say(paint(f"        {' '.join(one.came_back.split())[:300]}", "dim"))
    if outcome.verdict.value == "broken":
        say(f"      {paint('next:', 'cyan')} {check.next_step or '`stackyard up` puts it right.'}  ({check.id})")


def _show_counts(report: Report) -> None:
    words = [
        paint(f"{count} {verdict.value}", *(("bold", _MARKS[verdict.value][1]) if count else ("dim",)))
        for verdict, count in report.counts.items()
    ]
    say(f"{', '.join(words)}  ({report.seconds:.1f} s)")


def _show_changes(report: Report, past: Past | None, *, is_quiet: bool) -> None:
    from stackyard.verify import history

    if past is None:
        say("there was no run before this one, so all of it is new")
        _show(report, evidence=False)
        return
    found = history.changes(report, past)
    if not found and is_quiet:
        return
    say(f"since {past.begun:%Y-%m-%d %H:%M:%S}: {len(found)} of {len(report.outcomes)} checks changed")
    for change in found:
        say(paint(f"  was {change.before.value if change.before else 'not there'}:", "dim"))
        _show_outcome(change.outcome, evidence=False)
    _show_counts(report)

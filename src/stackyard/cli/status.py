"""`stackyard status`: what runs, since when, where it answers, and why not."""

from __future__ import annotations

import argparse
import time

from stackyard.cli.output import json_argument, paint, say, say_json, system_arguments, table, target_argument, warn
from stackyard.errors import EXIT_DONE, EXIT_FAILED

# As `typing` has it; what asks is imported late, and differs from target to target.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.backup.health import Health
    from stackyard.observe.status import PartStatus

_COLOURS = {"ready": "green", "done": "green", "waiting": "green", "failed": "red", "unhealthy": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Show every part; exit code 1 when something that should run does not."""
    from stackyard.operate.system import verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    if said := verbs.end_interrupted("status"):
        warn(said)
    status = verbs.status()
    if args.json:
        say_json(status.to_json())
    elif not status.parts:
        say(f"nothing runs here ({args.env}); `stackyard up` starts it")
    else:
        head = ("PART", "STATE", "SINCE", "PID", "RESTARTS", "ADDRESS")
        rows = [head, *(_row(part) for part in status.parts)]
        lines = table(rows)
        say(paint(lines[0], "dim"))
        for line, part in zip(lines[1:], status.parts, strict=True):
            say(line.replace(f" {part.state} ", f" {paint(part.state, _COLOURS.get(part.state, 'yellow'))} ", 1))
            if part.state not in ("ready", "done", "waiting", "stopped"):
                say(paint(f"  {part.sentence}", "dim"))
    if not args.json:
        for service, count in status.scaled.items():
            say(paint(f"{service}: {count} of it, as `stackyard scale` was told", "dim"))
        if status.backups is not None:
            _backups(status.backups)
        for one in status.replicas:
            say(paint(one.sentence, "dim" if one.follows else "yellow"))
    return EXIT_DONE if status.is_up else EXIT_FAILED


def _backups(health: Health) -> None:
    from stackyard.cli.working import size

    now = time.time()
    if health.good:
        say(f"\nbackups: {health.good} is {health.good_state}, {_ago(now - health.good_at)} old; {health.sets} in all")
    else:
        say(f"\nbackups: {paint('no good set yet', 'yellow')}")
    facts = [f"now: {health.under_way}"] if health.under_way else []
    coming = (("next backup", health.next_backup), ("next drill", health.next_drill))
    facts += [f"{name} in {_ago(moment - now)}" for name, moment in coming if moment]
    facts += [f"changes of {one.part} received, {size(one.lag)} behind" for one in health.streams if one.is_received]
    if health.drill is not None:
        lost = "unknown" if health.drill.rpo < 0 else _ago(health.drill.rpo)
        verdict = "kept" if health.drill.kept else "not kept"
        took = f"restored in {_ago(health.drill.rto)}, {lost} would be lost"
        facts.append(f"last drill {_ago(now - health.drill.ended)} ago: {verdict}, {took}")
    for fact in facts:
        say(paint(f"  {fact}", "dim"))
    for concern in health.concerns:
        say(paint(f"  {concern}", "red"))


def _row(part: PartStatus) -> tuple[str, ...]:
    since = _ago(time.time() - part.since) if part.since else ""
    return (part.id, part.state, since, str(part.pid or ""), str(part.restarts), part.address)


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"

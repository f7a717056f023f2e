"""The health of backups in Prometheus's text format, for a scrape or a textfile collector. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackyard.backup.health import Health

PREFIX = "stackyard_backup"

_HELP = {
    "last_good_timestamp_seconds": "When the newest backup that was read back was made; 0 for never",
    "last_good_size_bytes": "What that backup holds, before compression",
    "last_good_added_bytes": "What the repository grew by with it",
    "last_good_duration_seconds": "How long it took",
    "sets": "How many backup sets there are",
    "offsite_timestamp_seconds": "When a set was last copied off site; 0 for never",
    "rpo_seconds": "How much work the stack file promises to lose at most",
    "next_run_timestamp_seconds": "When the next run of a kind begins; 0 for never",
    "last_run_timestamp_seconds": "When the last run of a kind began",
    "last_run_failures": "How many runs of a kind have failed in a row; 0 when the last one succeeded",
    "wal_received": "1 while the changes of a database are received",
    "wal_lag_bytes": "What the server holds that was not received yet",
    "wal_lost": "1 when changes were thrown away that nobody had received",
    "wal_pushed_timestamp_seconds": "When received changes last went into the repository",
    "drill_timestamp_seconds": "When a backup was last restored on trial",
    "drill_kept": "1 when that drill kept its promises",
    "drill_rto_seconds": "How long the restore took",
    "drill_rpo_seconds": "How much work would have been lost",
    "seen_timestamp_seconds": "When all this was looked at",
}


def text(health: Health) -> str:
    """Every figure, each with what it means."""
    lines: list[str] = []
    seen = ""
    for name, labels, value in _figures(health):
        if name != seen:
            seen = name
            lines += [f"# HELP {PREFIX}_{name} {_HELP[name]}", f"# TYPE {PREFIX}_{name} gauge"]
        written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{PREFIX}_{name}{f'{{{written}}}' if written else ''} {value:.17g}")
    return "\n".join(lines) + "\n"


def _figures(health: Health) -> Iterator[tuple[str, Mapping[str, str], float]]:
    nothing: Mapping[str, str] = {}
    yield "last_good_timestamp_seconds", nothing, health.good_at
    yield "last_good_size_bytes", nothing, health.size
    yield "last_good_added_bytes", nothing, health.added
    yield "last_good_duration_seconds", nothing, health.duration
    yield "sets", nothing, health.sets
    if health.offsite:
        yield "offsite_timestamp_seconds", nothing, health.offsite_at
    yield "rpo_seconds", nothing, health.rpo
    yield "next_run_timestamp_seconds", {"kind": "create"}, health.next_backup
    yield "next_run_timestamp_seconds", {"kind": "drill"}, health.next_drill
    for kind, run in sorted(health.runs.items()):
        yield "last_run_timestamp_seconds", {"kind": kind}, run.begun
    for kind, run in sorted(health.runs.items()):
        yield "last_run_failures", {"kind": kind}, run.failures
    for stream in health.streams:
        yield "wal_received", {"database": stream.part}, stream.is_received
    for stream in health.streams:
        if stream.lag >= 0:
            yield "wal_lag_bytes", {"database": stream.part}, stream.lag
    for stream in health.streams:
        yield "wal_lost", {"database": stream.part}, stream.is_lost
    if health.wal and health.pushed:
        yield "wal_pushed_timestamp_seconds", nothing, health.pushed
    if health.drill is not None:
        yield "drill_timestamp_seconds", nothing, health.drill.ended
        yield "drill_kept", nothing, health.drill.kept
        yield "drill_rto_seconds", nothing, health.drill.rto
        yield "drill_rpo_seconds", nothing, health.drill.rpo
    yield "seen_timestamp_seconds", nothing, health.seen


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

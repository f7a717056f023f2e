"""The alerts that Prometheus raises about backups. Pure."""

from __future__ import annotations

import json
from typing import Any

from stackyard.backup.metrics import PREFIX
from stackyard.backup.upkeep.keeping import PREFIX as UPKEEP
from stackyard.model.system import Backups, Postgres, System

_DAY = 86400.0
_SLACK = 2 * 3600.0
"""Seconds that the daily backup may come late by, or take."""
_LATE = 6 * 3600.0
"""Seconds after its time in which a drill may still wait for a backup to end."""
_OLD_IDS = 1_000_000_000
_UPKEEPS = {"daily": _DAY, "weekly": 7 * _DAY}
_DRILLS = {"daily": _DAY, "weekly": 7 * _DAY, "monthly": 31 * _DAY}


def rules(system: System, wanted: Backups) -> str:
    """A file of rules for the system and its backups. JSON is YAML, and needs no quoting of ours."""
    made = [
        _rule(
            "BackupsAreNotKept",
            f"absent({PREFIX}_seen_timestamp_seconds) or time() - {PREFIX}_seen_timestamp_seconds > 120",
            "1m",
            "What makes the backups is away: nothing is backed up, and no changes are received.",
        ),
        _rule(
            "NoGoodBackup",
            f"time() - {PREFIX}_last_good_timestamp_seconds > {_DAY + _SLACK:.0f}",
            "30m",
            "The newest backup that was read back is older than a day.",
        ),
        _rule(
            "BackupRunFails",
            f"{PREFIX}_last_run_failures > 0",
            "0m",
            "The last {{ $labels.kind }} of the backups has failed: `stackyard status` says why.",
        ),
    ]
    if wanted.wal:
        made += [
            _rule(
                "ChangesAreNotReceived",
                f"{PREFIX}_wal_received == 0",
                "2m",
                "Changes of {{ $labels.database }} are not received: what happens now could not be brought back.",
            ),
            _rule(
                "ChangesWereLost",
                f"{PREFIX}_wal_lost == 1",
                "0m",
                "Changes of {{ $labels.database }} were thrown away before they were received: make a backup.",
            ),
            _rule(
                "ChangesStayHere",
                # Without a set there is no repository yet that they could go into.
                f"time() - {PREFIX}_wal_pushed_timestamp_seconds > {PREFIX}_rpo_seconds"
                f" or absent({PREFIX}_wal_pushed_timestamp_seconds) and on() {PREFIX}_last_good_timestamp_seconds > 0",
                "2m",
                "Received changes have not gone into the repository for longer than the recovery point allows.",
            ),
        ]
    if wanted.offsite:
        made.append(
            _rule(
                "NoCopyOffSite",
                f"time() - {PREFIX}_offsite_timestamp_seconds > {_DAY + _SLACK:.0f}",
                "30m",
                "The newest copy off site is older than a day.",
            )
        )
    if wanted.drill in _DRILLS:
        made += [
            _rule(
                "DrillNotKept",
                f"{PREFIX}_drill_kept == 0",
                "0m",
                "The last drill did not bring everything back, or not in time: its report says what.",
            ),
            _rule(
                "NoDrill",
                f"time() - {PREFIX}_drill_timestamp_seconds > {2 * _DRILLS[wanted.drill]:.0f}",
                "1h",
                "No backup has been restored on trial for twice as long as there should be between two drills.",
            ),
            _rule(
                "DrillIsLate",
                f'{PREFIX}_next_run_timestamp_seconds{{kind="drill"}} > 0'
                f' and time() - {PREFIX}_next_run_timestamp_seconds{{kind="drill"}} > {_LATE:.0f}',
                "5m",
                "A drill has been due for hours, and has not begun.",
            ),
        ]
    made += _of_upkeep(system)
    return json.dumps({"groups": [{"name": "backups", "rules": made}]}, indent=2) + "\n"


def _of_upkeep(system: System) -> list[dict[str, Any]]:
    """Upkeep that fails, that does not come, and ids that run out whatever it does."""
    kept = [one for one in system.resources if isinstance(one, Postgres)]
    if not kept:
        return []
    made = [
        _rule(
            "UpkeepFails",
            f"{UPKEEP}_failures > 0",
            "0m",
            "The last upkeep of {{ $labels.database }} failed, or did not come to its end: `stackyard db stats` says"
            " where.",
        ),
        _rule(
            "TransactionIdsRunOut",
            f"{UPKEEP}_transaction_id_age > {_OLD_IDS}",
            "10m",
            "Half of the transaction ids of {{ $labels.database }} are used up: something keeps old ones in use (a"
            " transaction left open, a slot, a prepared transaction), and vacuum cannot take them back.",
        ),
    ]
    last = f"{UPKEEP}_last_timestamp_seconds"
    terms = [
        f'time() - {last}{{database="{one.name}"}} > {2 * _UPKEEPS[one.upkeep.every] + _DAY:.0f}'
        f' and {last}{{database="{one.name}"}} > 0'
        for one in kept
        if one.upkeep.every in _UPKEEPS
    ]
    if terms:
        late = "{{ $labels.database }} has not been kept up for longer than twice its time."
        never = "{{ $labels.database }} has never been kept up, or not since that failed."
        made.append(_rule("NoUpkeep", " or ".join(terms), "1h", late))
        made.append(_rule("NeverKeptUp", f"{last} == 0", "2d", never))
    return made


def _rule(name: str, expression: str, patience: str, sentence: str) -> dict[str, Any]:
    annotations = {"summary": sentence}
    return {"alert": name, "expr": expression, "for": patience, "annotations": annotations}

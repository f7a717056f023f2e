"""The alerts about backups, as Prometheus itself takes and raises them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.compose import images
from stackyard.targets.compose.parts import alerts
from tests.compose.yard import case, systems

from .docker import docker
from .standins import provide

pytestmark = pytest.mark.engine

WELL = {
    "backup_seen_timestamp_seconds": "0+15x480",
    "backup_last_good_timestamp_seconds": "0x480",
    'backup_last_run_failures{kind="create"}': "0x480",
    'backup_wal_received{database="db"}': "1x480",
    'backup_wal_lost{database="db"}': "0x480",
    "backup_wal_pushed_timestamp_seconds": "0+15x480",
    "backup_rpo_seconds": "3600x480",
    "backup_offsite_timestamp_seconds": "0+15x480",
    "backup_drill_kept": "1x480",
    "backup_drill_timestamp_seconds": "0x480",
    'backup_next_run_timestamp_seconds{kind="drill"}': "604800x480",
    'upkeep_last_timestamp_seconds{database="db"}': "1x480",
    'upkeep_failures{database="db"}': "0x480",
    'upkeep_transaction_id_age{database="db"}': "250000000x480",
}
"""Two hours of a system that is backed up, a figure every 15 s; or twenty days, a figure every hour."""


def raised(
    folder: Path, at: str, changed: Mapping[str, str | None] | None = None, interval: str = "15s", only: str = ""
) -> set[str]:
    """The alerts that fire at that time, when these figures are others; None is one that is not there."""
    system = systems(folder / "stack", case("backed_up"))["production"]
    assert system.backups is not None
    text = alerts.rules(system, system.backups)
    (folder / "rules.json").write_text(text)
    known = {name.partition("{")[0]: name for name in WELL}
    figures = {**WELL, **{known[name]: value for name, value in (changed or {}).items()}}
    series = [{"series": f"stackyard_{name}", "values": values} for name, values in figures.items() if values]
    names = {one["alert"] for one in json.loads(text)["groups"][0]["rules"] if only in ("", one["alert"])}
    every = {"evaluation_interval": "1m" if interval == "15s" else interval}
    # It says whether a test holds, so each alert is asked for by a test that holds when it does not fire.
    for name in names:
        test: dict[str, Any] = {"interval": interval, "input_series": series}
        test["alert_rule_test"] = [{"alertname": name, "eval_time": at, "exp_alerts": []}]
        (folder / f"{name}.json").write_text(json.dumps({**every, "rule_files": ["rules.json"], "tests": [test]}))
    script = "for each; do promtool test rules $each.json >/dev/null 2>&1 || echo $each; done"
    mount = f"{folder}:/rules:ro"
    words = ("--rm", "--network=none", "--volume", mount, "--workdir", "/rules", "--user", "0", "--entrypoint", "sh")
    return set(docker("run", *words, images.PROMETHEUS, "-c", script, "sh", *names).split())


@pytest.fixture(scope="module", autouse=True)
def prometheus() -> None:
    provide((images.PROMETHEUS,))


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    assert raised(tmp_path, "10m") == set()
    mount = f"{tmp_path}:/rules:ro"
    words = ("--rm", "--network=none", "--volume", mount, "--user", "0", "--entrypoint", "promtool")
    assert "SUCCESS" in docker("run", *words, images.PROMETHEUS, "check", "rules", "/rules/rules.json")


def test_a_keeper_that_stopped_is_missed_within_minutes(tmp_path: Path) -> None:
    """MON-03: its figures grow old, or are not there at all."""
    assert raised(tmp_path, "10m", {"backup_seen_timestamp_seconds": "0+0x480"}) == {"BackupsAreNotKept"}
    assert raised(tmp_path, "10m", {"backup_seen_timestamp_seconds": None}) == {"BackupsAreNotKept"}


def test_each_trouble_has_its_alert(tmp_path: Path) -> None:
    """BAK-03, MON-03."""
    day = "-172800x480"
    assert raised(tmp_path, "60m", {"backup_last_good_timestamp_seconds": day}) == {"NoGoodBackup"}
    assert raised(tmp_path, "60m", {"backup_offsite_timestamp_seconds": day}) == {"NoCopyOffSite"}
    assert raised(tmp_path, "10m", {"backup_wal_received": "0x480", "backup_wal_lost": "1x480"}) == {
        "ChangesAreNotReceived",
        "ChangesWereLost",
    }
    assert raised(tmp_path, "10m", {"backup_last_run_failures": "1x480", "backup_drill_kept": "0x480"}) == {
        "BackupRunFails",
        "DrillNotKept",
    }
    assert raised(tmp_path, "90m", {"backup_wal_pushed_timestamp_seconds": "0x480"}) == {"ChangesStayHere"}


def test_a_system_that_has_just_started_raises_no_alert(tmp_path: Path) -> None:
    """MON-03: before the first set there is no repository, nothing in it, and nothing to drill."""
    never = {
        "backup_wal_pushed_timestamp_seconds": None,
        "backup_drill_kept": None,
        "backup_drill_timestamp_seconds": None,
    }
    fresh = {**never, "backup_last_good_timestamp_seconds": "0x480", "upkeep_last_timestamp_seconds": "0x480"}
    assert raised(tmp_path, "20m", fresh) == set()
    # With a set there must be changes in the repository, too.
    assert raised(tmp_path, "20m", {**fresh, "backup_last_good_timestamp_seconds": "60x480"}) == {"ChangesStayHere"}


def test_drills_and_upkeep_that_fail_or_do_not_come_have_their_alerts(tmp_path: Path) -> None:
    """MON-03, DB-10: and so have transaction ids that vacuum cannot take back."""
    troubles = {"upkeep_failures": "2x480", "upkeep_transaction_id_age": "1100000000x480"}
    assert raised(tmp_path, "20m", troubles) == {"UpkeepFails", "TransactionIdsRunOut"}


@pytest.mark.parametrize(
    ("figure", "value", "at", "alert", "is_raised"),
    [
        ("upkeep_last_timestamp_seconds", "1", "14d", "NoUpkeep", False),
        ("upkeep_last_timestamp_seconds", "1", "16d", "NoUpkeep", True),
        ("upkeep_last_timestamp_seconds", "0", "1d", "NeverKeptUp", False),
        ("upkeep_last_timestamp_seconds", "0", "3d", "NeverKeptUp", True),
        ("backup_next_run_timestamp_seconds", "3600", "6h", "DrillIsLate", False),
        ("backup_next_run_timestamp_seconds", "3600", "9h", "DrillIsLate", True),
        ("backup_next_run_timestamp_seconds", "0", "9h", "DrillIsLate", False),
        ("backup_drill_timestamp_seconds", "1", "13d", "NoDrill", False),
        ("backup_drill_timestamp_seconds", "1", "15d", "NoDrill", True),
    ],
)
def test_drills_and_upkeep_that_do_not_come_are_missed(
    tmp_path: Path, figure: str, value: str, at: str, alert: str, is_raised: bool
) -> None:
    """MON-03, DB-10: after twice their time; upkeep that never came, after two days; 0 is never, and no time."""
    found = raised(tmp_path, at, {figure: f"{value}x480"}, interval="1h", only=alert)
    assert found == ({alert} if is_raised else set())

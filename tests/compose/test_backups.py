"""The container of the backups: what it is built from, what it is told, what it may do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.backup import job as jobs
from stackyard.model.files import File
from stackyard.targets.compose.dockerfiles import backups as image
from stackyard.targets.compose.parts import alerts
from stackyard.targets.compose.rendering import Rendered

from .yard import case, ejected, rendered, systems

SMALL = """
system: shop
services:
  api: {build: ./api, command: serve, port: 8000, needs: [db]}
resources:
  db: {postgres: 17}
backups: {recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]}
"""


def file(made: Rendered, path: str) -> str:
    return next(one.content for one in made.files if str(one.path) == path)


def written(files: tuple[File, ...], folder: Path) -> Path:
    for one in files:
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.content)
    return folder


def test_what_the_image_holds_of_stackyard_needs_nothing_else_of_it(tmp_path: Path) -> None:
    """BAK-01: its programs start where Stackyard is not installed."""
    folder = written(image.files(systems(tmp_path / "x", SMALL)["production"]), tmp_path / "image")
    modules = [str(one.relative_to(folder)).removesuffix(".py").replace("/", ".") for one in folder.rglob("*.py")]
    names = ",".join(name.removesuffix(".__init__") for name in sorted(modules) if not name.endswith("__main__"))
    # Only psycopg is in the image besides, and no module needs it before it talks to a database.
    blocked = "import sys; sys.modules['psycopg'] = sys.modules['pydantic'] = sys.modules['rich'] = None"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"{blocked}; import {names}"],
        env={"PYTHONPATH": str(folder), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(modules) > 40


def test_the_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    told = jobs.from_text(file(rendered(tmp_path, case("backed_up")), "config/backups/job.json"))
    db, ledger = told.postgres
    assert (db.server, db.programs, db.environment) == (*["/usr/lib/postgresql/17/bin"] * 2, {})
    # What is older is read with the clients of the newest, and started with its own server.
    assert (ledger.server, ledger.programs) == (
        "/opt/postgres-16/usr/lib/postgresql/16/bin",
        "/usr/lib/postgresql/17/bin",
    )
    assert ledger.environment == {"LD_LIBRARY_PATH": "/opt/postgres-16/lib"}
    assert db.data == "/var/lib/stackyard/data/db/cluster"
    assert [one.data for one in told.redis] == ["/var/lib/stackyard/data/cache/store"]
    assert told.offsite is not None
    assert told.offsite.url == "s3:https://s3.amazonaws.com/example-backups/vault"
    assert told.offsite.environment["AWS_SECRET_ACCESS_KEY"] == "/run/secrets/store/backups.offsite-secret-key"


@pytest.mark.parametrize("environment", ["development", "testing", "production"])
def test_nobody_else_has_its_secrets_and_it_writes_to_nothing_that_is_used(environment: str, tmp_path: Path) -> None:
    """SEC-01, BAK-05: each secret once and closed in; the data of a store read-only, that of servers not at all."""
    made = rendered(tmp_path, case("backed_up"), environment)
    keeper = made.document["services"]["backups"]
    own = {one["source"] for one in keeper["secrets"]}
    others = {
        mount["source"]
        for name, one in made.document["services"].items()
        if name != "backups"
        for mount in one.get("secrets", ())
    }
    assert own
    assert own.isdisjoint(others)
    assert (keeper["read_only"], keeper["cap_drop"], keeper.get("cap_add")) == (True, ["ALL"], None)
    writable = {one["source"] for one in keeper["volumes"] if not one.get("read_only")}
    folders = {"/mnt/backups/vault"} if environment == "development" else set()
    assert writable == {"backups-data", "backups-scratch"} | folders
    assert "ports" not in keeper
    assert set(keeper["networks"]) == {"db-net", "ledger-net", "cache-net", "backups"}


def test_where_secrets_are_not_backed_up_it_has_only_those_that_it_works_with(tmp_path: Path) -> None:
    """SEC-01: `encrypt: false`."""
    made = rendered(tmp_path, SMALL.partition("backups:")[0] + "backups: {encrypt: false}\n")
    held = {one["target"].rpartition("/")[2] for one in made.document["services"]["backups"]["secrets"]}
    assert held >= {"backups.repository", "db.stackyard_backup"}
    assert held.isdisjoint({"db.postgres", "db.shop_api", "db.shop_monitor"})


def test_a_cache_that_speaks_tls_is_known_by_its_certificate(tmp_path: Path) -> None:
    """CACHE-02: a copy of it comes over the same encrypted way as everything else."""
    made = rendered(tmp_path, SMALL.replace("db: {postgres: 17}", "db: {postgres: 17}\n  cache: {redis: 7, tls: true}"))
    (cache,) = jobs.from_text(file(made, "config/backups/job.json")).redis
    assert cache.tls_ca == "/run/secrets/cache.pem"
    held = {one["target"] for one in made.document["services"]["backups"]["secrets"]}
    assert cache.tls_ca in held


def test_no_secret_stands_in_the_job_or_in_any_file(tmp_path: Path) -> None:
    """SEC-01: files are named, and nothing that they hold."""
    told = json.loads(file(rendered(tmp_path, SMALL), "config/backups/job.json"))
    assert told["repository"]["password_file"] == "/run/secrets/store/backups.repository"
    assert told["postgres"][0]["password_file"] == "/run/secrets/store/db.stackyard_backup"


def test_the_documents_and_the_stack_file_lie_where_they_are_backed_up(tmp_path: Path) -> None:
    """BAK-01: configuration."""
    made = rendered(tmp_path, SMALL, stack_file=SMALL)
    assert file(made, "config/backups/project/stackyard.yaml") == SMALL
    assert file(made, "config/backups/project/compose.yaml") == file(made, "compose.yaml")


def test_no_up_starts_what_restores(tmp_path: Path) -> None:
    """BAK-05: it can write to all data, so it is there only while somebody restores."""
    made = ejected(tmp_path, case("backed_up"))
    assert set(made.documents["compose.restore.yaml"]) == {"services"}
    assert "compose.restore.yaml" not in made.order
    assert "backups-restore" not in made.containers
    (tool,) = made.documents["compose.restore.yaml"]["services"].values()
    assert tool["restart"] == "no"
    assert {"db-data", "ledger-data", "cache-data", "photos-data"} <= {one["source"] for one in tool["volumes"]}


def test_the_page_of_an_ejected_folder_tells_how_to_restore_by_hand(tmp_path: Path) -> None:
    """TGT-01, BAK-05: without Stackyard, with the names and the paths of this very system."""
    page = file(ejected(tmp_path, case("backed_up")), "README.md")
    files = "-f compose.yaml -f compose.production.yaml -f compose.monitoring.yaml"
    assert f"docker compose {files} exec backups stackyard-backup create" in page
    assert f"docker compose {files} -f compose.restore.yaml run --rm backups-restore restore db --to " in page
    assert "mv /var/lib/stackyard/data/db/cluster.restored /var/lib/stackyard/data/db/cluster" in page
    assert "mv /var/lib/stackyard/data/cache/store.restored /var/lib/stackyard/data/cache/store" in page


def test_a_system_without_backups_has_nothing_of_all_this(tmp_path: Path) -> None:
    made = ejected(tmp_path, case("shop"))
    assert not [one for one in made.files if "backups" in str(one.path) or "restore" in str(one.path)]
    assert "## Backups" not in file(made, "README.md")


@pytest.mark.parametrize(
    ("resources", "base", "user"),
    [
        ("{db: {postgres: 15}, other: {postgres: 17}}", "postgres:17", "postgres"),
        ("{db: {postgres: 16, image: 'ghcr.io/example/gis:16'}}", "ghcr.io/example/gis:16", "postgres"),
        ("{cache: {redis: 7}}", "redis:7", "redis"),
        ("{photos: {objects: {}}}", "debian:trixie-slim", "10001:10001"),
    ],
)
def test_the_image_stands_on_that_of_the_newest_database(resources: str, base: str, user: str, tmp_path: Path) -> None:
    """BAK-04: programs of the very version are at hand for a copy."""
    text = SMALL.replace("  db: {postgres: 17}", "").replace("resources:", f"resources: {resources}")
    text = text.replace(", needs: [db]", "")
    made = image.dockerfile(systems(tmp_path, text)["production"])
    assert f"ARG BASE={base}\n" in made
    assert made.endswith(f'USER {user}\nENTRYPOINT ["stackyard-backup"]\nCMD ["keep"]\n')


def test_alerts_speak_of_what_the_figures_hold(tmp_path: Path) -> None:
    """MON-03: every figure that a rule names is one that the keeper writes."""
    from stackyard.backup import metrics
    from stackyard.backup.upkeep import keeping

    system = systems(tmp_path, case("backed_up"))["production"]
    assert system.backups is not None
    rules = json.loads(alerts.rules(system, system.backups))["groups"][0]["rules"]
    names = {one["alert"] for one in rules}
    assert names >= {"BackupsAreNotKept", "NoGoodBackup", "ChangesWereLost", "DrillNotKept", "DrillIsLate", "NoUpkeep"}
    known = {f"{metrics.PREFIX}_{name}" for name in metrics._HELP}
    known |= {f"{keeping.PREFIX}_{name}" for name in (*keeping._FIGURES, *keeping._AGES)}
    named = {word for one in rules for word in re.findall(r"stackyard_\w+", one["expr"])}
    assert named
    assert named <= known

"""Once a replica has taken over, the primary's data is in the replica's volume: everything that is rendered says so."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.errors import StateError
from stackyard.model.system import Postgres
from stackyard.model.values import Position, Version
from stackyard.operate.compose.ejecting import eject
from stackyard.operate.compose.switching import refuse_kept
from stackyard.operate.restoring.journal import Journal
from stackyard.operate.restoring.swap import Exchange, Phase, Swap, Verb
from stackyard.targets.compose import volumes
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.parts.postgres import start_script

from .yard import rendered, stack

TEXT = """\
system: shop
services: {api: {build: ./api, command: serve, port: 8000, needs: [db]}}
resources: {db: {postgres: 16, replicas: 1}, cache: {redis: 7}}
"""
SWAPPED = {
    "shop-testing_db-data": "shop-testing_db-replica-1-data",
    "shop-testing_db-replica-1-data": "shop-testing_db-data",
}


def names(document: dict[str, Any]) -> dict[str, str]:
    """The volumes that a document does not name by their keys."""
    return {key: one["name"] for key, one in document.get("volumes", {}).items() if "name" in one}


def test_the_document_and_the_plan_follow_the_record(tmp_path: Path) -> None:
    """DB-06: a container with the other volume is another container, and nothing else is."""
    before = rendered(tmp_path, TEXT, "testing")
    after = rendered(tmp_path, TEXT, "testing", volumes=SWAPPED)
    assert names(dict(before.document)) == {}
    assert names(dict(after.document)) == {
        "db-data": "shop-testing_db-replica-1-data",
        "db-replica-1-data": "shop-testing_db-data",
    }
    assert {one.part: one.name for one in after.volumes} == {
        "db": "shop-testing_db-replica-1-data",
        "db-replica-1": "shop-testing_db-data",
        "cache": "shop-testing_cache-data",
    }
    others = {name for name, one in after.containers.items() if one.facets != before.containers[name].facets}
    assert others == {"db", "db-replica-1"}


def test_what_is_ejected_uses_the_volumes_that_hold_the_data(tmp_path: Path) -> None:
    """DB-06: and the environments that know nothing of it do not."""
    file = stack(tmp_path, TEXT)
    volumes.write(Layout(tmp_path, "testing"), SWAPPED)
    eject(file, "development", tmp_path / "out")
    found = {one.name: names(yaml.safe_load(one.read_text())) for one in (tmp_path / "out").glob("compose*.yaml")}
    assert {name for name, moved in found.items() if moved} == {"compose.testing.yaml"}
    assert set(found["compose.testing.yaml"].values()) == set(SWAPPED)


def test_what_is_where_its_name_says_is_not_recorded(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "testing")
    assert volumes.read(layout) == {}
    volumes.write(layout, {**SWAPPED, "shop-testing_other-data": "shop-testing_other-data"})
    assert volumes.read(layout) == SWAPPED
    layout.volumes_file.write_text("[1]")
    with pytest.raises(StateError, match="which volume holds the data of which server"):
        volumes.read(layout)


def test_a_primary_does_not_start_on_data_that_only_follows(tmp_path: Path) -> None:
    """DB-06: whatever starts the container of a fenced primary, there is never a second one."""
    volume = tmp_path / "volume"
    (volume / "cluster").mkdir(parents=True)
    for name in ("PG_VERSION", "standby.signal"):
        (volume / "cluster" / name).write_text("16")
    database = Postgres("db", Version((16,)), Position("stackyard.yaml", 3))
    text = start_script(database).replace("/var/lib/postgresql/data", str(volume))
    environment = {"PATH": os.defpath, "PGDATA": str(volume / "cluster")}
    argv = ["/bin/sh", "-c", text, "start", "postgres"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "only follows, for a replica took over" in done.stderr


@pytest.mark.parametrize("verb", ["restore", "upgrade"])
def test_what_is_kept_in_a_volume_is_let_go_of_before_that_becomes_a_replicas(tmp_path: Path, verb: Verb) -> None:
    """DB-06, BAK-05: the way back of a restore would look for the old data where it is no more."""
    (tmp_path / "folder").mkdir()
    journal = Journal(tmp_path / "folder", "compose")
    kept = Exchange("db", "db", "data/db", "data/db.restored-1", "data/db.before-1")
    journal.keep(Swap("1", verb, "set", "before the import", "2026-03-05T02:00", Phase.SWAPPED, (kept,)))
    refuse_kept(journal, "ledger")
    with pytest.raises(StateError, match=f"the volume of db holds what was kept of the {verb} of 2026") as refused:
        refuse_kept(journal, "db")
    assert f"stackyard {verb} --finish" in refused.value.hint
    journal.forget({"1"})
    refuse_kept(journal, "db")

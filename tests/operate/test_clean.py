"""Remove what can be made again; data only when it is named; what was recorded about the data outlives both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.operate.clean import clean, kept_backups, removals
from stackyard.targets.local.state import Record, operation
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.supervisor.client import launch
from stackyard.targets.native.supervisor.places import socket_folder

REMAKEABLE = ("envs/api/abc/bin/python", "sites/web/d1/index.html", "etc/db/postgresql.conf", "tls/edge/edge.pem")
LASTING = ("data/db/PG_VERSION", "secrets/db.postgres", "log/api.jsonl")


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A system that ran: a kilobyte in each of its folders."""
    made = Layout(tmp_path / "shop", "testing")
    for name in (*REMAKEABLE, *LASTING):
        path = made.folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 1000)
    record = Record(made.state_file)
    for element in ("environment:api", "site:web", "files:db", "certificate:edge", "judged:edge", "migration:api"):
        record.note(element, {"source": "1"})
    made.sockets.mkdir(mode=0o700)
    yield made
    shutil.rmtree(made.sockets, ignore_errors=True)


def there(layout: Layout, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if (layout.folder / name).exists()]


def test_what_would_go_is_named_with_its_size_before_anything_goes(layout: Layout) -> None:
    """TOP-13: clean says what it removes and how much that is."""
    found = {Path(removal.name).name: (removal.size, removal.is_lasting) for removal in removals(layout, data=False)}
    assert found == dict.fromkeys(("envs", "sites", "etc", "tls"), (1000, False))
    whole = {Path(removal.name).name for removal in removals(layout, data=True) if removal.is_lasting}
    assert whole == {"data", "secrets", "log", "state.json"}
    assert there(layout, (*REMAKEABLE, *LASTING)) == [*REMAKEABLE, *LASTING]


def test_without_data_the_products_go_and_the_record_of_the_data_stays(layout: Layout) -> None:
    """TOP-02: data outlives everything but an explicit clean."""
    assert clean(layout, removals(layout, data=False)) == 4000
    assert there(layout, REMAKEABLE) == []
    assert there(layout, LASTING) == list(LASTING)
    record = Record(layout.state_file)
    assert record.facets("migration:api") == {"source": "1"}
    assert [name for name in ("environment:api", "site:web", "judged:edge") if record.facets(name)] == []
    assert not layout.sockets.exists()


def test_with_data_nothing_is_left_to_remove(layout: Layout) -> None:
    clean(layout, removals(layout, data=True))
    assert removals(layout, data=True) == ()
    assert not layout.state_file.exists()


def test_nothing_goes_while_an_operation_is_at_work(layout: Layout) -> None:
    with operation(layout.lock_file, "up"), pytest.raises(StateError, match="`stackyard up`"):
        clean(layout, removals(layout, data=True))
    assert there(layout, LASTING) == list(LASTING)


@pytest.mark.real
def test_nothing_goes_while_the_system_runs(layout: Layout) -> None:
    client = launch(layout.folder, "detached")
    try:
        with pytest.raises(StateError, match="the system runs") as caught:
            clean(layout, removals(layout, data=True))
        assert "stackyard down" in caught.value.hint
        assert there(layout, LASTING) == list(LASTING)
    finally:
        client.shutdown(stop_programs=True)
        shutil.rmtree(socket_folder(layout.folder))


def test_backups_and_what_opens_them_stay_until_they_are_named(layout: Layout) -> None:
    """BAK-01: removing the data does not remove what brings it back."""
    manifest = layout.backups / "sets" / "20260310T020000Z.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    assert kept_backups(layout)
    clean(layout, removals(layout, data=True))
    assert there(layout, ("data", "secrets", "backups")) == ["secrets", "backups"]
    clean(layout, removals(layout, data=True, backups=True))
    assert there(layout, ("secrets", "backups")) == []

"""What an interrupted switchover left on the disk is brought to one primary, wherever it was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.operate.switching import finishing, folders, journal
from stackyard.operate.switching.journal import Journal, Phase
from stackyard.operate.switching.native import NativePlaces
from stackyard.resources.postgres.replication import STANDBY_SIGNAL
from stackyard.targets.local.folders import switchover_file
from stackyard.targets.native.layout import Layout

PLANNED = Journal("db", "db-replica-1", Phase.FENCING)
FORCED = Journal("db", "db-replica-1", Phase.FENCING, "db.broken-1")


def laid_out(root: Path, **data: bool) -> Layout:
    """Data folders by name (`_` for `.`), each with its content: "old" was the primary; true for those fenced."""
    layout = Layout(root, "development")
    for name, is_fenced in data.items():
        content, _, place = name.partition("_at_")
        folder = layout.data(place.replace("__", ".").replace("_", "-"))
        folder.mkdir(parents=True)
        (folder / "content").write_text(content)
        if is_fenced:
            (folder / STANDBY_SIGNAL).touch()
    return layout


def found(layout: Layout) -> dict[str, str]:
    """What lies where; fenced data in brackets."""
    made = {}
    for folder in sorted((layout.folder / "data").iterdir()):
        content = (folder / "content").read_text()
        made[folder.name] = f"({content})" if (folder / STANDBY_SIGNAL).exists() else content
    return made


@pytest.mark.parametrize(
    ("phase", "data"),
    [
        (Phase.STOPPING, {"old_at_db": False, "new_at_db_replica_1": True}),
        (Phase.FENCING, {"old_at_db": False, "new_at_db_replica_1": True}),
        (Phase.FENCING, {"old_at_db": True, "new_at_db_replica_1": True}),
    ],
)
def test_before_anybody_is_promoted_it_is_taken_back(tmp_path: Path, phase: Phase, data: dict[str, bool]) -> None:
    layout = laid_out(tmp_path, **data)
    assert "taken back" in finishing.settle(NativePlaces(layout), PLANNED.at(phase))
    assert found(layout) == {"db": "old", "db-replica-1": "(new)"}


@pytest.mark.parametrize(
    ("phase", "data"),
    [
        (Phase.FENCING, {"old_at_db": True, "new_at_db_replica_1": False}),
        (Phase.PLACING, {"old_at_db": True, "new_at_db_replica_1": False}),
        (Phase.PLACING, {"old_at_db": True, "new_at_db__switch": False}),
        (Phase.PLACING, {"old_at_db_replica_1": True, "new_at_db__switch": False}),
        (Phase.PLACING, {"old_at_db_replica_1": True, "new_at_db": False}),
    ],
)
def test_once_the_replica_is_promoted_it_is_finished(tmp_path: Path, phase: Phase, data: dict[str, bool]) -> None:
    layout = laid_out(tmp_path, **data)
    journal.write(NativePlaces(layout), PLANNED.at(phase))
    assert "finished" in finishing.settle(NativePlaces(layout), PLANNED.at(phase))
    assert found(layout) == {"db": "new", "db-replica-1": "(old)"}
    assert not switchover_file(layout.folder).exists()


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"old_at_db": False, "new_at_db_replica_1": True}, {"db": "old", "db-replica-1": "(new)"}),
        ({"old_at_db": True, "new_at_db_replica_1": True}, {"db": "old", "db-replica-1": "(new)"}),
        ({"old_at_db__broken_1": True, "new_at_db_replica_1": True}, {"db": "old", "db-replica-1": "(new)"}),
        ({"old_at_db__broken_1": True, "new_at_db_replica_1": False}, {"db": "new", "db.broken-1": "(old)"}),
        ({"old_at_db__broken_1": True, "new_at_db": False}, {"db": "new", "db.broken-1": "(old)"}),
        ({"new_at_db_replica_1": True}, {"db-replica-1": "(new)"}),
    ],
)
def test_a_forced_promotion_ends_with_one_primary(
    tmp_path: Path, data: dict[str, bool], wanted: dict[str, str]
) -> None:
    layout = laid_out(tmp_path, **data)
    finishing.settle(NativePlaces(layout), FORCED)
    assert found(layout) == wanted


def test_to_finish_what_is_finished_changes_nothing(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, new_at_db=False, old_at_db_replica_1=True)
    assert finishing.finish(NativePlaces(layout)) == ""
    folders.change_places(layout.data("db"), layout.data("db-replica-1"))
    assert found(layout) == {"db": "new", "db-replica-1": "(old)"}


def test_a_damaged_journal_is_no_reason_to_guess(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, old_at_db=True, new_at_db_replica_1=False)
    switchover_file(layout.folder).write_text("{}")
    with pytest.raises(StateError, match="nobody knows how far it came"):
        finishing.finish(NativePlaces(layout))
    assert found(layout) == {"db": "(old)", "db-replica-1": "new"}

"""The short version of the fault suite, and that its eyes are open: what it looks for, it sees."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.__main__ import ground
from faults.breakable import Breakable, breakable, seconds_until
from faults.load import load
from faults.result import Group

from faults import backups, commands, parts, power

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with ground() as folder:
        yield folder


@pytest.mark.parametrize(
    "group", [commands.run, parts.run, power.run, backups.short], ids=["commands", "parts", "power", "backups"]
)
def test_a_few_faults_of_each_kind_hold(group: Group, place: Path, request: pytest.FixtureRequest) -> None:
    """TOP-01, TOP-02: everything comes back in order, and nothing that was acknowledged is lost."""
    folder = place / request.node.name.translate({ord(letter): "-" for letter in "[]"})
    folder.mkdir()
    results = list(group(folder, True))
    assert results
    assert [result for result in results if not result.is_kept] == []


@pytest.fixture(scope="module")
def system(place: Path) -> Iterator[Breakable]:
    with breakable(place) as checkout:
        checkout.up("--quiet")
        yield checkout


def test_what_is_lost_or_doubled_after_it_was_acknowledged_is_seen(system: Breakable) -> None:
    with load(system) as writing:
        assert seconds_until(lambda: writing.acknowledged >= 100, 30.0) is not None
        writing.stop()
        with system.database() as database:
            database.execute("delete from numbers where n = (select min(n) from numbers)")
            database.execute("insert into notes select min(key) from notes")
        with system.cache() as cache:
            cache.hdel("numbers", str(next(iter(cache.hgetall("numbers")))))
        with system.bucket() as bucket:
            next(iter(bucket.objects.filter(Prefix="numbers/"))).put(Body=b"half an ob")
        account = writing.account()
    assert {one.writer: one.lost for one in account.writers} == {"api": 0, "database": 1, "cache": 1, "objects": 1}
    assert (account.doubled, account.undone, account.is_whole) == (1, 0, False)


def test_a_process_that_belongs_to_nobody_is_seen(system: Breakable) -> None:
    assert system.orphans(5.0) == []
    with subprocess.Popen(["sleep", "100"], cwd=system.folder) as stranger:
        assert system.orphans(0.1) == [f"{stranger.pid} sleep 100"]
        stranger.kill()
    assert system.orphans(5.0) == []

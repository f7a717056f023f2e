"""What puts received changes into the repository: what it says before there is one, and what it knows already."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from stackyard.backup import archive, store
from stackyard.backup.moments import seconds
from stackyard.backup.restic import Restic
from stackyard.backup.spool import Ledger, write
from stackyard.backup.streams import Pusher, pushed
from tests.backup.archived import Archived

pytestmark = pytest.mark.real


def test_it_knows_from_the_start_when_the_repository_was_last_brought_up_to_date(archived: Archived) -> None:
    """MON-03: a keeper that has just started does not say that nothing was ever pushed."""
    newest = archive.snapshots(Restic(archived.job, archived.job.repository), "db")[-1]
    assert pushed(archived.job) == seconds(newest.time) > 1.6e9
    another = replace(archived.part, name="other")
    both = replace(archived.job, postgres=(archived.part, another))
    assert pushed(both) == 0.0, "of one database there is nothing"


def test_no_repository_is_no_trouble_before_the_first_set_and_is_one_after_it(
    archived: Archived, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """MON-03: the first set makes the repository; nobody is alarmed before."""
    shop = archived.copied(tmp_path_factory.mktemp("fresh"))
    (known,) = store.sets(shop.job)
    shutil.rmtree(shop.shop.repository)
    store.drop(shop.job, known.id)
    said: list[str] = []
    pusher = Pusher(shop.job, lambda: True, said.append)
    write(shop.spool, Ledger(shop.spool.name, 16 << 20, 1))
    pusher.push()
    assert (pusher.error, pusher.pushed, said) == ("", 0.0, [])
    store.keep(shop.job, known)
    pusher.push()
    assert pusher.error.startswith("there is no repository at ")
    assert said == [f"received changes do not reach the repository: {pusher.error}"]

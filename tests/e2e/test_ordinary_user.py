"""The same as an ordinary user: no root, no sudo, nothing of anybody else's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Checkout, copy_example

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as an ordinary user already"),
]

UID = 65534
"""`nobody` on Debian: a user with a name (initdb wants one) and nothing else."""


@pytest.fixture
def ordinary(ground: Path) -> Iterator[Checkout]:
    place = ground / "ordinary"
    copied = copy_example("guestbook", place / "guestbook")
    home = place / "home"
    home.mkdir()
    for path in (place, *place.rglob("*")):
        os.chown(path, UID, UID)
    checkout = Checkout(copied.folder, UID, home)
    yield checkout
    checkout.stackyard("down")
    shutil.rmtree(place, ignore_errors=True)


def test_an_ordinary_user_runs_it_without_root(ordinary: Checkout) -> None:
    """TOP-09: nothing needs root, not even the installation; ports that need it are replaced, and named."""
    done = ordinary.up()
    assert "port 443 is held by the system (ports below 1024 need root)" in done.error
    with ordinary.client("guestbook") as web:
        assert web.get("/healthz").json() == {"ok": True}
    for name, pid in ordinary.pids().items():
        assert psutil.Process(pid).uids().real == UID, name
    assert "nothing to do" in ordinary.up().out
    assert ordinary.stackyard("down").code == 0


def test_root_runs_the_parts_of_somebody_elses_folder_as_that_person(ordinary: Checkout) -> None:
    """As root every part drops to an unprivileged user: the owner of the folder."""
    as_root = Checkout(ordinary.folder)
    try:
        as_root.up()
        owners = {name: psutil.Process(pid).uids().real for name, pid in as_root.pids().items() if name != "reload"}
        assert set(owners.values()) == {UID}
    finally:
        as_root.stackyard("down")
        # What root has made there would stand in the way of the owner.
        shutil.rmtree(ordinary.folder / ".stackyard")


def test_a_folder_that_the_user_of_the_parts_cannot_enter_is_told(ground: Path) -> None:
    closed = ground / "closed"
    checkout = copy_example("guestbook", closed / "guestbook")
    closed.chmod(0o700)
    done = checkout.stackyard("up", "--detach")
    assert done.code == 1
    assert str(closed) in done.error
    assert "stackyard doctor --install" in done.error
    assert checkout.stackyard("doctor", "--install").code == 0
    assert closed.stat().st_mode & 0o777 == 0o701
    checkout.up()
    checkout.stackyard("down")

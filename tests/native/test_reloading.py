"""Knowing whether nginx has taken in its files: a worker that is older than they are cannot have."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.model.system import Edge, System
from stackyard.model.values import Position
from stackyard.targets.native.layout import Layout
from stackyard.targets.native.reloading import is_taken_in, workers

AT = Position("stackyard.yaml", 1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, "development")
    made.etc("edge").mkdir(parents=True)
    (made.etc("edge") / "nginx.conf").write_text("daemon off;")
    return made


@pytest.fixture
def master(layout: Layout) -> Iterator[subprocess.Popen[bytes]]:
    """A process with one child, as nginx and its worker are, begun when the files were there."""
    _let_the_clock_tick()
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"], start_new_session=True)
    deadline = time.monotonic() + 5
    while not workers(process.pid):
        assert time.monotonic() < deadline
    yield process
    os.killpg(process.pid, 9)
    process.wait()


def system(layout: Layout, **edge: Path) -> System:
    own = Edge("shop.localhost", AT, (), **edge)  # type: ignore[arg-type]
    return System("shop", "development", layout.root, layout.root / "stackyard.yaml", (), edge=own)


def _let_the_clock_tick() -> None:
    """Stamps of the kernel are this coarse; what happens within them cannot be told apart."""
    time.sleep(0.05)


def test_a_worker_that_was_made_after_the_files_has_taken_them_in(
    layout: Layout, master: subprocess.Popen[bytes]
) -> None:
    assert is_taken_in(system(layout), layout, master.pid)


def test_a_file_that_was_written_since_is_not_taken_in(layout: Layout, master: subprocess.Popen[bytes]) -> None:
    _let_the_clock_tick()
    (layout.etc("edge") / "nginx.conf").write_text("daemon off;")
    assert not is_taken_in(system(layout), layout, master.pid)


def test_a_file_that_was_put_back_with_its_old_date_is_noticed(layout: Layout, master: subprocess.Popen[bytes]) -> None:
    _let_the_clock_tick()
    file = layout.etc("edge") / "nginx.conf"
    before = file.stat().st_mtime
    file.write_text("daemon off;")
    os.utime(file, (before, before))
    assert not is_taken_in(system(layout), layout, master.pid)


def test_a_certificate_of_the_user_that_was_renewed_since_is_not_taken_in(
    layout: Layout, master: subprocess.Popen[bytes]
) -> None:
    """EDGE-04: whatever renews it, the edge is told by the next `up`."""
    certificate = layout.root / "shop.pem"
    certificate.write_text("old")
    os.utime(certificate, (0, 0))
    assert is_taken_in(system(layout, certificate=certificate), layout, master.pid)
    _let_the_clock_tick()
    certificate.write_text("new")
    assert not is_taken_in(system(layout, certificate=certificate), layout, master.pid)


def test_where_no_worker_is_seen_nothing_speaks_against(layout: Layout) -> None:
    assert is_taken_in(system(layout), layout, 2**22 - 1)

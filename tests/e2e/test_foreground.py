"""`up` in the foreground: Ctrl-C at any moment, and the two processes killed that hold it all together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import Checkout, eventually

pytestmark = pytest.mark.real


@contextmanager
def foreground(checkout: Checkout, until: str = "Ctrl-C stops everything") -> Iterator[subprocess.Popen[str]]:
    """`stackyard up` in front of us, as soon as it has said `until`; in the end, everything that it still said."""
    process = subprocess.Popen(
        checkout.command("up"),
        cwd=checkout.folder,
        env=checkout.process()["env"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        for line in process.stdout:
            if until in line:
                break
        else:
            raise AssertionError(process.communicate()[1])
        yield process
        process.communicate(timeout=60)


def test_ctrl_c_stops_everything(guestbook: Checkout) -> None:
    with foreground(guestbook) as process:
        refused = guestbook.stackyard("up")
        assert refused.code == 1
        assert "already up in the foreground" in refused.error
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    assert guestbook.is_gone()


def test_down_in_another_terminal_ends_it_in_good_order(guestbook: Checkout) -> None:
    with foreground(guestbook) as process:
        assert guestbook.stackyard("down").code == 0
    assert process.returncode == 0
    assert guestbook.is_gone()


@pytest.mark.parametrize("moment", [0.0, 0.3, 1.0, 2.0])
def test_ctrl_c_at_any_moment_of_the_start_leaves_nothing_behind(guestbook: Checkout, moment: float) -> None:
    with subprocess.Popen(
        guestbook.command("up"),
        cwd=guestbook.folder,
        env=guestbook.process()["env"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            # From the first thing that it does: how long an interpreter takes to get there is the machine's affair.
            eventually(lambda: (guestbook.folder / ".stackyard").exists())
            time.sleep(moment)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=30)
        finally:
            process.kill()
    # A machine quick enough to be done by then ends in good order; every other one was interrupted.
    assert process.returncode in (0, 130)
    assert "Traceback" not in error
    assert guestbook.is_gone()


def test_the_supervisor_killed_leaves_no_orphan(guestbook: Checkout) -> None:
    with foreground(guestbook) as process:
        os.kill(guestbook.status()["supervisor"], signal.SIGKILL)
    assert process.returncode == 1
    assert guestbook.is_gone()


def test_the_command_line_killed_leaves_no_orphan(guestbook: Checkout) -> None:
    with foreground(guestbook) as process:
        process.kill()
    assert guestbook.is_gone(8.0)

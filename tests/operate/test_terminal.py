"""A program in our terminal gets its own keys: Ctrl-C ends a query in psql, and not psql."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

from stackyard.operate.terminal import in_terminal

SHELL = """
import os, signal, sys
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"one query cancelled"))
os.write(1, b"ready")
sys.exit(7 if sys.stdin.readline() == "quit\\n" else 1)
"""
OURS = "import sys; from stackyard.operate.terminal import in_terminal; sys.exit(in_terminal(sys.argv[1:], {}))"


def read_until(handle: int, text: bytes, seconds: float = 10.0) -> bytes:
    """What the terminal shows, up to and with the text."""
    shown = b""
    deadline = time.monotonic() + seconds
    while text not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(handle, 4096)
    return shown


def test_ctrl_c_is_for_the_program_and_not_for_us() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", OURS, sys.executable, "-S", "-c", SHELL],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    )  # fmt: skip
    os.close(theirs)
    try:
        read_until(ours, b"ready")
        os.write(ours, b"\x03")
        shown = read_until(ours, b"one query cancelled")
        assert b"Traceback" not in shown
        os.write(ours, b"quit\n")
        assert process.wait(10) == 7
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_its_exit_code_is_ours_and_a_signal_is_told_as_a_shell_does() -> None:
    assert in_terminal(("/bin/sh", "-c", "exit 3"), {}) == 3
    assert in_terminal(("/bin/sh", "-c", "kill -TERM $$"), {}) == 128 + signal.SIGTERM


def test_it_runs_in_the_given_folder_with_the_given_environment_only(tmp_path: Path) -> None:
    script = 'test "$(pwd)" = "$HERE" && test -z "$HOME" && test "$GIVEN" = 1'
    assert in_terminal(("/bin/sh", "-c", script), {"GIVEN": "1", "HERE": str(tmp_path)}, folder=tmp_path) == 0


def test_afterwards_ctrl_c_is_ours_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    in_terminal(("/bin/true",), {})
    assert signal.getsignal(signal.SIGINT) is before

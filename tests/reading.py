"""How much was read of a file, for tests that show that the most of it never is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import psutil
import pytest


def bytes_read_by(work: Callable[[], object]) -> int:
    """The bytes that this process has read while the work was done; skips the test where no system counts them."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux counts what a process reads")
    me = psutil.Process(os.getpid())
    before = me.io_counters().read_chars
    work()
    return me.io_counters().read_chars - before

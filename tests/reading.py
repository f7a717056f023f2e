"""How much was read of a file, for tests that show that the most of it never is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def reading_less_than(most: float) -> Iterator[None]:
    """The block makes this process read fewer bytes; where no system counts them, it is only done."""
    if sys.platform != "linux":
        yield
        return
    me = psutil.Process()
    before = me.io_counters().read_chars
    yield
    assert me.io_counters().read_chars - before < most

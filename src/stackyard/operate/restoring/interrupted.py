"""What an interrupted restore left, ended by the next command that comes along, whatever the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackyard.operate.restoring.settle import Places, settle
from stackyard.targets.local.state import BusyError, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackyard.targets.local.layout import Layout


def end_interrupted(layout: Layout, command: str, places: Callable[[], Places]) -> str:
    """End a restore that nobody carries on; a sentence about it, "" when there is none or it is still at work.

    Raises StateError when the data is not as a restore leaves it.
    """
    found = places()
    if not found.journal.is_under_way:
        return ""
    try:
        with operation(layout.lock_file, command):
            return settle(found)
    except BusyError:
        return ""

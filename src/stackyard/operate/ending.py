"""What a killed restore or switchover left natively is ended before anything else is done with the data."""

from __future__ import annotations

from stackyard.targets.local.folders import restore_file, switchover_file
from stackyard.targets.native.layout import Layout


def end_interrupted(layout: Layout) -> str:
    """End it; what became of it in a sentence, "" where there is nothing.

    Whoever calls this holds the lock of operations. Raises StateError.
    """
    if switchover_file(layout.folder).exists():
        from stackyard.operate.switching.finishing import finish
        from stackyard.operate.switching.native import NativePlaces as Switched

        return finish(Switched(layout))
    if restore_file(layout.folder).exists():
        from stackyard.operate.restoring.native_places import NativePlaces
        from stackyard.operate.restoring.settle import settle

        return settle(NativePlaces(layout))
    return ""

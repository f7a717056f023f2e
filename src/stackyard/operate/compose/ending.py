"""What a killed restore or switchover left on Compose is ended before anything else is done with the data."""

from __future__ import annotations

from stackyard.model.system import System
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local.folders import restore_file, switchover_file
from stackyard.targets.names import COMPOSE


def end_interrupted(system: System, layout: Layout) -> str:
    """End it; what became of it in a sentence, "" where there is nothing.

    Whoever calls this holds the lock of operations. Raises StackyardError.
    """
    if switchover_file(layout.folder, COMPOSE).exists():
        from stackyard.operate.compose.switching import finish

        return finish(system)
    if restore_file(layout.folder, COMPOSE).exists():
        from stackyard.operate.compose.restoring_places import ComposePlaces
        from stackyard.operate.restoring.settle import settle

        return settle(ComposePlaces(layout))
    return ""

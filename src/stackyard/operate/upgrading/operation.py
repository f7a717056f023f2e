"""`stackyard upgrade` on any target: what a command asks for, carried out on a ground of that target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from stackyard.operate.upgrading import back
from stackyard.operate.upgrading.ground import Ground, Servers
from stackyard.operate.upgrading.upgrade import Upgraded, upgrade

if TYPE_CHECKING:
    from stackyard.backup.events import Tell
    from stackyard.operate.restoring.swap import Swap
    from stackyard.operate.restoring.undo import Kept
    from stackyard.operate.upgrading.planning import UpgradePlan


class Upgrading(Servers, Protocol):
    """The two servers of an upgrade, and what is decided about them."""

    def plan(self, *, is_running: bool) -> UpgradePlan:
        """Decide. The database is asked where it runs; else a server of our own is started on its data for a moment.

        Raises StackyardError when neither can be had, UsageError and StateError as `planning.refuse`.
        """
        ...


class GroundedUpgrade:
    """See `Upgrade` of the verbs. `choose` finds the servers for the version that is asked for."""

    def __init__(self, ground: Ground, part: str, ended: str, choose: Callable[[int | None], Upgrading]) -> None:
        self.ended = ended
        self._ground = ground
        self._part = part
        self._choose = choose
        self._chosen: Upgrading | None = None

    def plan(self, to: int | None) -> UpgradePlan:
        self._chosen = self._choose(to)
        return self._chosen.plan(is_running=self._ground.is_running())

    def carry_out(self, decided: UpgradePlan, tell: Tell) -> Upgraded:
        assert self._chosen is not None
        return upgrade(self._ground, decided, self._chosen, tell)

    def undoable(self) -> Swap:
        return back.undoable(self._ground, self._part)

    def undo(self, last: Swap, tell: Tell) -> Upgraded:
        return back.undo(self._ground, last, tell)

    def kept(self) -> tuple[Kept, ...]:
        return back.kept(self._ground, self._part)

    def finish(self, wanted: tuple[Kept, ...]) -> int:
        return back.finish(self._ground, wanted)

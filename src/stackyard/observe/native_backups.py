"""The backups of a system of the native target, and what restores have left in it, as checks look at them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.observe import backups
from stackyard.observe import restores as restores_of
from stackyard.observe.home import Home
from stackyard.observe.seen import RestoresView
from stackyard.targets.native.backups import JOB
from stackyard.targets.native.layout import KEEPER, Layout

_COPIES = ("restored", "before", "undone")


class Backups(Home):
    """See `View` for what each member means."""

    @property
    @abstractmethod
    def layout(self) -> Layout: ...

    @cached_property
    def _looks(self) -> backups.Looks:
        return backups.Looks(lambda name: backups.here(self.layout.etc(KEEPER) / JOB, name))

    def backups(self, look: str) -> Mapping[str, Any]:
        return self._looks.at(look)

    def restores(self) -> RestoresView:
        found = restores_of.restores(self.layout.folder, lambda place: Path(place).is_dir())
        used = {one.place for one in found.kept}
        data = self.layout.folder / "data"
        copies = (str(path) for name in _COPIES for path in sorted(data.glob(f"*.{name}-*")))
        # What one that is under way has made is its own.
        return found if found.under_way else replace(found, strays=tuple(one for one in copies if one not in used))

"""The places of data natively: folders below `data/`, moved by renaming. It needs no stack file: `down` has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from stackyard.errors import StateError
from stackyard.operate.down import groups, resources_of
from stackyard.operate.restoring.journal import Journal
from stackyard.targets.local.folders import note_file
from stackyard.targets.local.removal import remove_tree
from stackyard.targets.local.state import Record, sync
from stackyard.targets.native.layout import KEEPER, Layout
from stackyard.targets.native.supervisor.client import resume
from stackyard.targets.native.target import attach

_OURS = re.compile(r".+\.(restored|before|undone)-\d{8}T\d{6}Z(-[0-9a-f]{4})?(\.(wal|coming))?")


class NativePlaces:
    """See `Effects` for what each member means."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.journal = Journal(layout.folder)

    def exists(self, place: str) -> bool:
        return Path(place).is_dir()

    def size(self, place: str) -> int:
        from stackyard.operate.clean import size_of

        return size_of(Path(place))

    def move(self, source: str, goal: str) -> None:
        origin, target = Path(source), Path(goal)
        if target.exists():
            raise StateError(f"{target} is there already: nothing is moved over it")
        origin.rename(target)
        sync(target.parent)

    def leftovers(self) -> tuple[str, ...]:
        swap = self.journal.under_way()
        used = {one.incoming for one in swap.exchanges} if swap is not None and swap.phase != "preparing" else set()
        found = (self.layout.folder / "data").glob("*.restored-*")
        return tuple(str(path) for path in found if _OURS.fullmatch(path.name) and str(path) not in used)

    def remove(self, place: str) -> None:
        path = Path(place)
        if path.parent != self.layout.folder / "data" or not _OURS.fullmatch(path.name):
            raise StateError(f"{place} is no copy of a restore: it is not removed")
        # A killed restore leaves servers and pipelines behind, which end by themselves, but not at once.
        remove_tree(path)

    def is_running(self) -> bool:
        client = attach(self.layout)
        return client is not None and any(one.pid is not None for one in client.status().programs)

    def stop(self, parts: Sequence[str]) -> None:
        resume(self.layout.folder)
        client = attach(self.layout)
        if client is None:
            return
        programs = client.status().programs
        if parts:
            wanted = [one.id for one in programs if one.part in parts]
            client.stop([wanted] if wanted else [])
            return
        # The keeper goes when nothing writes any more: it has received everything by then.
        keeper = [one.id for one in programs if one.part == KEEPER]
        others = groups([one for one in programs if one.part != KEEPER], resources_of(self.layout))
        resources = {one.id for one in programs if one.part in resources_of(self.layout)}
        first = [group for group in others if not resources.intersection(group)]
        last = [group for group in others if resources.intersection(group)]
        client.stop([*first, *([keeper] if keeper else []), *last])

    def renew(self, parts: Sequence[str]) -> None:
        # Passwords, migrations: the next start looks at them anew. What ran ahead of it knew the other data.
        names = tuple(f"{kind}:{part}" for part in parts for kind in ("data", "catalog"))
        Record(self.layout.state_file).forget(*names, "migration:")
        note_file(self.layout.folder).unlink(missing_ok=True)

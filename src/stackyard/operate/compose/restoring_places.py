"""The places of data on Compose: folders in its volumes, as the container sees them that has them all.

Each volume has one folder that is used, and beside it a closed one for what a restore brings or takes away. They are
moved by renaming, by root in a container that is gone a moment later. It needs no stack file: `down` has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from stackyard.errors import StateError
from stackyard.operate.compose.running import Running, part
from stackyard.operate.compose.worker import Worker
from stackyard.operate.restoring.journal import Journal
from stackyard.runner import Command
from stackyard.targets.compose import commands, complaints, major
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.dockerfiles.backups import BACKUPS as BACKUPS_FOLDER
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.local.state import Record
from stackyard.targets.names import COMPOSE, EDGE

ASIDE = ".restores"
"""The folder in each volume, closed to whoever uses the volume."""

_LIMIT = 600.0
"""Seconds for Docker to stop things: parts have a grace of their own, which it keeps."""
_OURS = re.compile(
    rf"{re.escape(DATA)}/[^/]+/{re.escape(ASIDE)}/(restored|before|undone)-\d{{8}}T\d{{6}}Z(-[0-9a-f]{{4}})?(\.wal)?"
)
_THERE = 'for each; do if [ -d "$each" ]; then printf "%s\\n" "$each"; fi; done'
_MOVE = """
into=$(dirname "$2")
if [ ! -d "$into" ]; then
    mkdir "$into"
    # Whoever has the data makes copies beside it.
    chown --reference="$(dirname "$into")" "$into"
fi
if [ -d "$2" ]; then rmdir "$2"; fi
mv -T "$1" "$2"
sync "$(dirname "$1")" "$(dirname "$2")"
"""
_VERSION = 'cat "$1/PG_VERSION" 2>/dev/null || cat "$2/PG_VERSION"'
_PREPARE = """
owner=$(stat -c %u:%g "$2")
mkdir -p "$1"
chown "$owner" "$1"
chmod 0700 "$1"
"""


class ComposePlaces:
    """See `Effects` for what each member means."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.journal = Journal(layout.folder, COMPOSE)
        self.running = Running(layout)
        self.worker = Worker(self.running)
        self._known: dict[str, bool] = {}

    def exists(self, place: str) -> bool:
        if place not in self._known:
            # One container for all that will be asked: each costs half a second in which nothing answers.
            wanted = dict.fromkeys((place, *self._under_way()))
            there = set(self.worker.shell(_THERE, *wanted).splitlines())
            self._known |= {one: one in there for one in wanted}
        return self._known[place]

    def forget(self) -> None:
        """The places may have changed."""
        self._known.clear()

    def size(self, place: str) -> int:
        return int(self.worker.shell('du -sb "$1"', place).split()[0])

    def move(self, source: str, goal: str) -> None:
        self.forget_one(source, goal)
        self.worker.shell(_MOVE, source, goal)
        self._known |= {source: False, goal: True}

    def forget_one(self, *places: str) -> None:
        """These may have changed."""
        for place in places:
            self._known.pop(place, None)

    def prepare(self, name: str) -> None:
        """Make the folder in the volume of a part into which a restore brings things."""
        self.worker.shell(_PREPARE, f"{DATA}/{name}/{ASIDE}", BACKUPS_FOLDER)

    def hand_over(self, name: str, place: str, *, is_open: bool) -> None:
        """Give what was restored to whoever the volume belongs to; `is_open` has others look into it as into that."""
        opened = '; chmod --reference="$1" "$2"' if is_open else ""
        self.worker.shell(f'chown -R --reference="$1" "$2"{opened}', f"{DATA}/{name}", place)

    def leftovers(self) -> tuple[str, ...]:
        swap = self.journal.under_way()
        used = {one.incoming for one in swap.exchanges} if swap is not None and swap.phase != "preparing" else set()
        listing = self.worker.shell(f'for each in {DATA}/*/{ASIDE}/restored-*; do echo "$each"; done')
        return tuple(one for one in listing.splitlines() if _OURS.fullmatch(one) and one not in used)

    def remove(self, place: str) -> None:
        if not _OURS.fullmatch(place):
            raise StateError(f"{place} is no copy of a restore: it is not removed")
        self.forget_one(place)
        self.worker.shell('rm -rf "$1"', place)

    def is_running(self) -> bool:
        return any(one.is_running and not one.is_one_off for one in self.running.containers())

    def stop(self, parts: Sequence[str]) -> None:
        # One that was run for a moment is ours.
        found = [one for one in self.running.containers() if one.holds_ports and not one.is_one_off]
        resources = frozenset(self.running.summary.get("resources", ()))
        last = [one for one in found if part(one) in resources and (not parts or part(one) in parts)]
        keeper = [one for one in found if part(one) == BACKUPS]
        edge = [one for one in found if part(one) == EDGE]
        services = [one for one in found if part(one) not in {*resources, BACKUPS, EDGE}]
        # Whoever uses a part for a while longer would only fail; the keeper has received everything by then.
        for group in (edge, services, keeper, last):
            if group:
                self._stop([one.id for one in group])

    def renew(self, parts: Sequence[str]) -> None:
        # Passwords, migrations: the next start looks at them anew.
        names = tuple(f"{kind}:{part}" for part in parts for kind in ("data", "catalog"))
        record = Record(self.layout.state_file)
        record.forget(*names, "migration:")
        swap = self.journal.under_way()
        for one in swap.exchanges if swap is not None and swap.is_of_versions else ():
            # Nobody can look into a volume before it is mounted, and where to mount it depends on that.
            major.know(record, one.part, int(self.worker.shell(_VERSION, one.live, one.goal)))

    def _under_way(self) -> tuple[str, ...]:
        swap = self.journal.under_way()
        exchanges = swap.exchanges if swap is not None else ()
        return tuple(place for one in exchanges for place in (one.live, one.incoming, one.outgoing, one.goal))

    def _stop(self, ids: list[str]) -> None:
        stopping = Command(commands.stop_containers(ids), Path("/"), commands.environment(), timeout=_LIMIT)
        answer = self.running.runner.ask(stopping)
        if not answer.is_good and "no such container" not in answer.errors.lower():
            raise complaints.general("the containers cannot be stopped", answer.errors.splitlines())

"""The system on Compose, as an upgrade stops, moves and starts it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stackyard.errors import StateError
from stackyard.model.system import Postgres, System
from stackyard.model.values import Version
from stackyard.operate.compose.beside import beside
from stackyard.operate.compose.restoring_places import ASIDE, ComposePlaces
from stackyard.operate.upgrading import safety
from stackyard.operate.upgrading.versions import as_in_place, of_version
from stackyard.resources.postgres.replication import STANDBY_SIGNAL, replicas_of
from stackyard.targets.compose import disk, images, major
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.layout import Layout
from stackyard.targets.compose.names import BACKUPS
from stackyard.targets.compose.parts import postgres
from stackyard.targets.local.state import Record

if TYPE_CHECKING:
    from stackyard.backup.events import Tell

IMAGES = "images:"
"""In the record of the target: by major version, the image of the user's own that a database ran with."""

_VERSIONS = """
for each in "$1"/cluster/PG_VERSION "$1"/[0-9]*/docker/PG_VERSION; do
    if [ -e "$each" ]; then cat "$each"; fi
done
"""
_MAKE = """
mkdir -p "$1/$2" "$3"
chown --reference="$4" "$1/$2" "$3"
chmod 0700 "$1/$2" "$3"
"""
# A copy of a primary that is no longer in place, and nothing else: a replica has nothing of its own.
_OUTDATED = """
major=$1 mark=$2 into=$3
shift 3
for each; do
    mkdir -p "$each/$into"
    chown --reference="$each" "$each/$into"
    for found in "$each"/cluster/PG_VERSION "$each"/[0-9]*/docker/PG_VERSION; do
        if [ -e "$found" ] && [ "$(cat "$found")" != "$major" ] && [ -e "${found%PG_VERSION}$mark" ]; then
            rm -rf "${found%/PG_VERSION}"
        fi
    done
done
"""


class ComposeGround(ComposePlaces):
    """See `Ground` for what each member means. The caller holds the lock of operations."""

    def __init__(self, system: System) -> None:
        super().__init__(Layout(system.root, system.environment))
        self.system = system
        self._versions: dict[str, int] = {}

    def move(self, source: str, goal: str) -> None:
        self._versions.clear()
        super().move(source, goal)

    def live(self, part: str) -> str:
        return self.seat(part, self.version_of(part))

    def seat(self, part: str, version: int) -> str:
        return f"{DATA}/{part}/{postgres.cluster(self._in_version(part, version))}"

    def beside(self, part: str, kind: str, id: str) -> str:
        return f"{DATA}/{part}/{ASIDE}/{kind}-{id}"

    @contextmanager
    def scratch(self, place: str) -> Iterator[Path]:
        self.make(place)
        try:
            yield Path(place)
        finally:
            self.remove(place)

    def make(self, place: str) -> None:
        """Make an empty folder at that place of a database, which belongs to whoever the data belongs to."""
        part = place.removeprefix(f"{DATA}/").partition("/")[0]
        self.forget_one(place)
        self.worker.shell(_MAKE, f"{DATA}/{part}", ASIDE, place, self.live(part))

    def version_of(self, part: str) -> int:
        """The major version that the data of a database is of, 0 where there is none."""
        if part not in self._versions:
            self._versions[part] = self._find_version(part)
        return self._versions[part]

    def _find_version(self, part: str) -> int:
        noted = major.noted(Record(self.layout.state_file), part)
        found = [int(line) for line in self.worker.shell(_VERSIONS, f"{DATA}/{part}").split()]
        if len(found) > 1 and noted not in found:
            raise StateError(
                f"there is data of several versions in the volume of {part}: {', '.join(map(str, sorted(found)))}",
                hint="`stackyard up` with the version that is in use notes which one it is.",
            )
        return noted if noted in found else next(iter(found), 0)

    def in_place(self, resource: Postgres) -> Postgres:
        """The database as its data is, with the image that it ran with."""
        version = self.version_of(resource.name)
        made = of_version(resource, version)
        known = Record(self.layout.state_file).facets(f"{IMAGES}{resource.name}") or {}
        if made is None or not resource.image:
            return made or resource
        return replace(made, image=known.get(str(version), resource.image))

    def image_of(self, resource: Postgres) -> str:
        """The image that the database was last started with, else the one that the file wants."""
        own = (one for one in self.running.containers() if one.service == resource.name and not one.is_one_off)
        return next((str(one.found["Config"]["Image"]) for one in own), images.of_resource(resource))

    def note_running_image(self, resource: Postgres) -> None:
        """Note the image of the database as it is, while its container still tells: the file may name another one."""
        if resource.image and (image := self.image_of(resource)) != resource.image:
            self.note_image(resource, self.version_of(resource.name), image)

    def end(self, containers: Sequence[str]) -> None:
        """End containers of an upgrade that was killed, if there are any."""
        self._stop([*containers])

    def note_image(self, resource: Postgres, version: int, image: str) -> None:
        """Note with which image of the user's own that version of a database runs, for the way back."""
        record = Record(self.layout.state_file)
        known = record.facets(f"{IMAGES}{resource.name}") or {}
        if resource.image and known.get(str(version)) != image:
            record.note(f"{IMAGES}{resource.name}", {**known, str(version): image})

    def start(self) -> None:
        from stackyard.operate.apply import Progress
        from stackyard.operate.compose.session import ComposeWork

        def silent(_: Progress) -> None:
            """The steps of `up` are part of ours."""

        self.forget()
        system = as_in_place(self.system, self.in_place)
        self._remove_outdated_copies(system)
        # A fresh look at the engine, under the lock that is held already.
        ComposeWork(system, "upgrade", new_ports=False, patience=0.0).up(detached=True, tell=silent)

    def build_ahead(self, wanted: Postgres) -> None:
        """Build what stands on the image of that database, while all runs: it need not be away for that."""
        from stackyard.targets.compose.effects import build_image
        from stackyard.targets.compose.target import ComposeTarget

        def found(one: Postgres) -> Postgres:
            return wanted if one.name == wanted.name else self.in_place(one)

        target = ComposeTarget(as_in_place(self.system, found))
        try:
            build = target.blueprint.rendered.builds.get(BACKUPS)
            if build is None or target.eye.images([build.image]):
                return
            with tempfile.TemporaryDirectory(prefix="stackyard-") as name:
                # What runs has files of the project mounted, and goes on with those that it has.
                disk.write(Path(name), target.blueprint.files, {})
                build_image(target, BACKUPS, Path(name))
        finally:
            target.close()

    def _remove_outdated_copies(self, system: System) -> None:
        """Replicas follow whatever leads now: those of another version copy it anew."""
        for one in system.resources:
            if isinstance(one, Postgres) and one.replicas:
                followers = [replica.name for replica in replicas_of(one)]
                there = beside(self.layout, self.running.project, images.of_resource(one), followers)
                roots = [f"{DATA}/{name}" for name in followers]
                into = str(PurePosixPath(postgres.cluster(one)).parent)
                words = (str(one.version.numbers[0]), STANDBY_SIGNAL, into, *roots)
                self.worker.shell(_OUTDATED, *words, there=there)

    def make_safe(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        return safety.make_safe(self.system, partial(self._make_set, tell), tell, is_running=self.is_running())

    def make_new(self, tell: Tell) -> tuple[str, tuple[str, ...]]:
        return safety.make_new(self.system, partial(self._make_set, tell), tell)

    def _make_set(self, tell: Tell, kind: str) -> str:
        from stackyard.operate.compose.restoring_copies import ComposeBackups

        return ComposeBackups(self.worker, frozenset()).make(kind, tell).id

    def _in_version(self, part: str, version: int) -> Postgres:
        resource = self.system.resource(part)
        assert isinstance(resource, Postgres)
        return replace(resource, version=Version((version,)))

"""An upgrade on Compose: two servers in containers for a moment, and one volume in which the new data is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial

from stackyard.backup import programs
from stackyard.errors import PartError, UsageError
from stackyard.model.system import Postgres, System
from stackyard.operate.choice import leave_other
from stackyard.operate.compose import beside as besides
from stackyard.operate.compose.beside import Beside
from stackyard.operate.compose.ending import end_interrupted
from stackyard.operate.compose.upgrading_ground import ComposeGround
from stackyard.operate.compose.upgrading_server import LOCK, Guest, GuestClients, serving
from stackyard.operate.databases import chosen
from stackyard.operate.upgrading import alone, examine, planning
from stackyard.operate.upgrading.operation import GroundedUpgrade
from stackyard.operate.upgrading.transfer import Server
from stackyard.resources.postgres.config import CONFIG, SUPERUSER
from stackyard.resources.postgres.running import parse
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import commands, complaints, images
from stackyard.targets.compose.backup_job import DATA
from stackyard.targets.compose.database import USER, reached
from stackyard.targets.compose.parts import postgres
from stackyard.targets.local import secrets
from stackyard.targets.local.state import PATIENCE, operation
from stackyard.targets.names import COMPOSE

_LIBRARIES = "shared_preload_libraries"
_FOLLOWED = {"max_connections": "100", "max_locks_per_transaction": "64"}
"""Settings that a replica must have as much of as its primary, and what PostgreSQL has by itself."""
_OLD_PORT, _NEW_PORT = 5432, 5433
"""They share a network, of which nobody else is."""
_OLD, _NEW = "upgrade-old", "upgrade-new"

# Where Debian has them, and where a PostgreSQL has them that was built in the image.
_LOOK = """
postgres --version
for each in /usr/share/postgresql/*/extension/*.control /usr/local/share/postgresql/extension/*.control; do
    echo "${each##*/}"
done
stat -f -c 'free %a %S' "$1"
"""
_CREATE = """
umask 077
cat >/tmp/password
place=$1 user=$2
shift 2
exec initdb -D "$place" --username="$user" --pwfile=/tmp/password "$@"
"""


@dataclass(frozen=True)
class _Image:
    """What was found in an image, beside the data: the version of its server, `free` bytes on the disk of the data."""

    server: str
    extensions: frozenset[str]
    free: int


@dataclass(frozen=True)
class ComposeUpgrading:
    """See `Upgrading` of the operation. `old` and `new` are the database as its data is, and as the file wants it."""

    ground: ComposeGround
    old_resource: Postgres
    new_resource: Postgres

    @property
    def _part(self) -> str:
        return self.new_resource.name

    @property
    def _live(self) -> str:
        return self.ground.seat(self._part, self.old_resource.version.numbers[0])

    @property
    def clients(self) -> GuestClients:
        return GuestClients(container(self.ground, _NEW))

    @cached_property
    def _new(self) -> _Image:
        """What is in the new image. Raises StackyardError when it cannot be had, or is of another version."""
        image = images.of_resource(self.new_resource)
        argv = self._beside(self.new_resource).apart(("sh", "-euc", _LOOK, "look", f"{DATA}/{self._part}"), user=USER)
        answer = programs.run(argv, env=commands.environment())
        lines = answer.output.split("\n")
        if not answer.is_done:
            raise complaints.pull(image, answer.tail)
        server = lines[0].split()[2]
        version = int(server.partition(".")[0])
        if version != self.new_resource.version.numbers[0]:
            raise UsageError(
                f"{self.new_resource.position}: {image} has PostgreSQL {version}, and the file wants "
                f"{self.new_resource.version} for {self._part}",
                hint="Name an image of that version. Nothing was changed.",
            )
        free = next(line.split()[1:] for line in lines if line.startswith("free "))
        names = frozenset(line.removesuffix(".control") for line in lines if line.endswith(".control"))
        return _Image(server, names, int(free[0]) * int(free[1]))

    def prepare(self) -> None:
        for resource in (self.old_resource, self.new_resource):
            self.ground.note_image(resource, resource.version.numbers[0], resource.image)
        assert self._new
        self.ground.build_ahead(self.new_resource)

    def old(self) -> AbstractContextManager[Server]:
        lock = f"{DATA}/{self._part}/{LOCK}"
        settings = {**alone.OLD, _LIBRARIES: self._libraries}
        if self.old_resource.replicas:
            # What they read of a primary with more room than they have stops them, should the old data be used again.
            settings |= {name: self._rendered.get(name, usual) for name, usual in _FOLLOWED.items()}
        return serving(self._guest(self.old_resource, _OLD, self._live, _OLD_PORT, settings, lock=lock))

    def new(self, place: str) -> AbstractContextManager[Server]:
        known = [one for one in self._libraries.split(",") if one.strip() in self._new.extensions]
        settings = {**alone.NEW, _LIBRARIES: ",".join(known)}
        network = f"container:{container(self.ground, _OLD)}"
        return serving(self._guest(self.new_resource, _NEW, place, _NEW_PORT, settings, network=network))

    def create(self, place: str) -> None:
        self.ground.make(place)
        resource, system = self.new_resource, self.ground.system
        password = secrets.read(self.ground.layout.secrets, password_secret(resource, SUPERUSER))
        words = ("sh", "-euc", _CREATE, "create", place, SUPERUSER, *postgres.INITDB.split())
        argv = self._beside(resource).apart(words, user=USER, scratch=(postgres.volume(resource),))
        answer = programs.run(argv, env=commands.environment(), stdin=f"{password}\n".encode())
        if not answer.is_done:
            raise PartError(
                resource.name, f"no cluster can be made for {resource.name} of {system.name}", details=answer.tail
            )

    def plan(self, *, is_running: bool) -> planning.UpgradePlan:
        old, new = self.old_resource.version.numbers[0], self.new_resource.version.numbers[0]
        planning.refuse(self._part, old, new)
        plan = planning.decide(
            self._part,
            new,
            f"{images.of_resource(self.new_resource)} (PostgreSQL {self._new.server})",
            self._facts(is_running=is_running),
            free=self._new.free,
            available=self._new.extensions,
            given=frozenset(self.new_resource.settings),
        )
        followers = self.new_resource.replica_names
        told = (f"{', '.join(followers)} will be copied anew",) if followers else ()
        return replace(plan, notices=(*plan.notices, *told))

    def _facts(self, *, is_running: bool) -> planning.Facts:
        found = [one for one in self.ground.running.containers() if one.service == self._part and not one.is_one_off]
        container = next((one.id for one in found if one.holds_ports), "") if is_running else ""
        if not container:
            with self.old() as server:
                return examine.read(server.connect)
        with reached(self.ground.system, self.old_resource, self.ground.layout.secrets, container) as database:
            return examine.read(database.server.connect)

    def _guest(
        self,
        resource: Postgres,
        name: str,
        place: str,
        port: int,
        settings: dict[str, str],
        *,
        lock: str = "",
        network: str = "none",
    ) -> Guest:
        own = container(self.ground, name)
        scratch = postgres.volume(resource)
        return Guest(resource.name, own, self._beside(resource), place, port, settings, scratch, lock, network)

    def _beside(self, resource: Postgres) -> Beside:
        ground = self.ground
        return besides.beside(ground.layout, ground.running.project, images.of_resource(resource), (resource.name,))

    @property
    def _libraries(self) -> str:
        """What the old server loads."""
        return self._rendered.get(_LIBRARIES, "").strip("'")

    @property
    def _rendered(self) -> dict[str, str]:
        """The settings of the old server, as they were last rendered."""
        try:
            return dict(parse((self.ground.layout.rendered / "config" / self._part / str(CONFIG)).read_text()))
        except OSError:
            return {}


def container(ground: ComposeGround, name: str) -> str:
    """The name of a container of an upgrade."""
    return f"{ground.running.project}-{name}"


def upgrading(ground: ComposeGround, resource: Postgres, to: int | None) -> ComposeUpgrading:
    """The upgrade that the file asks for. Raises UsageError when there is no data, or `to` is another version."""
    if not ground.version_of(resource.name):
        raise _nothing(resource)
    wanted = resource.version
    if to is not None and to != wanted.numbers[0]:
        raise UsageError(
            f"{resource.position}: the file wants PostgreSQL {wanted} for {resource.name}, which is "
            f"{wanted.numbers[0]} in a container",
            hint=f"Write `postgres: {to}` in the file.",
        )
    return ComposeUpgrading(ground, ground.in_place(resource), resource)


def _nothing(resource: Postgres) -> UsageError:
    return UsageError(f"{resource.name} has no data yet", hint="`stackyard up` makes it in the version of the file.")


@contextmanager
def opened(system: System, name: str | None) -> Iterator[GroundedUpgrade]:
    """The upgrade of the database of that name, under the lock of operations; what was interrupted is ended first.

    Raises UsageError for none or several or one without data, StateError when somebody is at work on the system.
    """
    resource = chosen(system, name)
    ground = ComposeGround(system)
    with operation(ground.layout.lock_file, "upgrade", patience=PATIENCE):
        leave_other(ground.layout.folder, COMPOSE)
        ended = end_interrupted(system, ground.layout)
        there = ground.running.eye.names(commands.volumes(system.name, system.environment))
        own = next(iter(besides.beside(ground.layout, ground.running.project, "", (resource.name,)).volumes))
        if own not in there:
            raise _nothing(resource)
        besides.note(ground.layout, ground.image_of(resource), (resource.name,))
        ground.end([container(ground, one) for one in (_NEW, _OLD)])
        ground.note_running_image(resource)
        yield GroundedUpgrade(ground, resource.name, ended, partial(upgrading, ground, resource))

"""What the container of the backups is told: the system as a `Job`, with every path as that container sees it."""

from __future__ import annotations

from pathlib import Path

from stackyard import __version__
from stackyard.backup.job import FilesPart, Job, PostgresPart, RedisPart, Repository
from stackyard.model.system import Backups, Objects, Postgres, Redis, System
from stackyard.resources import objects, redis
from stackyard.resources.postgres.catalog import BACKUP_ROLE, database_name, owner_role
from stackyard.resources.postgres.config import CONFIG, SUPERUSER
from stackyard.resources.secrets import IDENTITY, needs_identity, password_secret
from stackyard.targets.compose.dockerfiles import backups as image
from stackyard.targets.compose.names import ETC, SECRETS
from stackyard.targets.compose.parts import postgres
from stackyard.targets.compose.parts import redis as caches
from stackyard.targets.local.backups import policy, repository
from stackyard.targets.names import COMPOSE

STORE = f"{SECRETS}/store"
"""The secrets of the system as its store has them: a file each, by its name."""
PROJECT = f"{ETC}/project"
"""The rendered configuration, and the stack file that it came from."""
DATA = f"{image.HOME}/data"
"""Where volumes of the system are mounted, a folder a part: read-only, but for a container that restores."""
PLACE, OFFSITE = f"{image.HOME}/place", f"{image.HOME}/offsite"
"""Where folders of the machine are mounted that the stack file names."""


def of(system: System, wanted: Backups, recipient: str = "") -> Job:
    """The job as its container sees it; `recipient` can open it where the stack file names nobody."""
    return Job(
        system=system.name,
        environment=system.environment,
        folder=image.BACKUPS,
        scratch=image.SCRATCH,
        repository=_repository(wanted.to, PLACE if wanted.to else image.BACKUPS, ""),
        offsite=_repository(wanted.offsite, OFFSITE, "offsite-") if wanted.offsite else None,
        restic="/usr/bin/restic",
        age="/usr/bin/age",
        secrets=STORE if wanted.encrypt else "",
        recipients=wanted.recipients or ((recipient,) if recipient else ()),
        identity=f"{STORE}/{IDENTITY}" if needs_identity(system) else "",
        policy=policy(wanted),
        postgres=tuple(_database(system, wanted, one) for one in system.resources if isinstance(one, Postgres)),
        redis=tuple(_cache(system, one) for one in system.resources if isinstance(one, Redis)),
        files=tuple(
            FilesPart(one.name, str(objects.bucket_folder(Path(DATA, one.name), one)))
            for one in system.resources
            if isinstance(one, Objects)
        ),
        config={"project": PROJECT},
        facts={"target": COMPOSE, "stackyard": __version__},
        without_services="the container of the backups may start no services: `stackyard drill` does",
    )


def _repository(place: str, folder: str, kind: str) -> Repository:
    """A folder of the machine holds the repository in a folder of its own: the recovery kit lies beside it."""
    return repository(place, f"{folder}/repository", STORE, kind)


def _database(system: System, wanted: Backups, part: Postgres) -> PostgresPart:
    own = image.programs(system, part)
    newest = image.base(system)
    assert isinstance(newest, Postgres)
    return PostgresPart(
        name=part.name,
        host=part.name,
        port=postgres.PORT,
        database=database_name(system),
        user=BACKUP_ROLE,
        password_file=f"{STORE}/{password_secret(part, BACKUP_ROLE)}",
        programs=image.programs(system, newest).folder,
        server=own.folder,
        data=f"{DATA}/{part.name}/{postgres.cluster(part)}",
        config=f"{PROJECT}/{part.name}/{CONFIG}",
        superuser=SUPERUSER,
        wal=wanted.wal,
        environment=own.environment,
        owner=owner_role(system),
        owner_password_file=f"{STORE}/{password_secret(part, owner_role(system))}",
        upkeep_every=part.upkeep.every,
        upkeep_at=part.upkeep.at,
    )


def certificate(part: Redis) -> str:
    """Where the certificate of a cache is, which its clients trust."""
    return f"{SECRETS}/{part.name}.pem"


def _cache(system: System, part: Redis) -> RedisPart:
    own = image.programs(system, part)
    return RedisPart(
        name=part.name,
        host=part.name,
        port=caches.PORT,
        user=redis.ADMIN_USER,
        password_file=f"{STORE}/{password_secret(part, redis.ADMIN_USER)}",
        cli=f"{own.folder}/redis-cli",
        server=f"{own.folder}/redis-server",
        data=f"{DATA}/{part.name}/{caches.STORE}",
        tls_ca=certificate(part) if part.tls else "",
        persistence=tuple(sorted(part.persistence, reverse=True)),
        environment=own.environment,
    )

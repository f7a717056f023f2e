"""A PostgreSQL in a container: the official image with our configuration, started as its own user."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from stackyard.model.files import File
from stackyard.model.system import Limits, Postgres, Probe, System
from stackyard.resources.postgres import catalog, config, settings
from stackyard.resources.postgres.config import SUPERUSER
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import entrance, hardening, health, images, networks
from stackyard.targets.compose.draft import Body, Config, Draft, SecretMount, rendered
from stackyard.targets.compose.names import ETC, SECRETS, relative
from stackyard.targets.compose.parts import first_creation
from stackyard.targets.compose.rendering import Inputs, SecretPiece

PORT = 5432
STOP_SIGNAL = "SIGINT"
"""Fast shutdown. SIGTERM waits until every client has gone, which a connection pool never does."""

_GRACE = 60.0
_MB = 1024**2
INITDB = "--data-checksums --encoding=UTF8 --locale=C.UTF-8 --auth-local=reject --auth-host=reject"
"""Its own rules let nobody in: those that count are rendered."""

SOCKETS = "/var/run/postgresql"
_KEY = "/tmp/server.key"
"""In memory, and in a folder of the image: one of our own is root's when a container is started a second time."""


def draft(system: System, resource: Postgres, inputs: Inputs) -> Draft:
    """The container of a database."""
    name = resource.name
    body: Body = {
        "image": images.of_resource(resource),
        **hardening.ours("postgres", tmp=("/tmp", SOCKETS)),
        "entrypoint": ["/bin/sh", f"{ETC}/start.sh"],
        "command": ["postgres", "-c", f"config_file={ETC}/{config.CONFIG}"],
        "environment": {
            "PGDATA": _data(resource),
            "POSTGRES_PASSWORD_FILE": f"{SECRETS}/{password_secret(resource, SUPERUSER)}",
            "POSTGRES_INITDB_ARGS": INITDB,
        },
        "healthcheck": health.check(_ready(), _PROBE),
        "deploy": hardening.limits(
            Limits(),
            cores=inputs.cores,
            cpu=float(inputs.cores),
            # Its settings divide `memory` up; a backend that takes more than its share must not end the server.
            memory=_round(resource.memory * 5 // 4 + 64 * _MB),
            pids=_connections(system, resource, inputs) + 64,
        ),
        # Parallel queries share memory there, and the engine gives 64 MB to everybody.
        "shm_size": hardening.size(max(128 * _MB, _round(resource.memory // 4))),
        "stop_signal": STOP_SIGNAL,
    }
    if name in inputs.ports:
        body["ports"] = [{"target": PORT, "published": str(inputs.ports[name]), "host_ip": "127.0.0.1"}]
    mounts = _init_folder(resource, inputs)
    if mounts:
        body["volumes"] = mounts
    return Draft(
        name,
        name,
        body,
        configs=_configs(system, resource, inputs),
        secrets=_secrets(system, resource),
        data={f"{name}-data": volume(resource)},
        networks=(networks.of_resource(name),),
        stop_grace=_GRACE,
    )


_PROBE = Probe(interval=10.0, timeout=3.0, start_timeout=120.0, retries=3)


def _ready() -> tuple[str, ...]:
    """Over TCP: while the entry point makes the database, its server listens on the socket only.

    As nobody: it goes away before it would need a password, and a role that is refused writes a line to the log.
    """
    return ("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(PORT), "-U", "probe", "-d", "postgres", "-t", "3")


def volume(resource: Postgres) -> str:
    """Where the volume goes; from 18 on the image keeps each release in a folder of its own below it."""
    return "/var/lib/postgresql" if resource.version.numbers[0] >= 18 else "/var/lib/postgresql/data"


def _data(resource: Postgres) -> str:
    return f"{volume(resource)}/{cluster(resource)}"


def cluster(resource: Postgres) -> str:
    """Where the data is in the volume: a folder of its own, for beside it is room for a mark."""
    major = resource.version.numbers[0]
    return f"{major}/docker" if major >= 18 else "cluster"


def start_script(resource: Postgres) -> str:
    """What comes before the entry point of the image."""
    values = {
        "volume": volume(resource),
        "creating": f"{volume(resource)}/{first_creation.MARK}",
        "key": f"{SECRETS}/{resource.name}.key" if resource.tls else "",
    }
    text = (resources.files("stackyard.targets.compose") / "scripts/database.sh").read_text(encoding="utf-8")
    return "".join(f"{name}='{value}'\n" for name, value in values.items()) + text


def _facts(system: System, resource: Postgres, inputs: Inputs) -> settings.ServerFacts:
    return settings.ServerFacts(
        cores=inputs.cores,
        connections=catalog.catalog(system, resource).connections,
        growth=catalog.growth(system, resource),
        extensions=first_creation.available(system, resource),
    )


def _connections(system: System, resource: Postgres, inputs: Inputs) -> int:
    return settings.max_connections(resource, _facts(system, resource, inputs))


def server_files(
    system: System, resource: Postgres, inputs: Inputs, name: str, more: Mapping[str, str] | None = None
) -> tuple[File, ...]:
    """The configuration of the server `name`, with `more` settings than its resource has."""
    place = config.Listening(
        folder=ETC,
        sockets=SOCKETS,
        port=PORT,
        addresses=("*",),
        # Whoever shares a network with it: its own, where only those are who need it.
        networks=("127.0.0.1/32", "::1/128", "samenet"),
        certificate=f"{SECRETS}/{name}.pem" if resource.tls else "",
        key=_KEY if resource.tls else "",
        peer=True,
    )
    return config.config(settings.settings(resource, _facts(system, resource, inputs)) | dict(more or {}), place)


def _configs(system: System, resource: Postgres, inputs: Inputs) -> tuple[Config, ...]:
    name = resource.name
    files = server_files(system, resource, inputs, name)
    return (
        *(rendered(name, str(file.path), f"{ETC}/{file.path}", file.content) for file in files),
        rendered(name, "start.sh", f"{ETC}/start.sh", start_script(resource)),
        *first_creation.configs(system, resource, volume(resource)),
    )


def _secrets(system: System, resource: Postgres) -> tuple[SecretMount, ...]:
    name, environment = resource.name, system.environment
    superuser = password_secret(resource, SUPERUSER)
    made = (
        entrance.whole(name, environment, superuser, SecretPiece(superuser)),
        first_creation.passwords(system, resource),
    )
    return (*made, *certificate(name, environment)) if resource.tls else made


def certificate(part: str, environment: str) -> tuple[SecretMount, ...]:
    """The certificate of a part and its key."""
    return (
        entrance.whole(part, environment, f"{part}.pem", SecretPiece(f"certificate:{part}")),
        entrance.whole(part, environment, f"{part}.key", SecretPiece(f"key:{part}")),
    )


def _init_folder(resource: Postgres, inputs: Inputs) -> list[Body]:
    """The init scripts of the user, where nobody else runs them."""
    if resource.init is None or not inputs.places.ejected:
        return []
    source = relative(resource.init, inputs.places.folder)
    return [{"type": "bind", "source": source, "target": f"{ETC}/init", "read_only": True}]


def _round(count: int) -> int:
    return count // _MB * _MB

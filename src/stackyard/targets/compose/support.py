"""What the Compose target does with each field of a stack file. The table is what `stackyard targets` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stackyard.model.system import (
    DockerSource,
    ImageSource,
    Logs,
    Objects,
    Postgres,
    Queue,
    Redis,
    Resource,
    System,
    Tls,
)
from stackyard.resources.postgres.catalog import catalog
from stackyard.resources.postgres.extensions import extension_notes
from stackyard.targets import support
from stackyard.targets.compose import networks
from stackyard.targets.compose.parts import first_creation
from stackyard.targets.names import COMPOSE
from stackyard.targets.support import Row, Search, Spot, Verdict

_KEPT, _NEARLY, _LOST, _REFUSED = Verdict.KEPT, Verdict.APPROXIMATED, Verdict.LOST, Verdict.REFUSED


def notices(system: System) -> tuple[str, ...]:
    """A sentence with its line for each loss that the file accepts, and each extension that is done without (DB-01).

    And for what nobody may expect: a system that nobody can reach.
    """
    return (*support.notices(COMPOSE, table(), system), *_extensions(system), *_unreached(system))


def _unreached(system: System) -> Iterator[str]:
    """Without an edge there is nothing that production would publish."""
    listening = [service for service in system.services if service.port is not None]
    if system.is_production and system.edge is None and listening:
        first = listening[0]
        yield (
            f"{first.position}: nobody outside can reach {', '.join(one.name for one in listening)}: in production the "
            "edge alone is published, and this file has none (`edge`)"
        )


def _extensions(system: System) -> Iterator[str]:
    for part in system.resources:
        if isinstance(part, Postgres):
            there = dict.fromkeys(first_creation.available(system, part), "")
            yield from (f"{part.position}: {note}" for note in extension_notes(catalog(system, part), there))


def refuse(system: System) -> None:
    """Raise MachineError, with its line, for what this target does not keep and the file does not accept.

    And for a range of addresses that is too small.
    """
    support.refuse(COMPOSE, table(), system)
    networks.networks(system)


def table() -> tuple[Row, ...]:
    """Every field, in the order of the reference."""
    return (*_SERVICES, *_RESOURCES, *_EDGE, *_REST)


def _resources(
    kind: type[Resource] | tuple[type[Resource], ...], asks: Callable[[Resource], object], key: str = ""
) -> Search:
    def found(system: System) -> Iterator[Spot]:
        for part in system.resources:
            if isinstance(part, kind) and asks(part):
                yield Spot(f"resources.{part.name}{key}", part.position)

    return found


def _objects(asks: Callable[[Objects], object], key: str) -> Search:
    return _resources(Objects, lambda part: isinstance(part, Objects) and asks(part), f".objects.{key}")


def _replicas(part: Resource) -> int:
    return part.replicas if isinstance(part, Redis) else 0


def _foreign(system: System) -> Iterator[Spot]:
    for service in system.services:
        if isinstance(service.source, DockerSource | ImageSource) and service.schedule:
            yield Spot(f"services.{service.name}.schedule", service.position)


def _unseen(_system: System) -> Iterator[Spot]:
    """What no stack file says, and only the service itself knows."""
    return iter(())


def _acme(system: System) -> Iterator[Spot]:
    if system.edge is not None and system.edge.tls is Tls.ACME:
        yield Spot("edge.tls", system.edge.position)


def _sftp(system: System) -> Iterator[Spot]:
    wanted = system.backups
    if wanted is not None and any(place.startswith("sftp:") for place in (wanted.to, wanted.offsite)):
        yield Spot("backups", wanted.position)


def _alerts(system: System) -> Iterator[Spot]:
    if system.monitoring is not None and system.monitoring.alerts:
        yield Spot("monitoring.alerts", system.monitoring.position)


def _log_age(system: System) -> Iterator[Spot]:
    if system.logs.keep != Logs.keep and system.services:
        yield Spot("logs.keep", system.services[0].position)


_SERVICES = (
    Row("services.*.build", _KEPT, "an image of two stages is built, without build tools in the last", ("TOP-10",)),
    Row(
        "services.*.build: files beside the source",
        _NEARLY,
        "they cannot be written: nothing in the image can, and `/tmp` is memory; keep uploads in an object store",
        ("TOP-09",),
        found=_unseen,
    ),
    Row("services.*.build: a Dockerfile", _KEPT, "it is built as it is", ("TGT-01",)),
    Row("services.*.image", _KEPT, "the image is pulled; who it runs as, it decides itself", ("TGT-01",)),
    Row("services.*.static", _KEPT, "it is built into the image of the edge", ("EDGE-05", "TOP-10")),
    Row("services.*.packages", _KEPT, "the last stage of the image has them, without what they recommend", ("TOP-10",)),
    Row("services.*.command", _KEPT, "it is the command of the container"),
    Row("services.*.port", _KEPT, "others reach it by the name of the service", ("TOP-05", "TOP-06")),
    Row("services.*.health", _KEPT, "it is the health check, quick while the container starts", ("TOP-01", "TOP-09")),
    Row("services.*.needs", _KEPT, "the start waits until what is needed is healthy", ("TOP-01",)),
    Row("services.*.migrate", _KEPT, "a container of its own must end well before the service starts", ("DB-08",)),
    Row("services.*.replicas", _KEPT, "as many containers, behind the edge", ("EDGE-07", "SCALE-01")),
    Row("services.*.environment", _KEPT, "what holds a secret comes in a file, the rest stands plainly", ("TOP-04",)),
    Row("services.*.secrets", _KEPT, "they come in a file that only the container sees", ("SEC-01",)),
    Row("services.*.schedule", _KEPT, "a loop in the container waits for its times, which are UTC"),
    Row(
        "services.*.schedule of an image",
        _NEARLY,
        "its image must have a shell and `date`, which cannot be seen from here",
        found=_foreign,
    ),
    Row("services.*.stop", _KEPT, "the signal and the grace of the container"),
    Row("services.*.restart", _KEPT, "the restart policy of the container"),
    Row("services.*.limits", _KEPT, "the engine enforces them", ("TOP-09",)),
    Row("services.*.watch", _KEPT, "in development the image is built anew when a file changes", ("WEB-02", "TOP-03")),
    Row("services.*.profiles", _KEPT, "what was not asked for is not rendered", ("TOP-08",)),
)
_RESOURCES = (
    Row(
        "resources.*.postgres",
        _KEPT,
        "the official image, with settings derived from its memory; `stackyard upgrade` leads to a later one",
        ("DB-04",),
    ),
    Row("resources.*.extensions", _KEPT, "those of the official image, or of yours with `image`", ("DB-01",)),
    Row("resources.*.schemas", _KEPT, "made with their roles, and reconciled", ("DB-02",)),
    Row("resources.*.init", _KEPT, "run once, when the volume is new", ("TOP-11",)),
    Row("resources.*.pool", _KEPT, "the connections that a role may open", ("DB-05",)),
    Row("resources.*.tls", _KEPT, "the server refuses everything else", ("DB-11", "CACHE-02")),
    Row(
        "resources.*.replicas",
        _KEPT,
        "a container each, which follows and is read from; taking over is native's",
        ("DB-06",),
    ),
    Row(
        "resources.*.replicas of a Redis",
        _LOST,
        "one server runs, without replicas",
        ("CACHE-04",),
        found=_resources(Redis, _replicas, ".replicas"),
    ),
    Row("resources.*.redis", _KEPT, "the official image, or Valkey's with `image`", ("CACHE-01", "CACHE-02")),
    Row("resources.*.persistence", _KEPT, "what is there already is turned into the form asked for", ("CACHE-02",)),
    Row("resources.*.objects", _KEPT, "rclone over a volume", ("OBJ-01", "OBJ-02")),
    Row(
        "resources.*.objects.versioning",
        _LOST,
        "the store keeps the newest version of an object only",
        ("OBJ-01",),
        found=_objects(lambda store: store.versioning, "versioning"),
    ),
    Row(
        "resources.*.objects.expire",
        _LOST,
        "the store never removes an object by itself",
        ("OBJ-01",),
        found=_objects(lambda store: store.expire, "expire"),
    ),
    Row(
        "resources.*.objects.public",
        _LOST,
        "the store gives nothing to anybody without a key; presign the URLs",
        ("OBJ-01",),
        found=_objects(lambda store: store.public, "public"),
    ),
    Row(
        "resources.*.objects.encrypt",
        _LOST,
        "the store writes plain files; encrypt the disk that they are on",
        ("OBJ-01",),
        found=_objects(lambda store: store.encrypt, "encrypt"),
    ),
    Row(
        "resources.*.queue",
        _REFUSED,
        "no queue is run yet",
        ("QUEUE-01",),
        "Leave it out of this environment with `profiles`, or use a Redis for jobs.",
        found=_resources(Queue, lambda _: True),
    ),
    Row("resources.*.image", _KEPT, "it replaces the official image"),
    Row("resources.*.port", _KEPT, "published on this machine, but in production", ("TOP-05", "TOP-06")),
)
_EDGE = (
    Row("edge.routes", _KEPT, "as everywhere: nginx, with the names of services looked up again", ("EDGE-06",)),
    Row("edge.tls", _KEPT, "the certificate and its key come as secrets", ("EDGE-01",)),
    Row(
        "edge.tls: acme",
        _NEARLY,
        "no certificate is fetched: one of the development authority stands in, which no browser trusts by itself; "
        "`tls: {certificate: …, key: …}` takes one that something else fetches and renews",
        ("EDGE-04",),
        found=_acme,
    ),
    Row(
        "edge.limits",
        _KEPT,
        "by the address that the engine passes on: its own for clients of this machine",
        ("EDGE-03",),
    ),
    Row("edge.cors, csp, hsts, body, hidden", _KEPT, "as everywhere", ("EDGE-02", "EDGE-09", "EDGE-10")),
    Row("edge.admin", _KEPT, "by the address that the engine passes on", ("EDGE-11",)),
    Row("edge.tenants", _KEPT, "as everywhere", ("EDGE-08",)),
    Row("edge.maintenance", _KEPT, "mounted beside the configuration", ("EDGE-12",)),
)
_REST = (
    Row(
        "backups",
        _KEPT,
        "a container of its own makes them with the programs of the very database, into a volume; its clock is UTC",
        ("BAK-01", "BAK-02", "BAK-03", "BAK-04", "BAK-05", "BAK-06"),
    ),
    Row(
        "backups.to, offsite: sftp",
        _REFUSED,
        "the container has no key that a machine would let it in with",
        ("BAK-02",),
        "Use a folder of this machine, S3 or restic's REST server.",
        found=_sftp,
    ),
    Row("monitoring.prometheus", _KEPT, "an overlay with exporters for every part", ("MON-01", "TOP-07")),
    Row("monitoring.grafana", _KEPT, "in the overlay, on this machine only", ("MON-02",)),
    Row("monitoring.alerts", _LOST, "nobody is told", ("MON-03",), found=_alerts),
    Row("monitoring.retention", _KEPT, "how long Prometheus keeps metrics"),
    Row("logs.size", _KEPT, "the engine rotates at that size, and keeps five files", ("LOG-01",)),
    Row("logs.keep", _NEARLY, "logs are kept by their size, not by their age", ("LOG-01",), found=_log_age),
    Row("logs.level", _KEPT, "services are told"),
    Row("secrets", _KEPT, "files that the engine mounts; no secret is in an environment or an image", ("SEC-01",)),
    Row(
        "network",
        _KEPT,
        "divided among the networks of the system, and the edge has a fixed address: no other container is believed "
        "about a client (`X-Forwarded-For`); without it the engine chooses addresses, and a service behind the edge "
        "believes any container on its networks",
        ("TOP-06",),
    ),
)

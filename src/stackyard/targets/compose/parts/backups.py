"""The container that makes the backups: beside everything that keeps data, and read-only where it can be.

It holds every secret of the system, each as a file, for it has to back them up. So it runs nothing of anybody's, and
shares networks only with what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from stackyard.backup import job
from stackyard.model.system import Backups, Limits, Objects, Postgres, Probe, Redis, System
from stackyard.resources.secrets import needed
from stackyard.targets.compose import backup_job, hardening, health, names, networks
from stackyard.targets.compose.backup_job import DATA, OFFSITE, PLACE, PROJECT, STORE
from stackyard.targets.compose.dockerfiles import backups as image
from stackyard.targets.compose.draft import Body, Config, Draft, SecretMount, rendered
from stackyard.targets.compose.names import BACKUPS, MONITORING, RESTORER, SERVICE_USER, relative
from stackyard.targets.compose.parts import postgres, redis
from stackyard.targets.compose.rendering import Build, Inputs, SecretFile, SecretPiece
from stackyard.targets.local.backups import is_folder

FIGURES = 9188
"""The port of the figures."""

_MB = 1024**2
_GRACE = 60.0
_ALIVE = ("python3", "-m", "stackyard.backup.alive", image.JOB)
_PROBE = Probe(interval=15.0, timeout=5.0, start_timeout=60.0, retries=4)


def drafts(system: System, inputs: Inputs) -> tuple[Draft, ...]:
    """The container that makes backups, where the file asks for them; before it one that gives it its folders."""
    wanted = system.backups
    if wanted is None:
        return ()
    build = _build(system, inputs)
    prepare = _prepare(system, wanted, inputs, build)
    return (*prepare, _keeper(system, wanted, inputs, build, prepare))


def tools(system: System, inputs: Inputs) -> tuple[Draft, ...]:
    """The container that restores: the same, but that it may write to the data, and nobody starts it but for that."""
    wanted = system.backups
    if wanted is None:
        return ()
    draft = _worker(RESTORER, system, wanted, inputs, _build(system, inputs))
    draft.body["command"] = ["list"]
    data = {f"{name}-data": f"{DATA}/{name}" for name in networks.data_parts(system)}
    return (replace(draft, kind="job", data={**draft.data, **data}),)


def _keeper(system: System, wanted: Backups, inputs: Inputs, build: Build, prepare: tuple[Draft, ...]) -> Draft:
    draft = _worker(BACKUPS, system, wanted, inputs, build)
    stores = [part.name for part in system.resources if isinstance(part, Objects)]
    draft.body["healthcheck"] = health.check(_ALIVE, _PROBE, soon=0.5)
    draft.body["volumes"] += [{**_volume(name), "read_only": True} for name in stores]
    needs = {
        **{one.name: "service_completed_successfully" for one in prepare},
        **dict.fromkeys(networks.data_parts(system), "service_healthy"),
    }
    return replace(draft, needs=needs)


def _worker(name: str, system: System, wanted: Backups, inputs: Inputs, build: Build) -> Draft:
    """What both have in common."""
    has_store = any(isinstance(part, Objects) for part in system.resources)
    body: Body = {
        "image": build.image,
        **hardening.ours(image.user(system), tmp=("/tmp", *_hidden(system))),
        # What is in a store belongs to whoever the services run as.
        **({"group_add": [SERVICE_USER.partition(":")[2]]} if has_store else {}),
        "environment": {"HOME": "/tmp"},
        "deploy": hardening.limits(
            Limits(), cores=inputs.cores, cpu=max(1.0, inputs.cores / 2), memory=_memory(system), pids=512
        ),
        # A copy of a database shares memory there.
        "shm_size": hardening.size(128 * _MB),
        "stop_signal": "SIGTERM",
        "volumes": [
            *_folders(system, wanted, inputs),
            {"type": "bind", "source": "./config", "target": PROJECT, "read_only": True},
        ],
    }
    return Draft(
        name,
        BACKUPS,
        body,
        configs=(_job(system, wanted, inputs),),
        secrets=tuple(_secrets(system, wanted, inputs)),
        data={"backups-data": image.BACKUPS, "backups-scratch": image.SCRATCH},
        networks=networks.of_backups(system),
        build=build,
        stop_grace=_GRACE,
    )


def exporter(system: System, inputs: Inputs, name: str) -> Draft:
    """What gives the figures to Prometheus: it sees the backups, may change nothing, and knows no secret."""
    wanted = system.backups
    assert wanted is not None
    build = _build(system, inputs)
    body: Body = {
        "image": build.image,
        **hardening.ours(image.user(system), tmp=_hidden(system)),
        "entrypoint": ["python3", "-m", "stackyard.backup.exporting", image.JOB, str(FIGURES)],
        "command": [],
        "deploy": hardening.limits(Limits(), cores=inputs.cores, cpu=1.0, memory=64 * _MB, pids=32),
        "volumes": [{"type": "volume", "source": "backups-data", "target": image.BACKUPS, "read_only": True}],
    }
    return Draft(
        name,
        MONITORING,
        body,
        configs=(_job(system, wanted, inputs),),
        networks=(MONITORING,),
        needs={BACKUPS: "service_healthy"},
        build=build,
        overlay=MONITORING,
    )


def _job(system: System, wanted: Backups, inputs: Inputs) -> Config:
    return rendered(BACKUPS, "job.json", image.JOB, job.to_text(backup_job.of(system, wanted, inputs.recipient)) + "\n")


def _secrets(system: System, wanted: Backups, inputs: Inputs) -> Iterator[SecretMount]:
    """Every secret of the system, as its store has them; where secrets are not backed up, those that it works with.

    They are files of their own: those of others change with others.
    """
    told = job.to_text(backup_job.of(system, wanted, inputs.recipient))
    for spec in needed(system):
        if wanted.encrypt or f'"{STORE}/{spec.name}"' in told:
            yield _secret(system, spec.name, spec.name, f"{STORE}/{spec.name}")
    for part in system.resources:
        if isinstance(part, Redis) and part.tls:
            yield _secret(system, f"{part.name}.pem", f"certificate:{part.name}", backup_job.certificate(part))


def _secret(system: System, name: str, piece: str, target: str) -> SecretMount:
    path = PurePosixPath("secrets", BACKUPS, name)
    file = SecretFile(path, system.environment, BACKUPS, "whole", (("", (SecretPiece(piece),)),))
    return SecretMount(f"{BACKUPS}-{name}", file, target)


def _folders(system: System, wanted: Backups, inputs: Inputs) -> Iterator[Body]:
    """The folders of the machine that the file names."""
    for place, target in ((wanted.to, PLACE), (wanted.offsite, OFFSITE)):
        if place and is_folder(place):
            source = place if place.startswith("/") else relative(system.root / place, inputs.places.folder)
            yield {"type": "bind", "source": source, "target": target, "bind": {"create_host_path": True}}


def _hidden(system: System) -> tuple[str, ...]:
    """Where the image below wants a volume for data, which is never here: the engine would make one each time."""
    below = image.base(system)
    if below is None:
        return ()
    return (postgres.volume(below) if isinstance(below, Postgres) else redis.VOLUME,)


def _volume(part: str) -> Body:
    return {"type": "volume", "source": f"{part}-data", "target": f"{DATA}/{part}"}


def _memory(system: System) -> int:
    """What restic wants, and the largest of the copies that are looked into."""
    sizes = [part.memory for part in system.resources if isinstance(part, Postgres | Redis)]
    return (1024 * _MB + max(sizes, default=0)) // _MB * _MB


def _prepare(system: System, wanted: Backups, inputs: Inputs, build: Build) -> tuple[Draft, ...]:
    """Root with two of its rights: to give folders of the machine to whoever makes the backups. It has no network."""
    folders = list(_folders(system, wanted, inputs))
    if not folders:
        return ()
    body: Body = {
        "image": build.image,
        **hardening.ours("0:0", tmp=_hidden(system), capabilities=("CHOWN", "DAC_OVERRIDE")),
        "entrypoint": ["chown", image.user(system), *(str(one["target"]) for one in folders)],
        "deploy": hardening.limits(Limits(), cores=inputs.cores, cpu=1.0, memory=64 * _MB, pids=32),
        "volumes": folders,
        "network_mode": "none",
    }
    return (Draft(f"{BACKUPS}-prepare", BACKUPS, body, kind="job", build=build),)


def _build(system: System, inputs: Inputs) -> Build:
    folder = inputs.places.folder
    own = folder / "images" / BACKUPS
    tag = inputs.tags.get(BACKUPS, "")
    return Build(BACKUPS, "backups", names.image(system, BACKUPS, tag), relative(own, folder), "Dockerfile")

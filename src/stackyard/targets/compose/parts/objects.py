"""A store of objects in a container: rclone over a volume that holds the bucket's folder."""

from __future__ import annotations

from pathlib import Path

from stackyard.model.system import Limits, Objects, Probe, System
from stackyard.resources import environment, objects
from stackyard.targets.compose import entrance, hardening, health, images, networks
from stackyard.targets.compose.draft import Body, Draft
from stackyard.targets.compose.names import SERVICE_USER
from stackyard.targets.compose.rendering import Inputs

PORT = 9000
_DATA = Path("/data")
_MB = 1024**2
_PROBE = Probe(interval=10.0, timeout=3.0, start_timeout=60.0, retries=3)


def drafts(system: System, resource: Objects, inputs: Inputs, addresses: environment.Addresses) -> tuple[Draft, ...]:
    """The container of a store, and before it one that gives the volume to its user: the image keeps it for root."""
    name = resource.name
    plain, secret = entrance.told(environment.of_store(resource, addresses))
    command = objects.command("rclone", _DATA, Path("/tmp"), PORT, "0.0.0.0")
    body: Body = {
        "image": images.of_resource(resource),
        **hardening.ours(SERVICE_USER),
        "entrypoint": entrance.entrypoint(),
        "command": list(command),
        "environment": {"HOME": "/tmp", **plain},
        "healthcheck": health.check(health.shell(PORT, "", _PROBE.timeout), _PROBE),
        "deploy": hardening.limits(Limits(), cores=inputs.cores, cpu=float(inputs.cores), memory=512 * _MB, pids=256),
        "stop_signal": "SIGTERM",
    }
    if name in inputs.ports:
        body["ports"] = [{"target": PORT, "published": str(inputs.ports[name]), "host_ip": "127.0.0.1"}]
    prepare = _prepare(resource, inputs)
    store = Draft(
        name,
        name,
        body,
        configs=(health.script("probe.sh"),),
        secrets=(entrance.of_environment(name, system.environment, secret),),
        data={f"{name}-data": str(_DATA)},
        networks=(networks.of_resource(name),),
        needs={prepare.name: "service_completed_successfully"},
    )
    return (prepare, store)


def _prepare(resource: Objects, inputs: Inputs) -> Draft:
    """Root with two of its rights: to make the bucket's folder, and to give it away. It has no network."""
    bucket = objects.bucket_folder(_DATA, resource)
    body: Body = {
        "image": images.of_resource(resource),
        **hardening.ours("0:0", tmp=(), capabilities=("CHOWN", "DAC_OVERRIDE")),
        "entrypoint": ["/bin/sh", "-ec", f'mkdir -p "$0" && chown {SERVICE_USER} {_DATA} "$0"', str(bucket)],
        "deploy": hardening.limits(Limits(), cores=inputs.cores, cpu=1.0, memory=64 * _MB, pids=32),
        "network_mode": "none",
    }
    return Draft(
        f"{resource.name}-prepare", resource.name, body, kind="job", data={f"{resource.name}-data": str(_DATA)}
    )

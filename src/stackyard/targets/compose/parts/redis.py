"""A Redis in a container: the official image with our configuration, and a start that loses no data."""

from __future__ import annotations

from pathlib import PurePosixPath

from stackyard.model.system import Limits, Probe, Redis, System
from stackyard.resources import redis
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import hardening, health, images, networks
from stackyard.targets.compose.draft import Body, Draft, SecretMount, rendered
from stackyard.targets.compose.names import ETC, SECRETS
from stackyard.targets.compose.parts.postgres import certificate
from stackyard.targets.compose.rendering import Inputs, SecretFile, SecretPiece

PORT = 6379
VOLUME = "/data"
STORE = "store"
"""Where the data is in the volume: a folder of its own, so that another can take its place in one step."""

_DATA = f"{VOLUME}/{STORE}"
_MB = 1024**2
_GRACE = 60.0
_PROBE = Probe(interval=10.0, timeout=3.0, start_timeout=120.0, retries=3)


def draft(system: System, resource: Redis, inputs: Inputs) -> Draft:
    """The container of a cache."""
    name = resource.name
    place = redis.Listening(
        folder=ETC,
        data=_DATA,
        port=PORT,
        addresses=("0.0.0.0",),
        certificate=f"{SECRETS}/{name}.pem" if resource.tls else "",
        key=f"{SECRETS}/{name}.key" if resource.tls else "",
        authority=f"{SECRETS}/{name}.pem" if resource.tls else "",
    )
    body: Body = {
        "image": images.of_resource(resource),
        **hardening.ours("redis"),
        "entrypoint": ["/bin/sh", f"{ETC}/start.sh"],
        "command": list(redis.command("redis-server", place)),
        "healthcheck": health.check(_ping(resource), _PROBE),
        "deploy": hardening.limits(
            Limits(),
            cores=inputs.cores,
            cpu=float(inputs.cores),
            # While it writes a snapshot, what changes is there twice.
            memory=(resource.memory * 2 + 64 * _MB) // _MB * _MB,
            pids=64,
        ),
        "stop_signal": "SIGTERM",
    }
    if name in inputs.ports:
        body["ports"] = [{"target": PORT, "published": str(inputs.ports[name]), "host_ip": "127.0.0.1"}]
    return Draft(
        name,
        name,
        body,
        configs=(
            rendered(name, str(redis.CONFIG), f"{ETC}/{redis.CONFIG}", redis.settings_file(resource, place).content),
            rendered(name, "start.sh", f"{ETC}/start.sh", start_script(resource)),
        ),
        secrets=(_users(system, resource), *(certificate(name, system.environment) if resource.tls else ())),
        data={f"{name}-data": VOLUME},
        networks=(networks.of_resource(name),),
        stop_grace=_GRACE,
    )


def _users(system: System, resource: Redis) -> SecretMount:
    users = (redis.SERVICE_USER, redis.ADMIN_USER)
    entries = tuple((user, (SecretPiece(password_secret(resource, user)),)) for user in users)
    path = PurePosixPath("secrets", f"{resource.name}.acl")
    file = SecretFile(path, system.environment, resource.name, "acl", entries)
    return SecretMount(path.name, file, f"{ETC}/{redis.ACL}")


def _ping(resource: Redis) -> tuple[str, ...]:
    """Any word is the password of a user who has none, and who may say nothing else."""
    tls = ("--tls", "--insecure") if resource.tls else ()
    user = ("--user", redis.PROBE_USER, "--pass", "none", "--no-auth-warning")
    return ("redis-cli", "-e", "-h", "127.0.0.1", "-p", str(PORT), *tls, *user, "ping")


def start_script(resource: Redis) -> str:
    """Start on the data that is there; where it is in the other form, turn it into this one first.

    The turn is made by a server that nobody but this script can reach, on a socket in memory.
    """
    keeps_log = "aof" in resource.persistence
    how = redis.start(resource, has_snapshot=keeps_log, has_log=not keeps_log)
    log = f"{_DATA}/{redis.LOG_FOLDER}"
    has_log = f"ls {log}/*.manifest >/dev/null 2>&1"
    condition = f"[ -f {_DATA}/{redis.SNAPSHOT} ] && ! {has_log}" if keeps_log else has_log
    alone = ("--port 0", *(("--tls-port 0",) if resource.tls else ()), "--aclfile ''", "--unixsocket /tmp/turn.sock")
    lines = [
        "# Starts the server on the data that is there. A server that keeps a log loads nothing else, and one that",
        "# keeps none never looks at it: where the data is in the other form, it is turned into this one first.",
        "set -eu",
        f"mkdir -p {_DATA}",
        "# Data that lies in the volume itself, as it once did, goes where it belongs.",
        f"for each in {redis.SNAPSHOT} {redis.LOG_FOLDER}; do",
        f"    if [ -e {VOLUME}/$each ] && [ ! -e {_DATA}/$each ]; then mv {VOLUME}/$each {_DATA}/; fi",
        "done",
        'ask() { redis-cli -e -s /tmp/turn.sock "$@"; }',
        "told() { ask INFO persistence | tr -d '\\r' | grep -qx \"$1\"; }",
        f"if {condition}; then",
        "    echo 'stackyard: the data is turned into the form that the stack file asks for'",
        f'    "$@" {" ".join((*alone, *how.arguments))} &',
        "    server=$!",
        "    until ask PING 2>/dev/null | grep -q PONG; do kill -0 $server; sleep 0.1; done",
        *(f"    ask {' '.join(command)}" for command in how.commands),
        *(f"    until told {line}; do kill -0 $server; sleep 0.1; done" for line in how.until),
        "    kill -TERM $server",
        "    wait $server",
        *(f'    mv {_DATA}/{folder} "{_DATA}/{folder}.$(date -u +%Y%m%dT%H%M%SZ)"' for folder in how.retired),
        "fi",
        'exec "$@"',
    ]
    return "\n".join(lines) + "\n"

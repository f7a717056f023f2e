"""A replica of a PostgreSQL: a container like that of its primary, with a volume of its own, that only follows."""

from __future__ import annotations

from importlib import resources

from stackyard.model.system import System
from stackyard.resources.postgres import replication
from stackyard.resources.postgres.replication import REPLICA_ROLE, Replica, Source
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import entrance, networks
from stackyard.targets.compose.draft import Config, Draft, SecretMount, rendered
from stackyard.targets.compose.names import ETC, SECRETS
from stackyard.targets.compose.parts import postgres
from stackyard.targets.compose.rendering import Inputs, SecretPiece

ANEW = "copy-anew"
"""A file beside the data, in the volume: the next start of the replica copies its primary again."""


def draft(system: System, replica: Replica, inputs: Inputs) -> Draft:
    """The container of a replica. It starts when its primary is ready, and copies it the first time."""
    name, primary = replica.name, replica.primary
    like = postgres.draft(system, primary, inputs)
    body = {key: value for key, value in like.body.items() if key not in ("ports", "volumes")}
    body["environment"] = {"PGDATA": body["environment"]["PGDATA"]}
    if name in inputs.ports:
        body["ports"] = [{"target": postgres.PORT, "published": str(inputs.ports[name]), "host_ip": "127.0.0.1"}]
    return Draft(
        name,
        name,
        body,
        configs=_configs(system, replica, inputs),
        secrets=_secrets(system, replica),
        data={f"{name}-data": postgres.volume(primary)},
        networks=(networks.of_resource(primary.name),),
        needs={primary.name: "service_healthy"},
        stop_grace=like.stop_grace,
    )


def _configs(system: System, replica: Replica, inputs: Inputs) -> tuple[Config, ...]:
    primary = replica.primary
    source = Source(primary.name, postgres.PORT, encrypted=primary.tls)
    files = postgres.server_files(system, primary, inputs, replica.name, replication.standby_settings(replica, source))
    return (
        *(rendered(replica.name, str(file.path), f"{ETC}/{file.path}", file.content) for file in files),
        rendered(replica.name, "start.sh", f"{ETC}/start.sh", start_script(replica)),
    )


def start_script(replica: Replica) -> str:
    """What makes the copy, and starts the server on it."""
    primary = replica.primary
    values = {
        "primary": primary.name,
        "role": REPLICA_ROLE,
        "slot": replica.slot,
        "password": f"{SECRETS}/{_password(replica)}",
        "encrypted": "yes" if primary.tls else "no",
        "anew": f"{postgres.volume(primary)}/{ANEW}",
        "key": f"{SECRETS}/{replica.name}.key" if primary.tls else "",
    }
    text = (resources.files("stackyard.targets.compose") / "scripts/replica.sh").read_text(encoding="utf-8")
    return "".join(f"{name}='{value}'\n" for name, value in values.items()) + text


def _password(replica: Replica) -> str:
    return f"{replica.name}.password"


def _secrets(system: System, replica: Replica) -> tuple[SecretMount, ...]:
    name, primary, environment = replica.name, replica.primary, system.environment
    password = SecretPiece(password_secret(primary, REPLICA_ROLE))
    made = (entrance.whole(name, environment, _password(replica), password),)
    if not primary.tls:
        return made
    return (
        *made,
        entrance.whole(name, environment, f"{name}.pem", SecretPiece(f"certificate:{primary.name}")),
        entrance.whole(name, environment, f"{name}.key", SecretPiece(f"key:{primary.name}")),
    )

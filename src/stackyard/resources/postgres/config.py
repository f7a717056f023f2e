"""postgresql.conf and pg_hba.conf, rendered. Neither holds a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from stackyard.model.files import File

CONFIG = PurePosixPath("postgresql.conf")
HBA = PurePosixPath("pg_hba.conf")
SUPERUSER = "postgres"


@dataclass(frozen=True)
class Listening:
    """Where a server answers: `folder` is where these files are rendered into, `sockets` a private folder (0700).

    With a certificate and a key (paths) every TCP connection must be encrypted. `networks` may connect over TCP.
    `peer`: the server's own user in the system is its superuser, over the socket: nobody else is there (a container).
    """

    folder: str
    sockets: str
    port: int
    addresses: tuple[str, ...] = ("127.0.0.1",)
    networks: tuple[str, ...] = ("127.0.0.1/32", "::1/128")
    certificate: str = ""
    key: str = ""
    peer: bool = False


def config(settings: Mapping[str, str], listening: Listening) -> tuple[File, ...]:
    """The two files of a server; it is started with `config_file` naming the first."""
    place = {
        "listen_addresses": _quoted(",".join(listening.addresses)),
        "port": str(listening.port),
        "unix_socket_directories": _quoted(listening.sockets),
        "unix_socket_permissions": "0700",
        "hba_file": _quoted(f"{listening.folder}/{HBA}"),
        "password_encryption": "scram-sha-256",
        "logging_collector": "off",
        "log_destination": "stderr",
        **_tls(listening),
    }
    lines = [f"{name} = {_value(value)}" for name, value in settings.items()]
    lines += ["", "# Where this server lives"]
    lines += [f"{name} = {value}" for name, value in place.items()]
    return (File(CONFIG, "\n".join(lines) + "\n"), File(HBA, _access(listening)))


def _access(listening: Listening) -> str:
    """Who may connect.

    Passwords everywhere, the private socket included: services may run as the user that owns it, and a process that can
    open a file must not be a superuser for it. The superuser has no way in over TCP.
    """
    kind = "hostssl" if listening.certificate else "host"
    rows = [
        *([("local", "all", SUPERUSER, "", "peer")] if listening.peer else []),
        ("local", "all", "all", "", "scram-sha-256"),
        ("local", "replication", "all", "", "scram-sha-256"),
        ("host", "all", SUPERUSER, "all", "reject"),
        *((kind, "all", "all", network, "scram-sha-256") for network in listening.networks),
        # "all" is no word for this: who may replicate, and nobody else, backs up and follows.
        *((kind, "replication", "all", network, "scram-sha-256") for network in listening.networks),
    ]
    return "".join(
        f"{kind:<8} {base:<12} {user:<9} {net:<18} {way}".rstrip() + "\n" for kind, base, user, net, way in rows
    )


def _tls(listening: Listening) -> dict[str, str]:
    if not listening.certificate:
        return {"ssl": "off"}
    return {
        "ssl": "on",
        "ssl_cert_file": _quoted(listening.certificate),
        "ssl_key_file": _quoted(listening.key),
        "ssl_min_protocol_version": "'TLSv1.2'",
    }


def _value(text: str) -> str:
    """A setting's value as it must stand in the file: quoted unless it is plain or quoted already."""
    plain = text.replace(".", "").replace("-", "").replace("_", "").isalnum()
    quoted = len(text) > 1 and text[0] == text[-1] == "'"
    return text if plain or quoted else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"

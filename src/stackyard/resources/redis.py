"""Redis (7, 8) and Valkey, whatever runs them: the configuration, who may do what, and how to start on old data. Pure.

No password stands in a file or on a command line: the ACL file holds SHA-256 digests. That is as safe as the passwords
are random, which generated ones are, with 43 characters; a provided one is held to the rules of every secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from stackyard.model.files import File
from stackyard.model.system import Redis

CONFIG = PurePosixPath("redis.conf")
ACL = PurePosixPath("users.acl")

SERVICE_USER = "default"
"""Whom services log in as; `redis://:password@host` means this user."""

ADMIN_USER = "admin"
"""Who takes backups, reads statistics and changes settings."""

PROBE_USER = "probe"
"""Who may say PING and nothing else, without a password: a health check has none to put on its command line."""

SNAPSHOT = "dump.rdb"
LOG_FOLDER = "appendonlydir"
MANIFEST = "appendonly.aof.manifest"
"""The file in it that names its pieces."""

# A service works with data. What stops, copies, reconfigures or empties the whole server, or makes everybody wait while
# it looks at every key, is the administrator's. FLUSHDB stays: it is how frameworks clear their cache.
_SERVICE_RULES = "~* &* +@all -@admin -@dangerous +info +sort +sort_ro +flushdb +role +client|list"

FORBIDDEN: tuple[tuple[str, ...], ...] = (
    ("FLUSHALL",), ("CONFIG", "GET", "*"), ("CONFIG", "SET", "maxmemory", "0"), ("DEBUG", "SLEEP", "0"), ("KEYS", "*"),
    ("SHUTDOWN", "NOSAVE"), ("ACL", "LIST"), ("ACL", "SETUSER", "x"), ("REPLICAOF", "NO", "ONE"), ("SAVE",),
    ("BGREWRITEAOF",), ("MONITOR",), ("MODULE", "LIST"), ("CLIENT", "KILL", "x"), ("SLOWLOG", "RESET"),
    ("SWAPDB", "0", "1"),
)  # fmt: skip
"""What the services' user may not do, each with arguments that make it a command."""

NEEDED: tuple[tuple[str, ...], ...] = (
    ("GET", "x"), ("SET", "x", "1"), ("DEL", "x"), ("EXPIRE", "x", "1"), ("PUBLISH", "x", "1"),
    ("EVAL", "return 1", "0"), ("XADD", "x", "*", "a", "1"), ("SCAN", "0"), ("FLUSHDB",), ("INFO",),
)  # fmt: skip
"""What it must be able to do."""


@dataclass(frozen=True)
class Listening:
    """Where a server answers: `folder` is where these files are rendered into, `data` its working folder.

    With a certificate, a key and the authority's certificate (paths) it speaks TLS only.
    """

    folder: str
    data: str
    port: int
    addresses: tuple[str, ...] = ("127.0.0.1",)
    certificate: str = ""
    key: str = ""
    authority: str = ""


@dataclass(frozen=True)
class Start:
    """How to start on the data that is there: `arguments` to add to the command line, and what to do when it is ready.

    `commands` are sent in order as the administrator; then `until` must be in `INFO persistence`, all lines of it, and
    after that the folders `retired` are moved aside (never removed).
    """

    arguments: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    until: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()


def command(server: str, listening: Listening) -> tuple[str, ...]:
    """The server in the foreground. SIGTERM stops it, and it saves what it must."""
    return (server, f"{listening.folder}/{CONFIG}")


def config(resource: Redis, passwords: Mapping[str, str], listening: Listening) -> tuple[File, ...]:
    """The configuration and the ACL file. `passwords` holds those of SERVICE_USER and ADMIN_USER."""
    return (settings_file(resource, listening), File(ACL, users(passwords), 0o600))


def settings_file(resource: Redis, listening: Listening) -> File:
    """The configuration; it expects the users in ACL beside it."""
    settings = {
        "daemonize": "no",
        "supervised": "no",
        "logfile": '""',
        "dir": _quoted(listening.data),
        "bind": " ".join(listening.addresses),
        "protected-mode": "yes",
        **_ports(listening),
        "tcp-keepalive": "60",
        "aclfile": _quoted(f"{listening.folder}/{ACL}"),
        "maxmemory": str(resource.memory),
        "maxmemory-policy": resource.eviction,
        **_persistence(resource),
        **_latency(),
    }
    return File(CONFIG, "".join(f"{name} {value}\n" for name, value in settings.items()))


def parse(text: str) -> dict[str, str]:
    """The settings of a rendered redis.conf, values as the server tells them."""
    pairs = (line.partition(" ") for line in text.splitlines() if line)
    return {name: _unquoted(value) for name, _, value in pairs}


def digest(password: str) -> str:
    """What the server keeps of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def wrongly_allowed(dry_run: Callable[..., object]) -> Iterator[str]:
    """What the services' user may do and should not, or the other way round, as ends of a sentence.

    `dry_run` asks the server (ACL DRYRUN, from 7.0) whether a user may run a command.
    """
    for commands, expected in ((FORBIDDEN, False), (NEEDED, True)):
        for words in commands:
            may = dry_run(SERVICE_USER, *words) == "OK"
            if may is not expected:
                yield f"{'may' if may else 'may not'} {' '.join(words[:2] if len(words) > 2 else words[:1])}"


def start(resource: Redis, *, has_snapshot: bool, has_log: bool) -> Start:
    """How to start so that the data that is there is the data that is loaded.

    A server with an append-only log loads nothing else: beside a snapshot without a log it would start empty, and
    overwrite the snapshot. One without would load a snapshot that may be older than the log, and leave a log behind
    that a later change of mind would load. `has_log`: LOG_FOLDER holds a file that ends in `.manifest`.
    """
    if "aof" in resource.persistence and has_snapshot and not has_log:
        return Start(
            ("--appendonly", "no"),
            (("CONFIG", "SET", "appendonly", "yes"),),
            ("aof_enabled:1", "aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok"),
        )
    if "aof" not in resource.persistence and has_log:
        return Start(
            ("--appendonly", "yes"),
            (("SAVE",), ("CONFIG", "SET", "appendonly", "no")),
            ("aof_enabled:0", "rdb_last_bgsave_status:ok"),
            (LOG_FOLDER,),
        )
    return Start()


def _ports(listening: Listening) -> dict[str, str]:
    if not listening.certificate:
        return {"port": str(listening.port)}
    return {
        "port": "0",
        "tls-port": str(listening.port),
        "tls-cert-file": _quoted(listening.certificate),
        "tls-key-file": _quoted(listening.key),
        "tls-ca-cert-file": _quoted(listening.authority),
        "tls-auth-clients": "no",
        "tls-protocols": '"TLSv1.2 TLSv1.3"',
    }


def _persistence(resource: Redis) -> dict[str, str]:
    """A snapshot after an hour with a change, five minutes with a hundred, one with ten thousand; a log each second."""
    return {
        "save": "3600 1 300 100 60 10000" if "rdb" in resource.persistence else '""',
        "dbfilename": SNAPSHOT,
        # Better that writing stops, and somebody notices, than that snapshots fail in silence.
        "stop-writes-on-bgsave-error": "yes",
        "appendonly": "yes" if "aof" in resource.persistence else "no",
        "appenddirname": LOG_FOLDER,
        "appendfsync": "everysec",
        "aof-use-rdb-preamble": "yes",
        # Who asks for a copy gets it now, not in five seconds: a backup has a moment that it belongs to.
        "repl-diskless-sync-delay": "0",
        # The tail that a power cut tears off is the second that "everysec" may lose; more is found by checking.
        "aof-load-truncated": "yes",
    }


def _latency() -> dict[str, str]:
    lazy = ("eviction", "expire", "server-del", "user-del", "user-flush")
    return {
        # Freeing a large value takes long: not while somebody waits.
        **{f"lazyfree-lazy-{name}": "yes" for name in lazy},
        "latency-monitor-threshold": "100",
        "slowlog-log-slower-than": "10000",
        "slowlog-max-len": "512",
        "databases": "16",
    }


def users(passwords: Mapping[str, str], *, probed: bool = False) -> str:
    """The users, as the ACL file holds them. With `probed`, PROBE_USER may ask whether the server is there."""
    service, admin = (digest(passwords[user]) for user in (SERVICE_USER, ADMIN_USER))
    probe = f"user {PROBE_USER} on nopass resetkeys resetchannels -@all +ping\n" if probed else ""
    return f"user {SERVICE_USER} on #{service} {_SERVICE_RULES}\nuser {ADMIN_USER} on #{admin} ~* &* +@all\n{probe}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text

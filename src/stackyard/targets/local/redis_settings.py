"""What a Redis runs with: how that differs from its files, and how it is put right without a stop.

Everything goes over a connection as the administrator; a target knows how to make one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import PartError
from stackyard.model.system import Redis
from stackyard.resources import redis
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import secrets

if TYPE_CHECKING:
    from redis import Redis as Connection
    from redis.connection import UnixDomainSocketConnection

_PATIENCE = 15
"""Seconds for an answer over a socket, at whose other end a target may have to start a process of its engine first."""
_LIMIT = 600.0
"""Seconds for a log of all data to be written anew; 2 million keys take about two."""


def connect(
    resource: Redis,
    store: Path,
    user: str = redis.ADMIN_USER,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    socket: str = "",
) -> Connection:
    """A connection as the administrator, or another user, over TCP or the unix socket `socket`; nothing is sent yet.

    `store` is the folder of secrets. Raises StateError without a password.
    """
    from redis import Redis as Connection
    from redis.backoff import NoBackoff
    from redis.connection import Connection as Plain
    from redis.connection import ConnectionPool, SSLConnection, UnixDomainSocketConnection
    from redis.retry import Retry

    place: dict[str, Any]
    if socket:
        kind = _encrypted_socket() if resource.tls else UnixDomainSocketConnection
        place = {"connection_class": kind, "path": socket}
    else:
        # Whom we reach is our own port.
        place = {"connection_class": Plain, "host": host, "port": port, "socket_connect_timeout": 5}
        place |= {"connection_class": SSLConnection, "ssl_cert_reqs": "none"} if resource.tls else {}
    pool = ConnectionPool(
        **place,
        username=user,
        password=secrets.read(store, password_secret(resource, user)),
        # A refused password is refused the second time, too.
        retry=Retry(NoBackoff(), 0),
        socket_timeout=_PATIENCE if socket else 5,
        decode_responses=True,
    )
    return Connection.from_pool(pool)


def _encrypted_socket() -> type[UnixDomainSocketConnection]:
    """A socket that leads to a server which speaks TLS: nobody is on the way, so the certificate is not asked for."""
    import ssl

    from redis.connection import UnixDomainSocketConnection

    class Encrypted(UnixDomainSocketConnection):
        def _connect(self) -> ssl.SSLSocket:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context.wrap_socket(super()._connect())  # type: ignore[no-untyped-call]

    return Encrypted


def differences(
    connection: Connection, resource: Redis, store: Path, config: str, *, others: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """A sentence for each thing that is otherwise than the files say; `config` is the text of redis.conf.

    `others` are users that a target has made for itself. A server that does not answer is not compared. Raises
    StateError without a password.
    """
    from redis.exceptions import AuthenticationError, RedisError

    try:
        found: dict[Any, Any] = dict(connection.config_get("*"))
        wanted = redis.parse(config)
        changed = [f"{name} is {_shown(found[name])}" for name in _changed(wanted, found)]
        has_dry_run = "enable-debug-command" in found
        return (*changed, *_users(connection, resource, store, others, has_dry_run=has_dry_run))
    except AuthenticationError:
        return (f"it does not accept the password of {redis.ADMIN_USER}",)
    except RedisError:
        return ()


def _changed(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [name for name, value in wanted.items() if name in found and found[name] != value]


def _shown(value: str) -> str:
    return value or '""'


def _users(
    connection: Connection, resource: Redis, store: Path, others: frozenset[str], *, has_dry_run: bool
) -> Iterator[str]:
    """How users differ from the ACL file, whose rules every server writes down in its own way."""
    listed: Any = connection.acl_list()
    names = {line.split()[1] for line in listed}
    for name in sorted(names - {redis.SERVICE_USER, redis.ADMIN_USER} - others):
        yield f"there is a user {name}"
    for name in (redis.SERVICE_USER, redis.ADMIN_USER):
        user: Any = connection.acl_getuser(name) if name in names else None
        digest = redis.digest(secrets.read(store, password_secret(resource, name)))
        if user is None:
            yield f"there is no user {name}"
        elif user["passwords"] != [digest] or "nopass" in user["flags"]:
            yield f"{name} has another password"
        elif "on" not in user["flags"]:
            yield f"{name} is switched off"
    # Servers before 7.0 have no way of asking.
    if redis.SERVICE_USER in names and has_dry_run:
        ask: Any = connection.execute_command
        wrong = list(redis.wrongly_allowed(lambda *words: ask("ACL", "DRYRUN", *words)))
        if wrong:
            yield f"{redis.SERVICE_USER} {', '.join(wrong)}"


def put_right(connection: Connection, resource: Redis, config: str, restart: Callable[[], None]) -> None:
    """Have the server run as its files say; `config` is the text of redis.conf. Raises PartError."""
    from redis.exceptions import AuthenticationError, RedisError

    wanted = redis.parse(config)
    try:
        found: dict[Any, Any] = dict(connection.config_get("*"))
        for name in _changed(wanted, found):
            connection.config_set(name, wanted[name])
        connection.acl_load()
        # A server before 7.2 lets go of everybody when it loads its users anew, and word of that may take a moment.
        connection.connection_pool.disconnect()
        _await_log(resource, connection, wanted)
    except AuthenticationError:
        # Nobody can load the users anew but the server itself.
        restart()
    except RedisError as error:
        raise PartError(
            resource.name,
            f"{resource.name} does not take in its settings: {error}",
            hint=f"`stackyard restart {resource.name}` starts it with them.",
        ) from error


def complete_log(connection: Connection, resource: Redis) -> None:
    """Before a restart: have a log written of all that is in memory where somebody has switched the log off.

    The server would start on the old log, and lose what was written since. One that does not answer is left alone.
    """
    from redis.exceptions import RedisError

    if "aof" not in resource.persistence:
        return
    with contextlib.suppress(RedisError):
        found: Any = connection.config_get("appendonly")
        if found["appendonly"] == "no":
            connection.config_set("appendonly", "yes")
            _await_log(resource, connection, {"appendonly": "yes"})


def _await_log(resource: Redis, connection: Connection, wanted: Mapping[str, str]) -> None:
    """A log that was switched off is written anew from what is in memory; before that is done a stop would lose it."""
    deadline = time.monotonic() + _LIMIT
    while wanted.get("appendonly") == "yes":
        state: Any = connection.info("persistence")
        if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
            return
        if time.monotonic() > deadline:
            raise PartError(resource.name, f"{resource.name} did not write its log anew within {_LIMIT:.0f} s")
        time.sleep(0.05)

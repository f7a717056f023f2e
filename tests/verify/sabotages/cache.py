"""Harm to the cache."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from tests.verify.sabotage import Ground, Sabotage

_PLANNED = "topology.as-described"


def _commands(*commands: str) -> Callable[[Ground], None]:
    def harm(ground: Ground) -> None:
        with ground.view.cache(ground.view.system.resource("cache")) as connection:  # type: ignore[arg-type]
            ask: Any = connection.execute_command
            for command in commands:
                ask(*command.split())

    return harm


def _harm(name: str, breaks: str, *commands: str) -> Sabotage:
    return Sabotage(name, frozenset({breaks, _PLANNED}), _commands(*commands), system="everything", place="cache")


def _open_a_plain_port(ground: Ground) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _commands(f"CONFIG SET port {port}")(ground)


SABOTAGES = (
    # Out of its protected mode, in which a server without a password answers its own machine only.
    _harm("the cache serves anybody", "cache.password", "CONFIG SET protected-mode no", "ACL SETUSER default nopass"),
    _harm("another password in the cache", "cache.password", "ACL SETUSER admin resetpass >another"),
    _harm("one more user of the cache", "cache.password", "ACL SETUSER stranger on >open ~* +@all"),
    _harm("a service may reconfigure the cache", "cache.least-privilege", "ACL SETUSER default +config"),
    _harm("a service may not write streams", "cache.least-privilege", "ACL SETUSER default -xadd"),
    _harm("a cache without limits", "cache.memory", "CONFIG SET maxmemory 0"),
    _harm("a cache that refuses when full", "cache.memory", "CONFIG SET maxmemory-policy noeviction"),
    _harm("a cache without a log", "cache.persistence", "CONFIG SET appendonly no"),
    Sabotage(
        "the cache speaks without TLS",
        frozenset({"cache.encrypted", "topology.listeners", _PLANNED}),
        _open_a_plain_port,
        system="everything",
        place="cache",
    ),
)

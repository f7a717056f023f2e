"""EDGE-10 and EDGE-11: what the outside does not get, and what only some addresses get."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from stackyard.model.system import Edge, System
from stackyard.observe.seen import EdgeView
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.client import edge_of
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.paths import edge_in
from stackyard.verify.edge.wire import Wire

_FILES = (".env", ".git/config", ".git", ".htpasswd", "dump.sql", "backup.sql.gz", "index.html~", "site.bak", "a.swp")
_INTERNAL = ("metrics", "health/detailed")


def _hidden(view: View) -> Iterator[Seen]:
    with Wire(view) as wire:
        for path in hidden_paths(edge_in(view.system)):
            answer = wire.ask(path)
            yield saw(answer.sent, answer.line(), fault=f"{path} is shown", unless=answer.status == 404)


def hidden_paths(edge: Edge) -> Iterator[str]:
    """Paths that must not be found, below every route, and in spellings that lead there."""
    prefixes = sorted({"", "/api", *(route.path.rstrip("/") for route in edge.routes)})
    for prefix in prefixes:
        yield from (f"{prefix}/{name}" for name in (*_FILES, *_INTERNAL))
    yield from (path for pattern in edge.hidden for path in _samples(pattern))
    for prefix in prefixes:
        yield from tricks(f"{prefix}/metrics")
    yield from tricks("/.env")


def _samples(pattern: str) -> tuple[str, ...]:
    path = pattern.replace("**", "*").replace("*", "x")
    return (path, f"{path}/below") if path.startswith("/") else (f"/{path}", f"/deep/{path}")


def tricks(path: str) -> Sequence[str]:
    """Other spellings of a path: encoded, doubled, by detours, in capitals, with a tail."""
    folder, _, name = path.rpartition("/")
    return (
        f"{folder}/%{ord(name[0]):02x}{name[1:]}",
        f"{folder}//{name}",
        f"{folder}/./{name}",
        f"{folder}/x/../{name}",
        f"{folder}/x/%2e%2e/{name}",
        f"{folder}/{name}/",
        f"{folder}/{name}?x=1",
        f"{folder}/{name.upper()}",
        f"//{path.lstrip('/')}",
    )


def _admin(view: View) -> Iterator[Seen]:
    own, edge = edge_in(view.system), edge_of(view)
    stranger = _address(edge, own, is_listed=False)
    if stranger is None:
        raise CannotSeeError("this machine has no address that is not on the list")
    with Wire(view, source=stranger) as wire:
        for path in own.admin_paths:
            base = path.rstrip("/")
            for target in (base, f"{base}/", f"{base}/x", *tricks(base)):
                answer = wire.ask(target)
                fault = f"{target} is reached from {stranger}, which is not on the list"
                yield saw(answer.sent, answer.line(), fault=fault, unless=answer.status == 403)
            answer = wire.ask(f"{base}/", headers={"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"})
            fault = f"{base} is reached by a client that merely says it is on the list"
            yield saw(answer.sent, answer.line(), fault=fault, unless=answer.status == 403)


def _administrator(view: View) -> Iterator[Seen]:
    own, edge = edge_in(view.system), edge_of(view)
    listed = _address(edge, own, is_listed=True)
    if listed is None:
        raise CannotSeeError(f"no address of this machine is on the list: {', '.join(own.admin_allow)}")
    with Wire(view, source=listed) as wire:
        for path in own.admin_paths:
            answer = wire.ask(f"{path.rstrip('/')}/stackyard-verify")
            fault = f"{path} is not reached from {listed}, which is on the list"
            yield saw(answer.sent, answer.line(), fault=fault, unless=answer.status != 403)


def _address(edge: EdgeView, own: Edge, *, is_listed: bool) -> str | None:
    """An address on loopback that is on the list, or is not; None where there is none."""
    if not edge.address.startswith("127."):
        return None
    networks = [ipaddress.ip_network(text, strict=False) for text in own.admin_allow]
    candidates = ["127.0.0.1", *(f"127.{number}.77.1" for number in range(64, 128))]
    candidates += [str(network.network_address) for network in networks if network.version == 4]
    for text in candidates:
        address = ipaddress.ip_address(text)
        if address.is_loopback and any(address in network for network in networks) == is_listed:
            return text
    return None


def _unless_admin(system: System) -> str:
    is_kept = system.edge is not None and system.edge.admin_paths
    return unless_edge(system) or ("" if is_kept else "the file keeps no path for administrators")


CHECKS = (
    Check(
        "edge.hidden",
        ("EDGE-10",),
        "dot files, backups and internal endpoints are not found from outside, however they are spelt",
        Look.OUTSIDE,
        _hidden,
        unless_edge,
    ),
    Check(
        "edge.admin",
        ("EDGE-11",),
        "administration is closed to addresses that are not on the list",
        Look.OUTSIDE,
        _admin,
        _unless_admin,
    ),
    Check(
        "edge.administrators",
        ("EDGE-11",),
        "administration is open to addresses on the list",
        Look.OUTSIDE,
        _administrator,
        _unless_admin,
    ),
)

"""Ports: the documented ones where free, otherwise stable ones of this checkout, never silently shifted."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import MachineError

# Below 32768 begins nothing that the kernel hands out by itself, so an outgoing connection cannot take our port.
_FIRST, _LAST = 10_000, 31_900
_KIN = {80: 8080, 443: 8443}


@dataclass(frozen=True)
class Wish:
    """A port that something wants. `slot` names it for good ("edge.https"); `addresses` are those it listens on."""

    slot: str
    port: int | None
    addresses: tuple[str, ...] = ("127.0.0.1",)


@dataclass(frozen=True)
class Choice:
    """The ports by slot, and a sentence for each that is not the documented one and was chosen just now."""

    ports: Mapping[str, int]
    notes: tuple[str, ...]


def choose(
    wishes: tuple[Wish, ...],
    *,
    root: Path,
    remembered: Mapping[str, int],
    taken: Callable[[int, tuple[str, ...]], str],
    ours: frozenset[int],
    strict: bool,
) -> Choice:
    """Choose a port for every wish.

    `taken` says who holds a port or why it cannot be had, "" when it is free; `ours` are held by this very system.
    `strict` (production) allows no other port than the one in the file. Raises MachineError naming the owner of a
    port that was promised or remembered, for it is never shifted silently.
    """
    ports: dict[str, int] = {}
    notes: list[str] = []

    def held(port: int, wish: Wish) -> str:
        if port in ours:
            return ""
        if port in ports.values():
            return "another part of this system"
        return taken(port, wish.addresses)

    for wish in wishes:
        known = remembered.get(wish.slot)
        first = wish.port if strict and wish.port else known or wish.port
        owner = held(first, wish) if first else ""
        if first and not owner:
            ports[wish.slot] = first
            continue
        if first and (known or strict):
            raise MachineError(
                f"port {first} of {wish.slot} is held by {owner}",
                hint="Stop that process, or choose a port anew with `stackyard up --new-ports`."
                if not strict
                else "Stop that process, or write another port into the stack file.",
            )
        ports[wish.slot] = _another(wish, root, held)
        if first:
            notes.append(f"port {first} is held by {owner}; {wish.slot} uses {ports[wish.slot]} in this checkout")
    return Choice(ports, tuple(notes))


def _another(wish: Wish, root: Path, held: Callable[[int, Wish], str]) -> int:
    kin = _KIN.get(wish.port or 0)
    if kin and not held(kin, wish):
        return kin
    span = _LAST - _FIRST
    start = int(hashlib.sha256(f"{root}\0{wish.slot}".encode()).hexdigest()[:8], 16) % span
    for step in range(200):
        port = _FIRST + (start + step) % span
        if not held(port, wish):
            return port
    raise MachineError(f"no free port for {wish.slot} in 200 tries", hint="See `ss -ltnp` for what holds them.")


def taken(port: int, addresses: tuple[str, ...]) -> str:
    """Who holds `port` on one of the addresses, or why it cannot be had; "" when it is free."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address.strip("[]"), port))
            except PermissionError:
                return "the system (ports below 1024 need root)"
            except OSError as error:
                if family == socket.AF_INET6 and not _has_ipv6():
                    continue
                return _owner(port) or str(error.strerror)
    return ""


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _owner(port: int) -> str:
    from stackyard.targets.native.supervisor.ports import port_owner

    return port_owner(port)


def load(file: Path) -> dict[str, int]:
    """The remembered ports; none when there is no such file or it is not one of ours."""
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): int(value) for key, value in data.items()} if isinstance(data, dict) else {}


def save(file: Path, ports: Mapping[str, int]) -> None:
    """Remember the ports for the next time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dict(sorted(ports.items())), indent=1) + "\n")

"""Ports: the documented ones where free, otherwise stable ones of this checkout, never silently shifted."""

from __future__ import annotations

import hashlib
import itertools
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.targets.local.state import write_whole

# Below 32768 begins nothing that the kernel hands out by itself, so an outgoing connection cannot take our port.
_FIRST, _SPAN = 10_000, 21_900
_TRIES = 200
_KIN = {80: 8080, 443: 8443}
_ANEW = "choose a port anew with `stackyard up --new-ports`"


@dataclass(frozen=True)
class Wish:
    """A port that something wants. `slot` names it for good ("edge.https"); `addresses` are those it listens on.

    What is not `promised` by the stack file has a usual port, and may have another in production, too.
    """

    slot: str
    port: int | None
    addresses: tuple[str, ...] = ("127.0.0.1",)
    promised: bool = True


@dataclass(frozen=True)
class Choice:
    """The ports by slot, and a sentence for each that a person might not expect."""

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
    is_taken: Callable[[int, tuple[str, ...]], bool] | None = None,
) -> Choice:
    """Choose a port for every wish.

    `taken` says who holds a port or why it cannot be had, "" when it is free; `is_taken` says only whether, for a name
    costs a look at every process. `ours` are held by this very system.
    `strict` (production) allows no other port than the one that the file promises. Raises MachineError naming the
    owner of a port that was promised or remembered, for it is never shifted silently.
    """
    asked = is_taken or (lambda port, addresses: bool(taken(port, addresses)))
    return _Choosing(root, taken, asked, ours, strict).of(wishes, remembered)


class _Choosing:
    def __init__(
        self,
        root: Path,
        taken: Callable[[int, tuple[str, ...]], str],
        is_taken: Callable[[int, tuple[str, ...]], bool],
        ours: frozenset[int],
        strict: bool,
    ) -> None:
        self._root = root
        self._taken = taken
        self._is_taken = is_taken
        self._ours = ours
        self._strict = strict
        self._slots: dict[int, str] = {}
        """Ports that are spoken for, and by whom: what is remembered comes before what is documented."""
        self._notes: list[str] = []

    def of(self, wishes: tuple[Wish, ...], remembered: Mapping[str, int]) -> Choice:
        """Choose for all of them."""
        firsts: dict[str, int] = {}
        for wish in wishes:
            known = remembered.get(wish.slot)
            if known and not (self._is_strict(wish) and wish.port):
                firsts[wish.slot] = known
                self._slots.setdefault(known, wish.slot)
        for wish in wishes:
            if wish.port and wish.slot not in firsts:
                firsts[wish.slot] = wish.port
                self._slots.setdefault(wish.port, wish.slot)
        ports = {wish.slot: self._one(wish, firsts.get(wish.slot), remembered.get(wish.slot)) for wish in wishes}
        return Choice(ports, tuple(self._notes))

    def _one(self, wish: Wish, first: int | None, known: int | None) -> int:
        if first is None:
            return self._another(wish)
        owner = self._held(first, wish)
        if not owner:
            if wish.port and wish.port != first and self._is_free(wish.port, wish):
                self._notes.append(
                    f"{wish.slot} stays at the port of this checkout, {first}; {wish.port} of the stack file is free: "
                    "`stackyard up --new-ports` takes it"
                )
            return first
        is_strict = self._is_strict(wish)
        if first == known or is_strict:
            hint = "write another port into the stack file" if is_strict and wish.port else _ANEW
            raise MachineError(f"port {first} of {wish.slot} is held by {owner}", hint=f"Stop that process, or {hint}.")
        port = self._another(wish)
        self._notes.append(f"port {first} is held by {owner}; {wish.slot} uses {port} in this checkout")
        return port

    def _is_strict(self, wish: Wish) -> bool:
        return self._strict and wish.promised

    def _held(self, port: int, wish: Wish) -> str:
        """Who else has the port, "" when the wish may have it."""
        slot = self._slots.get(port, wish.slot)
        if slot != wish.slot:
            return f"{slot} of this system"
        return "" if port in self._ours else self._taken(port, wish.addresses)

    def _is_free(self, port: int, wish: Wish) -> bool:
        """Whether the wish may have the port."""
        if self._slots.get(port, wish.slot) != wish.slot:
            return False
        return port in self._ours or not self._is_taken(port, wish.addresses)

    def _another(self, wish: Wish) -> int:
        start = int(hashlib.sha256(f"{self._root}\0{wish.slot}".encode()).hexdigest()[:8], 16) % _SPAN
        kin = [_KIN[wish.port]] if wish.port in _KIN else []
        candidates = itertools.chain(kin, (_FIRST + (start + step) % _SPAN for step in range(_SPAN)))
        # The ports of this very system are no tries: a system of thousands of services holds thousands in a row.
        unclaimed = (port for port in candidates if self._slots.get(port, wish.slot) == wish.slot)
        for port in itertools.islice(unclaimed, _TRIES):
            if self._is_free(port, wish):
                self._slots[port] = wish.slot
                return port
        raise MachineError(
            f"no free port for {wish.slot} in {_TRIES} tries", hint="See `ss -ltnp` for what holds them."
        )


def taken(port: int, addresses: tuple[str, ...]) -> str:
    """Who holds `port` on one of the addresses, or why it cannot be had; "" when it is free."""
    error = _refusal(port, addresses)
    if error is None:
        return ""
    if isinstance(error, PermissionError):
        return "the system (ports below 1024 need root)"
    return _owner(port) or str(error.strerror)


def is_taken(port: int, addresses: tuple[str, ...]) -> bool:
    """Whether `port` cannot be had on one of the addresses."""
    return _refusal(port, addresses) is not None


def _refusal(port: int, addresses: tuple[str, ...]) -> OSError | None:
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address.strip("[]"), port))
            except OSError as error:
                if family == socket.AF_INET6 and not isinstance(error, PermissionError) and not _has_ipv6():
                    continue
                return error
    return None


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _owner(port: int) -> str:
    from stackyard.targets.local.holders import port_owner

    return port_owner(port)


def load(file: Path) -> dict[str, int]:
    """The remembered ports; what is no port is passed over, as is a file that is not one of ours."""
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    found = data.items() if isinstance(data, dict) else ()
    return {key: value for key, value in found if type(value) is int and 0 < value < 65_536}


def save(file: Path, ports: Mapping[str, int]) -> None:
    """Remember the ports for the next time."""
    write_whole(file, json.dumps(dict(sorted(ports.items())), indent=1) + "\n")

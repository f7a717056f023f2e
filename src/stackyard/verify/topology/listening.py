"""Where the parts are reached, and from where: read from the kernel's tables of sockets, not from what was rendered."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from stackyard.observe.processes import Listener
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw

_PATIENCE = 3.0


def _listeners(view: View) -> Iterator[Seen]:
    planned = view.planned()
    found: dict[str, list[Listener]] = {}
    for one in view.listeners():
        found.setdefault(one.id, []).append(one.listener)
    running = {one.id for one in view.processes() if one.pid is not None}
    for name in sorted({*found, *(name for name in planned if name in running)}):
        own = found.get(name, [])
        wanted = set(planned[name].ports) if name in planned else set()
        more = [str(one) for one in own if one.port not in wanted]
        missing = sorted(wanted - {one.port for one in own})
        faults = [f"{name} listens at {', '.join(more)}, which nothing asks for"] if more else []
        faults += [f"{name} does not listen at {', '.join(map(str, missing))}"] if missing else []
        ports = ", ".join(map(str, sorted(wanted))) or "no port"
        shown = ", ".join(map(str, own)) or "nowhere"
        yield saw(f"listening sockets of {name}, which has {ports}", shown, fault="; ".join(faults))


def _loopback(view: View) -> Iterator[Seen]:
    public = {view.edge.http, view.edge.https} if view.edge and view.system.is_production else set()
    for door in view.doors():
        one = door.listener
        is_right = one.is_local or one.port in public
        yield saw(
            f"who reaches {door.id} at {one}",
            "this machine" if one.is_local else "everybody",
            fault=f"{door.id} can be reached from outside at {one}",
            unless=is_right,
        )


def _strangers(view: View) -> Iterator[Seen]:
    """`localhost` may mean ::1: a stranger there would get what was meant for us."""
    slots = {port: slot for slot, port in view.host_ports().items()}
    for holder in view.holders(slots):
        one = holder.listener
        yield saw(
            f"who listens at {one}, the port of {slots[one.port]}",
            holder.id or "a process that is none of ours",
            fault=f"a stranger listens at {one}, the port of {slots[one.port]}",
            unless=bool(holder.id),
        )


def _addresses(view: View) -> Iterator[Seen]:
    """What people are told, whether it is the documented port, and whether somebody answers there."""
    documented, told = view.documented_ports(), view.addresses()
    for slot, wanted in documented.items():
        port = view.port(slot)
        shown = told.get(slot, "")
        moved = "" if port == wanted else f", moved in this checkout from {wanted} of the file"
        faults = []
        if shown != f"localhost:{port}":
            faults.append(f"`stackyard status` shows {shown or 'no address'} for {slot}, which is at {port}")
        if moved and view.system.is_production:
            faults.append(f"{slot} is at {port}, and the file says {wanted}")
        answer = _answer(port)
        if answer:
            faults.append(f"nobody answers at the address of {slot}: {answer}")
        yield saw(
            f"connect to {shown or port}, the address of {slot}{moved}", answer or "accepted", fault="; ".join(faults)
        )


def _answer(port: int) -> str:
    """Why a connection is not accepted, or ""."""
    try:
        socket.create_connection(("127.0.0.1", port), _PATIENCE).close()
    except OSError as error:
        return str(error.strerror or error)
    return ""


CHECKS = (
    Check(
        "topology.listeners",
        ("TOP-05", "TOP-06"),
        "every part listens at its own ports, and at no others",
        Look.INSIDE,
        _listeners,
    ),
    Check(
        "topology.loopback",
        ("TOP-06",),
        "nothing but the edge can be reached from outside, and that in production only",
        Look.INSIDE,
        _loopback,
    ),
    Check(
        "topology.strangers",
        ("TOP-05", "TOP-06"),
        "nobody else listens at a port of the system",
        Look.INSIDE,
        _strangers,
        next_step="End that process (`ss -ltnp` names it), or move the port in the stack file.",
    ),
    Check(
        "topology.addresses",
        ("TOP-05", "TOP-14"),
        "the documented parts answer at the addresses that `up` and `status` show",
        Look.OUTSIDE,
        _addresses,
    ),
)

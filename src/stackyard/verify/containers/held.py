"""Whether containers are held to it: by the kernel, by the networks, from the inside."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import System
from stackyard.observe import cgroups
from stackyard.observe.seen import ContainerView, NetworkView
from stackyard.observe.view import View
from stackyard.targets.compose.drift import Topic
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.containers.made import compared

_EDGE = "edge"
# Within a second: a network that lets nothing through does not answer at all.
_CONNECT = (
    "use IO::Socket::INET;exit(IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 1) ? 0 : 9)"
)
_CLOSED = 9


def _read_only(view: View, one: ContainerView) -> Iterator[Seen]:
    """By the kernel's own table, read inside; an image without `cat` is believed."""
    if not one.is_running or not any(fact.wanted == "read only" for fact in one.facts if "root file" in fact.name):
        return
    code, table = view.command_inside(one.name, ("cat", "/proc/self/mountinfo"))
    rows = [line.split() for line in table.splitlines()] if code == 0 else []
    options = next((row[5].split(",") for row in rows if len(row) > 5 and row[4] == "/"), None)
    if options is not None:
        fault = f"{one.id} can write to its root file system"
        yield saw(f"/ in /proc/self/mountinfo of {one.id}", ",".join(options), fault=fault, unless="ro" in options)


def _limited(_view: View, one: ContainerView) -> Iterator[Seen]:
    if not one.is_running:
        return
    held = cgroups.held(int(one.found["State"]["Pid"]))
    if held is None:
        raise CannotSeeError("the engine is not on this machine: what its kernel enforces cannot be seen from here")
    shown = f"{held.memory or 'no'} bytes, {held.pids or 'no'} processes, {held.cores or 'no'} cores"
    lacking = [name for name, value in vars(held).items() if value is None]
    yield saw(
        f"what the kernel lets {one.id} have",
        shown,
        fault=f"nothing holds {one.id} to a limit of {', '.join(lacking)}",
        unless=not lacking,
    )


def _networks(view: View) -> Iterator[Seen]:
    yield from compared(Topic.NETWORKS)(view)
    for network in view.networks():
        yield from _network(network)
    if view.system.edge is not None:
        yield from _unreachable(view)


def _network(one: NetworkView) -> Iterator[Seen]:
    shown = f"{'no way out' if one.is_internal else 'a way out'}, {one.count} containers"
    faults = [f"the network {one.name} leads out"] if one.wants_internal and not one.is_internal else []
    faults += [f"{name} is in the network {one.name}, and is none of the system's" for name in one.strangers]
    yield saw(f"the network {one.name}", shown, fault="; ".join(faults))


def _unreachable(view: View) -> Iterator[Seen]:
    """From inside the edge, at every address that a resource has; that it reaches itself shows that it can try."""
    resources = {resource.name for resource in view.system.resources}
    own = view.port("edge.probe")
    if _code(view, "127.0.0.1", own) != 0:
        raise CannotSeeError("nothing can be tried from inside the edge: its image has no perl")
    for one in view.containers():
        if one.part not in resources or not one.is_running:
            continue
        port = next(iter(view.planned()[one.id].ports), 0)
        for network, address in one.addresses.items():
            code = _code(view, address, port)
            fault = f"the edge reaches {one.id} in {network}"
            shown = "no answer" if code == _CLOSED else "accepted" if code == 0 else f"exit code {code}"
            yield saw(
                f"connect to {address}:{port} of {one.id} from inside the edge", shown, fault=fault, unless=bool(code)
            )


def _code(view: View, address: str, port: int) -> int:
    return view.command_inside(_EDGE, ("perl", "-e", _CONNECT, address, str(port)))[0]


def _has_none(system: System) -> str:
    return "" if system.resources or system.edge else "the system has neither an edge nor a resource"


CHECKS = (
    Check(
        "containers.read-only",
        ("TOP-09",),
        "no container of ours can write to its own programs: its root file system is read-only",
        Look.INSIDE,
        compared(Topic.FILES, more=_read_only),
        next_step="`stackyard up` makes the container anew, as the stack file says.",
    ),
    Check(
        "containers.limits",
        ("TOP-09",),
        "the kernel holds every container to its memory, its cores and its number of processes",
        Look.INSIDE,
        compared(Topic.LIMITS, more=_limited),
        next_step="`stackyard up` makes the container anew, with its limits.",
    ),
    Check(
        "containers.networks",
        ("TOP-06",),
        "each part is in the networks of its role only, and the edge does not reach what holds data",
        Look.INSIDE,
        _networks,
        unless=_has_none,
        next_step="`stackyard up` makes the container anew; disconnect what is none of the system's by hand.",
    ),
)

"""Harm to what runs."""

from __future__ import annotations

import os
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from stackyard.observe.processes import command_line, listeners
from stackyard.targets.names import NATIVE
from stackyard.targets.native.program import ProgramProbe
from stackyard.targets.native.supervisor.client import connect, launch
from stackyard.targets.native.supervisor.processes import everybody
from tests.e2e.conftest import eventually
from tests.verify.ground import NativeGround
from tests.verify.sabotage import FIRST, Ground, Sabotage

_LISTEN = "import socket, sys, time; s = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6)"


def _ask_in_vain(ground: NativeGround) -> None:
    ground.redefine("api-2", probe=replace(ground.definition("api-2").probe, path="/nowhere"))
    _await_port(ground, "api-2")


def _await_port(ground: Ground, slot: str) -> None:
    """Until it listens: what is being started is no sabotage."""

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", ground.view.port(slot))) == 0

    eventually(listens, 30)


def _run_an_old_cache(ground: NativeGround) -> None:
    """A copy of the server that says of itself that it is older: no other version may be had on this machine."""
    known = ground.definition("cache")
    with ground.view.cache(ground.view.system.resource("cache")) as cache:  # type: ignore[arg-type]
        version = str(cache.info("server")["redis_version"]).encode()
    old = ground.checkout.folder / "old" / "redis-server"
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(Path(known.argv[0]).read_bytes().replace(version, b"6" + version[1:]))
    old.chmod(0o755)
    ground.redefine("cache", argv=(str(old), *known.argv[1:]))
    _await_port(ground, "cache")
    eventually(lambda: ground.checkout.status()["is_up"], 30)


def _open_the_data(ground: NativeGround) -> None:
    (ground.home / "data/cache").chmod(0o755)


def _start_in_the_wrong_order(ground: NativeGround) -> None:
    """What needs comes up before what it needs, as when somebody starts things by hand.

    It is stopped while it loads its libraries: once it has looked for the cache in vain it is started again, in order.
    """
    # What the edge has taken in while it ran is not in its definition, which only `up` makes anew.
    ground.remove("edge")
    ground.put_right()
    programs = {name: ground.definition(name) for name in ground.checkout.pids()}
    ground.checkout.stackyard("down")
    launch(ground.home, "detached")
    client = connect(ground.home)
    assert client is not None
    client.start([programs["reader-1"]])
    # Not with the command line: before that has found the process, the process has not found the cache.
    eventually(lambda: any(one.pid for one in client.status().programs if one.id == "reader-1"))
    client.signal("reader-1", "SIGSTOP")
    for names in (("db", "cache", "photos"), ("api-1", "api-2"), tuple(programs)):
        client.start([programs[name] for name in names])
        client.wait(names, 60)
        client.signal("reader-1", "SIGCONT")


def _ask_nothing(ground: NativeGround) -> None:
    ground.redefine("api-2", probe=ProgramProbe())
    _await_port(ground, "api-2")


def _leave_a_stray(ground: Ground) -> None:
    ground.slip_in("worker-1")


def _leave_a_privileged_stray(ground: Ground) -> None:
    ground.slip_in("worker-1", confined=False)


def _leave_many_strays(ground: Ground) -> None:
    (reader,) = (one for one in ground.view.system.services if one.name == "reader")
    assert reader.limits.pids is not None
    ground.slip_in("reader-1", count=reader.limits.pids)


def _stop_the_guardian(ground: NativeGround) -> None:
    supervisor = ground.checkout.status()["supervisor"]
    (guardian,) = [one.pid for one in everybody() if one.parent == supervisor and "guardian" in command_line(one.pid)]
    os.kill(guardian, signal.SIGSTOP)


def _crash_again_and_again(ground: NativeGround) -> None:
    for _ in range(3):
        before = ground.checkout.pids()["worker-1"]
        os.kill(before, signal.SIGKILL)
        eventually(partial(_is_back, ground, "worker-1", before), 20)
    eventually(lambda: ground.checkout.status()["is_up"], 20)


def _is_back(ground: NativeGround, name: str, before: int) -> bool:
    return ground.checkout.pids()[name] not in (None, before)


def _listen_elsewhere(ground: Ground) -> None:
    _listen_at(ground, "127.0.0.1:24410")


def _listen_to_the_world(ground: Ground) -> None:
    _listen_at(ground, "0.0.0.0:24411")


def _listen_at(ground: Ground, address: str) -> None:
    own = f"listen 127.0.0.1:{ground.view.port('edge.probe')};"
    ground.reload_edge(old=own, new=f"{own} listen {address};")


def _sit_on_a_port(ground: Ground) -> None:
    port = ground.view.port("db")
    ground.beside(sys.executable, "-c", f"{_LISTEN}; time.sleep(600)", "::1", str(port))
    eventually(lambda: any(one.port == port and one.address == "::1" for one in listeners()))


def _tell_another_address(ground: Ground) -> None:
    path = ground.home / "summary.json"
    path.write_text(path.read_text().replace(f"localhost:{ground.view.port('db')}", "localhost:1"))


SABOTAGES = (
    Sabotage(
        "a replica never becomes healthy",
        frozenset({"topology.healthy", "topology.as-described"}),
        _ask_in_vain,
        system="everything",
        targets=(NATIVE,),
        place="api",
    ),
    Sabotage(
        "a worker is stopped by other means",
        frozenset({"topology.replicas", "topology.as-described"}),
        lambda ground: ground.remove("worker-1"),
        system="everything",
        targets=(NATIVE,),
        place="worker",
    ),
    Sabotage(
        "an older version runs than the file names",
        frozenset({"topology.versions", "topology.as-described"}),
        _run_an_old_cache,
        system="everything",
        targets=(NATIVE,),
        turn=FIRST,
        place="cache",
    ),
    Sabotage(
        "a data folder is opened",
        frozenset({"topology.data", "topology.as-described"}),
        _open_the_data,
        system="everything",
        targets=(NATIVE,),
    ),
    Sabotage(
        "a service is started before what it needs",
        frozenset({"topology.order"}),
        _start_in_the_wrong_order,
        system="everything",
        undo=lambda ground: ground.restart(),
        targets=(NATIVE,),
        alone=True,
    ),
    Sabotage(
        "a health check is switched off",
        frozenset({"topology.watched", "topology.as-described"}),
        _ask_nothing,
        system="everything",
        targets=(NATIVE,),
        turn=FIRST,
        place="api",
    ),
    Sabotage(
        "a process slips away",
        frozenset({"topology.supervised"}),
        _leave_a_stray,
        system="everything",
        place="worker",
        undo=lambda ground: ground.restart("worker"),
    ),
    Sabotage(
        "the guardian is stopped",
        frozenset({"topology.supervisor"}),
        _stop_the_guardian,
        system="everything",
        targets=(NATIVE,),
    ),
    Sabotage(
        "a worker crashes again and again",
        frozenset({"topology.steady"}),
        _crash_again_and_again,
        system="everything",
        undo=lambda ground: ground.restart("worker"),
        targets=(NATIVE,),
        place="worker",
    ),
    Sabotage(
        "nobody watches the sources",
        frozenset({"topology.watcher", "topology.as-described"}),
        lambda ground: ground.remove("reload"),
        system="everything",
        targets=(NATIVE,),
    ),
    Sabotage(
        "a worker runs as root",
        frozenset({"topology.unprivileged", "topology.confined", "topology.as-described"}),
        lambda ground: ground.redefine("worker-1", uid=None, gid=None),
        system="everything",
        targets=(NATIVE,),
        turn=FIRST,
        place="worker",
    ),
    Sabotage(
        "a process could gain privileges",
        frozenset({"topology.confined", "topology.supervised"}),
        _leave_a_privileged_stray,
        system="everything",
        place="worker",
        undo=lambda ground: ground.restart("worker"),
    ),
    Sabotage(
        "a service has more processes than it may",
        frozenset({"topology.limits", "topology.supervised"}),
        _leave_many_strays,
        system="everything",
        undo=lambda ground: ground.restart("reader"),
    ),
    Sabotage(
        "the edge listens at one more port",
        frozenset({"topology.listeners", "topology.as-described"}),
        _listen_elsewhere,
        system="everything",
    ),
    Sabotage(
        "the edge listens to the world",
        frozenset({"topology.listeners", "topology.loopback", "topology.as-described"}),
        _listen_to_the_world,
        system="everything",
        # In a container it is not the world: what leads there is what the engine publishes.
        on_compose=frozenset({"topology.listeners", "topology.as-described"}),
    ),
    Sabotage(
        "a stranger sits on the port of the database",
        frozenset({"topology.strangers"}),
        _sit_on_a_port,
        system="everything",
        undo=lambda ground: ground.end_others(),
    ),
    Sabotage(
        "people are told another address",
        frozenset({"topology.addresses"}),
        _tell_another_address,
        system="everything",
    ),
)

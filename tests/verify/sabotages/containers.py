"""Harm that only a system on Compose can come to, and what of everybody's harm is done in another way there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from stackyard.targets.names import COMPOSE
from tests.e2e.conftest import eventually
from tests.engine.ground import ComposeGround, docker
from tests.verify.sabotage import FIRST, LAST, PLANNED, Sabotage

_TOOLS = "stackyard-test-with-tools"
_STRANGER = "stackyard-test-stranger"

Harm = Callable[[ComposeGround], None]


def _updated(*options: str) -> Harm:
    def harm(ground: ComposeGround) -> None:
        docker("update", *options, ground.container("api"))

    return harm


def _tell_a_secret(ground: ComposeGround) -> None:
    ground.redefine("api", environment={"CACHE_ADMIN": ground.view.secret("cache.admin")})


def _build_with_tools(ground: ComposeGround) -> None:
    image = docker("inspect", "--format", "{{.Config.Image}}", ground.container("api"))
    recipe = f"FROM {image}\nUSER 0:0\nRUN touch /usr/local/bin/gcc && chmod 755 /usr/local/bin/gcc\nUSER 10001:10001\n"
    docker("build", "--quiet", "--tag", _TOOLS, "-", given=recipe)
    ground.redefine("api", image=_TOOLS)


def _throw_the_tools_away(ground: ComposeGround) -> None:
    ground.put_right()
    docker("image", "rm", _TOOLS)


def _connect(ground: ComposeGround) -> None:
    docker("network", "connect", f"{ground.project}_db-net", ground.container("edge"))


def _invite(ground: ComposeGround) -> None:
    network = f"{ground.project}_db-net"
    docker("run", "--detach", "--name", _STRANGER, "--network", network, "debian:trixie-slim", "sleep", "600")


def _send_away(_ground: ComposeGround) -> None:
    docker("rm", "--force", _STRANGER)


def _replace_a_file(ground: ComposeGround) -> None:
    """As an editor does it: the container goes on with the file that it was given."""
    path = ground.path("edge/headers.conf")
    other = path.with_suffix(".new")
    other.write_text(f"{path.read_text()}# of another day\n")
    other.replace(path)


def _mount_anew(ground: ComposeGround) -> None:
    ground.put_right()
    ground.restart("edge")


def _open_the_assembled(ground: ComposeGround) -> None:
    (ground.rendered / "secrets").chmod(0o755)


def _run_as_root(ground: ComposeGround) -> None:
    docker("exec", "--detach", "--user", "0:0", ground.container("api"), "sleep", "600")


def _restart(ground: ComposeGround) -> None:
    ground.restart("api")


def _ask_in_vain(ground: ComposeGround) -> None:
    check = {"test": ["CMD", "false"], "interval": "1s", "start_interval": "1s", "start_period": "0s", "retries": 1}
    ground.redefine("api", waits=False, healthcheck=check)
    eventually(lambda: ground.state("api-2")["Health"]["Status"] == "unhealthy", 60)


def _stop(ground: ComposeGround) -> None:
    docker("stop", ground.container("worker-1"))


def _run_an_old_cache(ground: ComposeGround) -> None:
    """A copy of the server that says of itself that it is older."""
    with ground.view.cache(ground.view.system.resource("cache")) as cache:  # type: ignore[arg-type]
        version = str(cache.info("server")["redis_version"]).encode()
    place = ground.container("cache")
    there = docker("exec", place, "sh", "-c", 'readlink -f "$(command -v redis-server)"')
    old = ground.checkout.folder.parent / "old-redis-server"
    docker("cp", f"{place}:{there}", str(old))
    old.write_bytes(old.read_bytes().replace(version, b"6" + version[1:]))
    old.chmod(0o755)
    ground.redefine("cache", volumes=[{"type": "bind", "source": str(old), "target": there, "read_only": True}])


def _work_elsewhere(ground: ComposeGround) -> None:
    place = ground.checkout.folder.parent / "elsewhere"
    place.mkdir(exist_ok=True)
    place.chmod(0o777)
    ground.redefine("cache", volumes=[{"type": "bind", "source": str(place), "target": "/data"}])


def _start_in_the_wrong_order(ground: ComposeGround) -> None:
    """What needs comes up before what it needs, as when somebody starts things by hand."""
    docker("stop", ground.container("db"))
    docker("restart", ground.container("reader-1"))
    docker("start", ground.container("db"))
    ground.look_away()
    eventually(lambda: ground.state("db")["Health"]["Status"] == "healthy", 60)


def _crash_again_and_again(ground: ComposeGround) -> None:
    """The engine waits the longer, the more often something has crashed: it is found waiting."""
    for _ in range(7):
        before = ground.pid("worker-1")
        os.kill(before, signal.SIGKILL)
        eventually(partial(_is_another, ground, before), 60)
    os.kill(ground.pid("worker-1"), signal.SIGKILL)


def _is_another(ground: ComposeGround, before: int) -> bool:
    return ground.pid("worker-1") not in (0, before)


def _fill(ground: ComposeGround) -> None:
    """The kernel holds it to its limit; so the limit is taken away first."""
    ground.await_running("reader-1")
    docker("update", "--pids-limit", "-1", ground.container("reader-1"))
    words = "for n in $(seq 20); do sleep 600 & done; wait"
    docker("exec", "--detach", ground.container("reader-1"), "sh", "-c", words)


def _one(
    name: str,
    breaks: set[str],
    harm: Harm,
    *,
    undo: Harm | None = None,
    system: str = "inventr",
    is_planned: bool = True,
    turn: int = 0,
    alone: bool = False,
    place: str = "",
) -> Sabotage:
    whole = frozenset(breaks | ({PLANNED} if is_planned else set()))
    return Sabotage(name, whole, harm, system, undo, (COMPOSE,), turn=turn, alone=alone, place=place)


def _redefined(name: str, breaks: set[str], service: str, system: str = "inventr", **changes: Any) -> Sabotage:
    """The container is made anew from another document."""

    def harm(ground: ComposeGround) -> None:
        ground.redefine(service, waits=changes.get("healthcheck") != {"disable": True}, **changes)

    return _one(name, breaks, harm, system=system, turn=FIRST)


SABOTAGES = (
    _redefined(
        "a container with a right of root", {"containers.privileges", "topology.confined"}, "api", cap_add=["NET_RAW"]
    ),
    _redefined(
        "a container that may gain privileges",
        {"containers.privileges", "topology.confined"},
        "api",
        security_opt="!reset",
    ),
    _redefined("a container that runs as root", {"containers.users", "topology.unprivileged"}, "api", user="0:0"),
    _redefined("a container that can write to its programs", {"containers.read-only"}, "api", read_only=False),
    _one("a container without a limit of processes", {"containers.limits"}, _updated("--pids-limit", "-1")),
    _one("a container that nobody starts again", {"containers.restart"}, _updated("--restart", "no")),
    _redefined("a health check in a shell", {"containers.health"}, "api", healthcheck={"test": "true"}),
    _redefined(
        "a log without an end", {"containers.logs"}, "api", logging={"driver": "json-file", "options": "!reset"}
    ),
    _redefined(
        "a container that is told something else",
        {"containers.environment", "logs.level", "services.correlation"},
        "api",
        environment={"LOG_LEVEL": "error"},
    ),
    _one(
        "a secret where everybody with Docker reads it",
        {"containers.environment", "containers.secrets", "secrets.environments"},
        _tell_a_secret,
        turn=FIRST,
    ),
    _one(
        "an image with a compiler",
        {"containers.build-tools", "containers.image"},
        _build_with_tools,
        turn=FIRST,
        undo=_throw_the_tools_away,
    ),
    _redefined(
        "the database is published to everybody",
        {"containers.published", "topology.loopback"},
        "db",
        ports=[{"target": 5432, "published": "23199"}],
    ),
    _one("the edge is in the network of the database", {"containers.networks", "edge.routes"}, _connect),
    _one(
        "a stranger in the network of the database",
        {"containers.networks"},
        _invite,
        undo=_send_away,
        is_planned=False,
    ),
    _one("a mounted file is replaced", {"edge.files-in-use"}, _replace_a_file, undo=_mount_anew, turn=LAST),
    _one(
        "assembled secrets that others can read",
        {"secrets.private"},
        _open_the_assembled,
    ),
    _one(
        "somebody works as root in a container",
        {"topology.unprivileged"},
        _run_as_root,
        undo=_restart,
        is_planned=False,
    ),
    _one(
        "a container never becomes healthy",
        {"topology.healthy", "topology.steady", "containers.health"},
        _ask_in_vain,
        turn=FIRST,
        system="everything",
    ),
    _one(
        "a container is stopped by other means",
        {"topology.replicas", "topology.healthy"},
        _stop,
        system="everything",
        place="worker",
    ),
    _one(
        "an older version runs in a container",
        {"topology.versions", "containers.read-only"},
        _run_an_old_cache,
        place="cache",
        turn=FIRST,
        system="everything",
    ),
    _one(
        "data lies in a folder that nobody knows",
        {"topology.data", "containers.read-only"},
        _work_elsewhere,
        turn=FIRST,
        system="everything",
    ),
    _one(
        "a container is started before what it needs",
        {"topology.order"},
        _start_in_the_wrong_order,
        undo=lambda ground: ground.restart(),
        alone=True,
        system="everything",
        is_planned=False,
    ),
    _redefined(
        "a container whose health check is switched off",
        {"topology.watched", "containers.health"},
        "api",
        healthcheck={"disable": True},
        system="everything",
    ),
    _one(
        "a container crashes again and again",
        {"topology.steady", "topology.healthy", "topology.replicas"},
        _crash_again_and_again,
        undo=lambda ground: ground.restart("worker"),
        system="everything",
        place="worker",
    ),
    _one(
        "a container has more processes than it may",
        {"topology.limits", "containers.limits"},
        _fill,
        undo=lambda ground: ground.restart("reader"),
        system="everything",
    ),
)
